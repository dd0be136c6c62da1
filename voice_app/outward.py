"""What this service does beside its conversations, put together from its settings and its store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from audio_content.model import Content
from engine.model import ItemId
from engine.sync.xapi import ItemFacts, Teller
from voice_app.chores import Chore
from voice_app.comparing import Comparisons, comparison_chore
from voice_app.outlets.webhook_outlet import WebhookOutlet
from voice_app.outlets.xapi_outlet import OUTLET as XAPI
from voice_app.outlets.xapi_outlet import XapiOutlet
from voice_app.ports import Backlog
from voice_app.privacy import Privacy
from voice_app.retention import retention_chore
from voice_app.session_memory import ContextOf
from voice_app.settings import Settings
from voice_app.store.sql_outlets import SqlOutlets
from voice_app.store.sql_webhooks import SqlWebhooks

WEBHOOKS = "webhooks"


async def chores_of(settings: Settings, content: Content, outlets: SqlOutlets, webhooks: SqlWebhooks) -> list[Chore]:
    """Give the chores that these settings ask for; none of them is needed to serve people. Raises StoreError."""
    telling = WebhookOutlet(webhooks, outlets, settings.webhooks, settings.outlets)
    chores = [Chore(WEBHOOKS, settings.webhooks.every_s, telling.run_once)]
    if settings.xapi.endpoint:
        secret = await outlets.open_outlet(XAPI, from_now=False)
        teller = Teller(settings.xapi.home.rstrip("/"), secret, partial(_facts_of, content))
        outlet = XapiOutlet(outlets, teller, settings.xapi, settings.outlets)
        chores.append(Chore(XAPI, settings.xapi.every_s, outlet.run_once))
    return chores


def house_chores(privacy: Privacy, comparisons: Comparisons, context_of: Callable[[], ContextOf]) -> list[Chore]:
    """Give the chores of every house: what was kept long enough goes, channels are compared."""
    return [retention_chore(privacy), comparison_chore(comparisons, context_of)]


def backlogs_of(settings: Settings, outlets: SqlOutlets) -> dict[str, Callable[[], Awaitable[Backlog]]]:
    """Give, by outlet, how to ask what waits in it."""
    asked: dict[str, Callable[[], Awaitable[Backlog]]] = {WEBHOOKS: partial(outlets.backlog_of_all, "webhook:")}
    if settings.xapi.endpoint:
        asked[XAPI] = partial(outlets.backlog, XAPI)
    return asked


def _facts_of(content: Content, item: str) -> ItemFacts | None:
    known = content.items.get(ItemId(item))
    if known is None:
        return None
    stems = {locale: text.stem for locale, text in known.texts.items()}
    return ItemFacts(content.skill_map.competence_of[known.skill], known.skill, stems)
