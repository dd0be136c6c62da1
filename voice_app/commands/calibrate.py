"""`voice-app calibrate`: item parameters and quality figures from a log of answers.

Each item gets its parameters, its fit, its drift against the published parameters, and its comparison between channels.
Nothing is published by this command: it writes a file that somebody reads.
"""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from engine.adaptive import Bank
from engine.adaptive.bank_calibration import calibrate_bank
from engine.adaptive.calibration import FEWEST_ANCHORS, Calibrated, CalibrationRules
from engine.adaptive.drift import Drift, drift
from engine.adaptive.matching import AnswerLog
from engine.adaptive.metrics import Dif, ItemFit, dif, item_fit
from voice_app.commands.answer_log import InvalidLog, Read, read_log
from voice_app.commands.simulate import BankName, bank_of
from voice_app.commands.terminal import console, failures_told, messages, print_json, progress


def calibrate_command(
    log: Annotated[Path, typer.Argument(help="CSV with a head, or one JSON object a line.")],
    bank: Annotated[BankName, typer.Option(help="The questions.")] = BankName.CONTENT,
    path: Annotated[str, typer.Option(help="The path of the content bank.")] = "abc_diag",
    two_parameters: Annotated[bool, typer.Option("--2pl/--1pl", help="Fit discriminations too.")] = True,
    anchors: Annotated[Path | None, typer.Option(help="Ids of items to keep as they are, one a line.")] = None,
    iterations: Annotated[int, typer.Option(min=1, max=500, help="EM steps at most.")] = 60,
    out: Annotated[Path | None, typer.Option(help="Write the parameters here, as JSON.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON line an item, then one for the whole.")] = False,
) -> None:
    """Fit item parameters to a log of answers, and look at fit, drift and fairness between channels."""
    with failures_told():
        _, compiled, _ = bank_of(bank, path)
        read = read_log(log, compiled)
        kept = _anchored(anchors, compiled)
        rules = CalibrationRules(two_parameters=two_parameters, iterations=iterations)
        with progress("Calibrating") as move:
            fitted = calibrate_bank(compiled, read.log, rules, kept, lambda done: move(done, iterations))
            move(iterations, iterations)
        lines = _lines(compiled, read.log, fitted)
    summary = _summary(read, lines)
    if out is not None:
        try:
            out.write_text(json_format.dumps({"summary": summary, "items": lines}, indent=1) + "\n", encoding="utf-8")
        except OSError as fault:
            raise typer.BadParameter(f"the file cannot be written: {fault}", param_hint="--out") from fault
    if json:
        for line in lines:
            print_json(line)
        print_json(summary)
        return
    for figure, value in summary.items():
        console.print(f"{figure}: {value}", highlight=False, markup=False)
    for line in lines:
        if line["flags"]:
            messages.print(f"{line['item']}: {', '.join(line['flags'])}", highlight=False, markup=False)


def _anchored(path: Path | None, bank: Bank) -> np.ndarray[Any, np.dtype[np.bool_]]:
    kept = np.zeros(len(bank.items), dtype=np.bool_)
    if path is None:
        return kept
    try:
        names = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as fault:
        raise InvalidLog(f"{path} cannot be read: {fault}") from fault
    for row, item in enumerate(bank.items):
        kept[row] = item.id in names
    if 0 < kept.sum() < FEWEST_ANCHORS:
        messages.print(f"{kept.sum()} anchors are too few to hold the scale ({FEWEST_ANCHORS}): the prior holds it")
    return kept


def _lines(bank: Bank, log: AnswerLog, fitted: Calibrated) -> list[dict[str, Any]]:
    moved = {each.item: each for each in drift(bank, log)}
    people = np.bincount(log.group[np.unique(log.person)], minlength=len(log.groups))
    unfair: dict[int, list[Dif]] = {}
    for each in dif(bank, log, log.groups[int(people.argmax())]) if len(log.groups) > 1 else ():
        unfair.setdefault(each.item, []).append(each)
    return [
        _line(bank, fit.item, fitted, fit, moved[fit.item], unfair.get(fit.item, [])) for fit in item_fit(bank, log)
    ]


def _line(bank: Bank, row: int, fitted: Calibrated, fit: ItemFit, moved: Drift, unfair: list[Dif]) -> dict[str, Any]:
    flags = [
        *(["fit"] if fit.flagged else []),
        *(["drift"] if moved.alarm else []),
        *(
            f"harder on {each.group}" if each.shift > 0 else f"easier on {each.group}"
            for each in unfair
            if each.flagged
        ),
    ]
    return {
        "item": bank.items[row].id,
        "answers": fit.answers,
        "b": round(float(fitted.parameters.b[row]), 4),
        "se_b": round(float(fitted.se_b[row]), 4),
        "a": round(float(fitted.parameters.a[row]), 4),
        "right": round(fit.right, 4),
        "outfit": round(fit.outfit, 3),
        "infit": round(fit.infit, 3),
        "rmsd": round(fit.rmsd, 4),
        "drift_z": round(moved.z, 2),
        "channels": [
            {
                "channel": each.group,
                "reference": each.reference,
                "shift": round(each.shift, 3),
                "raw": round(each.raw, 3),
                "p": round(each.p, 5),
                "flagged": each.flagged,
            }
            for each in unfair
        ],
        "flags": flags,
    }


def _summary(read: Read, lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "answers": len(read.log.person),
        "people": len(read.log.group),
        "channels": list(read.log.groups),
        "left_out": dict(read.left_out),
        "items": len(lines),
        "flagged": sum(bool(line["flags"]) for line in lines),
    }
