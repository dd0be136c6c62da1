"""Studies with simulated people: the bank of the study, the session of one of them, and what a policy does to many.

The people themselves are in `people`, their playing abreast in `crowd`; here their results become figures. The bank of
the study has 16 competences in 5 areas (3, 3, 4, 3, 3), four tubes each of two to five levels, three items a skill,
half of them with two to four options, and three level-0 items a competence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from engine.adaptive.assessment import Assessment
from engine.adaptive.bank import Bank, compile_bank, expert_difficulty
from engine.adaptive.crowd import Played, play
from engine.adaptive.people import Ear, People, Truth, answers, hear, truth_of
from engine.adaptive.posterior import Floats, Prior
from engine.adaptive.readout import named_level
from engine.adaptive.selection import Choice
from engine.adaptive.stopping import Policy
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

BANK_SEED = 11
DISCOURAGING_RUN = 3


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a policy did to a group of people. Shares are 0 to 1.

    `exact` and `within_one` compare an area's named level with the true one (the rounded mean of its competences'
    abilities, 0 to 8), over all areas of all people, `mae` is their mean distance; `overall_exact` and
    `overall_within_one` the same over all. `coverage80` is the share of true area abilities inside the continuous 80 %
    ability band (78 to 82 % is honest); `level_coverage` the share of true levels inside the band of whole levels,
    which rounds outward. `three_failures`: people who failed three times in a row, as they lived it. `by_level` holds,
    for each true area level 0 to 8: areas, exact, within one, coverage. `tubes_*` (only under the tube rules): area
    levels by their own score. `max_exposure`, `unused`: share of people who met the most used item, share of items
    that nobody met.
    """

    people: int
    mean_questions: float
    exact: float
    within_one: float
    mae: float
    overall_exact: float
    overall_within_one: float
    coverage80: float
    level_coverage: float
    success: float
    three_failures: float
    asked_again: float
    max_exposure: float
    unused: float
    competence_exact: float
    competence_within_one: float
    by_level: tuple[tuple[float, float, float, float], ...]
    lengths: tuple[int, ...]
    success_by_turn: tuple[float, ...]
    tubes_exact: float | None = None
    tubes_within_one: float | None = None

    def as_dict(self) -> dict[str, object]:
        """Give the figures as plain data."""
        return asdict(self)


def study_bank(prior: Prior = Prior(), *, expert: bool = False) -> tuple[FrameworkSpec, Bank, Truth]:  # noqa: B008
    """Give the synthetic bank of the studies and the parameters that people follow; `expert`: the engine is told the
    levels only, as before any calibration."""
    spec = simulated_framework(np.random.default_rng(BANK_SEED))
    items = simulated_items(spec, np.random.default_rng(BANK_SEED + 1))
    bank = compile_bank(spec, expert_view(items) if expert else items, prior)
    return spec, bank, truth_of(bank, {item.id: item for item in items})


def drawn_truth(bank: Bank, seed: int = BANK_SEED) -> Truth:
    """Give true parameters for a bank of which only levels are known: difficulties 0.3 level around the engine's, and
    discriminations that scatter around 1.7, as in the bank of the study."""
    rng = np.random.default_rng(seed)
    known = truth_of(bank)
    n = len(bank.items)
    return replace(known, a=rng.lognormal(math.log(1.7), 0.25, n), b=known.b + rng.normal(0.0, 0.3, n))


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


def take(bank: Bank, policy: Policy, people: People, truth: Truth, person: int, ear: Ear = Ear()) -> Assessment:  # noqa: B008
    """Give the finished session of one of the people, played by the live engine, answer after answer.

    The seed of the session is the person's: a crowd plays the very same session."""
    one = people.of(slice(person, person + 1))
    assessment = Assessment.start(bank, policy, int(one.seeds[0]))
    while isinstance(choice := assessment.propose(), Choice):
        row = np.array([bank.position(choice.item)])
        evidence, _ = hear(ear, answers(bank, truth, one, row), row, one.seeds)
        mode = InputMode.VOICE if ear.error_rate else InputMode.KEY
        assessment = assessment.record(Observation(choice.item, Evidence(*evidence[0].tolist()), input_mode=mode))
    return assessment


def simulate(
    bank: Bank,
    policy: Policy,
    people: People,
    truth: Truth,
    ear: Ear = Ear(),  # noqa: B008 - frozen value
    progress: Callable[[int], None] = lambda _: None,
) -> Metrics:
    """Give what the policy does to these people; `progress` is told how many have finished."""
    return measure(bank, people, play(bank, policy, people, truth, ear, progress))


def measure(bank: Bank, people: People, played: Played) -> Metrics:
    """Give the figures of a crowd that has played."""
    areas = bank.tree.area_of_competence
    true = people.area_abilities(areas)
    level = _level(true)
    ends = played.abilities.band()
    low, high = (end[:, :-1] for end in ends)
    inside = (true >= low) & (true <= high)
    wide = np.cumsum(played.abilities.band_levels(), axis=-1)[:, :-1]
    named = named_level(played.abilities.levels())
    band_low = np.minimum((wide < 0.1).sum(axis=-1), named[:, :-1])
    band_high = np.maximum((wide < 0.9).sum(axis=-1), named[:, :-1])
    away = np.abs(named[:, :-1] - level)
    overall = np.abs(named[:, -1] - _level(people.competences.mean(axis=1)))
    competence_away = np.abs(played.competence_levels - _level(people.competences))
    asked = played.rows >= 0
    met = np.bincount(played.rows[asked], minlength=len(bank.items)) / len(people)
    right = (played.outcomes == Outcome.CORRECT) & asked
    figures = Metrics(
        people=len(people),
        mean_questions=float(played.questions.mean()),
        exact=float((away == 0).mean()),
        within_one=float((away <= 1).mean()),
        mae=float(away.mean()),
        overall_exact=float((overall == 0).mean()),
        overall_within_one=float((overall <= 1).mean()),
        coverage80=float(inside.mean()),
        level_coverage=float(((level >= band_low) & (level <= band_high)).mean()),
        success=float(right.sum() / asked.sum()),
        three_failures=float((played.worst_run >= DISCOURAGING_RUN).mean()),
        asked_again=played.asked_again / len(people),
        max_exposure=float(met.max()),
        unused=float((met == 0.0).mean()),
        competence_exact=float((competence_away == 0).mean()),
        competence_within_one=float((competence_away <= 1).mean()),
        by_level=tuple(_of_level(level == each, away, inside) for each in range(MAX_LEVEL + 1)),
        lengths=tuple(np.bincount(played.questions, minlength=played.rows.shape[1] + 1).tolist()),
        success_by_turn=tuple((right.sum(axis=0) / np.maximum(asked.sum(axis=0), 1)).tolist()),
    )
    if played.tubes is None:
        return figures
    scores = played.tubes.competence_levels(bank)
    by_area = np.stack([scores[:, areas == area].mean(axis=1) for area in range(int(areas.max()) + 1)], axis=1)
    away = np.abs(np.rint(by_area) - level)
    return replace(figures, tubes_exact=float((away == 0).mean()), tubes_within_one=float((away <= 1).mean()))


def _level(ability: Floats) -> Floats:
    level: Floats = np.clip(np.rint(ability), 0, MAX_LEVEL)
    return level


def _of_level(
    these: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    away: Floats,
    inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> tuple[float, float, float, float]:
    n = int(these.sum())
    if not n:
        return (0.0, 0.0, 0.0, 0.0)
    return n, float((away[these] == 0).mean()), float((away[these] <= 1).mean()), float(inside[these].mean())
