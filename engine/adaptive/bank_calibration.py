"""A bank calibrated from the answers of its own adaptive sessions.

Questions were chosen by earlier answers in every area, so an area by itself would mistake that choice for difficulty:
each person in each competence enters the EM of `calibration` with the context of all other answers (`matching`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.adaptive.bank import Bank
from engine.adaptive.calibration import (
    Calibrated,
    CalibrationRules,
    Chunk,
    Floats,
    Parameters,
    Rows,
    Statistics,
    attenuated,
    chunk_of,
    iterate,
    one_pass,
    unattenuated,
)
from engine.adaptive.matching import AnswerLog, match_people
from engine.adaptive.people import truth_of
from engine.adaptive.posterior import grid

CONTEXT_ROUNDS = 3
"""How often the contexts are renewed under the parameters found so far."""

CHUNK_UNITS = 20_000


def calibrate_bank(
    bank: Bank,
    log: AnswerLog,
    rules: CalibrationRules = CalibrationRules(),  # noqa: B008 - frozen value
    anchored: NDArray[np.bool_] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Calibrated:
    """Give the parameters of a bank's items from the answers of its own adaptive sessions.

    Each person in each competence comes with the context of all other answers (`matching`), renewed `CONTEXT_ROUNDS`
    times under the parameters found so far. Expert values are the bank's own parameters. Raises InvalidPolicy without
    answers.
    """

    def prepare(tables: Floats) -> Callable[[Parameters], Statistics]:
        chunks = chunks_of(bank, log, tables)
        return lambda parameters: one_pass(chunks, parameters)

    return calibrate_by(bank, len(log.groups), prepare, rules, anchored, progress)


def chunks_of(bank: Bank, log: AnswerLog, tables: Floats, spread: tuple[Floats, Floats] | None = None) -> list[Chunk]:
    """Give a log cut for the EM: each person in each competence, with the context of all other answers.

    `tables` [M, 3, Q]: the outcomes of the items under the parameters found so far. Beside them a person's context is
    made of that person's answers and the group's `spread`: a log may be cut between people, and with the spread of the
    whole each part is prepared by itself.
    """
    matched = match_people(bank, log, tables, spread)
    return [
        chunk_of(unit, log.item[here], log.evidence[here], matched.group[persons], matched.context[persons])
        for here, unit, persons in _cut(matched.unit)
    ]


def calibrate_by(
    bank: Bank,
    groups: int,
    prepare: Callable[[Floats], Callable[[Parameters], Statistics]],
    rules: CalibrationRules,
    anchored: NDArray[np.bool_] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Calibrated:
    """Give the parameters from answers that lie wherever: `prepare` makes the contexts ready under some tables of
    outcomes and gives the pass that adds up the statistics of all parts. Raises InvalidPolicy without answers."""
    truth = truth_of(bank)
    flat = attenuated(truth.a, bank.prior.sd_tube)
    keep = np.zeros(len(bank.items), dtype=np.bool_) if anchored is None else anchored
    nodes = grid()
    current = Parameters(
        a=flat,
        b=truth.b,
        a0=flat,
        b0=truth.b,
        if_known=bank.if_known,
        if_unknown=bank.if_unknown,
        anchored=keep,
        mean=np.full(groups, bank.prior.mean),
        sd=np.full(groups, bank.prior.sd),
        low=float(nodes[0]),
        high=float(nodes[-1]),
        count=len(nodes),
    )
    some = replace(rules, iterations=max(1, rules.iterations // CONTEXT_ROUNDS))
    done = 0
    for _ in range(CONTEXT_ROUNDS):
        know = current.know()
        tables = know[:, None] * bank.if_known[..., None] + (1.0 - know[:, None]) * bank.if_unknown[..., None]
        fitted = iterate(prepare(tables), current, some, partial(_moved, progress, done))
        current, done = fitted.parameters, done + fitted.iterations
    a = np.where(keep, truth.a, unattenuated(current.a, bank.prior.sd_tube))
    return replace(fitted, parameters=replace(current, a=a), iterations=done)


def _moved(progress: Callable[[int], None], before: int, step: int) -> None:
    progress(before + step)


def _cut(unit: Rows) -> Iterable[tuple[Rows, Rows, Rows]]:
    """Cut answers into chunks of whole units: rows of answers, their unit in the chunk, the units."""
    order = np.argsort(unit, kind="stable")
    for begin in range(0, int(unit.max()) + 1 if len(unit) else 0, CHUNK_UNITS):
        left, right = np.searchsorted(unit[order], (begin, begin + CHUNK_UNITS))
        here = order[left:right]
        persons = np.arange(begin, min(begin + CHUNK_UNITS, int(unit.max()) + 1))
        yield here, unit[here] - begin, persons
