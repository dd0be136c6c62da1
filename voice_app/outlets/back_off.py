"""How long to wait after a failure: doubled each time, and spread, so that many sites do not come back together."""

from __future__ import annotations

import random

from voice_app.outlets.rules import OutletRules


def wait_s(failures: int, rules: OutletRules, asked_s: float | None = None) -> float:
    """Give the wait after so many failures in a row (1 at least): full jitter over the upper half, not less than asked.

    (Brooker, "Exponential Backoff And Jitter", 2015; the lower half is kept so that a wait is a wait.)
    """
    top = min(rules.longest_wait_s, rules.first_wait_s * 2 ** (failures - 1))
    return max(asked_s or 0.0, random.uniform(top / 2, top))  # noqa: S311 - spreads load, hides nothing
