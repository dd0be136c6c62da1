"""`voice-app phone`: the telephone gateway. Prints the addresses it listens on once it takes calls."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated

import typer
from hypercorn.asyncio import serve as serve_asgi
from hypercorn.config import Config

from voice_app.app import open_service
from voice_app.commands.terminal import failures_told, settings_here
from voice_app.operations.logs import set_up_logs
from voice_app.phone_line import PhoneLine
from voice_app.settings import Settings
from voice_app.store.sql_errands import SqlErrands
from voice_app.telephony.audiosocket import AudioSocketServer
from voice_app.telephony.gateway import Caller, Gateway, shown_address
from voice_app.telephony.media_streams import LARGEST_MESSAGE
from voice_app.telephony.paced_leg import PacedLeg
from voice_app.telephony.rules import PhoneRules
from voice_app.telephony.tokens import TokenTable
from voice_app.web.operations import operations_door
from voice_app.web.phone_lines import LineSecrets, phone_lines_app

log = logging.getLogger(__name__)

SIP_PORT = 5060
AUDIOSOCKET_PORT = 9019
HTTP_PORT = 9080


def phone(
    sip: Annotated[str, typer.Option(help="HOST:PORT for SIP over UDP and TCP; port 0: a free one.")] = "127.0.0.1",
    tls: Annotated[str, typer.Option(help="HOST:PORT for SIP over TLS (certificate: settings).")] = "",
    audiosocket: Annotated[str, typer.Option(help="HOST:PORT for Asterisk's AudioSocket; a private address.")] = "",
    http: Annotated[str, typer.Option(help="HOST:PORT for tokens and media streams, behind a proxy with TLS.")] = "",
) -> None:
    """Answer the telephone. Limits, networks and secrets are settings (`voice-app settings`)."""
    settings = settings_here()
    set_up_logs(settings.operations.log_format, settings.operations.log_level)
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
        await opened.enter_async_context(
            operations_door(settings.operations, lambda: service.readiness, service.metrics)
        )
        errands = await SqlErrands.open(settings.database_url, settings.store)
        opened.push_async_callback(errands.close)
        service.readiness.is_leaving = stop.is_set
        service.readiness.backlogs["calls"] = errands.backlog
        line = PhoneLine(service, errands, host=doors.sip[0])
        gateway = line.gateway
        opened.push_async_callback(gateway.close)
        await gateway.start(doors.sip, doors.tls)
        dialling = loop.create_task(line.dialler.run(), name="dialler")
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
        gateway.draining = True
        await asyncio.sleep(settings.operations.drain_s)
        dialling.cancel()
        await asyncio.gather(dialling, *serving, return_exceptions=True)


async def _serve_http(
    rules: PhoneRules, address: tuple[str, int], tokens: TokenTable, gateway: Gateway, stop: asyncio.Event
) -> None:
    secrets = LineSecrets(token=rules.audiosocket_token, stream=rules.stream_token, public_url=rules.public_url)
    config = Config()
    config.bind = [f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"]
    config.websocket_max_message_size = LARGEST_MESSAGE
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    app = phone_lines_app(tokens, _take(gateway, "media stream"), secrets)
    await serve_asgi(app, config, shutdown_trigger=stop.wait)


def _take(gateway: Gateway, way: str) -> Callable[[PacedLeg, str, str], None]:
    def take(leg: PacedLeg, number: str, dialled: str) -> None:
        gateway.take(leg, Caller(number, dialled, way))

    return take


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
