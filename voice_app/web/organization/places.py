"""One person's place in a sitting, as pages and the mediator's report tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voice_app.documents.mediator_report import AnswerLine, MediatorReport
from voice_app.session_trail import ShownAnswer, Trail
from voice_app.sittings import Note, Sitting, TakenSeat
from voice_app.web.page_words import book_of_words

SITTING_WORDS = "sittings"


@dataclass(frozen=True, slots=True)
class Place:
    """One person's place, as the pages tell it."""

    seat: TakenSeat
    trail: Trail
    state: str
    """answering, wants_help, silent, unheard, menu, paused, finished, left"""
    heard: tuple[str, ...]


def state_of(seat: TakenSeat, told: Trail) -> str:
    """Give the one word that matters most of a place: who wants help comes before everything else."""
    glimpse = seat.glimpse
    if seat.left_at is not None:
        return "left"
    if glimpse is not None and glimpse.wants_help:
        return "wants_help"
    if glimpse is not None and glimpse.silences:
        return "silent"
    if glimpse is not None and glimpse.misses:
        return "unheard"
    if glimpse is not None and glimpse.phase == "paused":
        return "paused"
    if told.finished:
        return "finished"
    return "answering" if told.question is not None else "menu"


def seat_report(
    organization: str, sitting: Sitting, place: Place, notes: Sequence[Note], locale: str
) -> MediatorReport:
    """Give what is printed of a place, worded."""
    talk, channels = book_of_words(SITTING_WORDS, locale), book_of_words("organization", locale)["export"]
    told = place.trail

    def line(answer: ShownAnswer) -> AnswerLine:
        withdrawn = f" {talk['withdrawn'][answer.withdrawn_by]}" if answer.withdrawn_by else ""
        clear = talk["seat"]["heard_clearly" if answer.clear else "half_heard"]
        return AnswerLine(
            answer.stem,
            answer.answer or talk["seat"]["dont_know"],
            f"{talk['outcome'][answer.outcome]}.{withdrawn}",
            f"{talk['how'][answer.how]}, {clear}",
            talk["aid"][answer.aid],
        )

    at = talk["seat"]["at_question"]
    return MediatorReport(
        locale=locale,
        organization=organization,
        sitting=sitting.title,
        place=str(place.seat.number),
        state=talk["state"][place.state],
        level=told.level or talk["seat"]["no_level"],
        answers=[line(answer) for answer in told.answers],
        aids=[
            f"{at.format(number=each.number)} {talk['act'][each.means]}. {talk['aid'][each.aid]}." for each in told.aids
        ],
        channels=[channels[f"channel_{channel}"] for channel in told.channels],
        because=told.because,
        notes=[f"{note.words} ({note.by})" for note in notes],
        made=date.today(),
    )
