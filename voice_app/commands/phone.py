"""`voice-app phone`: the telephone gateway. Prints the addresses it listens on once it takes calls."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import os
import secrets
import signal
from pathlib import Path
from typing import Annotated

import typer

from audio_content.model import PromptId
from voice_app.app import Service, open_service
from voice_app.channels.phone import PhoneChannel, for_line
from voice_app.commands.terminal import failures_told, settings_here
from voice_app.settings import Settings
from voice_app.telephony.gateway import Caller, Gateway, shown_address
from voice_app.telephony.leg import Leg

log = logging.getLogger(__name__)

SIP_PORT = 5060


def phone(
    sip: Annotated[
        str, typer.Option(help="HOST:PORT for SIP over UDP and TCP; port 0 takes a free one.")
    ] = "127.0.0.1",
    tls: Annotated[str, typer.Option(help="HOST:PORT for SIP over TLS (certificate: settings).")] = "",
) -> None:
    """Answer the telephone. Limits, networks and certificate are settings (`voice-app settings`)."""
    settings = settings_here()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with failures_told():
        asyncio.run(_serve(settings, _address(sip, SIP_PORT), _address(tls, SIP_PORT + 1) if tls else None))


async def _serve(settings: Settings, sip: tuple[str, int], tls: tuple[str, int] | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    service = await open_service(settings)
    try:
        gateway = phone_gateway(service, host=sip[0])
        try:
            await gateway.start(sip, tls)
            for kind, address in gateway.agent.transports.listening.items():
                typer.echo(shown_address(kind, address))
            await stop.wait()
        finally:
            await gateway.close()
    finally:
        await service.close()


def phone_gateway(service: Service, *, host: str) -> Gateway:
    """Give the gateway of a service: each call gets a conversation over a phone channel."""
    secret = _secret(service.settings.data_folder)

    async def run_call(leg: Leg, caller: Caller) -> None:
        asker = hmac.new(secret, caller.number.encode(), hashlib.sha256).hexdigest()[:24]
        channel = PhoneChannel(leg, service.settings.phone_channel)
        await service.conversation(channel, asker=f"phone:{asker}").run()

    async def speak(prompt: str) -> bytes:
        content = service.context.content
        sounds = [
            await service.synthesizer.speak(content.prompts[locale][PromptId(prompt)], locale)
            for locale in content.prompts
        ]
        return b"".join(for_line(sound) for sound in sounds)

    return Gateway(service.settings.phone, run_call, speak, host=host)


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
