"""`voice-app phone`: the telephone gateway. Prints the addresses it listens on once it takes calls."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import os
import secrets
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from hypercorn.asyncio import serve as serve_asgi
from hypercorn.config import Config

from audio_content.model import PromptId
from voice_app.app import Service, open_service
from voice_app.channels.phone import PhoneChannel, for_line
from voice_app.commands.terminal import failures_told, settings_here
from voice_app.ports import CallerMark
from voice_app.settings import Settings
from voice_app.telephony.audiosocket import AudioSocketServer
from voice_app.telephony.gateway import Caller, Gateway, shown_address
from voice_app.telephony.leg import Leg
from voice_app.telephony.media_streams import LARGEST_MESSAGE
from voice_app.telephony.paced_leg import PacedLeg
from voice_app.telephony.rules import PhoneRules
from voice_app.telephony.tokens import TokenTable
from voice_app.web.phone_lines import LineSecrets, phone_lines_app

log = logging.getLogger(__name__)

SIP_PORT = 5060
AUDIOSOCKET_PORT = 9019
HTTP_PORT = 9080
SHORTEST_NUMBER = 3
"""Digits of an extension in a house; less is no number."""


def phone(
    sip: Annotated[str, typer.Option(help="HOST:PORT for SIP over UDP and TCP; port 0: a free one.")] = "127.0.0.1",
    tls: Annotated[str, typer.Option(help="HOST:PORT for SIP over TLS (certificate: settings).")] = "",
    audiosocket: Annotated[str, typer.Option(help="HOST:PORT for Asterisk's AudioSocket; a private address.")] = "",
    http: Annotated[str, typer.Option(help="HOST:PORT for tokens and media streams, behind a proxy with TLS.")] = "",
) -> None:
    """Answer the telephone. Limits, networks and secrets are settings (`voice-app settings`)."""
    settings = settings_here()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    doors = _Doors(
        sip=_address(sip, SIP_PORT),
        tls=_address(tls, SIP_PORT + 1) if tls else None,
        audiosocket=_address(audiosocket, AUDIOSOCKET_PORT) if audiosocket else None,
        http=_address(http, HTTP_PORT) if http else None,
    )
    with failures_told():
        asyncio.run(_serve(settings, doors))


@dataclass(frozen=True, slots=True)
class _Doors:
    """Where calls come in; None: not this way."""

    sip: tuple[str, int]
    tls: tuple[str, int] | None
    audiosocket: tuple[str, int] | None
    http: tuple[str, int] | None


async def _serve(settings: Settings, doors: _Doors) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as opened:
        service = await open_service(settings)
        opened.push_async_callback(service.close)
        gateway = phone_gateway(service, host=doors.sip[0])
        opened.push_async_callback(gateway.close)
        await gateway.start(doors.sip, doors.tls)
        addresses = [shown_address(kind, each) for kind, each in gateway.agent.transports.listening.items()]
        tokens = TokenTable()
        if doors.audiosocket is not None:
            server = AudioSocketServer(tokens, _take(gateway, "audiosocket"))
            opened.push_async_callback(server.close)
            host, port = await server.start(*doors.audiosocket)
            addresses.append(f"audiosocket:{host}:{port}")
        serving: list[asyncio.Task[None]] = []
        if doors.http is not None:
            host, port = doors.http
            serving.append(loop.create_task(_serve_http(settings.phone, doors.http, tokens, gateway, stop)))
            addresses.append(f"http://{host}:{port}/")
        for address in addresses:
            typer.echo(address)
        await stop.wait()
        await asyncio.gather(*serving)


async def _serve_http(
    rules: PhoneRules, address: tuple[str, int], tokens: TokenTable, gateway: Gateway, stop: asyncio.Event
) -> None:
    secrets = LineSecrets(token=rules.audiosocket_token, stream=rules.stream_token, public_url=rules.public_url)
    config = Config()
    config.bind = [f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"]
    config.websocket_max_message_size = LARGEST_MESSAGE
    config.accesslog = None
    app = phone_lines_app(tokens, _take(gateway, "media stream"), secrets)
    await serve_asgi(app, config, shutdown_trigger=stop.wait)


def _take(gateway: Gateway, way: str) -> Callable[[PacedLeg, str, str], None]:
    def take(leg: PacedLeg, number: str, dialled: str) -> None:
        gateway.take(leg, Caller(number, dialled, way))

    return take


def phone_gateway(service: Service, *, host: str) -> Gateway:
    """Give the gateway of a service: each call gets a conversation over a phone channel."""
    secret = _secret(service.settings.data_folder)

    async def run_call(leg: Leg, caller: Caller) -> None:
        mark = hmac.new(secret, caller.number.encode(), hashlib.sha256).hexdigest()[:32]
        person = gateway.person(datetime.now())
        line = _Line(leg, CallerMark(mark) if is_number(caller.number) else None, person)
        channel = PhoneChannel(leg, service.settings.phone_channel)
        await service.conversation(channel, asker=f"phone:{mark}", line=line).run()

    async def speak(prompt: str) -> bytes:
        content = service.context.content
        sounds = [
            await service.synthesizer.speak(content.prompts[locale][PromptId(prompt)], locale)
            for locale in content.prompts
        ]
        return b"".join(for_line(sound) for sound in sounds)

    gateway = Gateway(service.settings.phone, run_call, speak, host=host)
    return gateway


@dataclass(frozen=True, slots=True)
class _Line:
    """One caller's line for its conversation; `person` is who answers a transfer."""

    leg: Leg
    caller: CallerMark | None
    person: str | None

    @property
    def person_reachable(self) -> bool:
        return self.person is not None

    async def hand_over(self) -> bool:
        return self.person is not None and await self.leg.transfer(self.person)


def is_number(text: str) -> bool:
    """Tell whether the network gave a telephone number: a withheld one comes as a word or not at all."""
    digits = text.lstrip("+")
    return digits.isascii() and digits.isdigit() and len(digits) >= SHORTEST_NUMBER


def _secret(folder: Path) -> bytes:
    """Give the key that numbers are hashed with; made once, readable by us alone."""
    path = folder / "phone.key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(32))
    return path.read_bytes()


def _address(text: str, default_port: int) -> tuple[str, int]:
    """Read HOST, HOST:PORT or [HOST]:PORT."""
    host, colon, port = text.rpartition(":")
    if text.startswith("[") and text.endswith("]"):
        return text[1:-1], default_port
    if not colon:
        return text, default_port
    if not port.isdigit() or int(port) > 65_535:
        raise typer.BadParameter(f"{text} is not HOST:PORT")
    return host.strip("[]"), int(port)
