#!/usr/bin/env python
"""The engine measured: speed beside other libraries, accuracy and dignity beside the tube rules, honesty, calibration.

    scripts/bench_engine.py [--only speed,diagnostic,honesty,helped,em,people,alone] [--people N] [--seeds N]
    [--million]

Everything is measured in this one run; read the ratios, not the microseconds. The other libraries (catsim,
adaptivetesting, girth, and jsCAT where node is present) live in an environment of the bench's own, made on first use
in var/bench_engine; they are never needed by the project. Prints tables, then one JSON line; exit code 1 when a gate is
missed. This file is long because each part prints its own table.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from audio_content.loader import load
from engine.adaptive import POLICIES, Bank, Policy, Prior, compile_bank
from engine.adaptive.calibration import CalibrationRules, Parameters, calibrate, chunk_of
from engine.adaptive.crowd import play
from engine.adaptive.people import LOW, POPULATIONS, Ear, Truth, draw_people
from engine.adaptive.simulee import Metrics, drawn_truth, measure, study_bank
from engine.adaptive.unidimensional import Session, StoppingRule, run_crowd, sort_bank
from engine.model import FrameworkSpec

ROOT = Path(__file__).parent.parent
PEERS = Path(__file__).parent / "engine_peers"
HOME = ROOT / "var" / "bench_engine"
sys.path.insert(0, str(PEERS))
import protocol  # noqa: E402 - the peers' own module

SIZES = (500, 5000, 50000)
CATSIM_PEOPLE = {500: 200, 5000: 60, 50000: 10}
JSCAT_PEOPLE = {500: 15, 5000: 2, 50000: 1}
ADAPTIVETESTING_PEOPLE = {500: 2, 5000: 1}
PIECES = ("speed", "diagnostic", "honesty", "helped", "em", "people", "alone")
Study = tuple[FrameworkSpec, Bank, Truth]

SURE = Ear()
FIFTEEN = replace(POLICIES["abc_diag"], max_items=15)
gates: list[tuple[str, bool, str]] = []


def gate(name: str, value: float, limit: str, holds: bool) -> None:
    gates.append((name, holds, f"{value:.4g} ({limit})"))
    print(f"   {'ok  ' if holds else 'MISS'} {name}: {value:.4g} ({limit})", flush=True)


def title(text: str) -> None:
    print(f"\n== {text}", flush=True)


# --- the others ----------------------------------------------------------------------------------------------------


def peers_python() -> Path:
    python = HOME / "venv" / "bin" / "python"
    if not python.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", str(HOME / "venv")], check=True)
        packages = ("catsim==0.21.0", "adaptivetesting==1.1.4", "girth==0.8.0")
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
    return python


def peers_node() -> Path | None:
    """Give the folder of node modules with jsCAT, or None without node. Its manifest pins a git address: overridden."""
    if shutil.which("npm") is None:
        return None
    folder = HOME / "node"
    if not (folder / "node_modules" / "@bdelab").exists():
        folder.mkdir(parents=True, exist_ok=True)
        overrides = {"optimization-js": "1.5.0"}
        manifest = {"private": True, "dependencies": {"@bdelab/jscat": "5.2.3"}, "overrides": overrides}
        (folder / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=False
        )
        if done.returncode:
            return None
    return folder / "node_modules"


def peer(name: str, *arguments: object) -> dict[str, Any]:
    command = [str(peers_python()), str(PEERS / f"{name}_peer.py"), *map(str, arguments)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PEERS)
    return dict(json.loads(told.stdout.splitlines()[-1]))


def jscat(modules: Path, size: int, people: int) -> dict[str, Any]:
    a, b = protocol.bank(size)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bank.json"
        file.write_text(json.dumps({"a": a.tolist(), "b": b.tolist(), "theta": protocol.people().tolist()}))
        command = ["node", str(PEERS / "jscat_peer.cjs"), str(file), str(people)]
        environment = {**os.environ, "NODE_PATH": str(modules)}
        told = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return dict(json.loads(told.stdout.splitlines()[-1]))


# --- speed: CAT-1000 -----------------------------------------------------------------------------------------------


def live(size: int, people: int, se: float = protocol.STOP_SE) -> dict[str, float]:
    a, b = protocol.bank(size)
    bank, rule = sort_bank(a, b), StoppingRule(se, protocol.MOST)

    def run(_person: int, answer: Any) -> tuple[float, int]:
        session = Session(bank, rule)
        while (item := session.item) is not None:
            session.answer(answer(item))
        return session.theta, len(session.given)

    run(0, lambda _item: True)
    return protocol.measure(size, people, run)


def at_length(size: int, people: int, length: float) -> dict[str, float]:
    """Give the engine's figures when it may ask as many questions as somebody else on average, by a lower SE to reach:
    others stop later at the same SE, because theirs is that of maximum likelihood."""
    best = live(size, people)
    for se in np.arange(protocol.STOP_SE - 0.005, 0.28, -0.005):
        longer = live(size, people, float(se))
        if longer["length"] > length:
            break
        best = longer
    return best


def batch(size: int) -> dict[str, float]:
    a, b = protocol.bank(size)
    bank, thetas = sort_bank(a, b), protocol.people()
    a32, b32, t32 = (values.astype(np.float32) for values in (a, b, thetas))
    start = ((np.arange(len(thetas), dtype=np.uint64) * 0x9E3779B1 + 12345) & 0xFFFFFFFF).astype(np.uint32)
    first, last = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)

    def respond(people: Any, items: Any) -> Any:
        h = start[people] + items.astype(np.uint32) * first
        h ^= h >> np.uint32(16)
        h *= first
        h ^= h >> np.uint32(13)
        h *= last
        h ^= h >> np.uint32(16)
        return (h + 0.5) / 2**32 < 1.0 / (1.0 + np.exp(-a32[items] * (t32[people] - b32[items])))

    spent = []
    for _ in range(15):
        begin = time.perf_counter()
        told = run_crowd(bank, len(thetas), respond)
        spent.append((time.perf_counter() - begin) / told.length.sum())
    away = told.theta - thetas
    return {
        "ns_per_step": 1e9 * min(spent),
        "ns_median": 1e9 * float(np.median(spent)),
        "rmse": float(np.sqrt((away**2).mean())),
        "bias": float(away.mean()),
        "length": float(told.length.mean()),
    }


def speed() -> dict[str, Any]:
    title("CAT-1000: one live step (select, respond, estimate), the same people and answers for all")
    modules = peers_node()
    figures: dict[str, Any] = {}
    for size in SIZES:
        ours, crowd = live(size, protocol.PEOPLE), batch(size)
        rows = {"engine": ours, "catsim": peer("catsim", size, CATSIM_PEOPLE[size])}
        if size in ADAPTIVETESTING_PEOPLE:
            rows["adaptivetesting"] = peer("adaptivetesting", size, ADAPTIVETESTING_PEOPLE[size])
        if modules is not None:
            rows["jsCAT"] = jscat(modules, size, JSCAT_PEOPLE[size])
        same = live(size, CATSIM_PEOPLE[size])
        equal = at_length(size, CATSIM_PEOPLE[size], rows["catsim"]["length"])
        print(f" {size} items")
        for name, row in rows.items():
            ratio = row["us_per_step"] / ours["us_per_step"]
            print(
                f"   {name:16s} {row['us_per_step']:12.1f} us/step  x{ratio:10.0f}   RMSE {row['rmse']:.3f}"
                f" bias {row['bias']:+.3f} length {row['length']:.1f} ({row['people']} people)"
            )
        told = f"{crowd['ns_per_step']:.0f} ns/step (median {crowd['ns_median']:.0f}), RMSE {crowd['rmse']:.3f}"
        print(f"   engine, 1,000 abreast: {told}")
        told = f"RMSE {same['rmse']:.3f}, length {same['length']:.1f}"
        equally = f"RMSE {equal['rmse']:.3f}, length {equal['length']:.1f}"
        print(f"   engine on catsim's people: {told}; at its length: {equally}")
        figures[str(size)] = {**rows, "batch": crowd, "same_people": same, "same_length": equal}
        times = rows["catsim"]["us_per_step"] / ours["us_per_step"]
        if size == 500:
            gate("catsim / engine at 500", times, ">= 100", times >= 100)
        if size == 50000:
            gate("catsim / engine at 50,000", times, ">= 3000", times >= 3000)
            growth = ours["us_per_step"] / figures["500"]["engine"]["us_per_step"]
            gate("time(50,000) / time(500)", growth, "<= 4", growth <= 4)
            gate("batch ns per step at 50,000", crowd["ns_per_step"], "<= 400", crowd["ns_per_step"] <= 400)
        gate(f"RMSE at {size}", ours["rmse"], "<= .35", ours["rmse"] <= 0.35)
        gate(f"|bias| at {size}", abs(ours["bias"]), "<= .04", abs(ours["bias"]) <= 0.04)
        worse = equal["rmse"] - rows["catsim"]["rmse"]
        gate(f"RMSE over catsim's at {size}, not longer", worse, "<= .005", worse <= 0.005)
    return figures


# --- the diagnostic ------------------------------------------------------------------------------------------------


def content_study(prior: Prior = Prior()) -> Study:  # noqa: B008 - frozen value
    content = load()
    bank = compile_bank(content.skill_map.spec, content.engine_items("abc_diag"), prior)
    return content.skill_map.spec, bank, drawn_truth(bank)


def run(
    study: Study, policy: Policy, people: int, seeds: int, *, population: str = "low", ear: Ear = SURE, steps: int = 1
) -> Metrics:
    spec, bank, truth = study
    drawn = draw_people(spec, POPULATIONS[population], people, 5)
    told = []
    for seed in range(seeds):
        lucky = drawn.answering_with(seed)
        told.append(measure(bank, lucky, play(bank, policy, lucky, truth, ear, scored_steps=steps)))
    means = {
        name: float(np.mean([getattr(each, name) for each in told]))
        for name in Metrics.__slots__
        if isinstance(getattr(told[0], name), int | float) and name != "people"
    }
    return replace(told[0], **means)


def line(name: str, m: Metrics) -> None:
    tubes = "" if m.tubes_exact is None else f"  own score {m.tubes_exact:.1%} / {m.tubes_within_one or 0:.1%}"
    print(
        f"   {name:44s} exact {m.exact:6.1%}  within one {m.within_one:6.1%}  3 in a row {m.three_failures:6.1%}"
        f"  questions {m.mean_questions:5.2f}  right {m.success:4.0%}  band {m.coverage80:6.1%}{tubes}",
        flush=True,
    )


def diagnostic(people: int, seeds: int) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name, study in (("synthetic", study_bank()), ("content", content_study())):
        size = len(study[1].items)
        title(f"Low-skilled people, at most 15 questions, {name} bank of {size} items, {people} people x {seeds} seeds")
        rows = {
            "ABC Diag": run(study, FIFTEEN, people, seeds),
            "ABC Diag, 10 questions": run(study, POLICIES["abc_diag"], people, seeds),
            "Pix tube rules (read by the engine)": run(study, POLICIES["pix_rules"], people, seeds),
            "most informative, no guard (ceiling)": run(study, POLICIES["max_information"], people, seeds),
        }
        for label, row in rows.items():
            line(label, row)
        figures[name] = {label: row.as_dict() for label, row in rows.items()}
        if name == "synthetic":
            main = rows["ABC Diag"]
            gate("exact", main.exact, ">= .53", main.exact >= 0.53)
            gate("within one", main.within_one, ">= .955", main.within_one >= 0.955)
            gate("three failures in a row", main.three_failures, "<= .09", main.three_failures <= 0.09)
            gate("mean questions", main.mean_questions, "<= 14.5", main.mean_questions <= 14.5)
    general = study_bank(Prior(mean=3.5, sd=1.8))
    title("General population, at most 15 questions, synthetic bank")
    line("ABC Diag", run(general, FIFTEEN, people, seeds, population="general"))
    line("Pix tube rules", run(general, POLICIES["pix_rules"], people, seeds, population="general"))
    return figures


def honesty(people: int, seeds: int) -> dict[str, Any]:
    title(
        "Recogniser errors, doubt as evidence, asked again below .8; band: true abilities inside the 80 % ability band"
    )
    study = study_bank()
    figures: dict[str, Any] = {}
    clean = None
    for rate in (0.0, 0.05, 0.15):
        soft = run(study, FIFTEEN, people, seeds, ear=Ear(rate, reask=0.8))
        line(f"error {rate:.0%}: soft, asked again ({soft.asked_again:.2f} a person)", soft)
        clean = clean or soft
        gate(f"coverage at {rate:.0%}", soft.coverage80, ".78 to .82", 0.78 <= soft.coverage80 <= 0.82)
        figures[f"asr {rate}"] = soft.as_dict()
        if rate:
            line(f"error {rate:.0%}: soft, never asked again", run(study, FIFTEEN, people, seeds, ear=Ear(rate)))
            line(f"error {rate:.0%}: doubt ignored", run(study, FIFTEEN, people, seeds, ear=Ear(rate, soft=False)))
            print(f"   lost to {rate:.0%}: {100 * (clean.within_one - soft.within_one):.1f} points of within one")
    title("Uneven profiles (areas 1.0, competences 0.8 instead of 0.6, 0.5)")
    uneven = run(study, FIFTEEN, people, seeds, population="low_uneven")
    line("two mixtures (the engine)", uneven)
    plain = study_bank(Prior(settings=((1.0, 1.0, 1.0),)))
    line("one setting", run(plain, FIFTEEN, people, seeds, population="low_uneven"))
    moderate = study_bank(Prior(settings=((0.6, 0.25, 0.25), (1.0, 0.5, 0.5), (1.8, 0.25, 0.25))))
    line("one moderate mixture of .6, 1, 1.8", run(moderate, FIFTEEN, people, seeds, population="low_uneven"))
    line("very uneven (1.3, 1.0)", run(study, FIFTEEN, people, seeds, population="low_very_uneven"))
    gate("coverage, uneven", uneven.coverage80, ">= .76", uneven.coverage80 >= 0.76)
    figures["uneven"] = uneven.as_dict()
    return figures


def helped(people: int, seeds: int) -> dict[str, Any]:
    title("What helped (synthetic bank, at most 15 questions)")
    study = study_bank()
    variants: dict[str, tuple[Study, Policy, int]] = {
        "the policy": (study, FIFTEEN, 1),
        "floor .50 instead of .45": (study, replace(FIFTEEN, floor=0.50), 1),
        "floor .60": (study, replace(FIFTEEN, floor=0.60), 1),
        "recover at .80 instead of .85": (study, replace(FIFTEEN, recover_floor=0.80), 1),
        "recover only after two failures": (study, replace(FIFTEEN, recover_after=2), 1),
        "no stop after three failures": (study, replace(FIFTEEN, stop_after=None), 1),
        "no stop when precise": (study, replace(FIFTEEN, stop_sd=None), 1),
        "the single best item, no draw": (study, replace(FIFTEEN, near_tie=0.0, randomesque=1), 1),
        "one setting instead of the mixture": (study_bank(Prior(settings=((1.0, 1.0, 1.0),))), FIFTEEN, 1),
        "expert parameters only": (study_bank(expert=True), FIFTEEN, 1),
        "two scored steps in each question": (study, FIFTEEN, 2),
        "full positioning (SD .6 or 60)": (study, POLICIES["positioning"], 1),
        "Pix tube rules to their natural end": (study, replace(POLICIES["pix_rules"], max_items=200), 1),
    }
    figures = {}
    for name, (where, policy, steps) in variants.items():
        some = people if policy.max_items <= 15 else max(people // 5, 50)
        found = run(where, policy, some, 1 if policy.max_items > 15 else seeds, steps=steps)
        line(name, found)
        figures[name] = found.as_dict()
    return figures


# --- calibration, a million people, the package by itself -----------------------------------------------------------


def adaptive_log(people: int, items: int, seed: int) -> tuple[Any, ...]:
    """Give parameters and a log: six items at random, then fourteen near the estimate from these."""
    rng = np.random.default_rng(seed)
    theta, a, b = rng.normal(0, 1, people), rng.lognormal(0, 0.3, items), rng.normal(0, 1, items)
    order, nodes = np.argsort(b), np.linspace(-4, 4, 25)

    def right(item: Any) -> Any:
        return rng.random(item.shape) < 1 / (1 + np.exp(-a[item] * (theta[:, None] - b[item])))

    first = rng.integers(0, items, (people, 6))
    told = right(first)
    logs = np.zeros((people, 25)) - 0.5 * nodes**2
    for turn in range(first.shape[1]):
        p = 1 / (1 + np.exp(-a[first[:, turn], None] * (nodes - b[first[:, turn], None])))
        logs += np.log(np.where(told[:, turn, None], p, 1 - p))
    mass = np.exp(logs - logs.max(axis=1, keepdims=True))
    near = np.searchsorted(b[order], (mass @ nodes) / mass.sum(axis=1))
    then = order[np.clip(near[:, None] + rng.integers(-items // 4, items // 4, (people, 14)), 0, items - 1)]
    key = (np.arange(people)[:, None] * items + np.concatenate([first, then], axis=1)).ravel()
    answer = np.concatenate([told, right(then)], axis=1).ravel()
    key, place = np.unique(key, return_index=True)
    return a, b, key // items, key % items, answer[place]


def binary(a: Any, b: Any, noise: float, seed: int) -> Parameters:
    n = len(a)
    expert = b + np.random.default_rng(seed).normal(0, noise, n)
    known, unknown = np.tile([1.0, 0, 0], (n, 1)), np.tile([0, 1.0, 0], (n, 1))
    none = np.zeros(n, dtype=np.bool_)
    return Parameters(np.ones(n), expert, np.ones(n), expert, known, unknown, none, np.zeros(1), np.ones(1))


def evidence_of(right: Any) -> Any:
    return np.stack([right, ~right, np.zeros_like(right)], axis=1).astype(np.float64)


def em() -> dict[str, Any]:
    title("Calibration of 1 million adaptive answers, 1,000 items, 53,000 people (2PL, experts half a unit off)")
    a, b, person, item, right = adaptive_log(53_000, 1000, 1)
    chunks = []
    for begin in range(0, 53_000, 20_000):
        some = (person >= begin) & (person < begin + 20_000)
        chunks.append(chunk_of(person[some] - begin, item[some], evidence_of(right[some])))
    rules = CalibrationRules(iterations=20, tolerance=0.0)
    begin, cpu = time.perf_counter(), time.process_time()
    told = calibrate(chunks, binary(a, b, 0.5, 2), rules)
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    loop = _numpy_loop()
    each = 1e9 * cpu / len(person) / (told.iterations + 1)
    r = float(np.corrcoef(told.parameters.b, b)[0, 1])
    rmse = float(np.sqrt(np.mean((told.parameters.b - b) ** 2)))
    by_wall = 1e9 * wall / len(person) / (told.iterations + 1)
    print(
        f"   {len(person)} answers: {each:.0f} ns of processor an answer and iteration ({by_wall:.0f} ns by the wall)"
    )
    print(f"   that is {each / loop:.1f} times a plain numpy loop that adds 21 numbers an answer ({loop:.0f} ns)")
    r_a = float(np.corrcoef(told.parameters.a, a)[0, 1])
    print(f"   r(b) {r:.4f}, rmse(b) {rmse:.3f}, r(a) {r_a:.3f}")
    gate("r(b)", r, ">= .985", r >= 0.985)
    title("The same EM and girth on what girth can do: dense answers of 1,000 people to 50 items, 2PL")
    theirs = peer("girth", 1000, 50)
    rng = np.random.default_rng(3)
    theta, a, b = rng.normal(0, 1, 1000), rng.lognormal(0, 0.3, 50), rng.normal(0, 1, 50)
    dense = rng.random((50, 1000)) < 1 / (1 + np.exp(-a[:, None] * (theta - b[:, None])))
    item, person = (values.ravel() for values in np.indices(dense.shape))
    begin = time.perf_counter()
    start = replace(binary(a, b, 0.0, 4), b=np.zeros(50), b0=np.zeros(50))
    fitted = calibrate([chunk_of(person, item, evidence_of(dense.ravel()))], start, CalibrationRules(sd_b=2.0))
    spent = time.perf_counter() - begin
    away = float(np.sqrt(np.mean((fitted.parameters.b - b) ** 2)))
    print(f"   girth  {theirs['seconds']:7.2f} s  r(b) {theirs['r_b']:.4f}  rmse(b) {theirs['rmse_b']:.3f}")
    ours = float(np.corrcoef(fitted.parameters.b, b)[0, 1])
    print(f"   engine {spent:7.2f} s  r(b) {ours:.4f}  rmse(b) {away:.3f}   x{theirs['seconds'] / spent:.0f} faster")
    figures = {"ns": each, "loop_ns": loop, "r_b": r, "rmse_b": rmse, "girth": theirs}
    return {**figures, "dense_seconds": spent, "dense_rmse_b": away}


def _numpy_loop() -> float:
    """Give the ns an answer of a fixed loop: gather a row of 21 single-precision numbers and add it to another."""
    rng = np.random.default_rng(0)
    rows, table = rng.integers(0, 3000, 1_000_000), rng.random((3000, 21), dtype=np.float32)
    total = np.zeros((1_000_000, 21), dtype=np.float32)
    cpu = time.process_time()
    for _ in range(3):
        total += table[rows]
    return 1e9 * (time.process_time() - cpu) / 3e6


AT_ONCE = 20_000


def some(people: int, seed: int) -> tuple[int, float, float, float, float]:
    """Give, for some people of the crowd: areas judged, exact, within one, questions asked, processor seconds."""
    cpu = time.process_time()
    spec, bank, truth = study_bank()
    drawn = draw_people(spec, LOW, people, seed)
    told = measure(bank, drawn, play(bank, POLICIES["abc_diag"], drawn, truth))
    areas = told.people * 5
    asked = told.mean_questions * told.people
    return areas, told.exact * areas, told.within_one * areas, asked, time.process_time() - cpu


def many(people: int) -> dict[str, Any]:
    cores = os.cpu_count() or 1
    title(f"{people:,} simulated people through the ABC Diag (10 questions, 672 items, {cores} processes)")
    parts = [(min(AT_ONCE, people - start), 100 + start) for start in range(0, people, AT_ONCE)]
    begin, sums = time.perf_counter(), np.zeros(5)
    with ProcessPoolExecutor(cores) as pool:
        for done, told in enumerate(pool.map(some, *zip(*parts, strict=True)), 1):
            sums += told
            print(f"   {done} of {len(parts)} parts", end="\r", file=sys.stderr, flush=True)
    wall = time.perf_counter() - begin
    areas, right, within, questions, cpu = sums.tolist()
    spent = f"{wall:.0f} s by the wall, {cpu:.0f} s of processor, {1e6 * cpu / questions:.0f} us a question"
    print(f"   {spent}; exact {right / areas:.3f}, within one {within / areas:.3f}")
    return {"people": people, "wall_s": wall, "cpu_s": cpu, "us_per_question": 1e6 * cpu / questions}


def alone() -> dict[str, Any]:
    title("The engine installed by itself (numpy only), in an environment of its own")
    spent = time.perf_counter()
    told = subprocess.run(
        [sys.executable, str(PEERS.parent / "engine_alone.py")], capture_output=True, text=True, check=False
    )
    print("   " + (told.stdout.strip() or told.stderr.strip()).replace("\n", "\n   "))
    gate("engine works by itself", told.returncode, "exit code 0", told.returncode == 0)
    return {"seconds": time.perf_counter() - spent, "exit_code": told.returncode}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PIECES), help=f"pieces: {', '.join(PIECES)}")
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--million", action="store_true", help="a whole million people, not a fiftieth of it")
    options = parser.parse_args()
    pieces = options.only.split(",")
    if unknown := set(pieces) - set(PIECES):
        parser.error(f"no such piece: {', '.join(sorted(unknown))}")
    figures: dict[str, Any] = {}
    if "speed" in pieces:
        figures["speed"] = speed()
    if "diagnostic" in pieces:
        figures["diagnostic"] = diagnostic(options.people, options.seeds)
    if "honesty" in pieces:
        figures["honesty"] = honesty(options.people, options.seeds)
    if "helped" in pieces:
        figures["helped"] = helped(options.people, options.seeds)
    if "em" in pieces:
        figures["em"] = em()
    if "people" in pieces:
        figures["people"] = many(1_000_000 if options.million else 20_000)
    if "alone" in pieces:
        figures["alone"] = alone()
    title("Gates")
    for name, holds, told in gates:
        print(f"   {'ok  ' if holds else 'MISS'} {name}: {told}")
    print(json.dumps(figures))
    sys.exit(0 if all(holds for _, holds, _ in gates) else 1)


if __name__ == "__main__":
    main()
