"""What the addresses of sittings do, by the rules of the mediator's page (`organization.room`).

A sitting has a mediator who is a person: a program names the member who helps. What it does in a sitting is in the log
under its own name. It changes no estimate by itself: each act is handed to the conversation, which says it aloud, keeps
it as an event with its level of help, and lets one that comes too late do nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from quart import Response, request

from engine.organization.roles import Permission, allows
from engine.organization.scopes import Scope
from voice_app.dialogue.assist_messages import Act
from voice_app.documents.squares import page_with_code, qr_drawing
from voice_app.feeds import Feeds
from voice_app.organizations import InvalidMember, Member, Organizations
from voice_app.settings import Settings
from voice_app.sittings import Sitting
from voice_app.web.api import sitting_models as shapes
from voice_app.web.api.asking import here_of, program_of, since_of, wrong_field
from voice_app.web.api.feed_models import PageQuery, ends
from voice_app.web.api.gate import NO_CONTENT, ApiRoute, Call, not_found, too_many
from voice_app.web.api.problems import Problem
from voice_app.web.organization.campaign_pages import QR_SCALE
from voice_app.web.organization.places import Place
from voice_app.web.organization.room import CLOSED, TOO_MANY, UNKNOWN_CODE, Room, RoomDesk, draft_of

CREATED, ACCEPTED = 201, 202


class SittingDesk(RoomDesk, Protocol):
    """What these addresses need of the opened service."""

    @property
    def feeds(self) -> Feeds: ...

    @property
    def organizations(self) -> Organizations: ...

    @property
    def settings(self) -> Settings: ...


def sitting_routes(desk: Callable[[], SittingDesk], here: str) -> tuple[ApiRoute, ...]:
    """Give the addresses, each with its scope. `here`: the address of an organisation."""
    work = SittingWork(desk)
    sittings, one = f"{here}/sittings", f"{here}/sittings/<sitting>"
    seat, words = f"{one}/seats/<session>", shapes.WordsQuery
    reads, writes = Scope.SITTINGS_READ, Scope.SITTINGS_WRITE
    return (
        ApiRoute(sittings, "GET", reads, work.sittings, answer=shapes.SittingPage, query=PageQuery),
        ApiRoute(
            sittings,
            "POST",
            writes,
            work.open_sitting,
            answer=shapes.SittingAnswer,
            body=shapes.NewSitting,
            status=CREATED,
        ),
        ApiRoute(one, "GET", reads, work.sitting, answer=shapes.RoomAnswer, query=words),
        ApiRoute(f"{one}/qr.svg", "GET", reads, work.sitting_square, media="image/svg+xml"),
        ApiRoute(f"{one}/invite", "POST", writes, work.ask_in, body=shapes.NewSeat, status=NO_CONTENT),
        ApiRoute(f"{one}/close", "POST", writes, work.close_sitting, answer=shapes.SittingAnswer),
        ApiRoute(f"{seat}", "GET", reads, work.seat, answer=shapes.PlaceAnswer, query=words),
        ApiRoute(
            f"{seat}/acts", "POST", writes, work.act, answer=shapes.RequestAnswer, body=shapes.NewAct, status=ACCEPTED
        ),
        ApiRoute(
            f"{seat}/notes", "POST", writes, work.note, answer=shapes.NoteAnswer, body=shapes.NewNote, status=CREATED
        ),
        ApiRoute(f"{seat}/report.pdf", "GET", reads, work.seat_report, query=words, media="application/pdf"),
    )


class SittingWork:
    """The work of the addresses, on an opened service."""

    def __init__(self, desk: Callable[[], SittingDesk]) -> None:
        self._desk = desk
        self._room = Room(desk)

    async def sittings(self, call: Call, organization: str, query_args: PageQuery) -> shapes.SittingPage:
        """List the sittings, as they were opened and closed and as people sat down."""
        del organization
        here = here_of(call).organization.id
        piece = await self._desk().feeds.sittings(here, since_of(query_args), query_args.limit)
        return shapes.SittingPage(items=[shapes.SittingAnswer.of(each) for each in piece.items], **ends(piece))

    async def open_sitting(self, call: Call, organization: str, data: shapes.NewSitting) -> Any:
        """Open a sitting of a member; its code of nine digits comes with it."""
        del organization
        mediator = await self._helper(call, "mediator", data.mediator)
        here = here_of(call).organization.id
        made = await self._desk().sittings.open(here, data.title, data.campaign, mediator, program_of(call))
        return shapes.SittingAnswer.of(made), CREATED

    async def sitting(
        self, call: Call, organization: str, sitting: str, query_args: shapes.WordsQuery
    ) -> shapes.RoomAnswer:
        """Give a sitting with its places, each at a glance."""
        del organization
        found = await self._found(call, sitting)
        places = await self._room.places(found, query_args.locale)
        return shapes.RoomAnswer(
            sitting=shapes.SittingAnswer.of(found), places=[shapes.SeatAnswer.of(each) for each in places]
        )

    async def sitting_square(self, call: Call, organization: str, sitting: str) -> Response:
        """Give the QR code that opens the kiosk with the sitting's code."""
        del organization
        found = await self._found(call, sitting)
        address = self._desk().settings.web.public_address or request.host_url
        return Response(qr_drawing(page_with_code(address, found.code), QR_SCALE), content_type="image/svg+xml")

    async def ask_in(self, call: Call, organization: str, sitting: str, data: shapes.NewSeat) -> Response:
        """Ask somebody who has begun already, by their code, whether they agree to be helped."""
        del organization
        found, program = await self._found(call, sitting), program_of(call)
        told = await self._room.ask_in(found, data.code, f"sitting/{program.id}", program)
        if told == UNKNOWN_CODE:
            raise wrong_field("code", "this code opens nothing", "sittings.unknown_code")
        if told == TOO_MANY:
            raise too_many(self._desk().settings.store.asker_window_minutes * 60)
        if told == CLOSED:
            raise Problem(409, "sittings.closed", "this sitting is over")
        return Response("", NO_CONTENT)

    async def close_sitting(self, call: Call, organization: str, sitting: str) -> shapes.SittingAnswer:
        """End a sitting: its code opens no more, and everybody in it goes on alone."""
        del organization
        found = await self._found(call, sitting)
        await self._desk().sittings.close_sitting(found.organization, found.id, program_of(call))
        return shapes.SittingAnswer.of(await self._found(call, sitting))

    async def seat(
        self, call: Call, organization: str, sitting: str, session: str, query_args: shapes.WordsQuery
    ) -> shapes.PlaceAnswer:
        """Give one place: the question, what was heard, the answers with their evidence, help given, notes."""
        del organization
        found = await self._found(call, sitting)
        place, sittings = await self._place(found, session, query_args.locale), self._desk().sittings
        notes = await sittings.notes(found.organization, found.id, session)
        return shapes.PlaceAnswer.of(place, notes, await sittings.last_request(session))

    async def act(self, call: Call, organization: str, sitting: str, session: str, data: shapes.NewAct) -> Any:
        """Hand an act to the conversation, which says it aloud and keeps it; the place tells what came of it."""
        del organization
        found, act = await self._found(call, sitting), Act(data.act)
        await self._place(found, session, "fr")
        if act is Act.RELAY and not data.option:
            raise wrong_field("option", "missing", "sittings.no_option")
        draft = draft_of(
            act,
            item=data.item,
            answered=data.item,
            words=data.words,
            option=data.option or "",
            done_for_them=data.done_for_them,
        )
        if not await self._desk().sittings.ask(found.organization, found.id, session, draft, program_of(call)):
            raise Problem(409, "sittings.alone", "the person goes on without help: nothing was done")
        return shapes.RequestAnswer(act=draft.act, item=draft.item, outcome="waiting"), ACCEPTED

    async def note(self, call: Call, organization: str, sitting: str, session: str, data: shapes.NewNote) -> Any:
        """Keep a note of a member at a place; its event holds no words."""
        del organization
        found = await self._found(call, sitting)
        member = await self._helper(call, "member", data.member)
        place = await self._place(found, session, "fr")
        try:
            made = await self._room.note(found, place, data.item, data.words, member, program_of(call))
        except InvalidMember as invalid:
            raise wrong_field("words", invalid.reason, invalid.code) from invalid
        notes = await self._desk().sittings.notes(found.organization, found.id, session)
        return shapes.NoteAnswer.of(next(each for each in notes if each.id == made)), CREATED

    async def seat_report(
        self, call: Call, organization: str, sitting: str, session: str, query_args: shapes.WordsQuery
    ) -> Response:
        """Give the mediator's report of a place as tagged PDF."""
        del organization
        found = await self._found(call, sitting)
        place = await self._place(found, session, query_args.locale)
        body = await self._room.report(here_of(call).organization.name, found, place, query_args.locale)
        return Response(body, content_type="application/pdf")

    async def _found(self, call: Call, sitting: str) -> Sitting:
        found = await self._desk().sittings.find(here_of(call).organization.id, sitting)
        if found is None:
            raise not_found()
        return found

    async def _place(self, found: Sitting, session: str, locale: str) -> Place:
        place = await self._room.place(found, session, locale)
        if place is None:
            raise not_found()
        return place

    async def _helper(self, call: Call, field: str, member: str) -> Member:
        """Give the active member of this id who may help in sittings. Raises Problem."""
        members = await self._desk().organizations.members(here_of(call).organization.id)
        for each in members:
            if each.id == member and each.active and allows(each.role, Permission.ASSIST):
                return each
        raise wrong_field(field, "no member of the team who may help in sittings", "sittings.no_helper")
