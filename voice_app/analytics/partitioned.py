"""Item parameters from a folder of Parquet files, a day at a time, on all processors: nothing is ever whole in memory.

The E step of `engine.adaptive.calibration` gives sums that add up, and so do the beliefs that place the groups of
people. Each pass maps over the files; what comes back is a few tables, whatever the number of answers. The result is
that of `calibrate_bank` on one log with all of them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import reduce
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from audio_content.loader import load
from engine.adaptive import Bank, compile_bank
from engine.adaptive.bank_calibration import calibrate_by, chunks_of
from engine.adaptive.calibration import (
    Calibrated,
    CalibrationRules,
    Chunk,
    Floats,
    Parameters,
    Statistics,
    one_pass,
)
from engine.adaptive.matching import AnswerLog, fit_groups, group_beliefs
from voice_app.analytics.parquet import rows_of
from voice_app.commands.answer_log import InvalidLog, collect

GROUPS = ("buttons", "phone", "voice")
"""The groups of `commands.answer_log.group_of`, the same in every part."""
REMEMBERED_PARTS = 4
"""Parts that a process keeps ready between two passes."""


@dataclass(slots=True)
class _Here:
    """What a process of the pool holds."""

    bank: Bank
    logs: OrderedDict[str, AnswerLog | None]
    chunks: OrderedDict[tuple[str, int], list[Chunk]]


_here: list[_Here] = []


def calibrate_folder(
    files: Sequence[Path],
    make_bank: Callable[[], Bank],
    rules: CalibrationRules,
    anchored: Any = None,
    progress: Callable[[int], None] = lambda _: None,
    processes: int = 1,
) -> Calibrated:
    """Give the parameters from these files. `make_bank` is called here and once in each process.

    Raises InvalidPolicy without answers, AnalyticsFault.
    """
    bank = make_bank()
    parts = [str(file) for file in files]
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (make_bank,)) as pool:
        rounds = iter(range(1_000_000))

        def prepare(tables: Floats) -> Callable[[Parameters], Statistics]:
            number = next(rounds)

            def beliefs(mean: Floats, sd: Floats) -> Floats:
                return sum(pool.map(_beliefs, parts, *_same(parts, tables, mean, sd)), np.zeros(()))

            spread = fit_groups(bank, len(GROUPS), beliefs)

            def carry(parameters: Parameters) -> Statistics:
                told = pool.map(_statistics, parts, *_same(parts, number, tables, spread, parameters))
                return reduce(Statistics.merge, told)

            return carry

        return calibrate_by(bank, len(GROUPS), prepare, rules, anchored, progress)


def content_bank(path: str) -> Bank:
    """Give the bank of a path of the content, as `voice-app calibrate` has it."""
    content = load()
    return compile_bank(content.skill_map.spec, content.engine_items(path))


def _same(parts: Sequence[str], *values: Any) -> list[list[Any]]:
    return [[value] * len(parts) for value in values]


def _begin(make_bank: Callable[[], Bank]) -> None:
    _here[:] = [_Here(make_bank(), OrderedDict(), OrderedDict())]


def _log(part: str) -> AnswerLog | None:
    """Give the answers of a file; None when none of them belongs to this bank."""
    here = _here[0]
    if part not in here.logs:
        try:
            read = collect(enumerate(rows_of(Path(part)), start=1), here.bank, Path(part).parent.name, GROUPS)
            here.logs[part] = read.log
        except InvalidLog:
            here.logs[part] = None
        while len(here.logs) > REMEMBERED_PARTS:
            here.logs.popitem(last=False)
    return here.logs[part]


def _beliefs(part: str, tables: Floats, mean: Floats, sd: Floats) -> Floats:
    log = _log(part)
    here = _here[0]
    if log is None:
        return np.zeros((len(mean), here.bank.tables.shape[-1]))
    return group_beliefs(here.bank, log, tables, mean, sd)


def _statistics(
    part: str, number: int, tables: Floats, spread: tuple[Floats, Floats], parameters: Parameters
) -> Statistics:
    here, key = _here[0], (part, number)
    if key not in here.chunks:
        log = _log(part)
        here.chunks[key] = [] if log is None else chunks_of(here.bank, log, tables, spread)
        while len(here.chunks) > REMEMBERED_PARTS:
            here.chunks.popitem(last=False)
    if not here.chunks[key]:
        nothing = np.zeros((len(parameters.a), parameters.count))
        return Statistics(nothing, nothing, np.zeros((len(parameters.mean), parameters.count)), 0.0, 0)
    return one_pass(here.chunks[key], parameters)
