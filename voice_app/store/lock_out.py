"""Attempts to open an account: counted before the secret is looked at, a wait that doubles, an end.

Of people who sign in and of learners alike. The caller counts in a transaction of its own and sets the count back when
the secret is proved, so that guesses side by side cannot outrun the limit.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from voice_app.learners import LearnerRefused
from voice_app.organizations import SignInRefused
from voice_app.store.envelopes import aware
from voice_app.store.learner_tables import LearnerRow
from voice_app.store.organization_tables import AccountRow
from voice_app.store.rules import OrganizationRules


def take_attempt(
    row: AccountRow | LearnerRow,
    rules: OrganizationRules,
    moment: datetime,
    refused: type[SignInRefused] | type[LearnerRefused],
) -> None:
    """Count an attempt as failed until it is proved. Raises `refused` when there is none left for now."""
    if row.failures >= rules.failures_at_most:
        raise refused("blocked")
    if row.locked_until is not None and moment < aware(row.locked_until):
        left = aware(row.locked_until) - moment
        raise refused("locked", minutes=int(left.total_seconds() // 60) + 1)
    row.failures += 1
    if row.failures % rules.failures_before_lock == 0:
        times = row.failures // rules.failures_before_lock
        row.locked_until = moment + timedelta(minutes=rules.lock_minutes * 2 ** (times - 1))
