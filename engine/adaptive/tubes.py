"""The published tube rules of Pix as a policy, to compare on the same bank and people ("smart random").

Restated from the open source of Pix (`smart-random`, `skills-filter`, `cat-algorithm`; no code is reused):

- *Knowledge.* A right answer validates its skill and every easier untested skill of the same tube; any other answer
  invalidates it and every harder untested one. Nothing crosses tubes. "I don't know" is a wrong answer there.
- *Predicted level.* Of 0.5, 1, ... 7.5 the one with the smallest |S|, S = sum over direct answers of (outcome - P),
  P = 1 / (1 + exp(-(level - difficulty))), with two anchors: difficulty 0 solved, difficulty 7 failed. A tie takes the
  lowest. No answer: 3.5; one right at 2: 4.5; one wrong at 2: 1.0; right at 2 and 4: 5.5; wrong at 2 and at 1: 0.5.
- *First question.* From easy tubes (hardest skill at most 3) if any, at level 2 if any, else the lowest level.
- *Next question.* Untested skills, from easy tubes while any is left, not more than 2 above the predicted level; of
  these the greatest reward P n_easier + (1 - P) n_harder, counting untested skills of the tube, itself included. Ties,
  and the item of a skill, are drawn from the session's seed.
- *End.* No candidate is left. A number of questions is not part of the rules; the policy adds it.

Skills of level 0 are unknown to these rules and are not asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.adaptive.bank import Bank
from engine.adaptive.draws import draw, mixed
from engine.adaptive.posterior import Belief, Floats, Positions
from engine.adaptive.selection import REASONS, Chosen, Mask, Past, Reason

LEVELS = np.arange(1, 16) * 0.5
_SOLVED_ANCHOR, _FAILED_ANCHOR = 0.0, 7.0
_EASY_TUBE_UP_TO, _FIRST_LEVEL, _MOST_ABOVE = 3, 2, 2.0
PIX_PER_LEVEL = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class TubeStates:
    """What the rules hold of N people: `known` [N, S] (1 validated, -1 invalidated, 0 untested) and the sum S of the
    predicted level [N, 15] over the direct answers, anchors included."""

    known: NDArray[np.int8]
    balance: Floats

    @classmethod
    def empty(cls, bank: Bank, people: int) -> TubeStates:
        anchors = 1.0 - _chance(_SOLVED_ANCHOR) - _chance(_FAILED_ANCHOR)
        skills = len(bank.framework.skills)
        return cls(np.zeros((people, skills), dtype=np.int8), np.tile(anchors, (people, 1)))

    def of(self, people: Positions) -> TubeStates:
        return TubeStates(self.known[people], self.balance[people])

    def learn(self, bank: Bank, people: Positions, rows: Positions, correct: Mask) -> None:
        """Take in one answer of each of these people (changes the arrays of this value)."""
        easier, harder = _ladders(bank)
        skill = bank.skill[rows]
        known = self.known[people]
        own = np.zeros_like(known, dtype=np.bool_)
        own[np.arange(len(people)), skill] = True
        free = known == 0
        known[free & (own | easier[skill]) & correct[:, None]] = 1
        known[free & (own | harder[skill]) & ~correct[:, None]] = -1
        self.known[people] = known
        difficulty = bank.level[rows].astype(np.float64)
        self.balance[people] += correct[:, None] - _chance(difficulty[:, None])

    def predicted(self) -> Floats:
        """Give the predicted level [N]."""
        return np.asarray(LEVELS[np.abs(self.balance).argmin(axis=1)])

    def competence_levels(self, bank: Bank) -> Floats:
        """Give the level [N, C] that the score tells: eight points a level, shared among the skills of the level."""
        levels = np.array([bank.framework.level_of[skill] for skill in bank.framework.skills])
        asked = _playable(bank)
        points = np.zeros((len(levels), len(bank.framework.competences)))
        for competence in range(points.shape[1]):
            for level in range(1, 9):
                share = np.flatnonzero((bank.skill_competence == competence) & (levels == level) & asked)
                if share.size:
                    points[share, competence] = PIX_PER_LEVEL / share.size
        validated = (self.known == 1).astype(np.float64)
        return np.asarray(np.matmul(validated, points / PIX_PER_LEVEL), dtype=np.float64)

    @classmethod
    def joined(cls, parts: list[TubeStates]) -> TubeStates:
        return cls(np.concatenate([part.known for part in parts]), np.concatenate([part.balance for part in parts]))


def choose_by_tubes(bank: Bank, belief: Belief, states: TubeStates, past: Past) -> Chosen:
    """Give the next item of each person by the rules; -1 at their natural end. The belief only says P(correct)."""
    levels = np.array([bank.framework.level_of[skill] for skill in bank.framework.skills], dtype=np.float64)
    free_item = ~past.item_aside
    has_item = np.zeros_like(states.known, dtype=np.bool_)
    for skill in np.unique(bank.skill):
        has_item[:, skill] = free_item[:, bank.skill == skill].any(axis=1)
    untested = (states.known == 0) & _playable(bank) & has_item
    easy = untested & _in_easy_tube(bank)
    candidates = np.where(easy.any(axis=1)[:, None], easy, untested)
    predicted = states.predicted()[:, None]
    first = past.answered == 0
    gentle = candidates & (levels == _FIRST_LEVEL)
    lowest = candidates & (levels == np.where(candidates, levels, np.inf).min(axis=1)[:, None])
    opening = np.where(gentle.any(axis=1)[:, None], gentle, lowest)
    reachable = candidates & (levels - predicted <= _MOST_ABOVE)
    easier, harder = _ladders(bank)
    open_skills = untested.astype(np.float64)
    chance = 1.0 / (1.0 + np.exp(levels - predicted))
    reward = chance * (open_skills @ easier.T + 1.0) + (1.0 - chance) * (open_skills @ harder.T + 1.0)
    worth = np.where(reachable, reward, -np.inf)
    best = reachable & (worth >= worth.max(axis=1, keepdims=True) - 1e-9)
    pool = np.where(first[:, None], opening, best)
    rows = _item_of(bank, pool, free_item, past)
    correct = np.einsum(
        "ng,ng->n", belief.competences[np.arange(len(rows)), bank.competence[rows]], bank.tables[rows, 0]
    )
    rows = np.where(pool.any(axis=1), rows, -1)
    reason = np.where(first, REASONS.index(Reason.START), REASONS.index(Reason.INFORM))
    return Chosen(rows, correct, reason)


def _item_of(bank: Bank, pool: Mask, free_item: Mask, past: Past) -> Positions:
    """Give the row of an item of one of the skills of each person's pool."""
    rank = draw(past.seeds, past.answered, np.maximum(pool.sum(axis=1), 1))
    skill = (np.cumsum(pool, axis=1) > rank[:, None]).argmax(axis=1)
    items = (bank.skill[None, :] == skill[:, None]) & free_item
    rank = draw(mixed(past.seeds), past.answered, np.maximum(items.sum(axis=1), 1))
    rows: Positions = (np.cumsum(items, axis=1) > rank[:, None]).argmax(axis=1)
    return rows


def _chance(difficulty: float | Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(difficulty - LEVELS)))


def _playable(bank: Bank) -> Mask:
    """Tell for each skill whether the bank has an item for it and its level is at least 1."""
    asked = np.zeros(len(bank.framework.skills), dtype=np.bool_)
    asked[bank.skill[bank.level >= 1]] = True
    return asked


def _tubes_and_levels(bank: Bank) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    framework = bank.framework
    numbers = {tube: number for number, tube in enumerate(dict.fromkeys(framework.tube_of.values()))}
    tubes = np.array([numbers[framework.tube_of[skill]] for skill in framework.skills], dtype=np.intp)
    return tubes, np.array([framework.level_of[skill] for skill in framework.skills], dtype=np.intp)


def _in_easy_tube(bank: Bank) -> Mask:
    tubes, levels = _tubes_and_levels(bank)
    hardest = np.zeros(int(tubes.max()) + 1, dtype=np.intp)
    asked = _playable(bank)
    np.maximum.at(hardest, tubes[asked], levels[asked])
    easy: Mask = hardest[tubes] <= _EASY_TUBE_UP_TO
    return easy


def _ladders(bank: Bank) -> tuple[Mask, Mask]:
    """Give for each skill (row) the others of its tube that are not harder, and those that are not easier."""
    tubes, levels = _tubes_and_levels(bank)
    same = (tubes[:, None] == tubes[None, :]) & ~np.eye(len(tubes), dtype=np.bool_)
    return same & (levels[None, :] <= levels[:, None]), same & (levels[None, :] >= levels[:, None])
