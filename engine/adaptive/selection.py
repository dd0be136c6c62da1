"""Which item next: easy enough, balanced, and then the one that tells most.

It knows beliefs and which items are behind; it never learns how an answer sounded. It works on a crowd of N people at
once (a live session is a crowd of one), so that a simulation plays exactly what people get. It decides in this order:

1. *Who may be asked.* One item a skill (one a tube, where the policy says so); a skill whose needs in other tubes are
   probably mastered; not a skill that was just passed by. Rather than ending the session, the last wish is dropped
   first, then the one before it.
2. *How easy.* The first item and the one after a failure must be very probably correct; every other one above the
   floor.
3. *Where.* Areas with the fewest questions first, and inside them competences not yet asked (or the competence with
   the fewest questions; or anywhere); if nothing there is easy enough, the next ones. If nothing is easy enough
   anywhere, the easiest.
4. *What tells most* (`criteria`), by the target of the policy. FRINGE prefers skills not mastered whose parents are
   (probability 0.8), with a probability of success nearest to the middle of the aim.
5. *Exposure.* Items within a near tie of the best are equal ("randomesque", Kingsbury and Zara 1989), and so are all
   gentle beginnings. The draw is a
   digest of the seed and the number of answers, not a random generator, so that a session resumed on another machine
   or version draws the same. Where the policy holds Sympson-Hetter probabilities (1985), an item is let through with
   its own; if none is, all are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.adaptive import criteria
from engine.adaptive.bank import Bank
from engine.adaptive.draws import draw, uniform
from engine.adaptive.posterior import Belief, Floats, Positions
from engine.adaptive.stopping import Balance, Policy, Target, deviation
from engine.model import ItemId, Outcome

Mask = NDArray[np.bool_]
FRINGE_MASTERED = 0.8
"""A skill is in the outer fringe when its parents are mastered with this probability, and itself is not."""

_NEAREST_TO_BEST = 4.0
"""The randomesque draw reaches no further below the best than this many near ties."""


class Reason(StrEnum):
    """Why this item: to begin gently, to find confidence again, for an area asked less than others, to learn most, as
    the next thing to learn, or as the easiest left."""

    START = "start"
    RECOVER = "recover"
    BALANCE = "balance"
    INFORM = "inform"
    FRINGE = "fringe"
    EASIEST = "easiest"


REASONS = tuple(Reason)
_CODE = {reason: code for code, reason in enumerate(REASONS)}


@dataclass(frozen=True, slots=True)
class Choice:
    """The next item, with its probability of a correct answer without aid."""

    item: ItemId
    p_success: float
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What is behind N people. Skills and tubes by their number, items by row; `seeds` are 64 bits.

    `skill_answered`, `skill_aside` [N, S]; `item_aside` [N, I]; `by_competence` [N, C] counts of questions;
    `tube_asked` [N, T]; `failures_in_a_row`, `answered`, `seeds` [N].
    """

    skill_answered: Mask
    skill_aside: Mask
    item_aside: Mask
    tube_asked: Mask
    by_competence: Positions
    failures_in_a_row: Positions
    answered: Positions
    seeds: NDArray[np.uint64]

    @classmethod
    def empty(cls, bank: Bank, seeds: NDArray[np.uint64]) -> Past:
        """Give the past of people before their first question."""
        people = len(seeds)
        skills = len(bank.framework.skills)
        return cls(
            skill_answered=np.zeros((people, skills), dtype=np.bool_),
            skill_aside=np.zeros((people, skills), dtype=np.bool_),
            item_aside=np.zeros((people, len(bank.items)), dtype=np.bool_),
            tube_asked=np.zeros((people, int(bank.tube.max()) + 1), dtype=np.bool_),
            by_competence=np.zeros((people, len(bank.framework.competences)), dtype=np.intp),
            failures_in_a_row=np.zeros(people, dtype=np.intp),
            answered=np.zeros(people, dtype=np.intp),
            seeds=seeds,
        )

    def of(self, people: Positions | Mask) -> Past:
        """Give the past of some of the people."""
        return Past(*(getattr(self, name)[people] for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The next items of N people: rows (-1: none is left), P(correct), and codes of `REASONS`."""

    rows: Positions
    p_success: Floats
    reasons: Positions


def choose(bank: Bank, belief: Belief, policy: Policy, past: Past) -> Choice | None:
    """Give the next item of one person, or None when every skill of the bank is behind."""
    chosen = choose_many(bank, crowd_of_one(belief), policy, past)
    row = int(chosen.rows[0])
    if row < 0:
        return None
    return Choice(bank.items[row].id, float(chosen.p_success[0]), REASONS[int(chosen.reasons[0])])


def crowd_of_one(belief: Belief) -> Belief:
    """Give the belief about one person as the belief about a crowd of one."""
    names = [name for name in Belief.__slots__ if name != "tree"]
    return replace(belief, **{name: getattr(belief, name)[None] for name in names})


def choose_many(bank: Bank, belief: Belief, policy: Policy, past: Past) -> Chosen:
    """Give the next item of each person. Rows of `belief` and `past` are the same people."""
    eligible = _eligible(bank, belief, policy, past)
    correct = success(bank, belief)
    recover = past.failures_in_a_row >= policy.recover_after
    first = ~recover & (past.answered == 0)
    floor = np.where(recover, policy.recover_floor, np.where(first, policy.start_floor, policy.floor))
    fitting = eligible & (correct >= floor[:, None])
    fitting[first] &= bank.level <= policy.start_max_level
    key, balancing = _turn(bank, policy, past, eligible)
    fringe = np.zeros_like(eligible)
    if policy.target is Target.FRINGE:
        fringe = fitting & _fringe(bank, belief)
        fitting = np.where(_some(fringe)[:, None], fringe, fitting)
    pool = fitting & (key == _least(key, fitting)[:, None])
    gain = _gain(bank, belief, policy, pool, correct)
    rows = _draw_best(bank, policy, gain, past)
    reasons = np.where(balancing, _CODE[Reason.BALANCE], _CODE[Reason.INFORM])
    reasons[_some(fringe)] = _CODE[Reason.FRINGE]
    nothing = ~_some(fitting)
    if nothing.any():
        rows[nothing] = _draw_easiest(bank, policy, eligible[nothing], correct[nothing], past.of(nothing))
        reasons[nothing] = _CODE[Reason.EASIEST]
    reasons[first] = _CODE[Reason.START]
    reasons[recover] = _CODE[Reason.RECOVER]
    rows[~eligible.any(axis=1)] = -1
    return Chosen(rows, correct[np.arange(len(rows)), rows], reasons)


def success(bank: Bank, belief: Belief) -> Floats:
    """Give P(correct) [N, I] of every item."""
    found = np.empty((len(belief.competences), len(bank.items)))
    for competence, rows in enumerate(bank.rows_of):
        if rows.size:
            found[:, rows] = belief.competences[:, competence] @ bank.tables[rows, Outcome.CORRECT].T
    return found


def mastery_by_ability(bank: Bank, belief: Belief) -> Floats:
    """Give the probability of knowing each skill of the framework [..., S], from its competence's ability alone."""
    expected: Floats = np.einsum("sg,...sg->...s", bank.skill_know, belief.competences[..., bank.skill_competence, :])
    return expected


def _eligible(bank: Bank, belief: Belief, policy: Policy, past: Past) -> Mask:
    fresh = ~past.item_aside & ~past.skill_answered[:, bank.skill]
    if policy.one_per_tube:
        fresh &= ~past.tube_asked[:, bank.tube]
    ready = fresh
    if bank.framework.required:
        ready = fresh & _ready(bank, belief, policy)[:, bank.skill]
    welcome = ready & ~past.skill_aside[:, bank.skill]
    some = np.where(_some(ready)[:, None], ready, fresh)
    wished: Mask = np.where(_some(welcome)[:, None], welcome, some)
    return wished


def _ready(bank: Bank, belief: Belief, policy: Policy) -> Mask:
    """Tell for each skill whether what it requires from other tubes is probably mastered."""
    framework = bank.framework
    mastered = mastery_by_ability(bank, belief) >= policy.prerequisite_floor
    ready = np.ones_like(mastered)
    for skill, needed in framework.required.items():
        ready[:, framework.position[skill]] = mastered[:, [framework.position[other] for other in needed]].all(axis=1)
    return ready


def _fringe(bank: Bank, belief: Belief) -> Mask:
    """Tell for each item whether its skill is in the outer fringe."""
    framework = bank.framework
    mastered = mastery_by_ability(bank, belief) >= FRINGE_MASTERED
    outer = ~mastered
    for skill, needed in framework.parents.items():
        if needed:
            outer[:, framework.position[skill]] &= mastered[:, [framework.position[other] for other in needed]].all(
                axis=1
            )
    return outer[:, bank.skill]


def _turn(bank: Bank, policy: Policy, past: Past, eligible: Mask) -> tuple[Positions, Mask]:
    """Give the order in which items have their turn [N, I], and whom the balance of areas narrows [N]."""
    match policy.balance:
        case Balance.NONE:
            return np.zeros(eligible.shape, dtype=np.intp), np.zeros(len(eligible), dtype=np.bool_)
        case Balance.COMPETENCE:
            load = past.by_competence[:, bank.competence]
            key = load
        case Balance.AREA:
            of_area = bank.tree.area_of_competence
            by_area = np.stack(
                [past.by_competence[:, of_area == area].sum(axis=1) for area in range(of_area.max() + 1)], axis=1
            )
            load = by_area[:, bank.area]
            key = 2 * load + (past.by_competence > 0)[:, bank.competence]
    least, most = _least(load, eligible), np.where(eligible, load, -1).max(axis=1)
    return key, most > least


def _some(marked: Mask) -> Mask:
    """Tell for which people anything is marked."""
    return np.asarray(marked.any(axis=1))


def _least(key: Positions, mask: Mask) -> Positions:
    least: Positions = np.where(mask, key, np.iinfo(key.dtype).max).min(axis=1)
    return least


def _gain(bank: Bank, belief: Belief, policy: Policy, pool: Mask, correct: Floats) -> Floats:
    """Give how much each item of the pool would tell [N, I]; -inf outside the pool."""
    gain = np.full(pool.shape, -np.inf)
    if policy.target is Target.FRINGE:
        gain[pool] = 1.0 - np.abs(correct[pool] - 0.5 * (policy.aim[0] + policy.aim[1]))
        return gain
    for area in range(len(bank.framework.areas)):
        in_area = np.flatnonzero(bank.tree.area_of_competence == area)
        rows = [bank.rows_of[competence] for competence in in_area]
        concerned = np.flatnonzero(pool[:, np.concatenate(rows)].any(axis=1))
        if concerned.size:
            _fill_gain(bank, belief.of(concerned), policy, pool, gain, concerned, in_area)
    return gain


def _fill_gain(
    bank: Bank, belief: Belief, policy: Policy, pool: Mask, gain: Floats, concerned: Positions, in_area: Positions
) -> None:
    """Write the gain of the items of one area, for the people concerned (`belief` is about them)."""
    means = criteria.means_given_area(belief, int(bank.tree.area_of_competence[in_area[0]]))
    for competence in in_area.tolist():
        rows = bank.rows_of[competence]
        wanted = pool[concerned[:, None], rows]
        untouched = (belief.likelihood[:, competence] == 1.0).all(axis=1)
        for side in (untouched, ~untouched):
            people = np.flatnonzero(wanted.any(axis=1) & side)
            if people.size:
                told = _told(bank, criteria.Crowd(belief, people), policy, competence, rows, means)
                gain[concerned[people, None], rows] = np.where(wanted[people], told, -np.inf)


def _told(bank: Bank, crowd: criteria.Crowd, policy: Policy, competence: int, rows: Positions, means: Floats) -> Floats:
    match policy.target:
        case Target.COMPETENCE:
            spread = deviation(crowd.marginal(competence))[:, None]
            return criteria.competence_information(bank, crowd, competence, rows) * spread
        case Target.CUT:
            return criteria.cut_information(bank, crowd, competence, rows, np.array(policy.cuts))
        case _:
            return criteria.area_gain(bank, crowd, competence, rows, means)


def _draw_best(bank: Bank, policy: Policy, gain: Floats, past: Past) -> Positions:
    """Give for each person one of the items that are as good as the best."""
    best = gain.max(axis=1, keepdims=True)
    best = np.where(np.isfinite(best), best, 0.0)
    near = gain >= best * (1.0 - policy.near_tie)
    far = best * (1.0 - _NEAREST_TO_BEST * policy.near_tie)
    rest, people = np.where(near, -np.inf, gain), np.arange(len(gain))
    for _ in range(policy.randomesque - 1):
        another = rest.argmax(axis=1)
        wanted = (near.sum(axis=1) < policy.randomesque) & (rest[people, another] >= far[:, 0])
        near[people[wanted], another[wanted]] = True
        rest[people, another] = -np.inf
    near |= (past.answered == 0)[:, None] & (policy.start_floor > 0.0)
    near &= np.isfinite(gain)
    if policy.admit:
        near = _admitted(bank, policy, gain, near, past)
    return _pick(near, past)


def _admitted(bank: Bank, policy: Policy, gain: Floats, near: Mask, past: Past) -> Mask:
    """Give the best item that its Sympson-Hetter draw lets through; the near ones when none is."""
    share = np.ones(gain.shape[1])
    for item, admitted in policy.admit:
        if item in bank.index:
            share[bank.index[item]] = admitted
    through = uniform(past.seeds[:, None], past.answered[:, None], np.arange(gain.shape[1])) < share
    allowed = np.where(through, gain, -np.inf)
    best = allowed.max(axis=1, keepdims=True)
    kept: Mask = np.where(np.isfinite(best), allowed == best, near)
    return kept


def _pick(near: Mask, past: Past) -> Positions:
    """Give one of the marked items of each person (0 when none is marked)."""
    size = near.sum(axis=1)
    rank = draw(past.seeds, past.answered, np.maximum(size, 1))
    picked: Positions = (np.cumsum(near, axis=1) > rank[:, None]).argmax(axis=1)
    return picked


def _draw_easiest(bank: Bank, policy: Policy, eligible: Mask, correct: Floats, past: Past) -> Positions:
    easiness = np.where(eligible, correct, -1.0)
    best = easiness.argmax(axis=1)
    alike = (bank.group == bank.group[best][:, None]) & (
        easiness >= easiness.max(axis=1, keepdims=True) * (1.0 - policy.near_tie)
    )
    return _pick(alike & eligible, past)
