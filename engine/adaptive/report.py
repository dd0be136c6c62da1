"""What the answers say: levels with their honesty band, what the person showed, what comes next.

It turns a belief into numbers and skills; words are the content's affair (and, for the evidence trail, of
`explanations`).

A level L is the ability within half a level of L (ends open). The probability that a person *knows* an asked skill uses
its own answer: P(know | all) = E[ K(theta) P(signal | know) / P(signal | theta) ] over the final belief (which holds
that answer already). A skill not asked is E[K(theta)]. A skill that needs others is never better known than they are:
P(child) <= min P(required), along the edges between tubes.

Next steps are the *outer fringe* of knowledge space theory: skills not mastered whose ancestors all are. Among the
bank's skills first (there is a question, and a wording, for each); when the person masters all of these, among the
whole framework. A finite graph without cycle always has such a skill unless everything is mastered.

A session that ended early speaks in bands, never in one number (`Report.speaks_in_bands`). A rehearsal certifies on a
competence's own answers: the belief over it starts from the wide prior of one person, and nothing is borrowed from the
other competences; one without a question certifies nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from engine.adaptive.bank import Bank, is_informative, weights
from engine.adaptive.posterior import Belief, Floats, grid, kernel
from engine.adaptive.readout import BAND, Abilities, abilities, competence_abilities, named_level
from engine.adaptive.selection import mastery_by_ability
from engine.adaptive.stopping import Policy, StopReason, above, counted
from engine.model import MAX_LEVEL, Aid, AreaId, CompetenceId, ItemId, Observation, Outcome, SkillId

MASTERED = 0.8
"""From this probability of knowing on, we say that a person masters a skill."""

TEACHABLE = 0.65
"""The best next step is one the person half knows: near enough to succeed, far enough to learn."""

__all__ = [
    "BAND",
    "Certifiability",
    "Judgement",
    "LevelEstimate",
    "Report",
    "ReportRules",
    "TrailEntry",
    "build_report",
]


@dataclass(frozen=True, slots=True)
class ReportRules:
    """What a result may claim. Configuration, because the reference changes it from year to year.

    A profile is certifiable when `certifiable_competences` competences are at `certifiable_level` or more. Levels from
    `confirmed_by_practice_from` on exist, and are marked "to be confirmed in practice": questions alone do not show
    them. `reachable_level` bounds what is named.
    """

    certifiable_competences: int = 5
    certifiable_level: int = 1
    confirmed_by_practice_from: int = 7
    reachable_level: int = MAX_LEVEL


@dataclass(frozen=True, slots=True)
class LevelEstimate:
    """A level with its uncertainty. `questions` 0: estimated from the answers about other subjects.

    `pmf` is the probability of each level 0 to 8; `mean` and `sd` are in levels, within 0 to 8. `band`: whole levels
    that hold at least 80 % of the probability of the bands' mixture, at most 10 % on either side, and `level`.
    `ability_band`: the central 80 % of the ability itself, in levels, not clipped. `to_confirm`: the level is one that
    practice must confirm. `reachable` is the highest level that may be named.
    """

    pmf: tuple[float, ...]
    mean: float
    sd: float
    band: tuple[int, int]
    questions: int
    ability_band: tuple[float, float] = (0.0, float(MAX_LEVEL))
    to_confirm: bool = False
    reachable: int = MAX_LEVEL

    @property
    def level(self) -> int:
        """Give the level to name (`readout.named_level`)."""
        return min(int(named_level(np.array(self.pmf))), self.reachable)


@dataclass(frozen=True, slots=True)
class Certifiability:
    """Whether enough competences are at the level that certification asks for.

    `competences`: those more probably there than not; `probability`: that enough are (competences taken as independent
    given their own beliefs); `certain`: at least 95 %.
    """

    competences: tuple[CompetenceId, ...]
    needed: int
    probability: float

    @property
    def reached(self) -> bool:
        return len(self.competences) >= self.needed

    @property
    def certain(self) -> bool:
        return self.probability >= 0.95


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
    """One line of the evidence: the item, its most likely outcome (None: unheard, or no evidence), how likely it is,
    its skill, the help given, and by how much the answers on its competence would lower or raise it without this one
    (levels; the sum of the trail is not the total, because evidence overlaps)."""

    item: ItemId
    outcome: Outcome | None
    p: float
    skill: SkillId | None = None
    aid: Aid = Aid.NONE
    moved: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """The result so far. `stop` is None while there are questions left; `trail` is oldest first.

    `strengths`: skills shown and very probably mastered, highest level first. `next_steps`: nearest to being learnt
    first. `mastery`: the probability of knowing each skill of the bank. `own_evidence`: competences on their own
    answers alone (only under a policy that certifies).
    """

    overall: LevelEstimate
    areas: Mapping[AreaId, LevelEstimate]
    competences: Mapping[CompetenceId, LevelEstimate]
    stop: StopReason | None
    trail: tuple[TrailEntry, ...]
    strengths: tuple[SkillId, ...]
    next_steps: tuple[SkillId, ...]
    mastery: Mapping[SkillId, float] = field(default_factory=dict)
    certifiable: Certifiability = Certifiability((), 5, 0.0)
    own_evidence: Mapping[CompetenceId, LevelEstimate] = field(default_factory=dict)

    @property
    def speaks_in_bands(self) -> bool:
        """Tell whether levels must be said as bands: the session was cut short, or has not ended."""
        return self.stop in (None, StopReason.FAILURES_IN_A_ROW, StopReason.SITTING_OVER)


def build_report(
    bank: Bank,
    policy: Policy,
    belief: Belief,
    judgements: Sequence[Judgement],
    stop: StopReason | None,
    rules: ReportRules = ReportRules(),
) -> Report:
    """Give the report of a belief and of the judgements (oldest first) that led to it."""
    framework = bank.framework
    rows = np.array([judgement.row for judgement in judgements if judgement.counts], dtype=np.intp)
    by_competence = counted(bank.competence[rows], len(framework.competences)).tolist()
    by_area = counted(bank.area[rows], len(framework.areas)).tolist()
    mastery = _mastery(bank, belief, judgements)
    read = _estimates(abilities(belief, len(rows)), [*by_area, len(rows)], rules)
    competences = dict(
        zip(
            framework.competences,
            _estimates(competence_abilities(belief, len(rows)), by_competence, rules),
            strict=True,
        )
    )
    own = _own_evidence(bank, belief) if policy.own_evidence else None
    return Report(
        overall=read[-1],
        areas=MappingProxyType(dict(zip(framework.areas, read, strict=False))),
        competences=MappingProxyType(competences),
        stop=stop,
        trail=_trail(bank, belief, judgements),
        strengths=_strengths(bank, judgements, mastery),
        next_steps=_next_steps(bank, mastery),
        mastery=MappingProxyType({skill: mastery[skill] for skill in dict.fromkeys(item.skill for item in bank.items)}),
        certifiable=_certifiable(bank, belief, own, by_competence, rules),
        own_evidence=MappingProxyType(_own_estimates(bank, own, by_competence, rules) if own is not None else {}),
    )


def _estimates(read: Abilities, questions: Sequence[int], rules: ReportRules) -> list[LevelEstimate]:
    low, high = read.band()
    masses, wide = read.levels(), read.band_levels()
    return [
        _estimate(
            masses[row], wide[row], float(read.mean[row]), float(read.sd[row]), (low[row], high[row]), asked, rules
        )
        for row, asked in enumerate(questions)
    ]


def _estimate(
    pmf: Floats, wide: Floats, mean: float, sd: float, ends: tuple[float, float], questions: int, rules: ReportRules
) -> LevelEstimate:
    tail = (1.0 - BAND) / 2.0
    low, high = np.searchsorted(np.cumsum(wide), (tail, 1.0 - tail)).tolist()
    level = min(int(named_level(pmf)), rules.reachable_level)
    return LevelEstimate(
        pmf=tuple(pmf.tolist()),
        mean=mean,
        sd=sd,
        band=(min(low, level), min(max(high, level), MAX_LEVEL)),
        questions=questions,
        ability_band=(float(ends[0]), float(ends[1])),
        to_confirm=level >= rules.confirmed_by_practice_from,
        reachable=rules.reachable_level,
    )


def _own_evidence(bank: Bank, belief: Belief) -> Floats:
    """Give the belief [C, G] over each competence from its own answers alone, starting from the population."""
    start = np.exp(belief.tree.log_prior) @ kernel(bank.prior.sd_area) @ kernel(bank.prior.sd_competence)
    own = belief.likelihood * start
    normalised: Floats = own / own.sum(axis=-1, keepdims=True)
    return normalised


def _own_estimates(
    bank: Bank, own: Floats, questions: Sequence[int], rules: ReportRules
) -> dict[CompetenceId, LevelEstimate]:
    return dict(zip(bank.framework.competences, _estimates(Abilities.of_marginals(own), questions, rules), strict=True))


def _certifiable(
    bank: Bank, belief: Belief, own: Floats | None, questions: Sequence[int], rules: ReportRules
) -> Certifiability:
    """Give whether enough competences are there; on their `own` answers one without a question is not."""
    reached = above(belief.competences if own is None else own, np.array([float(rules.certifiable_level)]))[:, 0]
    if own is not None:
        reached = np.where(np.array(questions) > 0, reached, 0.0)
    count = np.ones(1)
    for p in reached:
        count = np.convolve(count, (1.0 - p, p))
    names = tuple(name for name, p in zip(bank.framework.competences, reached, strict=True) if p > 0.5)
    probability = float(min(count[rules.certifiable_competences :].sum(), 1.0))
    return Certifiability(names, rules.certifiable_competences, probability)


def _trail(bank: Bank, belief: Belief, judgements: Sequence[Judgement]) -> tuple[TrailEntry, ...]:
    entries = []
    for judgement in judgements:
        moved = 0.0
        seen = judgement.observation
        if judgement.outcome is not None:
            competence = int(bank.competence[judgement.row])
            told = weights(seen.evidence) @ bank.outcomes(judgement.row, seen.aid, seen.channel)
            marginal = belief.competences[competence]
            without = marginal / told
            moved = float(marginal @ grid() - (without / without.sum()) @ grid())
        skill = bank.items[judgement.row].skill
        entries.append(TrailEntry(seen.item, judgement.outcome, judgement.p, skill, seen.aid, moved))
    return tuple(entries)


def _mastery(bank: Bank, belief: Belief, judgements: Sequence[Judgement]) -> dict[SkillId, float]:
    """Give the probability of knowing each skill of the framework."""
    framework = bank.framework
    own = {
        bank.items[entry.row].skill: _mastery_after_answer(bank, belief, entry)
        for entry in judgements
        if is_informative(entry.observation.evidence, entry.observation.aid)
    }
    expected = dict(zip(framework.skills, mastery_by_ability(bank, belief).tolist(), strict=True))
    known = {**expected, **own}
    for skill in framework.order:
        for needed in framework.required.get(skill, ()):
            known[skill] = min(known[skill], known[needed])
    return known


def _mastery_after_answer(bank: Bank, belief: Belief, entry: Judgement) -> float:
    signal = weights(entry.observation.evidence)
    if_known = signal @ bank.if_known[entry.row]
    by_ability = signal @ bank.outcomes(entry.row, entry.observation.aid, entry.observation.channel)
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
