"""`voice-app hub ...`: the hub's operator: sites let in, rotated, closed; how they stand; bundles in and out.

The operator's view in sentences, one after another: it reads well aloud, and is the same as the page's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from voice_app.commands.sync import ticket_text
from voice_app.commands.terminal import console, messages, print_json, run, settings_here
from voice_app.exchange import hub_desk
from voice_app.settings import Settings
from voice_app.store.sql_store import SqlStore
from voice_app.store.transactions import wall_clock
from voice_app.sync.bundles import gifts, import_hub, write_reply
from voice_app.sync.hub_desk import HubDesk
from voice_app.sync.operator_view import operator_sentences
from voice_app.sync.seals import label_of, new_keys

app = typer.Typer(help="The hub of several sites: who sends, how they stand, bundles.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="One JSON line for programs.")]
Site = Annotated[str, typer.Argument(help="The site's name or id (voice-app hub sites).")]
Organizations = Annotated[list[str] | None, typer.Option("--organization", help="An organisation's id; repeat it.")]
Result = TypeVar("Result")


@app.command()
def enrol(
    name: Annotated[str, typer.Argument(help="The site, as it is said aloud.")],
    ticket: Annotated[Path, typer.Argument(help="The new file for the ticket: a secret, for this site alone.")],
    address: Annotated[str, typer.Option(help="Where the site reaches this hub: https://...")],
    organization: Organizations = None,
) -> None:
    """Let a site in, for some organisations, and write its ticket."""

    async def work(_settings: Settings, desk: HubDesk) -> str:
        site_keys, hub_keys = new_keys()
        made, token = await desk.enrolments.enrol(name, organization or [], hub_keys.to_text())
        ticket.touch(mode=0o600)
        ticket.write_text(ticket_text(address, token, site_keys), encoding="ascii")
        return made.id

    identity = _with_desk(work)
    _say(f"{name} is let in: {identity}. At the site: voice-app sync join {ticket.name}; then delete the ticket.")


@app.command()
def sites(json: Json = False) -> None:
    """Tell how each site stands: last contact, what waits there and since when, custody, versions."""

    async def work(_settings: Settings, desk: HubDesk) -> tuple[list[Any], list[Any], list[Any]]:
        view = desk.overview
        return list(await view.sites()), list(await view.custody()), list(await view.incidents())

    told, custody, incidents = _with_desk(work)
    if json:
        for each in told:
            data = {**asdict(each), "backlog": each.backlog}
            print_json({key: _plain(value) for key, value in data.items()})
        return
    for sentence in operator_sentences(told, custody, incidents, wall_clock(), "en"):
        _say(sentence)


@app.command()
def quarantine(
    everything: Annotated[bool, typer.Option("--all", help="Also what was seen before.")] = False,
    seen: Annotated[bool, typer.Option("--seen", help="Take note of all of it.")] = False,
    json: Json = False,
) -> None:
    """List the events that were set aside, and what else happened. Exit code 1 while something was not seen."""

    async def work(_settings: Settings, desk: HubDesk) -> tuple[list[Any], list[Any]]:
        told = (
            await desk.overview.custody(all_of_them=everything),
            await desk.overview.incidents(all_of_them=everything),
        )
        if seen:
            await desk.overview.take_note()
        return list(told[0]), list(told[1])

    custody, incidents = _with_desk(work)
    for each in [*custody, *incidents]:
        if json:
            print_json({key: _plain(value) for key, value in asdict(each).items()})
        elif each in custody:
            _say(f"Event {each.sequence} of site {each.site_id} was set aside: {each.reason}. Its id: {each.event_id}.")
        else:
            _say(
                f"{each.at.isoformat(timespec='seconds')} site {each.site_id or 'unknown'}: {each.kind}, {each.detail}."
            )
    if not custody and not incidents:
        _say("Nothing.")
    raise typer.Exit(1 if not seen and any(not each.seen for each in [*custody, *incidents]) else 0)


@app.command()
def rotate(site: Site, ticket: Annotated[Path, typer.Argument(help="The new file for the token.")]) -> None:
    """Write a new token for a site; the one before opens until this one is used."""

    async def work(_settings: Settings, desk: HubDesk) -> None:
        found = await desk.enrolments.find(site)
        ticket.touch(mode=0o600)
        ticket.write_text(await desk.enrolments.rotate(found.id), encoding="ascii")

    _with_desk(work)
    _say(f"The new token is in {ticket}.")


@app.command()
def limit(site: Site, organization: Organizations = None) -> None:
    """Set the organisations that a site serves; those not named are no longer served."""

    async def work(_settings: Settings, desk: HubDesk) -> None:
        await desk.enrolments.limit((await desk.enrolments.find(site)).id, organization or [])

    _with_desk(work)
    _say(f"{site} serves {len(organization or [])} organisations from now on.")


@app.command()
def close(site: Site) -> None:
    """Let a site in no more: its tokens are revoked. What it sent stays."""

    async def work(_settings: Settings, desk: HubDesk) -> None:
        await desk.enrolments.close((await desk.enrolments.find(site)).id)

    _with_desk(work)
    _say(f"{site} is let in no more.")


@app.command("import")
def import_bundle(
    site: Site,
    file: Annotated[Path, typer.Argument(help="The site's bundle.", exists=True)],
    reply: Annotated[Path, typer.Argument(help="The new file for the answer, to carry back.")],
    json: Json = False,
) -> None:
    """Take a site's bundle in and write the answer with what is new."""

    async def work(_settings: Settings, desk: HubDesk) -> dict[str, int]:
        found = await desk.enrolments.find(site)
        told, records = await import_hub(desk, found, file)
        return {"events": told.events, "reply_bytes": await write_reply(found, reply, records)}

    label = label_of(file)
    told = _with_desk(work)
    if json:
        print_json(told)
    else:
        _say(f"{told['events']} events of {site} ({label}) are here. Carry {reply} back: {told['reply_bytes']} bytes.")


@app.command("export")
def export_bundle(
    site: Site,
    file: Annotated[Path, typer.Argument(help="The new file.")],
    code: Annotated[list[str] | None, typer.Option(help="The code of a session that goes on there; repeat it.")] = None,
) -> None:
    """Write all that a site needs into a sealed file: its organisations, the item bank, speech, sessions by code."""

    async def work(_settings: Settings, desk: HubDesk) -> int:
        found = await desk.enrolments.find(site)
        return await write_reply(found, file, [record async for record in gifts(desk, found, {}, code or [])])

    size = _with_desk(work)
    _say(f"{file}: {size} bytes, for {site} alone.")


def _plain(value: object) -> object:
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="seconds")
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _with_desk(work: Callable[[Settings, HubDesk], Awaitable[Result]]) -> Result:
    settings = settings_here()
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    if not settings.sync.hub:
        messages.print("This service is no hub yet: set VOICE_APP_SYNC_HUB=yes for it too.", style="yellow")

    async def opened() -> Result:
        store = await SqlStore.open(settings.database_url, rules=settings.store)
        try:
            return await work(settings, hub_desk(settings, store))
        finally:
            await store.close()

    return run(opened)


def _say(words: str) -> None:
    console.print(words, highlight=False, markup=False, soft_wrap=True)
