"""`voice-app privacy ...`: what is kept of a session, its erasure, and what time erases by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from voice_app.commands.terminal import console, messages, print_json, run, settings_here
from voice_app.organizations import OrganizationId
from voice_app.ports import SessionId
from voice_app.store.sql_privacy import SqlPrivacy
from voice_app.store.sql_store import SqlStore

app = typer.Typer(help="What is kept of people: tell it, erase it, let time erase it.", no_args_is_help=True)
Code = Annotated[str, typer.Argument(help="The session's code of eight digits.")]
ASKER = "command line"
Result = TypeVar("Result")


@app.command()
def export(code: Code) -> None:
    """Print everything that is kept of a session, as JSON."""

    async def work(store: SqlStore, privacy: SqlPrivacy) -> object:
        session = await store.find_session(code, asker=ASKER)
        kept = None if session is None else await privacy.kept(session)
        return None if kept is None else kept.to_data()

    found = _with_store(work)
    if found is None:
        _refuse(f"no session has the code {code}")
    print_json(found)


@app.command()
def erase(
    code: Code, yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")] = False
) -> None:
    """Erase what is kept of a session, at once; counts stay, dates become their year."""
    if not yes:
        typer.confirm("Erase it for ever?", abort=True)

    async def work(store: SqlStore, privacy: SqlPrivacy) -> bool:
        session = await store.find_session(code, asker=ASKER)
        return session is not None and await privacy.erase(SessionId(session))

    if not _with_store(work):
        _refuse(f"no session has the code {code}")
    console.print("erased; voice-app db check shows that the chain of events holds", highlight=False)


@app.command()
def expire() -> None:
    """Erase all sessions whose time is over. The service does so by itself, once a day."""

    async def work(_store: SqlStore, privacy: SqlPrivacy) -> int:
        return await privacy.erase_what_is_past()

    console.print(f"{_with_store(work)} sessions erased", highlight=False)


@app.command()
def retention(
    organization: Annotated[str, typer.Argument(help="The organisation's id (voice-app org list).")],
    months: Annotated[int | None, typer.Argument(help="Months; without a number, tell the present one.")] = None,
) -> None:
    """Tell or set how many months an organisation keeps what people sent."""

    async def work(_store: SqlStore, privacy: SqlPrivacy) -> int | None:
        here = OrganizationId(organization)
        if months is not None and not await privacy.keep_for(here, months, None):
            return None
        return await privacy.retention(here)

    kept = _with_store(work)
    if kept is None:
        longest = settings_here().organization.longest_retention_months
        _refuse(f"there is no such organisation, or {months} months are not between 1 and {longest}")
    console.print(f"{kept} months", highlight=False)


def _refuse(reason: str) -> None:
    messages.print(reason, style="bold red", highlight=False, markup=False)
    raise typer.Exit(1)


def _with_store(work: Callable[[SqlStore, SqlPrivacy], Awaitable[Result]]) -> Result:
    settings = settings_here()
    settings.data_folder.mkdir(parents=True, exist_ok=True)

    async def opened() -> Result:
        store = await SqlStore.open(settings.database_url, rules=settings.store)
        try:
            return await work(store, SqlPrivacy(store, settings.organization))
        finally:
            await store.close()

    return run(opened)
