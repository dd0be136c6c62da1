"""`voice-app sync ...`: a site and its hub: join, send, fetch, see how it stands, carry bundles on a stick."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from voice_app.commands.terminal import console, messages, print_json, progress, run, settings_here
from voice_app.exchange import app_version, content_in_use, folders
from voice_app.settings import Settings
from voice_app.store.sql_exchange import SqlExchange
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_uplink import SqlUplink
from voice_app.sync.bundles import export_site, import_site
from voice_app.sync.courier import Versions, fetch_sessions
from voice_app.sync.courier import push as push_all
from voice_app.sync.http_line import HttpLine
from voice_app.sync.ports import HubRefuses
from voice_app.sync.pulling import pull as pull_all
from voice_app.sync.seals import Keys

app = typer.Typer(help="A site and its hub: send, fetch, see how it stands.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="One JSON line for programs.")]
Result = TypeVar("Result")


def ticket_text(address: str, token: str, keys: Keys) -> str:
    """Give what a site needs to join a hub, as one word to copy."""
    data = {"address": address, "token": token, "keys": keys.to_text()}
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode()


def read_ticket(text: str) -> tuple[str, str, str]:
    """Give address, token and keys of a ticket. Raises HubRefuses."""
    try:
        data = json.loads(base64.urlsafe_b64decode(text.strip()))
        address, token, keys = str(data["address"]), str(data["token"]), str(data["keys"])
    except (binascii.Error, ValueError, KeyError, TypeError) as fault:
        raise HubRefuses("this is no ticket; `voice-app hub enrol` prints one, copy all of it") from fault
    Keys.from_text(keys)
    return address, token, keys


@app.command()
def join(
    ticket: Annotated[Path, typer.Argument(help="The file with the ticket of the hub.", exists=True)],
    json: Json = False,
) -> None:
    """Join a hub: everything written here is sent to it from now on. The ticket is a secret: delete it afterwards."""

    async def work(settings: Settings, store: SqlStore) -> str:
        del settings
        address, token, keys = read_ticket(ticket.read_text(encoding="ascii"))
        await SqlUplink(store.engine).join(address, token, keys)
        return address

    address = _with_store(work)
    _tell(json, {"hub": address}, f"This site sends to {address} from now on.")


@app.command()
def leave() -> None:
    """Leave the hub: nothing waits to be sent any more. What is there stays there."""

    async def work(settings: Settings, store: SqlStore) -> None:
        del settings
        await SqlUplink(store.engine).leave()

    _with_store(work)
    console.print("This site has no hub any more.")


@app.command()
def push(json: Json = False) -> None:
    """Send what waits, now. The service does so by itself."""

    async def work(settings: Settings, store: SqlStore) -> dict[str, int]:
        uplink, line = await _line(settings, store)
        told = await push_all(uplink, line, _versions(settings))
        others = await fetch_sessions(uplink, line)
        return {"batches": told.batches, "events": told.events, "from_others": others}

    told = _with_store(work)
    _tell(json, told, f"{told['events']} events are at the hub now; {told['from_others']} came from other sites.")


@app.command()
def pull(json: Json = False) -> None:
    """Fetch what is new at the hub, now: organisations, members, campaigns, the item bank, speech."""

    async def work(settings: Settings, store: SqlStore) -> dict[str, object]:
        uplink, line = await _line(settings, store)
        with progress("Fetching") as move_bar:
            told = await pull_all(uplink, SqlExchange(store.engine), line, folders(settings), settings.sync, move_bar)
        return asdict(told)

    told = _with_store(work)
    words = f"{told['rows']} rows and {told['files']} files were fetched, {told['gone']} are no longer given."
    _tell(json, told, words + (" A new item bank is in use." if told["bank"] else ""))


@app.command()
def status(json: Json = False) -> None:
    """Tell how far this site is at its hub, in sentences that a screen reader reads well."""

    async def work(settings: Settings, store: SqlStore) -> dict[str, object]:
        del settings
        uplink = SqlUplink(store.engine)
        here, chains = await uplink.uplink(), await uplink.backlogs()
        oldest = min((each.oldest_at for each in chains if each.oldest_at is not None), default=None)
        return {
            "hub": here.address,
            "site": next(each.site_id for each in chains if each.own),
            "waiting": sum(each.waiting for each in chains),
            "oldest": _text(oldest),
            "contact": _text(here.contact_at),
            "pulled": _text(here.pulled_at),
            "failures": here.failures,
            "fault": here.fault,
            "refused": here.refused,
            "former_ids": sum(not each.own for each in chains),
        }

    told = _with_store(work)
    if json:
        print_json(told)
        return
    _say(f"Hub: {told['hub']}. This site: {told['site']}.")
    _say(f"Last contact: {told['contact'] or 'never'}. Last fetch: {told['pulled'] or 'never'}.")
    waiting = told["waiting"]
    _say(f"{waiting} events wait to be sent, the oldest since {told['oldest']}." if waiting else "Nothing waits.")
    if told["former_ids"]:
        _say(f"This database was restored or copied: it gave up {told['former_ids']} earlier ids.")
    if told["fault"]:
        kind = "The hub refuses this site" if told["refused"] else f"The last {told['failures']} tries failed"
        messages.print(f"{kind}: {told['fault']}", style="bold red", highlight=False, markup=False, soft_wrap=True)


@app.command("export")
def export_bundle(
    file: Annotated[Path, typer.Argument(help="The new file, on the stick.")], json: Json = False
) -> None:
    """Write what waits to be sent into a sealed file, for a hub that no line reaches."""

    async def work(settings: Settings, store: SqlStore) -> dict[str, int]:
        told = await export_site(
            SqlUplink(store.engine), SqlExchange(store.engine), _versions(settings), file, store.site_id
        )
        return asdict(told)

    told = _with_store(work)
    words = f"{told['events']} events in {file}. They go on waiting here until the hub's answer is imported."
    _tell(json, told, words)


@app.command("import")
def import_bundle(file: Annotated[Path, typer.Argument(exists=True)], json: Json = False) -> None:
    """Take in the hub's answer: what has arrived there, and what is new."""

    async def work(settings: Settings, store: SqlStore) -> dict[str, int]:
        told = await import_site(SqlUplink(store.engine), SqlExchange(store.engine), folders(settings), file)
        return asdict(told)

    told = _with_store(work)
    _tell(json, told, f"Taken in: {told['rows']} rows, {told['files']} files.")


@app.command()
def rotate() -> None:
    """Ask the hub for a new token and use it; the old one closes with the first use of the new one."""

    async def work(settings: Settings, store: SqlStore) -> None:
        uplink, line = await _line(settings, store)
        await uplink.change_token(await line.rotate())
        _, renewed = await _line(settings, store)
        await push_all(uplink, renewed, _versions(settings))

    _with_store(work)
    console.print("A new token is in use; the old one no longer opens.")


async def _line(settings: Settings, store: SqlStore) -> tuple[SqlUplink, HttpLine]:
    uplink = SqlUplink(store.engine)
    here = await uplink.uplink()
    return uplink, HttpLine(here.address, here.token, settings.sync)


def _versions(settings: Settings) -> Versions:
    return Versions(app_version(), content_in_use(settings).version)


def _with_store(work: Callable[[Settings, SqlStore], Awaitable[Result]]) -> Result:
    settings = settings_here()
    settings.data_folder.mkdir(parents=True, exist_ok=True)

    async def opened() -> Result:
        store = await SqlStore.open(settings.database_url, rules=settings.store)
        try:
            return await work(settings, store)
        finally:
            await store.close()

    return run(opened)


def _tell(json: bool, told: object, words: str) -> None:
    if json:
        print_json(told)
    else:
        _say(words)


def _say(words: str) -> None:
    console.print(words, highlight=False, markup=False, soft_wrap=True)


def _text(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")
