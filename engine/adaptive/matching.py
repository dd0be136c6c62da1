"""Logs of answers, and what the other answers of a person say: the ground of calibration and of fairness studies.

Questions are chosen by what a person answered before, in every area. A study that looks at one area alone therefore
meets people who were selected, and takes their selection for difficulty. Here each person is believed what *all* the
answers say, by the same tree as in a session (`posterior`); for a competence, the *context* is that belief without the
competence's own answers, so that any one answer can be taken out exactly.

People of one channel form a group with a prior of its own (mean and spread of the general ability, estimated): with one
common prior a weaker group makes every item look unfair.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.adaptive.bank import Bank
from engine.adaptive.posterior import Floats, Positions, build_tree, grid, propagate
from engine.errors import InvalidPolicy
from engine.model import Outcome

Singles = NDArray[np.float32]

GROUP_ROUNDS = 4
_CHUNK = 500
_SMALLEST = 1e-30
_NARROWEST = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class AnswerLog:
    """Answers [n]: `person` (from 0), `item` (row of the bank), `evidence` [n, 3]; `group` [people] numbers the
    channel of each person, named by `groups`. Raises InvalidPolicy when the shapes do not fit."""

    person: Positions
    item: Positions
    evidence: Floats
    group: Positions
    groups: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.evidence.shape != (len(self.person), len(Outcome)) or len(self.item) != len(self.person):
            raise InvalidPolicy("a log needs one item and three values of evidence an answer")
        if len(self.person) and int(self.person.max()) >= len(self.group):
            raise InvalidPolicy("a log needs the group of every person")


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """What the other answers say. A *unit* is one person in one competence: `unit` [n] of each answer, `context` [U, G]
    (log, float32) and `group` [U]. `group_mean`, `group_sd` of the general ability (levels)."""

    unit: Positions
    context: Singles
    group: Positions
    group_mean: Floats
    group_sd: Floats


def match_people(
    bank: Bank, log: AnswerLog, tables: Floats | None = None, spread: tuple[Floats, Floats] | None = None
) -> Matched:
    """Give the contexts of a log; `tables` [I, O, G] may replace the bank's (parameters under way).

    `spread`: mean and spread of each group where they are known, because the log is a part of a larger one.
    """
    curves = bank.tables if tables is None else tables
    people, competences = len(log.group), len(bank.framework.competences)
    order, ends = _parts(log)
    mean, sd = spread or fit_groups(bank, len(log.groups), lambda *so_far: group_beliefs(bank, log, curves, *so_far))
    key = log.person * competences + bank.competence[log.item]
    units, unit = np.unique(key, return_inverse=True)
    context = np.empty((len(units), grid().size), dtype=np.float32)
    for part, begin in enumerate(range(0, people, _CHUNK)):
        some = order[ends[part] : ends[part + 1]]
        found, _ = _chunk(bank, log, curves, some, begin, mean, sd)
        here = np.unique(unit[some])
        context[here] = found[units[here] // competences - begin, units[here] % competences]
    return Matched(unit, context, log.group[units // competences], mean, sd)


def fit_groups(bank: Bank, groups: int, beliefs: Callable[[Floats, Floats], Floats]) -> tuple[Floats, Floats]:
    """Give mean and spread of each group; `beliefs` gives the sum of its people's beliefs [P, G] under some of them."""
    mean, sd = np.full(groups, bank.prior.mean), np.full(groups, bank.prior.sd)
    for _ in range(GROUP_ROUNDS if groups > 1 else 0):
        mean, sd = _groups(beliefs(mean, sd), mean, sd)
    return mean, sd


def group_beliefs(bank: Bank, log: AnswerLog, curves: Floats, mean: Floats, sd: Floats) -> Floats:
    """Give by group the sum of its people's beliefs over the general ability [P, G]; sums of parts add up."""
    order, ends = _parts(log)
    sums = np.zeros((len(log.groups), grid().size))
    for part, begin in enumerate(range(0, len(log.group), _CHUNK)):
        some = order[ends[part] : ends[part + 1]]
        _, overall = _chunk(bank, log, curves, some, begin, mean, sd)
        answered = np.unique(log.person[some])
        np.add.at(sums, log.group[answered], overall[answered - begin])
    return sums


def _parts(log: AnswerLog) -> tuple[Positions, Positions]:
    """Give the answers in the order of their people, and where each part of `_CHUNK` people ends."""
    order = np.argsort(log.person, kind="stable")
    return order, np.searchsorted(log.person[order], np.arange(0, len(log.group) + _CHUNK, _CHUNK))


def _chunk(
    bank: Bank, log: AnswerLog, curves: Floats, some: Positions, begin: int, mean: Floats, sd: Floats
) -> tuple[Floats, Floats]:
    """Give the log contexts [people, C, G] and the general abilities [people, G] of some people."""
    size = min(_CHUNK, len(log.group) - begin)
    logs = np.zeros((size, len(bank.framework.competences), grid().size))
    told = np.einsum("no,nog->ng", log.evidence[some], curves[log.item[some]])
    np.add.at(logs, (log.person[some] - begin, bank.competence[log.item[some]]), np.log(np.maximum(told, _SMALLEST)))
    likelihood = np.maximum(np.exp(logs - logs.max(axis=-1, keepdims=True)), _SMALLEST)
    contexts, overall = np.empty_like(logs), np.empty((size, grid().size))
    group = log.group[begin : begin + size]
    for number in np.unique(group).tolist():
        prior = replace(bank.prior, mean=float(mean[number]), sd=float(sd[number]))
        here = group == number
        belief = propagate(build_tree(bank.framework, prior), likelihood[here])
        contexts[here] = np.log(np.maximum(belief.competences, 1e-300)) - np.log(likelihood[here])
        overall[here] = belief.overall
    return contexts - contexts.max(axis=-1, keepdims=True), overall


def _groups(sums: Floats, mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Give mean and spread of each group from the sum of its people's beliefs [P, G]."""
    people = sums.sum(axis=1)
    fitted_mean, fitted_sd = mean.copy(), sd.copy()
    for number in np.flatnonzero(people > 1.0).tolist():
        total = sums[number] / people[number]
        fitted_mean[number] = total @ grid()
        fitted_sd[number] = max(math.sqrt(max(total @ grid() ** 2 - fitted_mean[number] ** 2, 0.0)), _NARROWEST)
    return fitted_mean, fitted_sd


def without_each(bank: Bank, log: AnswerLog, matched: Matched) -> tuple[Floats, Floats]:
    """Give for each answer the belief [n, G] over its competence from all other answers, and from all of them."""
    told = np.log(np.maximum(np.einsum("no,nog->ng", log.evidence, bank.tables[log.item]), _SMALLEST))
    logs = matched.context.astype(np.float64)
    np.add.at(logs, matched.unit, told)
    everything = logs[matched.unit]
    return _belief(everything - told), _belief(everything)


def _belief(logs: Floats) -> Floats:
    mass = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))
