"""What the answers say: levels with their honesty band, what the person showed, what comes next.

It turns a belief into numbers and skills; words are the content's affair.

A level L is the ability within half a level of L (ends clipped to 0 and 8). The probability that a person *knows* an
asked skill uses its own answer: P(know | all) = E[ K(theta) P(signal | know) / P(signal | theta) ] over the final
belief (which holds that answer already). A skill not asked is E[K(theta)].

Next steps are the *outer fringe* of knowledge space theory: skills not mastered whose ancestors all are. Among the
bank's skills first (there is a question, and a wording, for each); when the person masters all of these, among the
whole framework. A finite graph without cycle always has such a skill unless everything is mastered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from engine.adaptive.bank import Bank, is_informative, weights
from engine.adaptive.posterior import Belief, Floats, grid
from engine.adaptive.selection import mastery_by_ability
from engine.adaptive.stopping import StopReason
from engine.model import MAX_LEVEL, AreaId, CompetenceId, ItemId, Observation, Outcome, SkillId

MASTERED = 0.8
"""From this probability of knowing on, we say that a person masters a skill."""

TEACHABLE = 0.65
"""The best next step is one the person half knows: near enough to succeed, far enough to learn."""

BAND = 0.8
_LEVELS = np.arange(MAX_LEVEL + 1)


@dataclass(frozen=True, slots=True)
class LevelEstimate:
    """A level with its uncertainty. `questions` 0: estimated from the answers about other subjects.

    `pmf` is the probability of each level 0 to 8; `mean` and `sd` are in levels, within 0 to 8; `band` holds at least
    80 % of the probability, at most 10 % on either side.
    """

    pmf: tuple[float, ...]
    mean: float
    sd: float
    band: tuple[int, int]
    questions: int

    @property
    def level(self) -> int:
        """Give the level to name: the mean, rounded."""
        return round(self.mean)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one observation showed: the likeliest side (None: nothing) and its probability; whether it counts as a
    question."""

    row: int
    observation: Observation
    outcome: Outcome | None
    p: float
    counts: bool


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One line of the evidence: the item, its most likely outcome (None: unheard, or done by the helper) and how
    likely it is."""

    item: ItemId
    outcome: Outcome | None
    p: float


@dataclass(frozen=True, slots=True)
class Report:
    """The result so far. `stop` is None while there are questions left; `trail` is oldest first.

    `strengths`: skills shown and very probably mastered, highest level first. `next_steps`: nearest to being learnt
    first.
    """

    overall: LevelEstimate
    areas: Mapping[AreaId, LevelEstimate]
    competences: Mapping[CompetenceId, LevelEstimate]
    stop: StopReason | None
    trail: tuple[TrailEntry, ...]
    strengths: tuple[SkillId, ...]
    next_steps: tuple[SkillId, ...]


def build_report(bank: Bank, belief: Belief, judgements: Sequence[Judgement], stop: StopReason | None) -> Report:
    """Give the report of a belief and of the judgements (oldest first) that led to it."""
    framework = bank.framework
    counted = [judgement.row for judgement in judgements if judgement.counts]
    by_competence = np.bincount(bank.competence[counted], minlength=len(framework.competences)).tolist()
    by_area = np.bincount(bank.area[counted], minlength=len(framework.areas)).tolist()
    mastery = _mastery(bank, belief, judgements)
    return Report(
        overall=_estimate(belief.overall, len(counted)),
        areas=MappingProxyType(
            {area: _estimate(belief.areas[row], by_area[row]) for row, area in enumerate(framework.areas)}
        ),
        competences=MappingProxyType(
            {
                competence: _estimate(belief.competences[row], by_competence[row])
                for row, competence in enumerate(framework.competences)
            }
        ),
        stop=stop,
        trail=tuple(TrailEntry(entry.observation.item, entry.outcome, entry.p) for entry in judgements),
        strengths=_strengths(bank, judgements, mastery),
        next_steps=_next_steps(bank, mastery),
    )


def _estimate(marginal: Floats, questions: int) -> LevelEstimate:
    nodes = np.clip(grid(), 0.0, float(MAX_LEVEL))
    pmf = np.bincount(np.rint(nodes).astype(np.intp), weights=marginal, minlength=_LEVELS.size)
    mean = float(marginal @ nodes)
    variance = float(marginal @ (nodes - mean) ** 2)
    cumulated = np.cumsum(pmf)
    tail = (1.0 - BAND) / 2.0
    low, high = np.searchsorted(cumulated, (tail, 1.0 - tail)).tolist()
    return LevelEstimate(tuple(pmf.tolist()), mean, variance**0.5, (low, high), questions)


def _mastery(bank: Bank, belief: Belief, judgements: Sequence[Judgement]) -> dict[SkillId, float]:
    """Give the probability of knowing each skill of the framework."""
    framework = bank.framework
    own = {
        bank.items[entry.row].skill: _mastery_after_answer(bank, belief, entry)
        for entry in judgements
        if is_informative(entry.observation.evidence, entry.observation.aid)
    }
    expected = dict(zip(framework.skills, mastery_by_ability(bank, belief).tolist(), strict=True))
    return {**expected, **own}


def _mastery_after_answer(bank: Bank, belief: Belief, entry: Judgement) -> float:
    signal = weights(entry.observation.evidence)
    if_known = signal @ bank.if_known[entry.row]
    by_ability = signal @ bank.outcomes(entry.row, entry.observation.aid)
    marginal = belief.competences[bank.competence[entry.row]]
    return float(marginal @ (bank.know[entry.row] * if_known / by_ability))


def _strengths(bank: Bank, judgements: Sequence[Judgement], mastery: Mapping[SkillId, float]) -> tuple[SkillId, ...]:
    level_of = bank.framework.level_of
    shown = {bank.items[entry.row].skill for entry in judgements if entry.outcome is Outcome.CORRECT}
    mastered = (skill for skill in shown if mastery[skill] >= MASTERED)
    return tuple(sorted(mastered, key=lambda skill: (-level_of[skill], -mastery[skill], skill)))


def _next_steps(bank: Bank, mastery: Mapping[SkillId, float]) -> tuple[SkillId, ...]:
    level_of = bank.framework.level_of
    asked_here = {item.skill for item in bank.items}
    fringe = _fringe(bank, asked_here, mastery) or _fringe(bank, bank.framework.skills, mastery)
    return tuple(sorted(fringe, key=lambda skill: (abs(mastery[skill] - TEACHABLE), level_of[skill], skill)))


def _fringe(bank: Bank, skills: Iterable[SkillId], mastery: Mapping[SkillId, float]) -> list[SkillId]:
    missing = {skill for skill in skills if mastery[skill] < MASTERED}
    return [skill for skill in missing if missing.isdisjoint(bank.framework.ancestors[skill])]
