"""What is told and done in a sitting, by the mediator's page and by programs alike.

Nothing here changes an estimate: an act is handed to the conversation, which says it aloud and keeps it as an event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from engine.organization.sittings import LONGEST_HINT
from voice_app.dialogue.assist_messages import Act
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.records import NoteTaken, to_payload
from voice_app.documents.mediator_report import mediator_report_pdf
from voice_app.documents.typesetting import NotTypeset
from voice_app.errors import StoreError, TooManyAttempts
from voice_app.organizations import Member, Program
from voice_app.ports import NewRecord, Store
from voice_app.session_memory import MEDIATOR, ContextOf
from voice_app.session_trail import Trails, heard_words
from voice_app.sittings import Draft, Sitting, Sittings, TakenSeat
from voice_app.web.organization.kit_pages import KitSettings
from voice_app.web.organization.places import Place, seat_report, state_of

NONE_KNOWN = "dont_know"
"""The answer that is none of the options."""
ASKED, UNKNOWN_CODE, CLOSED, TOO_MANY = "asked", "unknown_code", "sitting_closed", "too_many_codes"
"""What comes of a code that a person has told."""


class RoomDesk(Protocol):
    """What is needed of the opened service."""

    @property
    def sittings(self) -> Sittings: ...

    @property
    def store(self) -> Store: ...

    @property
    def settings(self) -> KitSettings: ...

    @property
    def context(self) -> DialogueContext: ...

    @property
    def context_of(self) -> ContextOf: ...


class Room:
    """Sittings on an opened service; trails that were told are remembered."""

    def __init__(self, desk: Callable[[], RoomDesk]) -> None:
        self._desk = desk
        self._told_before: Trails | None = None

    async def places(self, found: Sitting, locale: str) -> Sequence[Place]:
        """Give the places of a sitting by number: of those who have agreed. Raises StoreError."""
        seats = await self._desk().sittings.seats(found.organization, found.id)
        return [await self._told(seat, locale) for seat in seats]

    async def place(self, found: Sitting, session: str, locale: str) -> Place | None:
        """Give one place, None where nobody of this sitting has this session. Raises StoreError."""
        seats = await self._desk().sittings.seats(found.organization, found.id)
        seat = next((each for each in seats if each.session == session), None)
        return None if seat is None else await self._told(seat, locale)

    async def ask_in(self, found: Sitting, code: str, asker: str, by: Program | None = None) -> str:
        """Ask the person whose code was told whether they agree to be helped; wrong codes count per `asker`."""
        digits = "".join(character for character in code if character.isdigit())
        try:
            session = await self._desk().store.find_session(digits, asker=asker)
        except TooManyAttempts:
            return TOO_MANY
        if session is None:
            return UNKNOWN_CODE
        return ASKED if await self._desk().sittings.invite(found.organization, found.id, session, by) else CLOSED

    async def note(
        self, found: Sitting, place: Place, item: str, words: str, by: Member, program: Program | None = None
    ) -> str:
        """Keep a note, its event without the words, and give its id. Raises InvalidMember: empty or too long."""
        desk, seat = self._desk(), place.seat
        draft = Draft("note", item, words)
        note = await desk.sittings.note(found.organization, found.id, seat.session, draft, by, program)
        taken = NoteTaken(note)
        record = NewRecord(taken.kind, to_payload(taken))
        await desk.store.append(seat.session, [record], channel=seat.channel, actor=MEDIATOR)
        return note

    async def report(self, organization: str, found: Sitting, place: Place, locale: str) -> bytes:
        """Give the mediator's report of a place as PDF. Raises StoreError."""
        desk = self._desk()
        notes = await desk.sittings.notes(found.organization, found.id, place.seat.session)
        report = seat_report(organization, found, place, notes, locale)
        try:
            return await asyncio.to_thread(mediator_report_pdf, report, desk.settings.data_folder / "fonts")
        except NotTypeset as fault:
            raise StoreError(str(fault)) from fault

    async def _told(self, seat: TakenSeat, locale: str) -> Place:
        desk = self._desk()
        history = await desk.store.history(seat.session)
        try:
            told = self._trails().of(seat.session, history, locale, to_end=seat.left_at is not None)
        except ValueError as fault:
            raise StoreError(f"the session cannot be read: {fault}") from fault
        heard = () if seat.glimpse is None else heard_words(desk.context, seat.glimpse, locale)
        return Place(seat, told, state_of(seat, told), heard)

    def _trails(self) -> Trails:
        if self._told_before is None:
            self._told_before = Trails(self._desk().context, self._desk().context_of)
        return self._told_before


def draft_of(act: Act, *, item: str, answered: str, words: str, option: str, done_for_them: bool) -> Draft:
    """Give an act as it is handed to the conversation. `answered`: the answered question, for what takes it back."""
    return Draft(
        act=act.value,
        item=answered if act is Act.WITHDRAW else item,
        words=words[:LONGEST_HINT] if act is Act.HINT else "",
        option=None if option in ("", NONE_KNOWN) else option,
        done_for_them=done_for_them,
    )
