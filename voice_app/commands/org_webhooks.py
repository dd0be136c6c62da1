"""`voice-app org webhook...`: addresses of an organisation that are told of its participations."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from voice_app.commands.org_database import with_database
from voice_app.commands.terminal import console, failures_told, print_json, settings_here
from voice_app.outlets.sending import require_public
from voice_app.outlets.webhooks import Webhook
from voice_app.store.sql_webhooks import SqlWebhooks

Json = Annotated[bool, typer.Option("--json", help="One JSON line for programs.")]
OrganizationArgument = Annotated[str, typer.Argument(help="The organisation's id (voice-app org list).")]
WebhookArgument = Annotated[str, typer.Argument(help="The webhook's id (voice-app org webhooks).")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this module to `voice-app org`."""
    for command in (webhook, webhooks, webhook_rotate, webhook_start, webhook_remove):
        app.command(command.__name__.replace("_", "-"))(command)


def webhook(
    organization: OrganizationArgument,
    url: Annotated[str, typer.Argument(help="https://..., reached from here by a public address.")],
    json: Json = False,
) -> None:
    """Add a webhook. Its secret is shown once."""
    settings = settings_here()
    if not settings.webhooks.allow_private:
        with failures_told():
            asyncio.run(require_public(url, settings.webhooks.limit_s))
    made = with_database(lambda engine, _: SqlWebhooks(engine, settings.store).add(organization, url))
    _told(made, f"there is no organisation {organization}", json)


def webhooks(organization: OrganizationArgument, json: Json = False) -> None:
    """List the webhooks of an organisation, without their secrets."""
    settings = settings_here()
    for each in with_database(lambda engine, _: SqlWebhooks(engine, settings.store).of(organization)):
        if json:
            print_json({"id": each.id, "url": each.url, "stopped_because": each.stopped_because})
        else:
            state = f"stopped: {each.stopped_because}" if each.stopped_because else "told"
            console.print(f"{each.id} {each.url} {state}", highlight=False, markup=False, soft_wrap=True)


def webhook_rotate(organization: OrganizationArgument, webhook_id: WebhookArgument, json: Json = False) -> None:
    """Change the secret; the old one signs beside the new one for two days (a setting)."""
    settings = settings_here()
    hours = settings.webhooks.overlap_hours
    changed = with_database(
        lambda engine, _: SqlWebhooks(engine, settings.store).rotate(organization, webhook_id, hours)
    )
    _told(changed, f"there is no webhook {webhook_id}", json)


def webhook_start(organization: OrganizationArgument, webhook_id: WebhookArgument) -> None:
    """Tell a stopped webhook again, from where it stopped."""
    settings = settings_here()
    found = with_database(lambda engine, _: SqlWebhooks(engine, settings.store).start(organization, webhook_id))
    _require(found, f"there is no webhook {webhook_id}")


def webhook_remove(organization: OrganizationArgument, webhook_id: WebhookArgument) -> None:
    """Forget a webhook."""
    settings = settings_here()
    found = with_database(lambda engine, _: SqlWebhooks(engine, settings.store).remove(organization, webhook_id))
    _require(found, f"there is no webhook {webhook_id}")


def _told(made: Webhook | None, otherwise: str, json: bool) -> None:
    _require(made is not None, otherwise)
    if made is None:
        return
    if json:
        print_json({"id": made.id, "url": made.url, "secret": made.secrets[0]})
        return
    console.print(f"{made.id} {made.url}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"secret: {made.secrets[0]}", highlight=False, markup=False, soft_wrap=True)


def _require(found: Any, otherwise: str) -> None:
    if not found:
        raise typer.BadParameter(otherwise)
