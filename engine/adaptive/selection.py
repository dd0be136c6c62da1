"""Which item next: easy enough, balanced over the areas, and then the one that tells most.

It knows the belief and which items are behind; it never learns how an answer sounded. It decides in this order:

1. *Who may be asked.* One item a skill; a skill whose needs in other tubes are probably mastered; not a skill that
   was just passed by. Rather than ending the session, the last wish is dropped first, then the one before it.
2. *How easy.* The first item and the one after a failure must be very probably correct; every other one above the
   floor.
3. *Where.* Areas with the fewest questions first, and inside them competences not yet asked; if nothing there is easy
   enough, the next areas. If nothing is easy enough anywhere, the easiest.
4. *What tells most.* The mutual information between the outcome (correct, incorrect, don't know) and the area's
   ability, H(mean P) - mean H(P) (Lindley 1956), with P(outcome | area ability) computed exactly from what is known
   of the competence.
5. *Parallel items.* Groups (competence, level) within a near tie of the best are equal, and so are the items of a
   group ("randomesque", Kingsbury and Zara 1989): the draw spreads exposure. It is a digest of the seed and the
   number of answers, not a random generator, so that a session resumed on another machine or version draws the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.adaptive.bank import Bank
from engine.adaptive.posterior import Belief, Floats, Positions
from engine.adaptive.stopping import Policy
from engine.model import ItemId, Outcome

Mask = NDArray[np.bool_]


class Reason(StrEnum):
    """Why this item: to begin gently, to find confidence again, for an area asked less than others, to learn most, or
    as the easiest left."""

    START = "start"
    RECOVER = "recover"
    BALANCE = "balance"
    INFORM = "inform"
    EASIEST = "easiest"


@dataclass(frozen=True, slots=True)
class Choice:
    """The next item, with its probability of a correct answer without aid."""

    item: ItemId
    p_success: float
    reason: str


@dataclass(frozen=True, slots=True)
class Past:
    """What is behind: rows of the items that were answered (oldest first) and of those set aside without an answer."""

    answered: tuple[int, ...]
    set_aside: tuple[int, ...]
    failures_in_a_row: int


def choose(bank: Bank, belief: Belief, policy: Policy, past: Past, seed: int) -> Choice | None:
    """Give the next item, or None when every skill of the bank is behind."""
    eligible = _eligible(bank, belief, policy, past)
    if not eligible.any():
        return None
    success = _success(bank, belief)
    reason, floor, easy = _aim(bank, policy, past, eligible, success)
    counts = np.bincount(bank.area[list(past.answered)], minlength=len(bank.framework.areas))
    for pool, balancing in _pools(bank, past, eligible & easy, counts):
        fitting = np.flatnonzero(pool & (success >= floor))
        if fitting.size:
            row = _draw_informative(bank, belief, policy, fitting, seed, len(past.answered))
            word = Reason.BALANCE if reason is Reason.INFORM and balancing else reason
            return Choice(bank.items[row].id, float(success[row]), word)
    row = _draw_easiest(bank, policy, np.flatnonzero(eligible), success, seed, len(past.answered))
    word = Reason.EASIEST if reason is Reason.INFORM else reason
    return Choice(bank.items[row].id, float(success[row]), word)


def _eligible(bank: Bank, belief: Belief, policy: Policy, past: Past) -> Mask:
    behind = np.zeros(len(bank.items), dtype=np.bool_)
    behind[list(past.set_aside)] = True
    fresh = ~behind & ~np.isin(bank.skill, bank.skill[list(past.answered)])
    ready = fresh & _ready(bank, belief, policy)
    welcome = ready & ~np.isin(bank.skill, bank.skill[list(past.set_aside)])
    for wished in (welcome, ready):
        if wished.any():
            return wished
    return fresh


def _ready(bank: Bank, belief: Belief, policy: Policy) -> Mask:
    """Tell for each item whether what its skill requires from other tubes is probably mastered."""
    framework = bank.framework
    mastered = mastery_by_ability(bank, belief) >= policy.prerequisite_floor
    ready = np.ones(len(framework.skills), dtype=np.bool_)
    for skill, needed in framework.required.items():
        ready[framework.position[skill]] = all(mastered[framework.position[other]] for other in needed)
    return ready[bank.skill]


def mastery_by_ability(bank: Bank, belief: Belief) -> Floats:
    """Give the probability of knowing each skill of the framework, from the ability in its competence alone."""
    expected: Floats = np.einsum("sg,sg->s", bank.skill_know, belief.competences[bank.skill_competence])
    return expected


def _success(bank: Bank, belief: Belief) -> Floats:
    expected: Floats = np.einsum("ig,ig->i", bank.tables[:, Outcome.CORRECT], belief.competences[bank.competence])
    return expected


def _aim(bank: Bank, policy: Policy, past: Past, eligible: Mask, success: Floats) -> tuple[Reason, float, Mask]:
    """Give the purpose of the next question, its floor, and the items that may serve it."""
    everything = np.ones_like(eligible)
    if past.failures_in_a_row >= policy.recover_after:
        return Reason.RECOVER, policy.recover_floor, everything
    if not past.answered:
        return Reason.START, policy.start_floor, bank.level <= policy.start_max_level
    return Reason.INFORM, policy.floor, everything


def _pools(bank: Bank, past: Past, eligible: Mask, counts: Positions) -> Iterator[tuple[Mask, bool]]:
    """Give the items to look at, in order of preference, and whether the balance of areas narrowed them."""
    asked = np.isin(bank.competence, bank.competence[list(past.answered)])
    load = counts[bank.area]
    tiers = np.unique(load[eligible])
    for tier in tiers:
        pool = eligible & (load == tier)
        yield pool & ~asked, tiers.size > 1
        yield pool, tiers.size > 1


def _draw_informative(bank: Bank, belief: Belief, policy: Policy, rows: Positions, seed: int, answered: int) -> int:
    groups, member = np.unique(bank.group[rows], return_inverse=True)
    gain = np.bincount(member, weights=information(bank, belief, rows)) / np.bincount(member)
    best = np.flatnonzero(gain >= gain.max() * (1.0 - policy.near_tie))
    group = groups[best[_draw(seed, answered, "group", best.size)]]
    parallel = rows[bank.group[rows] == group]
    return int(parallel[_draw(seed, answered, "item", parallel.size)])


def _draw_easiest(bank: Bank, policy: Policy, rows: Positions, success: Floats, seed: int, answered: int) -> int:
    best = rows[success[rows].argmax()]
    alike = (bank.group[rows] == bank.group[best]) & (success[rows] >= success[best] * (1.0 - policy.near_tie))
    parallel = rows[alike]
    return int(parallel[_draw(seed, answered, "item", parallel.size)])


def information(bank: Bank, belief: Belief, rows: Positions) -> Floats:
    """Give the mutual information (nats) between each item's outcome and the ability in its area."""
    competence = bank.competence[rows]
    joint = bank.tables[rows] * belief.likelihood[competence][:, None, :]
    given_area = (joint @ belief.tree.to_competence.T) / belief.upward[competence][:, None, :]
    area = belief.areas[bank.area[rows]][:, None, :]
    expected = (given_area * area).sum(axis=2)
    remaining = (_entropy(given_area) * area[:, 0]).sum(axis=1)
    gained: Floats = _entropy(expected) - remaining
    return gained


def _entropy(probabilities: Floats) -> Floats:
    """Give the entropy over the outcomes (axis 1)."""
    entropy: Floats = -(probabilities * np.log(np.maximum(probabilities, 1e-300))).sum(axis=1)
    return entropy


def _draw(seed: int, answered: int, purpose: str, choices: int) -> int:
    """Give a number below `choices`, the same for ever for the same seed, number of answers and purpose."""
    digest = hashlib.blake2b(f"{seed}/{answered}/{purpose}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % choices
