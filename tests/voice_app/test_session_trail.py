"""What a mediator is told of a session: a fold, done once as long as nothing is added."""

from __future__ import annotations

from engine.model import Aid, Channel, Evidence, InputMode, Outcome
from tests.voice_app.test_assisted_conversation import usual_context
from voice_app.app import contexts
from voice_app.dialogue.records import (
    AssistanceBegun,
    AssistanceEnded,
    ItemAnswered,
    ItemAsked,
    Record,
    SessionStarted,
    to_payload,
)
from voice_app.ports import StoredRecord
from voice_app.session_trail import REMEMBERED, Trails
from voice_app.settings import Settings


def trails() -> Trails:
    return Trails(usual_context(), contexts(Settings(), usual_context()))


def history() -> list[StoredRecord]:
    """An answer while somebody helped, and a question of afterwards."""
    first, second, *_ = usual_context().content.path_items("abc_diag")
    right = Evidence.certain(Outcome.CORRECT)
    records: list[Record] = [
        AssistanceBegun("sitting", "la Maison Bleue"),
        SessionStarted("abc_diag", usual_context().content.version, 3, "fr", 10),
        ItemAsked(first.id, first.option_ids),
        ItemAnswered(first.id, first.key, right, Aid.NONE, Channel.KIOSK, InputMode.KEY, confirmed=False),
        AssistanceEnded("sitting"),
        ItemAsked(second.id, second.option_ids),
    ]
    return [StoredRecord(each.kind, to_payload(each), place) for place, each in enumerate(records, start=1)]


def test_a_trail_is_folded_once_as_long_as_nothing_is_added() -> None:
    kept, told = trails(), history()

    first = kept.of("session", told[:4], "fr", to_end=False)
    again = kept.of("session", told[:4], "fr", to_end=False)
    later = kept.of("session", told, "fr", to_end=False)

    assert again is first
    assert (len(first.answers), first.question) == (1, None)
    assert later.question is not None


def test_languages_and_what_is_told_to_the_end_of_the_help_are_kept_apart() -> None:
    kept, told = trails(), history()

    french, english = (kept.of("session", told, locale, to_end=False) for locale in ("fr", "en"))
    ended = kept.of("session", told, "fr", to_end=True)

    assert french.answers[0].stem != english.answers[0].stem
    assert ended.question is None


def test_what_was_told_long_ago_is_forgotten_and_told_again() -> None:
    kept, told = trails(), history()[:2]
    first = kept.of("session", told, "fr", to_end=False)

    for number in range(REMEMBERED):
        kept.of(f"session {number}", told, "fr", to_end=False)

    assert kept.of("session", told, "fr", to_end=False) is not first
