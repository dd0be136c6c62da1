"""`voice-app org ...`: the first organisation and its admin, further invitations, lost passwords, blocked accounts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from engine.organization.roles import Role
from voice_app.commands.org_access import add_commands
from voice_app.commands.org_database import with_database
from voice_app.commands.org_phone import phone
from voice_app.commands.org_results import compare
from voice_app.commands.org_webhooks import add_commands as add_webhook_commands
from voice_app.commands.terminal import console, messages, print_json
from voice_app.organizations import Organization
from voice_app.store.sql_accounts import SqlAccounts
from voice_app.store.sql_organizations import SqlOrganizations

app = typer.Typer(
    help="Organisations: make one, invite its people, open a blocked account, let programs in.", no_args_is_help=True
)
add_commands(app)
add_webhook_commands(app)
app.command()(phone)
app.command()(compare)
Json = Annotated[bool, typer.Option("--json", help="One JSON line for programs.")]
Email = Annotated[str, typer.Argument(help="The person's e-mail address; nothing is sent to it.")]
INVITATION_PATH = "/org/invitation/"
Result = TypeVar("Result")


@app.command()
def create(name: Annotated[str, typer.Argument(help="As it is said aloud.")], email: Email, json: Json = False) -> None:
    """Make an organisation and print the address where its first admin chooses a password."""

    async def work(organizations: SqlOrganizations, _accounts: SqlAccounts) -> tuple[Organization, str]:
        made = await organizations.create(name)
        return made, await organizations.invite(made.id, email, Role.ADMIN, None)

    organization, token = _with_database(work)
    _tell(organization, token, json)


@app.command("list")
def list_all(json: Json = False) -> None:
    """List the organisations with their ids."""

    async def work(organizations: SqlOrganizations, _accounts: SqlAccounts) -> list[Organization]:
        return list(await organizations.listed())

    for each in _with_database(work):
        if json:
            print_json({"id": each.id, "name": each.name})
        else:
            console.print(f"{each.id}  {each.name}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def invite(
    organization: Annotated[str, typer.Argument(help="The organisation's id (voice-app org list).")],
    email: Email,
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.MEDIATOR,
    json: Json = False,
) -> None:
    """Print the address of a new invitation; the one before for the same person no longer opens."""

    async def work(organizations: SqlOrganizations, _accounts: SqlAccounts) -> tuple[Organization | None, str]:
        known = next((each for each in await organizations.listed() if each.id == organization), None)
        return known, "" if known is None else await organizations.invite(known.id, email, role, None)

    found, token = _with_database(work)
    if found is None:
        raise typer.BadParameter(f"there is no organisation {organization}; voice-app org list tells the ids")
    _tell(found, token, json)


@app.command()
def unlock(email: Email) -> None:
    """Let somebody sign in again after too many wrong passwords."""

    async def work(_organizations: SqlOrganizations, accounts: SqlAccounts) -> bool:
        return await accounts.unlock(email)

    _require_somebody(email, _with_database(work))


@app.command()
def password(
    email: Email,
    new: Annotated[str, typer.Option(prompt="New password", hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Give somebody a new password when theirs is lost; whoever is signed in with the account is signed out."""

    async def work(_organizations: SqlOrganizations, accounts: SqlAccounts) -> bool:
        return await accounts.set_password(email, new)

    _require_somebody(email, _with_database(work))


def _require_somebody(email: str, found: bool) -> None:
    if not found:
        messages.print(f"nobody signs in with {email}", style="bold red", highlight=False, markup=False)
        raise typer.Exit(1)


def _with_database(work: Callable[[SqlOrganizations, SqlAccounts], Awaitable[Result]]) -> Result:
    return with_database(
        lambda engine, rules: work(SqlOrganizations(engine, rules), SqlAccounts(engine, rules)),
    )


def _tell(organization: Organization, token: str, json: bool) -> None:
    path = f"{INVITATION_PATH}{token}"
    if json:
        print_json({"id": organization.id, "name": organization.name, "invitation": path})
        return
    console.print(f"{organization.name}: {organization.id}", highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"Open this page of the service within a week and choose a password: {path}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
