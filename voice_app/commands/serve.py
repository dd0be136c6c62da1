"""`voice-app serve`: the web service, by Hypercorn. Prints its address once it answers."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import urllib.error
import urllib.request
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import typer
from hypercorn.asyncio import serve as serve_asgi
from hypercorn.config import Config
from hypercorn.middleware import ProxyFixMiddleware

from voice_app.app import create_app
from voice_app.commands.terminal import failures_told, messages, settings_here
from voice_app.operations.logs import set_up_logs
from voice_app.settings import ServerRules, Settings

PING_EVERY_S = 20
START_LIMIT_S = 600
"""Nodes that start together bring the database up to date one after the other, and each loads its models."""
ANSWER_TRIES = 600
TRY_EVERY_S = 0.1


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Serve the kiosk. Data folder, TLS and limits are settings (`voice-app settings`)."""
    settings = settings_here()
    chosen = settings.server
    if host is not None:
        chosen = replace(chosen, host=host)
    if port is not None:
        chosen = replace(chosen, port=port)
    set_up_logs(settings.operations.log_format, settings.operations.log_level)
    with failures_told():
        asyncio.run(_serve(replace(settings, server=chosen)))


async def _serve(settings: Settings) -> None:
    rules = settings.server
    listener = _listen(rules)
    address = _address(rules, listener)
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.websocket_max_message_size = settings.web.largest_message_bytes
    config.websocket_ping_interval = PING_EVERY_S
    config.startup_timeout = START_LIMIT_S
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    if rules.certificate:
        config.certfile, config.keyfile = rules.certificate, rules.key
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as work:
        announcing = work.create_task(_announce(address))
        app: Any = create_app(settings, stop.is_set)
        if rules.trusted_proxies:
            app = ProxyFixMiddleware(app, mode="legacy", trusted_hops=rules.trusted_proxies)
        await serve_asgi(app, config, shutdown_trigger=partial(_leave, stop, settings.operations.drain_s))
        announcing.cancel()


async def _leave(stop: asyncio.Event, drain_s: float) -> None:
    """Wait until the service may stop: told to, and long enough for a balancer to have noticed."""
    await stop.wait()
    await asyncio.sleep(drain_s)


def _listen(rules: ServerRules) -> socket.socket:
    family = socket.AF_INET6 if ":" in rules.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((rules.host, rules.port))
    except OSError as fault:
        messages.print(f"Cannot listen on {rules.host}:{rules.port}: {fault.strerror}. Choose another --port.")
        raise typer.Exit(1) from fault
    listener.listen(100)
    listener.setblocking(False)
    return listener


def _address(rules: ServerRules, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    host = f"[{rules.host}]" if ":" in rules.host else rules.host
    return f"{'https' if rules.certificate else 'http'}://{host}:{port}/"


async def _announce(address: str) -> None:
    """Say the address on standard output once the service answers there."""
    for _ in range(ANSWER_TRIES):
        if await asyncio.to_thread(_answers, address):
            typer.echo(address)
            return
        await asyncio.sleep(TRY_EVERY_S)


def _answers(address: str) -> bool:
    if address.startswith("https"):
        # our own certificate may be one that this machine does not trust: a handshake is enough of an answer
        host, port = address.removeprefix("https://").rstrip("/").rsplit(":", 1)
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=2).close()
        except OSError:
            return False
        return True
    try:
        with urllib.request.urlopen(f"{address}healthz", timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
