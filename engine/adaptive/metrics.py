"""Is the instrument good, and is it fair? Reliability, exposure, item fit, and items that are harder on one channel.

Everything here looks back at answers that were given; nothing decides about a person. People are matched on all their
other answers, with a prior for each channel (`matching`; with one common prior false alarms rise from 5 % to 21 % at
300 people a channel).

Differential functioning. For each answer, e = P(right | what was heard, other answers) - P(right | other answers).
Under the model e has mean 0 on every channel, also when the recogniser errs, because P(right | what was heard) carries
its doubt. z compares the mean residual of a channel with that of the reference; the effect is the shift of b (levels)
that would explain it. An item that is harder on a channel makes its people look weaker and every other item easier for
them: flagged items are taken out of the matching and everything is compared again (iterative purification; Candell and
Drasgow 1988). `raw` is the same gap without the correction: what people feel. Many items are tested, so
p-values are judged by Benjamini and Hochberg (1995).

Fit. Outfit and infit are the mean squared standardised residual, plain and weighted by information (Wright and Masters
1982): 1 is expected. RMSD is the distance between observed and expected curve over the grid: over .08 is flagged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.adaptive.bank import Bank
from engine.adaptive.matching import AnswerLog, match_people, without_each
from engine.adaptive.posterior import Floats, Positions, grid
from engine.errors import InvalidPolicy
from engine.model import MAX_LEVEL, Outcome

RMSD_FLAG = 0.08
FALSE_DISCOVERY_RATE = 0.05
FEWEST_ANSWERS = 200
"""Answers on each of two channels from which a difference may be flagged."""
PURIFICATIONS = 4
"""Comparisons at most after the first; as a rule the second finds what the first found or a part of it."""

_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """For each answer: P(right | others) `expected`, P(right | heard, others) `observed`, the plain outcome `plain`,
    the slope of `expected` in b, and the belief [n, G] from all answers."""

    expected: Floats
    observed: Floats
    plain: Floats
    slope: Floats
    belief: Floats


def residuals(bank: Bank, log: AnswerLog, unmatched: frozenset[int] = frozenset()) -> Residuals:
    """Give every answer beside what the other answers let expect; those to the `unmatched` items say nothing there."""
    silent = np.isin(log.item, list(unmatched))
    matching = replace(log, evidence=np.where(silent[:, None], 1.0, log.evidence))
    others, belief = without_each(bank, matching, match_people(bank, matching))
    tables = bank.tables[log.item]
    by_outcome = np.einsum("ng,nog->no", others, tables)
    heard = log.evidence * by_outcome
    return Residuals(
        expected=by_outcome[:, Outcome.CORRECT],
        observed=heard[:, Outcome.CORRECT] / np.maximum(heard.sum(axis=1), _SMALLEST),
        plain=(log.evidence.argmax(axis=1) == Outcome.CORRECT).astype(np.float64),
        slope=-(others * np.gradient(tables[:, Outcome.CORRECT], grid(), axis=1)).sum(axis=1),
        belief=belief,
    )


@dataclass(frozen=True, slots=True)
class Dif:
    """One item on one channel against the reference. `shift`: levels of b, positive when harder there; `raw`: gap of
    the plain share of right answers, same sign as `shift`; `p` two-sided; `flagged` after Benjamini and Hochberg, with
    enough answers."""

    item: int
    group: str
    reference: str
    answers: int
    reference_answers: int
    shift: float
    raw: float
    z: float
    p: float
    flagged: bool


def dif(bank: Bank, log: AnswerLog, reference: str, rate: float = FALSE_DISCOVERY_RATE) -> tuple[Dif, ...]:
    """Give the comparison of every item and channel with the reference channel.

    Raises InvalidPolicy when the reference is not a group of the log."""
    if reference not in log.groups:
        raise InvalidPolicy(f"{reference!r} is not one of the channels {', '.join(log.groups)}")
    found = _once(bank, log, reference, rate, frozenset())
    suspects: frozenset[int] = frozenset()
    for _ in range(PURIFICATIONS):
        flagged = frozenset(each.item for each in found if each.flagged)
        if flagged == suspects:
            break
        suspects = flagged
        found = _once(bank, log, reference, rate, suspects)
    return found


def _once(bank: Bank, log: AnswerLog, reference: str, rate: float, unmatched: frozenset[int]) -> tuple[Dif, ...]:
    matched = residuals(bank, log, unmatched)
    channel = log.group[log.person]
    zero = log.groups.index(reference)
    found: list[Dif] = []
    for item in np.unique(log.item).tolist():
        here = log.item == item
        base = here & (channel == zero)
        for number, name in enumerate(log.groups):
            other = here & (channel == number)
            if number == zero or min(base.sum(), other.sum()) < 2:
                continue
            found.append(_compared(matched, item, name, reference, other, base))
    enough = [min(each.answers, each.reference_answers) >= FEWEST_ANSWERS for each in found]
    limit = benjamini_hochberg([each.p for each, some in zip(found, enough, strict=True) if some], rate)
    return tuple(replace(each, flagged=some and each.p <= limit) for each, some in zip(found, enough, strict=True))


def _compared(
    matched: Residuals, item: int, group: str, reference: str, other: NDArray[np.bool_], base: NDArray[np.bool_]
) -> Dif:
    residual = matched.observed - matched.expected
    gap = float(residual[other].mean() - residual[base].mean())
    raw = float((matched.plain - matched.expected)[base].mean() - (matched.plain - matched.expected)[other].mean())
    error = math.sqrt(residual[other].var(ddof=1) / other.sum() + residual[base].var(ddof=1) / base.sum())
    slope = float(matched.slope[other | base].mean())
    # what was heard pulls `observed` toward what was expected: the doubt of the channel hides that part of a real shift
    heard = max(float(_reliance(matched, other | base)), 0.05)
    z = gap / error if error > 0.0 else 0.0
    return Dif(
        item=item,
        group=group,
        reference=reference,
        answers=int(other.sum()),
        reference_answers=int(base.sum()),
        shift=gap / heard / slope if slope < 0.0 else 0.0,
        raw=raw,
        z=z,
        p=math.erfc(abs(z) / math.sqrt(2.0)),
        flagged=False,
    )


def _reliance(matched: Residuals, some: NDArray[np.bool_]) -> float:
    """Give how much of the variance of a right answer the signal decides (1: certain keys)."""
    p = matched.expected[some]
    return float(((matched.observed[some] - p) ** 2).sum() / max((p * (1.0 - p)).sum(), _SMALLEST))


def benjamini_hochberg(p_values: Sequence[float], rate: float) -> float:
    """Give the largest p that is a discovery at this false discovery rate; below 0 when there is none."""
    ordered = np.sort(np.asarray(p_values, dtype=np.float64))
    passing = np.flatnonzero(ordered <= rate * np.arange(1, len(ordered) + 1) / max(len(ordered), 1))
    return float(ordered[passing[-1]]) if passing.size else -1.0


@dataclass(frozen=True, slots=True)
class ItemFit:
    """How one item behaves: answers, share right, mean expected, outfit and infit (1 is expected), RMSD (flag .08)."""

    item: int
    answers: int
    right: float
    expected: float
    outfit: float
    infit: float
    rmsd: float

    @property
    def flagged(self) -> bool:
        return self.answers >= FEWEST_ANSWERS and self.rmsd > RMSD_FLAG


def item_fit(bank: Bank, log: AnswerLog) -> tuple[ItemFit, ...]:
    """Give the fit of every item that was answered."""
    matched = residuals(bank, log)
    found = []
    for item in np.unique(log.item).tolist():
        here = log.item == item
        y, p = matched.observed[here], matched.expected[here]
        variance = np.maximum(p * (1.0 - p), _SMALLEST)
        square = (y - p) ** 2
        weight = matched.belief[here]
        total = np.maximum(weight.sum(axis=0), _SMALLEST)
        away = (weight * y[:, None]).sum(axis=0) / total - bank.tables[item, Outcome.CORRECT]
        found.append(
            ItemFit(
                item=item,
                answers=int(here.sum()),
                right=float(y.mean()),
                expected=float(p.mean()),
                outfit=float((square / variance).mean()),
                infit=float(square.sum() / variance.sum()),
                rmsd=math.sqrt(float(total @ away**2 / total.sum())),
            )
        )
    return tuple(found)


def reliability(means: Floats, sds: Floats) -> float:
    """Give the marginal reliability: 1 - mean posterior variance / total variance of the ability."""
    error = float(np.mean(np.square(sds)))
    total = float(np.var(means)) + error
    return 1.0 - error / total if total > 0.0 else 0.0


def conditional_sem(levels: Positions, sds: Floats) -> tuple[float, ...]:
    """Give the root mean posterior variance of the people at each level 0 to 8 (nan where there is nobody)."""
    return tuple(
        math.sqrt(float(np.mean(np.square(sds[levels == level])))) if (levels == level).any() else math.nan
        for level in range(MAX_LEVEL + 1)
    )


def classification(masses: Floats) -> tuple[float, float]:
    """Give the expected accuracy of naming the most probable level, and the expected agreement of two sessions, from
    P(level) [..., 9] (Rudner 2005; Lee 2010)."""
    return float(masses.max(axis=-1).mean()), float(np.square(masses).sum(axis=-1).mean())


@dataclass(frozen=True, slots=True)
class Exposure:
    """`rates` [I]: share of people who met each item; `most`; `overlap`: share of items that two people have in common;
    `unused`: share of items nobody met."""

    rates: tuple[float, ...]
    most: float
    overlap: float
    unused: float


def exposure(rows: Positions, items: int) -> Exposure:
    """Give the exposure of items in sessions [N, length] of rows (-1: no question)."""
    people = len(rows)
    rates = np.bincount(rows[rows >= 0], minlength=items) / max(people, 1)
    length = float(rates.sum())
    shared = float((rates * (rates * people - 1.0)).sum() / max(people - 1, 1))
    return Exposure(
        tuple(rates.tolist()), float(rates.max()), max(shared, 0.0) / max(length, _SMALLEST), float((rates == 0).mean())
    )


def discouragement(outcomes: NDArray[np.intp], run: int = 3) -> float:
    """Give the share of people with this many failures in a row, from outcomes [N, length] (-1: no question)."""
    current, worst = np.zeros(len(outcomes), dtype=np.intp), np.zeros(len(outcomes), dtype=np.intp)
    for turn in outcomes.T:
        current = np.where(turn == Outcome.CORRECT, 0, np.where(turn < 0, current, current + 1))
        worst = np.maximum(worst, current)
    return float((worst >= run).mean())


def success_rate(outcomes: NDArray[np.intp]) -> float:
    """Give the share of right answers, from outcomes [N, length] (-1: no question)."""
    return float((outcomes == Outcome.CORRECT).sum() / max((outcomes >= 0).sum(), 1))


def coverage(true: Floats, low: Floats, high: Floats) -> float:
    """Give the share of true values inside their bands."""
    return float(((true >= low) & (true <= high)).mean())
