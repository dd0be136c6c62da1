"""Calls that we owe somebody: a call-back they asked for, a call of a campaign. Pure rules: when to try, when to stop.

- Never in the quiet hours, never outside the campaign's own window.
- Busy is tried again soon, no answer later and later; past `most_tries` we give up.
- Somebody who was reached and left (hung up, an answering machine) is tried once more, not hunted.
- "No" is for ever: no campaign calls this number again.
- Nobody is called more than `most_calls_per_week` times, whoever asks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from voice_app.telephony.hours import Hours


class ErrandKind(StrEnum):
    CALLBACK = "callback"
    CAMPAIGN = "campaign"


class ErrandState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


class Outcome(StrEnum):
    """How a call that we placed ended."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    LEFT = "left"
    REFUSED = "refused"
    TALKED = "talked"


@dataclass(frozen=True, slots=True)
class ErrandRules:
    """When people are called. Hours are local time."""

    quiet_hours: str = "1-7 19:00-09:30; 7 00:00-24:00"
    """Nobody is called then."""
    callback_window: str = "1-6 09:30-19:00"
    """When call-backs are made."""
    busy_minutes: int = 10
    """After a busy line."""
    no_answer_minutes: int = 180
    """After the first call without answer; doubled each time."""
    most_tries: int = 4
    """Calls for one errand before we give up."""
    most_calls_per_week: int = 3
    """Calls to one person in seven days, all errands together."""
    look_every_s: float = 15.0
    """How often the queue is looked at."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One person to call. `mark` is the keyed hash of the number, `sealed` the number itself; times are local."""

    id: str
    kind: ErrandKind
    mark: str
    sealed: str
    window: str
    next_at: datetime
    campaign: str = ""
    tries: int = 0
    state: ErrandState = ErrandState.WAITING
    last_outcome: Outcome | None = None


def may_call(errand: Errand, now: datetime, rules: ErrandRules) -> bool:
    """Whether this errand may be run at this moment."""
    return (
        errand.state is ErrandState.WAITING
        and errand.next_at <= now
        and Hours.read(errand.window).hold(now)
        and not Hours.read(rules.quiet_hours).hold(now)
    )


def after(errand: Errand, outcome: Outcome, now: datetime, rules: ErrandRules) -> Errand:
    """Give the errand after a call. What is over keeps no number."""
    tried = replace(errand, tries=errand.tries + 1, last_outcome=outcome)
    if outcome is Outcome.TALKED:
        return replace(tried, state=ErrandState.DONE, sealed="")
    if outcome is Outcome.REFUSED:
        return replace(tried, state=ErrandState.REFUSED, sealed="")
    reached_twice = outcome is Outcome.LEFT and errand.last_outcome is Outcome.LEFT
    if tried.tries >= rules.most_tries or reached_twice:
        return replace(tried, state=ErrandState.GIVEN_UP, sealed="")
    minutes = rules.busy_minutes if outcome is Outcome.BUSY else rules.no_answer_minutes * 2**errand.tries
    return replace(tried, next_at=now + timedelta(minutes=minutes))
