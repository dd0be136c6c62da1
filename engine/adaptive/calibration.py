"""Item parameters from answer logs: marginal maximum likelihood by EM, in chunks that any map-reduce can carry.

Model: that of `bank`, seen from one ability per person (an area, or the one ability of a classical test):

    knows ~ Bernoulli(K), K = 1 / (1 + exp(-a (theta - b)))      P(o | theta) = K alpha_o + (1 - K) beta_o

with slip, guessing and the habit of saying "I don't know" (alpha, beta) held fixed. Evidence r_o = P(signal | o)
enters as it is: the likelihood of an answer is L(theta) = sum_o r_o P(o | theta), so what a recogniser doubted counts
as doubtful.

EM (Bock and Aitkin 1981), with *knows* as second hidden variable beside theta:

    E: p(theta | person) ~ prior(theta) prod L(theta);  for each item and node of the grid
       n_q = sum of p_q,   k_q = sum of p_q P(knows | signal, q),   P(knows | signal, q) = K sum_o r_o alpha_o / L
    M: for each item a weighted logistic regression of k_q on n_q: Newton steps on (ln a, b), under priors
       ln a ~ N(ln a_expert, .5), b ~ N(b_expert, .5 levels)

`em_step(chunk)` gives n and k: they add up (`merge`), so chunks may be files, partitions or processes. With at least 20
*anchors* (items whose parameters are kept) the scale is held by them and the mean and spread of each group of people
are estimated; without, the scale is the prior's.

Attenuation. What an area's ability does not explain (competence and tube deviations, spread s) flattens the curve that
is fitted: a' = a / sqrt(1 + (.588 a s)^2) (logistic-normal, Zeger, Liang and Albert 1988); `unattenuated` gives a back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidPolicy

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Rows = NDArray[np.intp]

NODES = 21
OUTCOMES = 3
FEWEST_ANCHORS = 20
_NEWTON_STEPS = 4
_LOGISTIC_NORMAL = 16.0 * 3.0**0.5 / (15.0 * np.pi)
_SMALLEST = 1e-30
_STEEPEST, _FLATTEST = 6.0, 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """Items [M] and groups of people [P]: `a`, `b`, expert values `a0`, `b0`, rows `if_known` and `if_unknown` [M, 3],
    `anchored` [M]; `mean`, `sd` of each group. Units of `b` and of abilities: levels (or logits), of `a`: per unit."""

    a: Floats
    b: Floats
    a0: Floats
    b0: Floats
    if_known: Floats
    if_unknown: Floats
    anchored: NDArray[np.bool_]
    mean: Floats
    sd: Floats
    low: float = -4.0
    high: float = 4.0
    count: int = NODES

    def nodes(self) -> Floats:
        """Give the abilities of the grid [Q]."""
        return np.linspace(self.low, self.high, self.count)

    def know(self) -> Floats:
        """Give K [M, Q]."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.a[:, None] * (self.nodes() - self.b[:, None]))))


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Answers of some people, all answers of a person together; build it with `chunk_of`. `sure` answers have one
    outcome (a cell of (item, outcome)); the others keep their evidence."""

    people: int
    group: Rows
    sure_person: Rows
    sure_cell: Rows
    by_cell: Rows
    cell_starts: Rows
    cells: Rows
    soft_person: Rows
    soft_item: Rows
    soft_evidence: Floats
    person_starts: Rows
    persons: Rows
    log_prior: Singles | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """Sufficient statistics of the E step; they add up. `known` and `seen` [M, Q], `groups` [P, Q] (people by ability),
    `log_likelihood`, `answers`."""

    known: Floats
    seen: Floats
    groups: Floats
    log_likelihood: float
    answers: int

    def merge(self, other: Statistics) -> Statistics:
        """Give the statistics of both parts."""
        return Statistics(
            self.known + other.known,
            self.seen + other.seen,
            self.groups + other.groups,
            self.log_likelihood + other.log_likelihood,
            self.answers + other.answers,
        )


def chunk_of(
    person: Rows, item: Rows, evidence: Floats, group: Rows | None = None, log_prior: Singles | None = None
) -> Chunk:
    """Give the chunk of answers [n]: who, which item (row), evidence [n, 3]; `group` of each person [people];
    `log_prior` [people, Q] where more is known of each person than the group.

    People are numbered from 0. Raises InvalidPolicy for evidence that is negative, not finite or all zero."""
    if evidence.shape != (len(person), OUTCOMES) or not np.isfinite(evidence).all():
        raise InvalidPolicy("evidence must be finite, three values an answer")
    if (evidence < 0.0).any() or not (evidence.max(axis=1) > 0.0).all():
        raise InvalidPolicy("evidence must not be negative nor all zero")
    people = int(person.max()) + 1 if len(person) else 0
    order = np.argsort(person, kind="stable")
    person, item, evidence = person[order], item[order], evidence[order] / evidence[order].max(axis=1, keepdims=True)
    sure = (evidence > 0.0).sum(axis=1) == 1
    cell = item[sure] * OUTCOMES + evidence[sure].argmax(axis=1)
    by_cell = np.argsort(cell, kind="stable")
    cells, cell_starts = np.unique(cell[by_cell], return_index=True)
    persons, person_starts = np.unique(person[sure], return_index=True)
    return Chunk(
        people=people,
        group=np.zeros(people, dtype=np.intp) if group is None else group,
        sure_person=person[sure],
        sure_cell=cell,
        by_cell=person[sure][by_cell],
        cell_starts=cell_starts,
        cells=cells,
        soft_person=person[~sure],
        soft_item=item[~sure],
        soft_evidence=evidence[~sure],
        person_starts=person_starts,
        persons=persons,
        log_prior=log_prior,
    )


def em_step(chunk: Chunk, parameters: Parameters) -> Statistics:
    """Give what one pass over a chunk adds to the statistics."""
    know = parameters.know()
    outcome = know[:, None] * parameters.if_known[..., None] + (1.0 - know[:, None]) * parameters.if_unknown[..., None]
    logs = np.log(np.maximum(outcome, _SMALLEST)).reshape(-1, parameters.count).astype(np.float32)
    posterior = _posterior(chunk, parameters, logs, outcome)
    height = posterior.max(axis=1, keepdims=True)
    mass = np.exp(posterior - height)
    total = mass.sum(axis=1, keepdims=True)
    mass /= total
    counts = np.zeros((len(know) * OUTCOMES, parameters.count))
    if chunk.by_cell.size:
        counts[chunk.cells] = np.add.reduceat(mass[chunk.by_cell], chunk.cell_starts, axis=0)
    by_outcome = counts.reshape(len(know), OUTCOMES, parameters.count)
    share = know[:, None] * parameters.if_known[..., None] / np.maximum(outcome, _SMALLEST)
    known, seen = (by_outcome * share).sum(axis=1), by_outcome.sum(axis=1)
    if chunk.soft_item.size:
        weight = mass[chunk.soft_person].astype(np.float64)
        if_known = np.einsum("no,no->n", chunk.soft_evidence, parameters.if_known[chunk.soft_item])
        likelihood = np.einsum("no,noq->nq", chunk.soft_evidence, outcome[chunk.soft_item])
        np.add.at(seen, chunk.soft_item, weight)
        np.add.at(known, chunk.soft_item, weight * know[chunk.soft_item] * if_known[:, None] / likelihood)
    groups = np.zeros((len(parameters.mean), parameters.count))
    np.add.at(groups, chunk.group, mass)
    return Statistics(
        known=known,
        seen=seen,
        groups=groups,
        log_likelihood=float((np.log(total) + height).sum()),
        answers=len(chunk.sure_person) + len(chunk.soft_item),
    )


def _posterior(chunk: Chunk, parameters: Parameters, logs: Singles, outcome: Floats) -> Singles:
    """Give the unscaled log posterior [people, Q]."""
    nodes = parameters.nodes()
    prior = -0.5 * ((nodes - parameters.mean[:, None]) / parameters.sd[:, None]) ** 2
    prior = prior - np.log(np.exp(prior).sum(axis=1, keepdims=True))
    posterior = prior.astype(np.float32)[chunk.group] if chunk.log_prior is None else chunk.log_prior.copy()
    if chunk.persons.size:
        posterior[chunk.persons] += np.add.reduceat(logs[chunk.sure_cell], chunk.person_starts, axis=0)
    if chunk.soft_item.size:
        likelihood = np.einsum("no,noq->nq", chunk.soft_evidence, outcome[chunk.soft_item])
        np.add.at(posterior, chunk.soft_person, np.log(np.maximum(likelihood, _SMALLEST)).astype(np.float32))
    return np.asarray(posterior, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class CalibrationRules:
    """How to calibrate. `two_parameters` False keeps every `a` at its expert value (1PL). `sd_log_a` and `sd_b` are the
    priors' spreads around the expert values; `tolerance` the largest move of a `b` that counts as none."""

    two_parameters: bool = True
    sd_log_a: float = 0.5
    sd_b: float = 0.5
    iterations: int = 40
    tolerance: float = 0.002


def maximise(parameters: Parameters, told: Statistics, rules: CalibrationRules) -> Parameters:
    """Give the parameters after one M step."""
    nodes = parameters.nodes()
    log_a, b = np.log(parameters.a), parameters.b.copy()
    log_a0 = np.log(parameters.a0)
    weight_a, weight_b = 1.0 / rules.sd_log_a**2, 1.0 / rules.sd_b**2
    for _ in range(_NEWTON_STEPS):
        a = np.exp(log_a)[:, None]
        away = nodes - b[:, None]
        p = 1.0 / (1.0 + np.exp(-a * away))
        residual, weight = told.known - told.seen * p, told.seen * p * (1.0 - p)
        g_b = -(a * residual).sum(axis=1) - (b - parameters.b0) * weight_b
        h_bb = (a * a * weight).sum(axis=1) + weight_b
        if not rules.two_parameters:
            b += np.clip(g_b / h_bb, -1.0, 1.0)
            continue
        g_a = (a * away * residual).sum(axis=1) - (log_a - log_a0) * weight_a
        h_aa = (a * a * away * away * weight).sum(axis=1) + weight_a
        h_ab = -(a * a * away * weight).sum(axis=1)
        determinant = np.maximum(h_aa * h_bb - h_ab * h_ab, 1e-9)
        log_a += np.clip((h_bb * g_a - h_ab * g_b) / determinant, -0.5, 0.5)
        b += np.clip((h_aa * g_b - h_ab * g_a) / determinant, -1.0, 1.0)
        log_a = np.clip(log_a, np.log(_FLATTEST), np.log(_STEEPEST))
    keep = parameters.anchored
    fitted = replace(parameters, a=np.where(keep, parameters.a, np.exp(log_a)), b=np.where(keep, parameters.b, b))
    return fitted if keep.sum() < FEWEST_ANCHORS else _with_groups(fitted, told.groups)


def _with_groups(parameters: Parameters, groups: Floats) -> Parameters:
    nodes = parameters.nodes()
    people = np.maximum(groups.sum(axis=1), 1e-9)
    mean = groups @ nodes / people
    spread = np.sqrt(np.maximum(groups @ nodes**2 / people - mean**2, 0.01))
    some = groups.sum(axis=1) > 1.0
    return replace(parameters, mean=np.where(some, mean, parameters.mean), sd=np.where(some, spread, parameters.sd))


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """The result: `parameters`, `se_b` [M] (infinite without answers), `answers` [M], the iterations done, and whether
    the parameters had come to rest."""

    parameters: Parameters
    se_b: Floats
    answers: Floats
    iterations: int
    converged: bool


def calibrate(
    chunks: Sequence[Chunk],
    parameters: Parameters,
    rules: CalibrationRules = CalibrationRules(),
    progress: Callable[[int], None] = lambda _: None,
    pass_over: Callable[[Iterable[Chunk], Parameters], Statistics] | None = None,
) -> Calibrated:
    """Give the calibrated items. `pass_over` may carry the E step elsewhere (threads, processes, a cluster).

    Raises InvalidPolicy without any answer."""
    if not sum(len(chunk.sure_person) + len(chunk.soft_item) for chunk in chunks):
        raise InvalidPolicy("there are no answers to calibrate with")
    carry = pass_over or one_pass
    return iterate(lambda current: carry(chunks, current), parameters, rules, progress)


def iterate(
    carry: Callable[[Parameters], Statistics],
    parameters: Parameters,
    rules: CalibrationRules,
    progress: Callable[[int], None],
) -> Calibrated:
    """Give the calibrated items. `carry` gives the statistics of all answers under some parameters, wherever they are.

    Raises InvalidPolicy without any answer."""
    told, done, resting = carry(parameters), 0, False
    if not told.answers:
        raise InvalidPolicy("there are no answers to calibrate with")
    while done < rules.iterations and not resting:
        fitted = maximise(parameters, told, rules)
        resting = float(np.abs(fitted.b - parameters.b).max()) < rules.tolerance
        parameters, done = fitted, done + 1
        progress(done)
        told = carry(parameters)
    p = parameters.know()
    information = (parameters.a[:, None] ** 2 * told.seen * p * (1.0 - p)).sum(axis=1)
    with np.errstate(divide="ignore"):
        se_b = 1.0 / np.sqrt(information)
    return Calibrated(parameters, se_b, told.seen.sum(axis=1), done, resting)


def one_pass(chunks: Iterable[Chunk], parameters: Parameters) -> Statistics:
    """Give the statistics of all chunks, one after the other."""
    total: Statistics | None = None
    for chunk in chunks:
        told = em_step(chunk, parameters)
        total = told if total is None else total.merge(told)
    if total is None:
        raise InvalidPolicy("there are no answers to calibrate with")
    return total


def attenuated(a: Floats, spread: float) -> Floats:
    """Give the slope that is seen when abilities scatter by `spread` around what is measured."""
    return np.asarray(a / np.sqrt(1.0 + (_LOGISTIC_NORMAL * a * spread) ** 2))


def unattenuated(a: Floats, spread: float) -> Floats:
    """Give the slope behind one that was fitted; bounded, for a fitted slope near the limit says nothing."""
    lost = np.minimum((_LOGISTIC_NORMAL * a * spread) ** 2, 0.9)
    return np.asarray(np.minimum(a / np.sqrt(1.0 - lost), _STEEPEST))
