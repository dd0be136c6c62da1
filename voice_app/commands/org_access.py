"""`voice-app org` for programs: tokens of an organisation, clients of partners, what an organisation says of itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from engine.organization.scopes import PARTNER_SCOPES, Scope
from voice_app.access import ApiClient, ApiToken
from voice_app.commands.org_database import with_database
from voice_app.commands.terminal import console, messages, print_json
from voice_app.organizations import OrganizationFacts, OrganizationId
from voice_app.store.sql_access import SqlAccess
from voice_app.store.sql_facts import SqlFacts

Json = Annotated[bool, typer.Option("--json", help="One JSON line for programs.")]
OrganizationArgument = Annotated[str, typer.Argument(help="The organisation's id (voice-app org list).")]
Name = Annotated[str, typer.Argument(help="What the token is for, as the team will read it.")]
Days = Annotated[int, typer.Option(min=0, help="Days until it ends by itself; 0: as many as the settings allow.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module to `voice-app org`."""
    for command in (describe, token, tokens, revoke_token, client, clients, revoke_client):
        app.command(command.__name__.replace("_", "-"))(command)


def describe(
    organization: OrganizationArgument,
    kind: Annotated[str | None, typer.Option(help="A word: association, town hall, library...")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A tag, by which partners are limited; repeatable.")] = None,
    legal_id: Annotated[str | None, typer.Option(help="SIRET or the like.")] = None,
    training: Annotated[bool | None, typer.Option(help="Whether it is a training organisation.")] = None,
    json: Json = False,
) -> None:
    """Say what an organisation is; what is not given stays as it was. Without options it is only told."""

    async def work(engine: Any, _rules: Any) -> OrganizationFacts | None:
        store, here = SqlFacts(engine), OrganizationId(organization)
        found = await store.shown(here)
        if found is None:
            return None
        told = {"kind": kind, "tags": None if tag is None else tuple(tag), "legal_id": legal_id, "training": training}
        changed = {name: value for name, value in told.items() if value is not None}
        if changed:
            await store.describe(here, replace(found.facts, **changed), None)  # type: ignore[arg-type]  # checked by typer
            found = await store.shown(here)
        return None if found is None else found.facts

    facts = with_database(work)
    if facts is None:
        raise typer.BadParameter(f"there is no organisation {organization}; voice-app org list tells the ids")
    shown = {"kind": facts.kind, "tags": list(facts.tags), "legal_id": facts.legal_id, "training": facts.training}
    if json:
        print_json({"id": organization, **shown})
    else:
        for name, value in shown.items():
            _line(f"{name}: {', '.join(value) if isinstance(value, list) else value}")


def token(
    organization: OrganizationArgument,
    name: Name,
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be repeated.")],
    days: Days = 0,
    json: Json = False,
) -> None:
    """Make a token of the API for an organisation, and print it, once."""

    async def work(engine: Any, rules: Any) -> tuple[str, ApiToken]:
        return await SqlAccess(engine, rules).make_token(OrganizationId(organization), name, scope, None, days)

    secret, made = with_database(work)
    if json:
        print_json({"token": secret, **_token_data(made)})
    else:
        _line(secret)
        messages.print(f"It ends on {made.expires_at.date()}; it is not shown again.", highlight=False)


def tokens(organization: OrganizationArgument, json: Json = False) -> None:
    """List the tokens of an organisation, without themselves."""

    async def work(engine: Any, rules: Any) -> list[ApiToken]:
        return list(await SqlAccess(engine, rules).tokens(OrganizationId(organization)))

    for each in with_database(work):
        if json:
            print_json(_token_data(each))
        else:
            ended = f"revoked {each.revoked_at.date()}" if each.revoked_at else f"until {each.expires_at.date()}"
            used = f"used {each.used_at.date()}" if each.used_at else "never used"
            _line(f"{each.id}  …{each.hint}  {each.name}  {' '.join(each.scopes)}  {ended}  {used}")


def revoke_token(organization: OrganizationArgument, token_id: Annotated[str, typer.Argument()]) -> None:
    """End a token at once."""

    async def work(engine: Any, rules: Any) -> bool:
        return await SqlAccess(engine, rules).revoke_token(OrganizationId(organization), token_id, None)

    _require(with_database(work), f"the organisation has no token {token_id}")


def client(
    name: Annotated[str, typer.Argument(help="The partner.")],
    tag: Annotated[list[str], typer.Option(help="Organisations with this tag are reached; may be repeated.")],
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may read; all that partners may, if none.")] = None,
    days: Days = 0,
    json: Json = False,
) -> None:
    """Make a partner's client for OAuth 2 client credentials, and print its id and its secret, once."""

    async def work(engine: Any, rules: Any) -> tuple[str, ApiClient]:
        return await SqlAccess(engine, rules).make_client(name, tag, scope or sorted(PARTNER_SCOPES), days)

    secret, made = with_database(work)
    if json:
        print_json({"client_id": made.id, "client_secret": secret, **_client_data(made)})
    else:
        _line(f"client_id: {made.id}")
        _line(f"client_secret: {secret}")
        messages.print(f"It ends on {made.expires_at.date()}; the secret is not shown again.", highlight=False)


def clients(json: Json = False) -> None:
    """List the partners' clients, without their secrets."""

    async def work(engine: Any, rules: Any) -> list[ApiClient]:
        return list(await SqlAccess(engine, rules).clients())

    for each in with_database(work):
        if json:
            print_json({"client_id": each.id, **_client_data(each)})
        else:
            ended = f"revoked {each.revoked_at.date()}" if each.revoked_at else f"until {each.expires_at.date()}"
            _line(
                f"{each.id}  …{each.hint}  {each.name}  tags: {' '.join(each.tags)}  {' '.join(each.scopes)}  {ended}"
            )


def revoke_client(client_id: Annotated[str, typer.Argument()]) -> None:
    """End a partner's client and its tokens at once."""

    async def work(engine: Any, rules: Any) -> bool:
        return await SqlAccess(engine, rules).revoke_client(client_id)

    _require(with_database(work), f"there is no client {client_id}")


def _require(found: bool, otherwise: str) -> None:
    if not found:
        messages.print(otherwise, style="bold red", highlight=False, markup=False)
        raise typer.Exit(1)


def _line(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _token_data(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "hint": token.hint,
        "scopes": list(token.scopes),
        "expires_at": token.expires_at.isoformat(timespec="seconds"),
        "used_at": None if token.used_at is None else token.used_at.isoformat(timespec="seconds"),
        "revoked": token.revoked_at is not None,
    }


def _client_data(client: ApiClient) -> dict[str, Any]:
    return {
        "name": client.name,
        "hint": client.hint,
        "tags": list(client.tags),
        "scopes": list(client.scopes),
        "expires_at": client.expires_at.isoformat(timespec="seconds"),
        "revoked": client.revoked_at is not None,
    }
