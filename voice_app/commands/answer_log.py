"""Logs of answers as files: one line an answer, CSV with a head or one JSON object a line.

Columns: `person` (any name), `item`, the evidence `correct`, `incorrect`, `dont_know` (P(signal | outcome) up to a
factor), and, where known, `aid` (0 none to 5 done for them), `channel` (kiosk, phone, console), `input_mode` (voice,
key, button, mediator). An answer of an unknown item, one that was helped, and one that says nothing are counted and
left out.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.adaptive import Bank
from engine.adaptive.crowd import Played
from engine.adaptive.matching import AnswerLog
from engine.errors import EngineError
from engine.model import Aid, Channel, InputMode, ItemId

COLUMNS = ("person", "item", "correct", "incorrect", "dont_know", "aid", "channel", "input_mode")


class InvalidLog(EngineError):
    """A line of a log of answers cannot be read."""

    code = "engine.invalid_log"


@dataclass(frozen=True, slots=True)
class Read:
    """A log that was read, and what was left out: reason -> answers."""

    log: AnswerLog
    left_out: Mapping[str, int]


def group_of(channel: str, input_mode: str) -> str:
    """Give the group of fairness studies: by phone, by voice, or by buttons and keys."""
    if channel == Channel.PHONE:
        return "phone"
    return "voice" if input_mode == InputMode.VOICE else "buttons"


def read_log(path: Path, bank: Bank) -> Read:
    """Give the answers of a file. Raises InvalidLog, which names the line."""
    return collect(_lines(path), bank, path.name)


def collect(
    lines: Iterable[tuple[int, Mapping[str, Any]]], bank: Bank, name: str, groups: tuple[str, ...] = ()
) -> Read:
    """Give the answers of numbered lines; `groups` where they are known, else those that occur. Raises InvalidLog."""
    persons: dict[str, int] = {}
    modes: list[Counter[str]] = []
    rows: list[tuple[int, int, float, float, float]] = []
    left_out: Counter[str] = Counter()
    for number, line in lines:
        try:
            item, evidence = (
                ItemId(str(line["item"])),
                [float(line[name]) for name in ("correct", "incorrect", "dont_know")],
            )
            aid, person = Aid(int(line.get("aid") or 0)), str(line["person"])
            if min(evidence) < 0.0 or not np.isfinite(evidence).all() or max(evidence) == 0.0:
                raise ValueError(f"impossible evidence {evidence}")
        except (KeyError, TypeError, ValueError) as fault:
            raise InvalidLog(f"{name}, line {number}: {fault!r}") from fault
        reason = _reason_to_leave_out(item, evidence, aid, bank)
        if reason is not None:
            left_out[reason] += 1
            continue
        if person not in persons:
            persons[person] = len(persons)
            modes.append(Counter())
        modes[persons[person]][group_of(str(line.get("channel")), str(line.get("input_mode")))] += 1
        right, wrong, unknown = (value / max(evidence) for value in evidence)
        rows.append((persons[person], bank.index[item], right, wrong, unknown))
    if not rows:
        raise InvalidLog(f"{name} holds no answer to an item of this bank")
    groups = groups or tuple(sorted({mode for counter in modes for mode in counter}))
    table = np.array(rows)
    return Read(
        AnswerLog(
            person=table[:, 0].astype(np.intp),
            item=table[:, 1].astype(np.intp),
            evidence=table[:, 2:],
            group=np.array([groups.index(counter.most_common(1)[0][0]) for counter in modes], dtype=np.intp),
            groups=groups,
        ),
        left_out,
    )


def _reason_to_leave_out(item: ItemId, evidence: list[float], aid: Aid, bank: Bank) -> str | None:
    if item not in bank.index:
        return "unknown item"
    if aid > Aid.READ_ALOUD:
        return "helped"
    return "unheard" if len(set(evidence)) == 1 else None


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            if path.suffix == ".csv":
                yield from enumerate(csv.DictReader(file), start=2)
                return
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, json.loads(line)
    except (OSError, UnicodeDecodeError) as fault:
        raise InvalidLog(f"{path} cannot be read: {fault}") from fault
    except json.JSONDecodeError as fault:
        raise InvalidLog(f"{path.name} holds a line that is no JSON object: {fault}") from fault


def write_log(path: Path, bank: Bank, played: Played, *, first: int = 0, mode: InputMode = InputMode.KEY) -> int:
    """Write what simulated people answered, as the engine received it; give the number of answers. Raises OSError."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        answers = 0
        for row in _answers(bank, played, first, mode):
            writer.writerow(row)
            answers += 1
    return answers


def _answers(bank: Bank, played: Played, first: int, mode: InputMode) -> Iterable[tuple[object, ...]]:
    for person, (rows, heard) in enumerate(zip(played.rows.tolist(), played.evidence.tolist(), strict=True)):
        for row, evidence in zip(rows, heard, strict=True):
            if row >= 0:
                told = (f"{value:.6g}" for value in evidence)
                yield (first + person, bank.items[row].id, *told, 0, Channel.KIOSK.value, mode.value)
