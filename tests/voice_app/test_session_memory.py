"""The memory of a conversation erases what it kept, and says so only when it is done."""

from __future__ import annotations

from audio_content.model import PromptId
from tests.voice_app.fakes import FakeStore
from voice_app.dialogue.messages import Failed, SessionErased
from voice_app.dialogue.records import PracticeDone
from voice_app.session_memory import SessionMemory


async def test_a_session_is_erased_and_nothing_is_written_to_it_after() -> None:
    store = FakeStore()
    memory = SessionMemory(store, "kiosk", "bank-1", "here")
    await memory.keep([PracticeDone()])

    told = await memory.erase()

    assert told == SessionErased()
    assert store.records == []
    assert memory.session is None


async def test_an_erasure_that_failed_is_told_and_the_session_stays() -> None:
    store = FakeStore()
    memory = SessionMemory(store, "kiosk", "bank-1", "here")
    await memory.keep([PracticeDone()])
    store.fails = 1

    told = await memory.erase()

    assert told == Failed(PromptId("erasure.failed"))
    assert len(store.records) == 1
    assert memory.session is not None
