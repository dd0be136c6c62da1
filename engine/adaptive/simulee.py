"""Simulated people and a simulated bank, to study a policy before real people meet it.

It plays the person's side only: what they know, how they answer, and how a recogniser mishears them. It never looks
at a belief. Every draw comes from the generator that the caller passes, so a study is repeated by its seed.

The people follow the engine's own family of models, so the figures rank policies; they do not prove accuracy in the
field. A person has a general ability, and normal deviations for each area, competence and tube (levels). The true
level of an area is the rounded mean of its competences' abilities, within 0 to 8. The person knows a skill with
probability sigmoid(a (theta_tube - b)) under the *true* parameters of the item, answers right but for a slip, else
says "I don't know" half of the time, else guesses.

A recogniser of error rate e turns correct into incorrect with e, incorrect into correct with e/2, "I don't know" into
incorrect with e; its confidence is Beta(8, 1.5) when it was right and Beta(2.5, 2.5) when it was wrong, from which
calibrated evidence follows by Bayes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from engine.adaptive.assessment import Assessment
from engine.adaptive.bank import Bank, expert_difficulty
from engine.adaptive.selection import Choice
from engine.adaptive.stopping import Policy
from engine.errors import InvalidFramework
from engine.model import (
    MAX_LEVEL,
    Area,
    AreaId,
    Competence,
    CompetenceId,
    Evidence,
    FrameworkSpec,
    InputMode,
    Item,
    ItemId,
    Observation,
    Outcome,
    Skill,
    SkillId,
    Tube,
    TubeId,
)

COMPETENCES_BY_AREA = (3, 3, 4, 3, 3)
TUBES_BY_COMPETENCE = 4
ITEMS_BY_SKILL = 3
EASIEST_ITEMS_BY_COMPETENCE = 3
"""Level-0 items: without them no policy protects the weakest fifth of the people."""

_SURE_BETA, _UNSURE_BETA = (8.0, 1.5), (2.5, 2.5)
_CONFIDENCE_EDGE = 1e-3


@dataclass(frozen=True, slots=True)
class Population:
    """How abilities are spread, in levels."""

    mean: float
    sd: float
    sd_area: float = 0.6
    sd_competence: float = 0.5
    sd_tube: float = 0.5


LOW = Population(1.8, 1.3)
GENERAL = Population(3.5, 1.8)


@dataclass(frozen=True, slots=True)
class Simulee:
    """One simulated person: the ability in each tube, and the true level of each area."""

    tubes: Mapping[TubeId, float]
    area_levels: Mapping[AreaId, int]


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a policy did to a group of people. Shares are 0 to 1.

    `exact` and `within_one` compare an area's named level with the true one, over all areas of all people;
    `covered` is the share of true area levels inside the reported band; `discouraged` the share of people with three
    failures in a row.
    """

    people: int
    questions: float
    exact: float
    within_one: float
    covered: float
    success: float
    discouraged: float


def simulated_framework(rng: np.random.Generator) -> FrameworkSpec:
    """Give a map of 16 competences in 5 areas, four tubes each, of two to five levels each, with one level-0 skill for
    each of the first three tubes."""
    areas = []
    for area, width in enumerate(COMPETENCES_BY_AREA, start=1):
        names = [f"{area}.{number}" for number in range(1, width + 1)]
        areas.append(Area(AreaId(str(area)), tuple(_simulated_competence(name, rng) for name in names)))
    return FrameworkSpec(tuple(areas))


def _simulated_competence(name: str, rng: np.random.Generator) -> Competence:
    tubes = []
    for number in range(TUBES_BY_COMPETENCE):
        first = int(rng.integers(1, 4))
        last = first + int(rng.integers(1, 5))
        easiest = (0,) if number < EASIEST_ITEMS_BY_COMPETENCE else ()
        levels = (*easiest, *range(first, last + 1))
        tube = f"{name}.t{number}"
        tubes.append(Tube(TubeId(tube), tuple(Skill(SkillId(f"{tube}.{level}"), level) for level in levels)))
    return Competence(CompetenceId(name), tuple(tubes))


def simulated_items(spec: FrameworkSpec, rng: np.random.Generator) -> tuple[Item, ...]:
    """Give three items a skill (one for a level-0 skill), with true parameters around the expert values, half with
    options."""
    skills = [skill for area in spec.areas for comp in area.competences for tube in comp.tubes for skill in tube.skills]
    return tuple(
        Item(
            id=ItemId(f"{skill.id}/{number}"),
            skill=skill.id,
            options=int(rng.integers(2, 5)) if rng.random() < 0.5 else 0,
            difficulty=expert_difficulty(skill.level) + float(rng.normal(0.0, 0.3)),
            discrimination=float(rng.lognormal(math.log(1.7), 0.25)),
        )
        for skill in skills
        for number in range(ITEMS_BY_SKILL if skill.level else 1)
    )


def expert_view(items: Sequence[Item]) -> tuple[Item, ...]:
    """Give the items as an expert sees them before any calibration: level only."""
    return tuple(replace(item, difficulty=None, discrimination=1.5) for item in items)


def draw_simulee(spec: FrameworkSpec, population: Population, rng: np.random.Generator) -> Simulee:
    """Give one person."""
    general = rng.normal(population.mean, population.sd)
    tubes: dict[TubeId, float] = {}
    levels: dict[AreaId, int] = {}
    for area in spec.areas:
        area_ability = general + rng.normal(0.0, population.sd_area)
        abilities = area_ability + rng.normal(0.0, population.sd_competence, len(area.competences))
        levels[area.id] = int(np.clip(np.rint(abilities.mean()), 0, MAX_LEVEL))
        for competence, ability in zip(area.competences, abilities.tolist(), strict=True):
            for tube in competence.tubes:
                tubes[tube.id] = ability + rng.normal(0.0, population.sd_tube)
    return Simulee(MappingProxyType(tubes), MappingProxyType(levels))


def answer(bank: Bank, simulee: Simulee, item: Item, rng: np.random.Generator) -> Outcome:
    """Give what the person answers to an item with its true parameters. Raises InvalidFramework without difficulty."""
    if item.difficulty is None:
        raise InvalidFramework(f"a simulated person needs the true difficulty of item {item.id}")
    ability = simulee.tubes[bank.framework.tube_of[item.skill]]
    known = rng.random() < 1.0 / (1.0 + math.exp(-item.discrimination * (ability - item.difficulty)))
    if known:
        return Outcome.INCORRECT if rng.random() < item.slip else Outcome.CORRECT
    if rng.random() < bank.prior.dont_know:
        return Outcome.DONT_KNOW
    return Outcome.CORRECT if item.options and rng.random() < 1.0 / item.options else Outcome.INCORRECT


def hear(outcome: Outcome, error_rate: float, rng: np.random.Generator) -> Evidence:
    """Give the calibrated evidence of a recogniser that mishears at this rate (0: certain)."""
    if error_rate == 0.0:
        return Evidence.certain(outcome)
    rates = (error_rate, error_rate / 2.0, error_rate)
    others = {
        Outcome.CORRECT: Outcome.INCORRECT,
        Outcome.INCORRECT: Outcome.CORRECT,
        Outcome.DONT_KNOW: Outcome.INCORRECT,
    }
    misheard = rng.random() < rates[outcome]
    heard = others[outcome] if misheard else outcome
    drawn = rng.beta(*(_UNSURE_BETA if misheard else _SURE_BETA))
    confidence = min(max(float(drawn), _CONFIDENCE_EDGE), 1.0 - _CONFIDENCE_EDGE)
    sure, unsure = _beta(confidence, *_SURE_BETA), _beta(confidence, *_UNSURE_BETA)
    likelihoods = [
        (1.0 - rates[true]) * sure if true is heard else rates[true] * unsure if others[true] is heard else 0.0
        for true in Outcome
    ]
    return Evidence(*likelihoods)


def _beta(x: float, a: float, b: float) -> float:
    norm = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))
    return norm * math.pow(x, a - 1.0) * math.pow(1.0 - x, b - 1.0)


def take(
    bank: Bank, policy: Policy, simulee: Simulee, true_items: Mapping[ItemId, Item], seed: int, error_rate: float = 0.0
) -> Assessment:
    """Give the finished session of one person. `true_items` holds the parameters that the person really follows."""
    rng = np.random.default_rng(seed)
    assessment = Assessment.start(bank, policy, seed)
    while isinstance(choice := assessment.propose(), Choice):
        outcome = answer(bank, simulee, true_items[choice.item], rng)
        evidence = hear(outcome, error_rate, rng)
        mode = InputMode.VOICE if error_rate else InputMode.KEY
        assessment = assessment.record(Observation(choice.item, evidence, input_mode=mode))
    return assessment


def simulate(
    bank: Bank,
    policy: Policy,
    simulees: Sequence[Simulee],
    true_items: Mapping[ItemId, Item],
    error_rate: float = 0.0,
) -> Metrics:
    """Give what the policy does to these people; person n draws with seed n."""
    differences: list[int] = []
    covered: list[bool] = []
    correct = questions = discouraged = 0
    for seed, simulee in enumerate(simulees):
        assessment = take(bank, policy, simulee, true_items, seed, error_rate)
        report = assessment.report()
        questions += assessment.answered
        correct += sum(entry.outcome is Outcome.CORRECT for entry in report.trail)
        discouraged += assessment.failures_in_a_row >= policy.stop_after
        for area, level in simulee.area_levels.items():
            estimate = report.areas[area]
            differences.append(abs(estimate.level - level))
            covered.append(estimate.band[0] <= level <= estimate.band[1])
    return Metrics(
        people=len(simulees),
        questions=questions / len(simulees),
        exact=float(np.mean([difference == 0 for difference in differences])),
        within_one=float(np.mean([difference <= 1 for difference in differences])),
        covered=float(np.mean(covered)),
        success=correct / questions,
        discouraged=discouraged / len(simulees),
    )
