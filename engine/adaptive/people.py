"""Simulated people, as arrays: what they know, how they answer, and how a recogniser mishears them.

They never look at a belief. Every draw is a digest of the person's seed (`draws`), so that a study is repeated by its
seed and does not depend on how the crowd is cut into chunks.

The people follow the engine's own family of models, so the figures rank policies; they do not prove accuracy in the
field. A person has a general ability, and normal deviations for each area, competence and tube (levels). The person
knows a skill with probability sigmoid(a (theta_tube - b)) under the *true* parameters of the item, answers right but
for a slip, else says "I don't know" half of the time, else guesses.

A recogniser of error rate e turns correct into incorrect with e, incorrect into correct with e/2, "I don't know" into
incorrect with e; its confidence is Beta(8, 1.5) when it was right and Beta(2.5, 2.5) when it was wrong, from which
calibrated evidence follows by Bayes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.adaptive.bank import Bank, expert_difficulty
from engine.adaptive.draws import Words, mixed, uniform
from engine.adaptive.posterior import Floats, Positions
from engine.model import FrameworkSpec, Item, ItemId, Outcome

_SURE, _UNSURE = (8.0, 1.5), (2.5, 2.5)
_CONFIDENCE_GRID = np.linspace(0.0005, 0.9995, 1000)
_OTHER = np.array([Outcome.INCORRECT, Outcome.CORRECT, Outcome.INCORRECT])
"""What each outcome is taken for when it is misheard."""

_KNOWS, _ANSWERS, _GUESSES, _MISHEARD, _CONFIDENCE, _AGAIN = range(6)


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
POPULATIONS: Mapping[str, Population] = {
    "low": LOW,
    "general": GENERAL,
    "low_uneven": Population(1.8, 1.3, sd_area=1.0, sd_competence=0.8),
    "low_very_uneven": Population(1.8, 1.3, sd_area=1.3, sd_competence=1.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """N simulated people: `tubes` [N, T] and `competences` [N, C] abilities in levels, `seeds` [N] of their answers."""

    tubes: Floats
    competences: Floats
    seeds: Words

    def __len__(self) -> int:
        return len(self.seeds)

    def of(self, some: Positions | slice) -> People:
        return People(self.tubes[some], self.competences[some], self.seeds[some])

    def answering_with(self, seed: int) -> People:
        """Give the same people with other luck."""
        return People(self.tubes, self.competences, mixed(self.seeds + np.uint64(seed)))

    def area_abilities(self, areas: Positions) -> Floats:
        """Give the ability in each area [N, A]: the mean of its competences'."""
        return np.stack(
            [self.competences[:, areas == area].mean(axis=1) for area in range(int(areas.max()) + 1)], axis=1
        )


def draw_people(spec: FrameworkSpec, population: Population, people: int, seed: int) -> People:
    """Give N people of a population, over the areas, competences and tubes of a skill map in its order."""
    rng = np.random.default_rng(seed)
    general = rng.normal(population.mean, population.sd, people)
    competences: list[Floats] = []
    tubes: list[Floats] = []
    for area in spec.areas:
        area_ability = general + rng.normal(0.0, population.sd_area, people)
        for competence in area.competences:
            ability = area_ability + rng.normal(0.0, population.sd_competence, people)
            competences.append(ability)
            tubes.extend(ability + rng.normal(0.0, population.sd_tube, people) for _ in competence.tubes)
    numbers = np.arange(people, dtype=np.uint64) + np.uint64(seed) * np.uint64(1_000_003)
    return People(np.stack(tubes, axis=1), np.stack(competences, axis=1), mixed(numbers))


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The parameters that people really follow, by row of the bank: a, b (levels), slip, chance of a guess."""

    a: Floats
    b: Floats
    slip: Floats
    chance: Floats
    dont_know: float


def truth_of(bank: Bank, items: Mapping[ItemId, Item] | None = None) -> Truth:
    """Give the true parameters: those of `items` where given, else the bank's own (expert values where none)."""
    rows = [bank.items[row] if items is None else items[bank.items[row].id] for row in range(len(bank.items))]
    level = bank.framework.level_of
    return Truth(
        a=np.array([item.discrimination for item in rows]),
        b=np.array(
            [expert_difficulty(level[item.skill]) if item.difficulty is None else item.difficulty for item in rows]
        ),
        slip=np.array([item.slip for item in rows]),
        chance=np.array([1.0 / item.options if item.options else 0.0 for item in rows]),
        dont_know=bank.prior.dont_know,
    )


def answers(bank: Bank, truth: Truth, people: People, rows: Positions) -> NDArray[np.intp]:
    """Give the outcome [N] of each person's answer to the item of this row."""
    ability = people.tubes[np.arange(len(rows)), bank.tube[rows]]
    known = uniform(people.seeds, rows, _KNOWS) < 1.0 / (1.0 + np.exp(-truth.a[rows] * (ability - truth.b[rows])))
    slips = uniform(people.seeds, rows, _ANSWERS) < truth.slip[rows]
    silent = uniform(people.seeds, rows, _ANSWERS) < truth.dont_know
    lucky = uniform(people.seeds, rows, _GUESSES) < truth.chance[rows]
    tried = np.where(lucky, Outcome.CORRECT, Outcome.INCORRECT)
    unknown = np.where(silent, Outcome.DONT_KNOW, tried)
    return np.where(known, np.where(slips, Outcome.INCORRECT, Outcome.CORRECT), unknown)


@dataclass(frozen=True, slots=True)
class Ear:
    """A recogniser: error rate e; whether its doubt is used (`soft`), and below which calibrated confidence the person
    is asked to say it again (`reask`, 0: never). The second hearing is independent: its gain is an upper bound."""

    error_rate: float = 0.0
    soft: bool = True
    reask: float = 0.0


def hear(ear: Ear, outcomes: NDArray[np.intp], rows: Positions, seeds: Words) -> tuple[Floats, int]:
    """Give the evidence [N, 3] that reaches the engine, and how often somebody was asked again."""
    people = np.arange(len(outcomes))
    if ear.error_rate == 0.0:
        return np.eye(len(Outcome))[outcomes], 0
    evidence, confidence = _heard(ear, outcomes, rows, seeds)
    doubtful = people[confidence < ear.reask]
    if doubtful.size:
        again, _ = _heard(ear, outcomes[doubtful], rows[doubtful], mixed(seeds[doubtful] + np.uint64(_AGAIN)))
        evidence[doubtful] *= again
        lost = doubtful[evidence[doubtful].sum(axis=1) <= 0.0]
        evidence[lost] = 1.0
    if not ear.soft:
        evidence = np.eye(len(Outcome))[evidence.argmax(axis=1)]
    return evidence, int(doubtful.size)


def _heard(ear: Ear, outcomes: NDArray[np.intp], rows: Positions, seeds: Words) -> tuple[Floats, Floats]:
    rates = np.array([ear.error_rate, ear.error_rate / 2.0, ear.error_rate])
    misheard = uniform(seeds, rows, _MISHEARD) < rates[outcomes]
    heard = np.where(misheard, _OTHER[outcomes], outcomes)
    level = uniform(seeds, rows, _CONFIDENCE)
    drawn = np.where(misheard, np.interp(level, *_UNSURE_CURVE), np.interp(level, *_SURE_CURVE))
    sure, unsure = _density(drawn, *_SURE), _density(drawn, *_UNSURE)
    evidence = np.zeros((len(outcomes), len(Outcome)))
    for true in Outcome:
        evidence[:, true] = np.where(heard == true, (1.0 - rates[true]) * sure, 0.0)
        evidence[:, true] += np.where((heard != true) & (heard == _OTHER[true]), rates[true] * unsure, 0.0)
    right = (1.0 - ear.error_rate) * sure
    return evidence, right / (right + ear.error_rate * unsure)


def _density(x: Floats, a: float, b: float) -> Floats:
    norm = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))
    density: Floats = norm * np.power(x, a - 1.0) * np.power(1.0 - x, b - 1.0)
    return density


def _curve(a: float, b: float) -> tuple[Floats, Floats]:
    """Give the distribution of a beta variable on a grid, to draw from it."""
    cumulated = np.cumsum(_density(_CONFIDENCE_GRID, a, b))
    return cumulated / cumulated[-1], _CONFIDENCE_GRID


_SURE_CURVE, _UNSURE_CURVE = _curve(*_SURE), _curve(*_UNSURE)
