"""Sympson-Hetter: how probably a chosen item is given, so that nobody meets the same ones as everybody.

Sympson and Hetter (1985): item i is let through with probability k_i. In rounds of simulation k_i is set to r / s_i
where the item was *selected* by a share s_i of the people above r, to 1 elsewhere, until nobody's exposure exceeds r
by much. To be tuned again whenever the bank's version changes (`Policy.admit` names items; unknown ones are ignored).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.adaptive.bank import Bank
from engine.adaptive.crowd import play
from engine.adaptive.people import People, Truth
from engine.adaptive.posterior import Floats
from engine.adaptive.stopping import Policy
from engine.errors import InvalidPolicy

ROUNDS = 12
_LEAST = 0.02
"""An item is never shut out entirely: its last people would meet what nobody was calibrated on."""


def tune_exposure(
    bank: Bank,
    policy: Policy,
    people: People,
    truth: Truth,
    most: float = 0.2,
    rounds: int = ROUNDS,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Policy, float]:
    """Give the policy with its probabilities, and the largest exposure of its last round.

    `most` is the share of people who may meet one item. Raises InvalidPolicy when it is not between 0 and 1."""
    if not 0.0 < most < 1.0:
        raise InvalidPolicy(f"the greatest exposure must be between 0 and 1: {most}")
    share: Floats = np.ones(len(bank.items))
    reached, best = 1.0, policy
    for turn in range(rounds):
        named = tuple((item.id, float(k)) for item, k in zip(bank.items, share, strict=True) if k < 1.0)
        trial = replace(policy, admit=named)
        rows = play(bank, trial, people.answering_with(turn), truth).rows
        met = np.bincount(rows[rows >= 0], minlength=len(share)) / len(people)
        if float(met.max()) < reached:
            reached, best = float(met.max()), trial
        selected = np.maximum(met / share, 1e-9)
        share = np.clip(np.where(selected > most, most / selected, 1.0), _LEAST, 1.0)
        progress(turn + 1)
    return best, reached
