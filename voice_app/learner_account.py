"""What an account says: its results one by one, and together. Folds sessions; knows neither page nor telephone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.organization.claims import Merged, Showing, merged
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
    path: str
    profile: str
    showing: Showing
    finished: bool


@dataclass(frozen=True, slots=True)
class AccountTold:
    """An account, its results oldest first, and what they say together."""

    number: str
    results: tuple[AccountResult, ...]
    together: Merged


async def account_of(
    learners: Learners, store: Store, usual: DialogueContext, context_of: ContextOf, learner: Learner
) -> AccountTold:
    """Give what an account says. Raises StoreError, also for a session that cannot be read."""
    results = []
    for linked in await learners.linked(learner.id):
        told = result_of(await store.history(linked.session), usual, context_of, linked)
        if told is not None:
            results.append(told)
    return AccountTold(learner.number, tuple(results), merged([each.showing for each in results]))


def result_of(
    history: Sequence[StoredRecord], usual: DialogueContext, context_of: ContextOf, linked: LinkedSession
) -> AccountResult | None:
    """Give what one session shows; None when it was never begun. Raises StoreError when it cannot be read."""
    try:
        records = tuple(from_payload(each.kind, each.payload) for each in history if each.kind in RECORD_TYPES)
    except ValueError as fault:
        raise StoreError(f"a session cannot be read: {fault}") from fault
    context = context_after(SessionFound(records), usual, context_of)
    state = resume(context, records)
    if state.session.started is None:
        return None
    snapshot = snapshot_of(context, state)
    return AccountResult(
        linked=linked,
        path=snapshot.path,
        profile=snapshot.profile,
        showing=Showing(snapshot.mastered, snapshot.to_learn),
        finished=state.session.finished is not None,
    )
