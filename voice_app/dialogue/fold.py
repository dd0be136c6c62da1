"""The session as its records tell it: `apply` one record, `resume` from all of them.

The running dialogue changes its session by `apply` too, with the very records that it saves. So the state after a cut
is the state before it, by construction.

The records may hold what a calm conversation would not write: an answer to an item answered before (the last word
wins), an item that left the bank since (no evidence), an answer after the end. Nothing of that raises.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from audio_content.model import ItemKind, OptionId
from engine.adaptive import Assessment
from engine.model import Aid, ItemId, Observation
from engine.organization.consent import Purpose
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.paths import kept_policy
from voice_app.dialogue.records import (
    AidGiven,
    AnswerWithdrawn,
    AssistanceBegun,
    AssistanceEnded,
    CampaignJoined,
    ConsentAnswered,
    ItemAnswered,
    ItemAsked,
    ItemExplained,
    ItemNotAdministered,
    NoteTaken,
    ParticipationReleased,
    PracticeDone,
    PreferencesSet,
    Record,
    ResultClaimed,
    ResultsGathered,
    ResultShared,
    ResultUnclaimed,
    SessionFinished,
    SessionPaused,
    SessionResumed,
    SessionStarted,
    SittingBegun,
)
from voice_app.dialogue.state import Asked, DialogueState, Phase, Session, Settled

GATHERED = "gathered"
"""Why a session without questions of its own is at its end."""


def resume(context: DialogueContext, records: Iterable[Record]) -> DialogueState:
    """Give the state that goes on where these records (oldest first) end; it waits for `Opened`."""
    session = Session()
    for record in records:
        session = apply(context, session, record)
    seed = session.started.seed if session.started else 0
    return DialogueState(session=session, seed=seed, origin=phase_of(session))


def phase_of(session: Session) -> Phase:
    """Give the phase at which a session goes on."""
    if session.started is None:
        return Phase.LANGUAGE
    if session.finished is not None:
        return Phase.RESULT
    return Phase.QUESTION if session.practised else Phase.PRACTICE


def option_order(context: DialogueContext, seed: int, item: ItemId) -> tuple[OptionId, ...]:
    """Give the options of an item in the order to say them: always the same for one seed; yes and no keep theirs, and
    so do numbers."""
    content_item = context.content.items[item]
    if content_item.kind in (ItemKind.YES_NO, ItemKind.NUMBER):
        return content_item.option_ids
    return tuple(sorted(content_item.option_ids, key=lambda option: _draw(seed, item, option)))


def apply(context: DialogueContext, session: Session, record: Record) -> Session:
    """Give the session after one more record."""
    match record:
        case SessionStarted():
            begun = Session(started=record, locale=record.locale, assessment=_fresh(context, record))
            return replace(begun, helper=session.helper)
        case PreferencesSet(locale, rate, gain_db):
            return replace(session, locale=locale, rate=rate, gain_db=gain_db)
        case PracticeDone():
            return replace(session, practised=True)
        case ItemAsked(item, order):
            return replace(session, asked=Asked(item, order) if _known(context, item) else None)
        case ItemExplained(item):
            return replace(session, explained=session.explained | {item})
        case ItemAnswered(item):
            return _settle(context, session, item, record)
        case ItemNotAdministered(item):
            return _settle(context, session, item, None)
        case AnswerWithdrawn(item):
            return _withdraw(context, session, item)
        case SittingBegun():
            further = None if session.assessment is None else session.assessment.next_sitting()
            return replace(session, sitting=session.sitting + 1, assessment=further)
        case SessionFinished(reason):
            return replace(session, finished=reason, asked=None, consent=None)
        case CampaignJoined():
            return replace(session, campaign=record)
        case ConsentAnswered(purpose=Purpose.SHARE_RESULT, agreed=agreed):
            return replace(session, consent=agreed)
        case AssistanceBegun():
            return replace(session, helper=record)
        case AssistanceEnded():
            return replace(session, helper=None)
        case AidGiven(item, aid) if item is not None:
            return replace(session, aids={**session.aids, item: max(aid, session.aids.get(item, Aid.NONE))})
        case ResultsGathered(snapshot):
            return replace(session, gathered=snapshot, finished=GATHERED, asked=None, consent=None)
        case ResultShared():
            return replace(session, shared=True)
        case ParticipationReleased():
            return replace(session, campaign=None, consent=None, shared=False)
        case SessionPaused() | SessionResumed() | ConsentAnswered() | AidGiven() | NoteTaken():
            return session
        case ResultClaimed() | ResultUnclaimed():
            return session


def _settle(context: DialogueContext, session: Session, item: ItemId, answer: ItemAnswered | None) -> Session:
    if not _known(context, item):
        return replace(session, asked=None)
    asked = session.asked if session.asked and session.asked.item == item else _asked_before(context, session, item)
    settled = Settled(asked, answer, session.sitting)
    others = tuple(each for each in session.settled if each.asked.item != item)
    if len(others) < len(session.settled):
        return _replayed(context, replace(session, settled=(*others, settled), asked=None))
    assessment = _observe(session.assessment, settled)
    return replace(session, settled=(*others, settled), asked=None, assessment=assessment)


def _withdraw(context: DialogueContext, session: Session, item: ItemId) -> Session:
    if not _known(context, item):
        return session
    asked = _asked_before(context, session, item)
    others = tuple(each for each in session.settled if each.asked.item != item)
    return _replayed(context, replace(session, settled=others, asked=asked, finished=None))


def _asked_before(context: DialogueContext, session: Session, item: ItemId) -> Asked:
    """Give how an item was put when it was settled; its ordinary order when the records do not say."""
    for each in session.settled:
        if each.asked.item == item:
            return each.asked
    seed = session.started.seed if session.started else 0
    return Asked(item, option_order(context, seed, item))


def _replayed(context: DialogueContext, session: Session) -> Session:
    if session.started is None:
        return session
    assessment: Assessment | None = _fresh(context, session.started)
    for settled in session.settled:
        assessment = _observe(_in_sitting(assessment, settled.sitting), settled)
    return replace(session, assessment=_in_sitting(assessment, session.sitting))


def _in_sitting(assessment: Assessment | None, sitting: int) -> Assessment | None:
    while assessment is not None and len(assessment.sittings) < sitting:
        assessment = assessment.next_sitting()
    return assessment


def _fresh(context: DialogueContext, started: SessionStarted) -> Assessment:
    policy = kept_policy(started.policy, started.max_items, context.policy)
    return Assessment.start(context.bank, policy, started.seed)


def _observe(assessment: Assessment | None, settled: Settled) -> Assessment | None:
    if assessment is None:
        return None
    answer = settled.answer
    if answer is None:
        return assessment.skip(settled.asked.item)
    return assessment.record(
        Observation(answer.item, answer.evidence, answer.aid, answer.channel, answer.input_mode),
    )


def _known(context: DialogueContext, item: ItemId) -> bool:
    return item in context.content.items and item in context.bank.index


def _draw(seed: int, item: ItemId, option: OptionId) -> bytes:
    return hashlib.sha256(f"{seed}/{item}/{option}".encode()).digest()
