"""Sessions as a conversation writes them, for outlets."""

from __future__ import annotations

from audio_content.model import OptionId
from engine.model import Aid, Channel, Evidence, InputMode, ItemId, Outcome
from voice_app.dialogue.records import (
    AnswerWithdrawn,
    ItemAnswered,
    ItemAsked,
    PracticeDone,
    Record,
    SessionFinished,
    SessionStarted,
    to_payload,
)
from voice_app.ports import NewRecord, SessionId
from voice_app.store.sql_store import SqlStore

ITEMS = ("it.calc.read.0.a", "it.calc.read.0.c", "it.civic.admin.1.a")


def answered(item: str, outcome: Outcome, option: str | None = "a", evidence: Evidence | None = None) -> ItemAnswered:
    return ItemAnswered(
        ItemId(item),
        OptionId(option) if option is not None else None,
        evidence or Evidence.certain(outcome),
        Aid.NONE,
        Channel.KIOSK,
        InputMode.VOICE if evidence is not None else InputMode.KEY,
        confirmed=False,
    )


STEPS: tuple[tuple[Record, ...], ...] = (
    (SessionStarted("abc_diag", "bank-1", 7, "fr", 10),),
    (PracticeDone(), ItemAsked(ItemId(ITEMS[0]), (OptionId("a"), OptionId("b")))),
    (answered(ITEMS[0], Outcome.CORRECT),),
    (AnswerWithdrawn(ItemId(ITEMS[0])),),
    (answered(ITEMS[0], Outcome.INCORRECT, "b"),),
    (answered(ITEMS[1], Outcome.DONT_KNOW, None),),
    (answered(ITEMS[2], Outcome.CORRECT, "a", Evidence(0.8, 0.15, 0.05)), SessionFinished("enough")),
)


async def keep(store: SqlStore, session: SessionId, *records: Record) -> None:
    await store.append(session, [NewRecord(each.kind, to_payload(each)) for each in records], channel="kiosk")


async def a_session(store: SqlStore) -> SessionId:
    """Play a session with a correction, a "don't know" and a half-heard answer."""
    session = await store.open_session("kiosk", "bank-1")
    for step in STEPS:
        await keep(store, session, *step)
    return session
