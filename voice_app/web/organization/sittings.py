"""The addresses of sittings: a list, a sitting with its code and everybody in it, one person's place, and their lives.

A page is whole without a script. With it, an event stream (`text/event-stream`, WHATWG HTML, section 9.2) brings the
same page again whenever something changed, and `live.js` puts what differs in its place: nothing that can have the
focus is replaced, and one status line says what changed. State is always read from the store: a reload, a restart of
the service, a second window show the same.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Protocol

from quart import Response, request

from engine.organization.campaigns import LONGEST_TITLE, Entry, InvalidCampaign
from engine.organization.roles import Permission
from engine.organization.sittings import LONGEST_HINT, LONGEST_NOTE
from voice_app.dialogue.assist_messages import Act
from voice_app.documents.squares import page_with_code, qr_drawing
from voice_app.errors import StoreError
from voice_app.organizations import Accounts, InvalidMember, Organizations
from voice_app.sittings import Sitting
from voice_app.web.organization.forms import Fault, in_threes
from voice_app.web.organization.gate import Refused, Route, Visit, looking_on
from voice_app.web.organization.places import SITTING_WORDS, Place
from voice_app.web.organization.room import ASKED, NONE_KNOWN, Room, RoomDesk, draft_of
from voice_app.web.organization.sheets import asked_locale, go, member_of, show, typed_form
from voice_app.web.page_words import book_of_words
from voice_app.web.rendering import render_document

BOOK = SITTING_WORDS
LOOK_AGAIN_S = 0.5
"""What happened in another process is on the page this much later."""
STREAM_FOR_S = 600
"""A stream ends by itself after this; the browser opens the next one."""
STILL_THERE_S = 15
"""Between two signs of life of a stream where nothing happens."""
AGAIN_AFTER_MS = 1_000
OVER_AGAIN_AFTER_MS = 60_000
QR_SCALE = 8


class SittingDesk(RoomDesk, Protocol):
    """What these pages need of the opened service."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def organizations(self) -> Organizations: ...


class SittingPages:
    """The pages of sittings."""

    def __init__(self, desk: Callable[[], SittingDesk], public_address: str) -> None:
        self._desk = desk
        self._public_address = public_address.rstrip("/")
        self._room = Room(desk)
        sittings = "/<organization>/sittings"
        sitting, seat = f"{sittings}/<sitting>", f"{sittings}/<sitting>/seats/<session>"
        may = Permission.ASSIST
        self.routes = (
            Route(f"{sittings}/", "GET", may, self._sittings),
            Route(f"{sittings}/", "POST", may, self._sittings),
            Route(f"{sitting}/", "GET", may, self._sitting),
            Route(f"{sitting}/live", "GET", may, self._sitting_live),
            Route(f"{sitting}/qr.svg", "GET", may, self._sitting_qr),
            Route(f"{sitting}/invite", "POST", may, self._invite),
            Route(f"{sitting}/close", "POST", may, self._close),
            Route(f"{seat}/", "GET", may, self._seat),
            Route(f"{seat}/live", "GET", may, self._seat_live),
            Route(f"{seat}/act", "POST", may, self._act),
            Route(f"{seat}/note", "POST", may, self._note),
            Route(f"{seat}/report.pdf", "GET", may, self._seat_report),
        )

    # --- all sittings ------------------------------------------------------------------------------------------

    async def _sittings(self, visit: Visit, organization: str) -> Response:
        del organization
        member, desk = member_of(visit), self._desk()
        here = member.organization.id
        fault: Fault | None = None
        typed: dict[str, str] = {}
        if request.method == "POST":
            typed = dict(await typed_form())
            try:
                made = await desk.sittings.open(here, typed.get("title", ""), typed.get("campaign") or None, member)
                return go(f"/{here}/sittings/{made.id}/")
            except InvalidCampaign as invalid:
                fault = Fault(invalid.field, invalid.reason)
        campaigns = [each for each in await desk.organizations.campaigns(here) if each.entry is Entry.OPEN]
        return show(
            "sittings",
            visit,
            200 if fault is None else 400,
            talk=book_of_words(BOOK, asked_locale()),
            sittings=await desk.sittings.listed(here),
            campaigns=campaigns,
            fault=fault,
            typed=typed,
            most=LONGEST_TITLE,
            in_threes=in_threes,
        )

    # --- one sitting -------------------------------------------------------------------------------------------

    async def _sitting(self, visit: Visit, organization: str, sitting: str) -> Response:
        del organization
        found = await self._found(visit, sitting)
        return self._shown_sitting(visit, found, await self._room.places(found, asked_locale()))

    async def _sitting_live(self, visit: Visit, organization: str, sitting: str) -> Response:
        del organization
        found, locale = await self._found(visit, sitting), asked_locale()
        form_token = visit.form_token

        async def page() -> str:
            again = await self._found(visit, sitting)
            return self._drawn("sitting_live", visit, locale, form_token, again, await self._room.places(again, locale))

        return self._stream(found, None, page)

    async def _sitting_qr(self, visit: Visit, organization: str, sitting: str) -> Response:
        del organization
        found = await self._found(visit, sitting)
        return Response(qr_drawing(self._address_of(found), QR_SCALE), content_type="image/svg+xml")

    async def _invite(self, visit: Visit, organization: str, sitting: str) -> Response:
        del organization
        found = await self._found(visit, sitting)
        code = (await typed_form()).get("code", "")
        reason = await self._room.ask_in(found, code, f"sitting/{member_of(visit).account}")
        places = await self._room.places(found, asked_locale())
        return self._shown_sitting(visit, found, places, 200 if reason == ASKED else 400, invited=reason)

    async def _close(self, visit: Visit, organization: str, sitting: str) -> Response:
        del organization
        found = await self._found(visit, sitting)
        await self._desk().sittings.close_sitting(found.organization, found.id, member_of(visit))
        return go(f"/{found.organization}/sittings/{found.id}/")

    def _shown_sitting(
        self, visit: Visit, found: Sitting, places: Sequence[Place], status: int = 200, invited: str = ""
    ) -> Response:
        return show("sitting", visit, status, **self._fields(found, places, asked_locale()), invited=invited)

    # --- one place ---------------------------------------------------------------------------------------------

    async def _seat(self, visit: Visit, organization: str, sitting: str, session: str) -> Response:
        del organization
        found = await self._found(visit, sitting)
        return await self._shown_seat(visit, found, session)

    async def _seat_live(self, visit: Visit, organization: str, sitting: str, session: str) -> Response:
        del organization
        found, locale = await self._found(visit, sitting), asked_locale()
        await self._place(found, session, locale)
        form_token = visit.form_token

        async def page() -> str:
            again = await self._found(visit, sitting)
            place = await self._place(again, session, locale)
            extra = await self._of_seat(again, session)
            return self._drawn("seat_live", visit, locale, form_token, again, [place], **extra)

        return self._stream(found, session, page)

    async def _act(self, visit: Visit, organization: str, sitting: str, session: str) -> Response:
        del organization
        found = await self._found(visit, sitting)
        form = await typed_form()
        try:
            act = Act(form.get("act", ""))
        except ValueError:
            return await self._shown_seat(visit, found, session, 400, fault=Fault("act", "no_act"))
        option = form.get("option", "")
        if act is Act.RELAY and not option:
            return await self._shown_seat(visit, found, session, 400, fault=Fault("option", "no_option"))
        draft = draft_of(
            act,
            item=form.get("item", ""),
            answered=form.get("answered", ""),
            words=form.get("words", ""),
            option=option,
            done_for_them=form.get("done_for_them") == "yes",
        )
        if not await self._desk().sittings.ask(found.organization, found.id, session, draft):
            return await self._shown_seat(visit, found, session, 409, fault=Fault("act", "alone"))
        return go(f"/{found.organization}/sittings/{found.id}/seats/{session}/")

    async def _note(self, visit: Visit, organization: str, sitting: str, session: str) -> Response:
        del organization
        found, form = await self._found(visit, sitting), await typed_form()
        place = await self._place(found, session, asked_locale())
        try:
            await self._room.note(found, place, form.get("item", ""), form.get("words", ""), member_of(visit))
        except InvalidMember as invalid:
            return await self._shown_seat(visit, found, session, 400, fault=Fault("words", invalid.reason))
        return go(f"/{found.organization}/sittings/{found.id}/seats/{session}/")

    async def _seat_report(self, visit: Visit, organization: str, sitting: str, session: str) -> Response:
        del organization
        found, locale = await self._found(visit, sitting), asked_locale()
        place = await self._place(found, session, locale)
        body = await self._room.report(member_of(visit).organization.name, found, place, locale)
        name = f"{book_of_words(BOOK, locale)['seat']['report_file']}-{place.seat.number}.pdf"
        return Response(
            body,
            content_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def _shown_seat(
        self, visit: Visit, found: Sitting, session: str, status: int = 200, fault: Fault | None = None
    ) -> Response:
        place = await self._place(found, session, asked_locale())
        fields = {**self._fields(found, [place], asked_locale()), **await self._of_seat(found, session)}
        return show("seat", visit, status, **fields, fault=fault)

    async def _of_seat(self, found: Sitting, session: str) -> dict[str, Any]:
        sittings = self._desk().sittings
        return {
            "notes": await sittings.notes(found.organization, found.id, session),
            "last": await sittings.last_request(session),
        }

    # --- within ------------------------------------------------------------------------------------------------

    async def _found(self, visit: Visit, sitting: str) -> Sitting:
        found = await self._desk().sittings.find(member_of(visit).organization.id, sitting)
        if found is None:
            raise Refused(404)
        return found

    async def _place(self, found: Sitting, session: str, locale: str) -> Place:
        place = await self._room.place(found, session, locale)
        if place is None:
            raise Refused(404)
        return place

    def _address_of(self, sitting: Sitting) -> str:
        return page_with_code(self._public_address or request.host_url, sitting.code)

    def _fields(self, found: Sitting, places: Sequence[Place], locale: str) -> dict[str, Any]:
        return {
            "talk": book_of_words(BOOK, locale),
            "sitting": found,
            "code": in_threes(found.code),
            "address": self._address_of(found),
            "phone": self._desk().settings.documents.phone,
            "places": places,
            "place": places[0] if len(places) == 1 else None,
            "limits": {"hint": LONGEST_HINT, "note": LONGEST_NOTE},
            "none_known": NONE_KNOWN,
        }

    def _drawn(
        self,
        name: str,
        visit: Visit,
        locale: str,
        form_token: str,
        found: Sitting,
        places: Sequence[Place],
        **extra: Any,
    ) -> str:
        fields = {
            "talk": book_of_words(BOOK, locale),
            "sitting": found,
            "places": places,
            "place": places[0] if len(places) == 1 else None,
            "none_known": NONE_KNOWN,
            "here": f"/org/{member_of(visit).organization.id}",
            "form_token": form_token,
        }
        return render_document(f"organization/{name}.html", "organization", locale, **fields, **extra)

    def _stream(self, found: Sitting, session: str | None, page: Callable[[], Awaitable[str]]) -> Response:
        may_look = looking_on(request, Permission.ASSIST, self._desk().accounts, found.organization)
        response = Response(
            self._pages(found, session, page, may_look),
            content_type="text/event-stream; charset=utf-8",
            headers={"X-Accel-Buffering": "no"},
        )
        response.timeout = None
        return response

    async def _pages(
        self,
        found: Sitting,
        session: str | None,
        page: Callable[[], Awaitable[str]],
        may_look: Callable[[], Awaitable[bool]],
    ) -> AsyncIterator[str]:
        """Give the page again whenever something changed, and a sign of life where nothing does.

        Who has been signed out or put out meanwhile is shown nothing more.
        """
        sittings = self._desk().sittings
        seen, quiet_s, age_s = "", 0.0, 0.0
        yield f"retry: {AGAIN_AFTER_MS if found.is_open else OVER_AGAIN_AFTER_MS}\n\n"
        while age_s < STREAM_FOR_S:
            try:
                version = await sittings.version(found.id, session)
                if version != seen:
                    if not await may_look():
                        return
                    seen, quiet_s = version, 0.0
                    yield f"data: {json.dumps(await page())}\n\n"
                if not found.is_open:
                    yield "event: over\ndata: over\n\n"
                    return
            except (StoreError, Refused):
                return  # the browser opens the next stream, which tells what is the matter
            await sittings.feed.changed(session or found.id, LOOK_AGAIN_S)
            quiet_s, age_s = quiet_s + LOOK_AGAIN_S, age_s + LOOK_AGAIN_S
            if quiet_s >= STILL_THERE_S:
                quiet_s = 0.0
                yield ": \n\n"
