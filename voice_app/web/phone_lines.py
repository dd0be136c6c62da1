"""The telephone's door to HTTP: tokens for AudioSocket, and a media stream's webhook and WebSocket."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass

from quart import Blueprint, Quart, Response, abort, request, websocket

from voice_app.telephony.media_streams import BadStream, MediaStream, answer, signed
from voice_app.telephony.paced_leg import PacedLeg
from voice_app.telephony.tokens import TokenTable

log = logging.getLogger(__name__)

_MOST_UNSENT = 500
_SIGNATURE = "X-Twilio-Signature"


@dataclass(frozen=True, slots=True)
class LineSecrets:
    """`token` is the bearer that asks for AudioSocket tokens, `stream` the account's token that signs streams;
    `public_url` is where the other side reaches us, as it writes it. What has no secret is closed."""

    token: str
    stream: str
    public_url: str


def phone_lines_app(tokens: TokenTable, accept: Callable[[PacedLeg, str, str], None], secrets: LineSecrets) -> Quart:
    """Give the web application of the telephone lines."""
    app = Quart("voice_app_phone", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 65_536
    app.register_blueprint(_lines(tokens, accept, secrets))
    return app


def _lines(tokens: TokenTable, accept: Callable[[PacedLeg, str, str], None], secrets: LineSecrets) -> Blueprint:
    lines = Blueprint("phone_lines", __name__)
    base = secrets.public_url.rstrip("/")

    @lines.post("/audiosocket/token")
    async def _token() -> Response:
        given = request.headers.get("Authorization", "")
        if not secrets.token or not hmac.compare_digest(given.encode(), f"Bearer {secrets.token}".encode()):
            abort(403)
        form = await request.form
        return Response(tokens.issue(form.get("number", ""), form.get("dialled", "")), mimetype="text/plain")

    @lines.post("/media-stream/answer")
    async def _answer() -> Response:
        form = await request.form
        fields = {name: str(form[name]) for name in form}
        url = f"{base}{request.full_path.rstrip('?')}"
        if not signed(secrets.stream, url, fields, request.headers.get(_SIGNATURE, "")):
            abort(403)
        token = tokens.issue(fields.get("From", ""), fields.get("To", ""))
        return Response(answer(f"{_as_websocket(base)}/media-stream", token), mimetype="text/xml")

    @lines.websocket("/media-stream")
    async def _stream() -> None:
        given = websocket.headers.get(_SIGNATURE, "")
        if not signed(secrets.stream, f"{_as_websocket(base)}/media-stream", {}, given):
            abort(403)
        await websocket.accept()
        await _carry(tokens, accept)

    return lines


async def _carry(tokens: TokenTable, accept: Callable[[PacedLeg, str, str], None]) -> None:
    outbox: asyncio.Queue[str | None] = asyncio.Queue(_MOST_UNSENT)

    def send(text: str) -> None:
        if outbox.full():
            stream.ended()
        else:
            outbox.put_nowait(text)

    def close() -> None:
        while outbox.full():
            outbox.get_nowait()
        outbox.put_nowait(None)

    stream = MediaStream(tokens, accept, send, close)

    async def speak() -> None:
        while (text := await outbox.get()) is not None:
            await websocket.send(text)

    async def hear() -> None:
        while True:
            message = await websocket.receive()
            if isinstance(message, str):
                stream.receive(message)

    try:
        async with asyncio.TaskGroup() as work:
            hearing = work.create_task(hear())
            await speak()
            hearing.cancel()
    except* BadStream as faults:
        log.warning("a media stream that is none: %s", faults.exceptions[0])
    finally:
        stream.ended()


def _as_websocket(url: str) -> str:
    return url.replace("http", "ws", 1)
