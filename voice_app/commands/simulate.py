"""`voice-app simulate`: simulated people through a policy; accuracy, length, discouragement, honesty of the bands.

The people follow the engine's own family of models (`engine.adaptive.people`): the figures rank policies, they do not
prove accuracy in the field. The engine's prior is told the mean and the spread of the population, not its unevenness.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from audio_content.loader import load
from engine.adaptive import POLICIES, Bank, Policy, Prior, compile_bank
from engine.adaptive.crowd import play
from engine.adaptive.people import POPULATIONS, Ear, Truth, draw_people
from engine.adaptive.simulee import Metrics, drawn_truth, measure, study_bank
from engine.errors import InvalidPolicy
from engine.model import FrameworkSpec, InputMode
from voice_app.commands.answer_log import write_log
from voice_app.commands.simulation_report import simulation_page
from voice_app.commands.terminal import console, failures_told, print_json, progress

Chosen = TypeVar("Chosen")


class BankName(StrEnum):
    """The bank of the studies, or the service's own questions (their true difficulties are drawn)."""

    SYNTHETIC = "synthetic"
    CONTENT = "content"


def simulate_command(
    policy: Annotated[str, typer.Option(help=f"One of {', '.join(POLICIES)}.")] = "abc_diag",
    population: Annotated[str, typer.Option(help=f"One of {', '.join(POPULATIONS)}.")] = "low",
    bank: Annotated[BankName, typer.Option(help="The questions.")] = BankName.SYNTHETIC,
    max_items: Annotated[int | None, typer.Option(min=1, max=200, help="Questions at most; the policy's own.")] = None,
    learners: Annotated[int, typer.Option(min=1, help="Simulated people.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same figures.")] = 5,
    asr_error: Annotated[float, typer.Option(min=0.0, max=0.9, help="Error rate of the recogniser.")] = 0.0,
    evidence: Annotated[bool, typer.Option("--soft/--hard", help="Use the recogniser's doubt, or ignore it.")] = True,
    reask: Annotated[float, typer.Option(min=0.0, max=1.0, help="Ask again below this confidence.")] = 0.8,
    path: Annotated[str, typer.Option(help="The path of the content bank.")] = "abc_diag",
    report: Annotated[Path | None, typer.Option(help="Write a page with the curves here.")] = None,
    log: Annotated[Path | None, typer.Option(help="Write every answer here (CSV), for calibrate.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON line.")] = False,
) -> None:
    """Take simulated people through a policy and measure what it does to them."""
    people_of = _named(POPULATIONS, population, "--population")
    with failures_told():
        chosen = _named(POLICIES, policy, "--policy")
        chosen = chosen if max_items is None else replace(chosen, max_items=max_items)
        spec, compiled, truth = bank_of(bank, path, Prior(mean=people_of.mean, sd=people_of.sd))
        people = draw_people(spec, people_of, learners, seed)
        ear = Ear(asr_error, soft=evidence, reask=reask if evidence else 0.0)
        with progress("Playing") as move:
            played = play(compiled, chosen, people, truth, ear, lambda done: move(done, learners))
        figures = measure(compiled, people, played)
    told = {
        "policy": chosen.name,
        "population": population,
        "bank": bank.value,
        "items": len(compiled.items),
        "max_items": chosen.max_items,
        "learners": learners,
        "seed": seed,
        "asr_error": asr_error,
        "reask": ear.reask if asr_error else 0.0,
    }
    try:
        if report is not None:
            report.write_text(simulation_page(told, figures), encoding="utf-8")
        if log is not None:
            write_log(log, compiled, played, mode=InputMode.VOICE if asr_error else InputMode.KEY)
    except OSError as fault:
        raise typer.BadParameter(f"it cannot be written: {fault}", param_hint="--report, --log") from fault
    if json:
        print_json({**told, **asdict(figures)})
        return
    _tell(chosen, figures)


def _named(choices: Mapping[str, Chosen], name: str, option: str) -> Chosen:
    if name not in choices:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(choices)}", param_hint=option)
    return choices[name]


def bank_of(name: BankName, path: str, prior: Prior = Prior()) -> tuple[FrameworkSpec, Bank, Truth]:  # noqa: B008
    """Give a bank, its skill map, and the parameters that simulated people follow. Raises InvalidPolicy without such a
    path."""
    if name is BankName.SYNTHETIC:
        return study_bank(prior)
    content = load()
    if path not in content.skill_map.paths:
        raise InvalidPolicy(f"there is no path {path!r}; the content has {', '.join(content.skill_map.paths)}")
    spec = content.skill_map.spec
    compiled = compile_bank(spec, content.engine_items(path), prior)
    return spec, compiled, drawn_truth(compiled)


def _tell(policy: Policy, figures: Metrics) -> None:
    lines = {
        "people": f"{figures.people}",
        "questions": f"{figures.mean_questions:.1f} (at most {policy.max_items})",
        "area level exact": f"{figures.exact:.1%}",
        "within one": f"{figures.within_one:.1%}",
        "80 % ability band covers": f"{figures.coverage80:.1%}",
        "band of whole levels covers": f"{figures.level_coverage:.1%}",
        "right answers": f"{figures.success:.1%}",
        "three failures in a row": f"{figures.three_failures:.1%}",
        "asked to say it again": f"{figures.asked_again:.2f} a person",
    }
    if figures.tubes_exact is not None and figures.tubes_within_one is not None:
        lines["by the rules' own score"] = f"{figures.tubes_exact:.1%} exact, {figures.tubes_within_one:.1%} within one"
    for name, value in lines.items():
        console.print(f"{name}: {value}", highlight=False, markup=False)
