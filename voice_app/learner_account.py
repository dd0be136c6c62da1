"""What an account says: its results one by one, and together. Folds sessions; knows neither page nor telephone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.organization.claims import Merged, Showing, gathered, merged
from engine.organization.snapshot import Snapshot
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.fold import resume
from voice_app.dialogue.messages import SessionFound
from voice_app.dialogue.records import RECORD_TYPES, from_payload
from voice_app.dialogue.sharing import snapshot_of
from voice_app.errors import StoreError
from voice_app.learners import Learner, Learners, LinkedSession
from voice_app.ports import Store, StoredRecord
from voice_app.session_memory import ContextOf, context_after


@dataclass(frozen=True, slots=True)
class AccountResult:
    """One result. `profile` is the word of the spoken result; `finished`: it came to its end."""

    linked: LinkedSession
    snapshot: Snapshot
    finished: bool

    @property
    def path(self) -> str:
        return self.snapshot.path

    @property
    def profile(self) -> str:
        return self.snapshot.profile

    @property
    def showing(self) -> Showing:
        return Showing(self.snapshot.mastered, self.snapshot.to_learn)


@dataclass(frozen=True, slots=True)
class AccountTold:
    """An account, its results oldest first, and what they say together. `gathered`: the finished ones as one that can
    be sent; None when there is none."""

    number: str
    results: tuple[AccountResult, ...]
    together: Merged
    gathered: Snapshot | None = None

    def to_data(self) -> dict[str, Any]:
        """Give it as JSON data, for the person to take along. Its PIN is not known here, nor anywhere."""
        return {
            "version": 1,
            "number": self.number,
            "together": {
                "mastered": list(self.together.kept),
                "missed_once": list(self.together.kept_in_spite),
                "to_learn": list(self.together.to_learn),
            },
            "results": [
                {
                    "begun_at": each.linked.opened_at.isoformat(),
                    "kept_at": each.linked.linked_at.isoformat(),
                    "finished": each.finished,
                    **each.snapshot.to_data(),
                    "channel": each.linked.channel,
                }
                for each in self.results
            ],
        }


async def account_of(
    learners: Learners, store: Store, usual: DialogueContext, context_of: ContextOf, learner: Learner
) -> AccountTold:
    """Give what an account says. Raises StoreError, also for a session that cannot be read."""
    results = []
    for linked in await learners.linked(learner.id):
        told = result_of(await store.history(linked.session), usual, context_of, linked)
        if told is not None:
            results.append(told)
    finished = [each.snapshot for each in results if each.finished]
    order = [str(skill) for skill in usual.content.skill_map.area_of]
    return AccountTold(
        learner.number,
        tuple(results),
        merged([each.showing for each in results]),
        gathered(finished, order) if finished else None,
    )


def result_of(
    history: Sequence[StoredRecord], usual: DialogueContext, context_of: ContextOf, linked: LinkedSession
) -> AccountResult | None:
    """Give what one session shows; None when it was never begun, or only puts others together.

    Raises StoreError when it cannot be read.
    """
    try:
        records = tuple(from_payload(each.kind, each.payload) for each in history if each.kind in RECORD_TYPES)
    except ValueError as fault:
        raise StoreError(f"a session cannot be read: {fault}") from fault
    context = context_after(SessionFound(records), usual, context_of)
    state = resume(context, records)
    if state.session.started is None or state.session.gathered is not None:
        return None
    return AccountResult(linked, snapshot_of(context, state), finished=state.session.finished is not None)
