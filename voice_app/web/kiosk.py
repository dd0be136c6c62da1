"""The kiosk's addresses: the page, its websocket, its sounds, and pages in plain words when something is not there.

The websocket (docs/protocol.md) begins with the page's `hello`; from then on three things run side by side: messages
come in, messages go out, the conversation talks. A cut line never cancels a conversation in the middle of saving an
answer: the conversation hears `Hungup` and has `farewell_s` to finish. So does the end of the service: its adapters
close after the last conversation.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from quart import Blueprint, Response, Websocket, request, websocket

from audio_content.model import LOCALES
from voice_app.audio import Sound
from voice_app.channels.kiosk import KioskChannel, KioskRules
from voice_app.channels.kiosk_wire import BadMessage, Hello, parse_message, write_problem
from voice_app.errors import SpeechError, VoiceAppError
from voice_app.ports import Channel
from voice_app.web.guard import HEADERS, may_connect
from voice_app.web.page_words import SPOKEN, page_words
from voice_app.web.rendering import render_page, render_view
from voice_app.web.report_desk import ReportDesk
from voice_app.web.rules import WebRules
from voice_app.web.sound_shelf import SoundShelf
from voice_app.web.static_files import StaticFiles

log = logging.getLogger(__name__)

FOR_EVER = "public, max-age=31536000, immutable"
CANCELLED_WITHIN_S = 1.0
"""What a conversation that was cancelled after its farewell may take to end."""


@dataclass(frozen=True, slots=True)
class ConversationRequest:
    """What a page asks for when it opens. `resume` is the code of a session to go on with; wrong codes are counted per
    `asker`, the address it comes from. `path`: the one that its address names."""

    locale: str
    asker: str
    resume: str | None = None
    path: str | None = None


class PlacesTaken(VoiceAppError):
    """As many people as this machine can serve are talking."""

    code = "kiosk.busy"
    retryable = True


class ConversationBroken(VoiceAppError):
    """The conversation ended by a fault of ours; what was answered is kept."""

    code = "kiosk.broken"
    retryable = True


RunConversation = Callable[[Channel, ConversationRequest], Awaitable[None]]
Speak = Callable[[str, str], Awaitable[Sound]]
"""Gives the speech of a text in a locale; raises SpeechError."""
MakeReport = Callable[[str, str], Awaitable[bytes]]
"""Gives the PDF of a session's result, by its code and a locale; raises VoiceAppError."""


def kiosk_blueprint(
    run_conversation: RunConversation,
    *,
    speak: Speak | None = None,
    make_report: MakeReport | None = None,
    note_refusal: Callable[[], None] = lambda: None,
    rules: WebRules | None = None,
    channel_rules: KioskRules | None = None,
) -> Blueprint:
    """Give the kiosk's pages. `speak` says the page's own sentences ("the line is cut"); without it they are tones.
    `note_refusal` is called for each page that is told that all places are taken.
    """
    chosen = rules or WebRules()
    kiosk = _Kiosk(run_conversation, speak, make_report, note_refusal, chosen, channel_rules or KioskRules())
    blueprint = Blueprint("kiosk", __name__)
    blueprint.add_url_rule("/static/<path:filename>", "static", StaticFiles().give)
    blueprint.add_url_rule("/", "start", kiosk.start)
    blueprint.add_url_rule("/mentions", "mentions", kiosk.mentions)
    blueprint.add_url_rule("/healthz", "healthz", kiosk.healthz)
    blueprint.add_url_rule("/audio/<key>.wav", "audio", kiosk.audio)
    blueprint.add_url_rule("/spoken/<locale>/<name>.wav", "spoken", kiosk.spoken)
    blueprint.add_url_rule("/report/<ticket>.pdf", "report", kiosk.report)
    blueprint.add_websocket("/kiosk/ws", "ws", kiosk.talk)
    blueprint.after_request(_add_headers)
    blueprint.after_app_serving(kiosk.close)
    blueprint.app_errorhandler(404)(_not_found)
    blueprint.app_errorhandler(500)(_server_fault)
    return blueprint


class _Kiosk:
    """The addresses of one blueprint and what they share."""

    def __init__(
        self,
        run_conversation: RunConversation,
        speak: Speak | None,
        make_report: MakeReport | None,
        note_refusal: Callable[[], None],
        rules: WebRules,
        channel_rules: KioskRules,
    ) -> None:
        self._run_conversation = run_conversation
        self._speak = speak
        self._make_report = make_report
        self._note_refusal = note_refusal
        self._reports = ReportDesk(rules.report_valid_s)
        self._rules = rules
        self._channel_rules = channel_rules
        self._shelf = SoundShelf(rules.shelf_mb * 1_000_000)
        self._said: dict[tuple[str, str], str] = {}
        self._open: set[KioskChannel] = set()
        self._all_gone = asyncio.Event()
        self._all_gone.set()

    # --- pages ------------------------------------------------------------------------------------------------

    async def start(self) -> Response:
        return _html(render_page("start", _locale()))

    async def mentions(self) -> Response:
        return _html(render_page("about", _locale()))

    async def healthz(self) -> Response:
        return Response("ok", content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})

    async def report(self, ticket: str) -> Response:
        """The result as a document, once for each address; a look at the headers alone does not use it up."""
        wanted = self._reports.redeem(ticket) if request.method == "GET" else None
        if wanted is None or self._make_report is None:
            return await _error(404, "report_gone")
        try:
            body = await self._make_report(wanted.code, wanted.locale)
        except VoiceAppError as fault:
            log.error("a report could not be made: %s", fault)
            return await _error(503, "server")
        name = page_words(wanted.locale)["page"]["report_file"]
        return Response(
            body,
            content_type="application/pdf",
            headers={"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}.pdf"'},
        )

    # --- sounds -----------------------------------------------------------------------------------------------

    async def audio(self, key: str) -> Response:
        return _sound(self._shelf.find(key), FOR_EVER)

    async def spoken(self, locale: str, name: str) -> Response:
        """A sentence of the page itself, spoken once and kept."""
        if locale not in LOCALES or name not in page_words(locale)[SPOKEN] or self._speak is None:
            return _sound(None, "")
        body = self._shelf.find(self._said.get((locale, name), ""))
        if body is None:
            try:
                sound = await self._speak(page_words(locale)[SPOKEN][name], locale)
            except SpeechError as fault:
                log.warning("the page's sentence %r could not be spoken: %s", name, fault)
                return _sound(None, "")
            self._said[locale, name] = self._shelf.keep(sound)
            body = self._shelf.find(self._said[locale, name])
        return _sound(body, "public, max-age=3600")

    # --- the websocket ----------------------------------------------------------------------------------------

    async def talk(self) -> Response | None:
        allowed = self._rules.allowed_origins.split()
        if not may_connect(websocket.headers.get("Origin"), websocket.host, allowed):
            log.warning("a websocket of another origin was refused")
            return Response("this page belongs to another site", 403)
        await websocket.accept()
        line = websocket._get_current_object()  # type: ignore[attr-defined]  # the proxy is not valid in other tasks
        hello = await self._greet(line)
        if hello is None:
            return None
        if len(self._open) >= self._rules.most_conversations:
            self._note_refusal()
            await line.send(write_problem(PlacesTaken("as many people as this machine can serve are talking")))
            return None
        channel = KioskChannel(
            hello,
            shelve=lambda sound: f"/audio/{self._shelf.keep(sound)}.wav",
            render=render_view,
            offer_report=None if self._make_report is None else self._reports.address,
            rules=self._channel_rules,
        )
        self._open.add(channel)
        self._all_gone.clear()
        try:
            await self._converse(line, hello, channel)
        finally:
            self._open.discard(channel)
            if not self._open:
                self._all_gone.set()
        return None

    async def close(self) -> None:
        """Cut every line and wait until the conversations have kept what is under way, `farewell_s` at most."""
        for channel in tuple(self._open):
            channel.hang_up()
        try:
            async with asyncio.timeout(self._rules.farewell_s + CANCELLED_WITHIN_S):
                await self._all_gone.wait()
        except TimeoutError:
            log.error("%d conversations did not end before the service", len(self._open))

    async def _greet(self, line: Websocket) -> Hello | None:
        try:
            async with asyncio.timeout(self._rules.hello_limit_s):
                text = await line.receive()
            hello = parse_message(text) if isinstance(text, str) and self._fits(text) else None
            if not isinstance(hello, Hello):
                raise BadMessage("hello comes first")
        except TimeoutError:
            return None
        except BadMessage as fault:
            await line.send(write_problem(fault))
            return None
        return hello

    async def _converse(self, line: Websocket, hello: Hello, channel: KioskChannel) -> None:
        asked = ConversationRequest(hello.locale, line.remote_addr or "", hello.resume, hello.path)
        talking = asyncio.create_task(self._run(channel, asked))
        reading = asyncio.create_task(self._read(line, channel))
        writing = asyncio.create_task(_write(line, channel))
        try:
            await asyncio.wait((talking, writing, reading), return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Also when this handler is cancelled because the browser has gone: the conversation is not, it is told.
            if talking.done():
                await channel.close()
            channel.hang_up()
            reading.cancel()
            await self._take_leave(channel, talking, writing, reading)

    async def _take_leave(self, channel: KioskChannel, *tasks: asyncio.Task[None]) -> None:
        _, late = await asyncio.wait(tasks, timeout=self._rules.farewell_s)
        for task in late:
            log.error("a conversation did not end within %.0f s after the page had gone", self._rules.farewell_s)
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.warning("a line ended by a fault: %s", outcome)
        quality = channel.quality
        log.info(
            "a page has gone: %d frames, %d missing, %d drop-outs (%.0f ms), worst lag %.0f ms",
            *(quality.frames, quality.missing_frames, quality.drop_outs, quality.lost_ms, quality.worst_lag_ms),
        )

    async def _run(self, channel: KioskChannel, asked: ConversationRequest) -> None:
        """The rim of one conversation: whatever breaks inside, the page is told, and comes back by itself."""
        try:
            await self._run_conversation(channel, asked)
        except Exception:
            log.exception("a conversation broke")
            channel.tell(ConversationBroken("the conversation ended by a fault of the service"))
            channel.hang_up()

    async def _read(self, line: Websocket, channel: KioskChannel) -> None:
        while True:
            try:
                async with asyncio.timeout(self._rules.silence_limit_s):
                    message = await line.receive() or b""  # an empty binary message comes as None
            except TimeoutError:
                channel.hang_up()
                return
            if self._fits(message):
                channel.receive(message)
            else:
                channel.refuse(BadMessage(f"a message has at most {self._rules.largest_message_bytes} bytes"))

    def _fits(self, message: str | bytes) -> bool:
        return len(message) <= self._rules.largest_message_bytes


async def _write(line: Websocket, channel: KioskChannel) -> None:
    async for text in channel.outgoing():
        await line.send(text)


def _locale() -> str:
    asked = request.args.get("lang")
    if asked in LOCALES:
        return asked
    return request.accept_languages.best_match(LOCALES, LOCALES[0])


def _html(body: str, status: int = 200) -> Response:
    return Response(body, status, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})


def _sound(body: bytes | None, cache: str) -> Response:
    if body is None:
        return Response("", 404, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
    return Response(body, content_type="audio/wav", headers={"Cache-Control": cache})


async def _add_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


async def _not_found(_fault: Exception) -> Response:
    return await _error(404, "not_found")


async def _server_fault(_fault: Exception) -> Response:
    return await _error(500, "server")


async def _error(status: int, reason: str) -> Response:
    """Plain words for people, a short text for programs."""
    if request.accept_mimetypes.accept_html:
        return await _add_headers(_html(render_page("error", _locale(), reason=reason), status))
    return await _add_headers(Response(f"{status}\n", status, content_type="text/plain; charset=utf-8"))
