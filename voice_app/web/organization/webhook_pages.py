"""The addresses by which an organisation's admin looks after its webhooks: what is told where, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from quart import Response, request

from engine.organization.roles import Permission
from voice_app.outlets.sending import AddressRefused, NotSent, require_public
from voice_app.outlets.webhooks import TYPES, Webhook
from voice_app.settings import Settings
from voice_app.store.sql_webhooks import DISABLED, SqlWebhooks
from voice_app.web.organization.forms import Fault
from voice_app.web.organization.gate import Refused, Route, Visit
from voice_app.web.organization.sheets import go, member_of, show, typed_form
from voice_app.web.organization.team_pages import team_words

LONGEST_ADDRESS = 500


class WebhookDesk(Protocol):
    """What these pages need of the opened service."""

    @property
    def webhooks(self) -> SqlWebhooks: ...

    @property
    def settings(self) -> Settings: ...


class WebhookPages:
    """The pages and their routes."""

    def __init__(self, desk: Callable[[], WebhookDesk]) -> None:
        self._desk = desk
        needs = Permission.MANAGE_MEMBERS
        home, one = "/<organization>/webhooks/", "/<organization>/webhooks/<webhook>"
        self.routes = (
            Route(home, "GET", needs, self._webhooks),
            Route(home, "POST", needs, self._webhooks),
            Route(f"{one}/", "GET", needs, self._webhook),
            Route(f"{one}/rotate", "POST", needs, self._rotate_webhook),
            Route(f"{one}/stop", "POST", needs, self._stop_webhook),
            Route(f"{one}/start", "POST", needs, self._start_webhook),
            Route(f"{one}/remove", "POST", needs, self._remove_webhook),
        )

    async def _webhooks(self, visit: Visit, organization: str) -> Response:
        del organization
        member, desk = member_of(visit), self._desk()
        here, made, fault, url = member.organization.id, None, None, ""
        if request.method == "POST":
            url = (await typed_form()).get("url", "").strip()
            fault = await refused_address(url, desk.settings)
            if fault is None:
                made = await desk.webhooks.add(here, url, member)
                fault = Fault("url", "too_many_webhooks") if made is None else None
        fields = {"webhooks": await desk.webhooks.of(here), "types": tuple(TYPES.values()), "says": team_words()}
        status = 200 if fault is None else 400
        return show("webhooks", visit, status, made=made, fault=fault, url=url if fault else "", **fields)

    async def _webhook(self, visit: Visit, organization: str, webhook: str) -> Response:
        del organization
        return await self._shown(visit, await self._found(visit, webhook), secret="")

    async def _rotate_webhook(self, visit: Visit, organization: str, webhook: str) -> Response:
        """Answer with the page itself: the secret is shown once, and never in an address."""
        del organization
        member, desk = member_of(visit), self._desk()
        hours = desk.settings.webhooks.overlap_hours
        changed = await desk.webhooks.rotate(member.organization.id, webhook, hours, member)
        if changed is None:
            raise Refused(404)
        return await self._shown(visit, changed, secret=changed.secrets[0])

    async def _stop_webhook(self, visit: Visit, organization: str, webhook: str) -> Response:
        member = member_of(visit)
        done = await self._desk().webhooks.disable(member.organization.id, webhook, member)
        return self._back(organization, webhook, done=done)

    async def _start_webhook(self, visit: Visit, organization: str, webhook: str) -> Response:
        member = member_of(visit)
        done = await self._desk().webhooks.start(member.organization.id, webhook, member)
        return self._back(organization, webhook, done=done)

    async def _remove_webhook(self, visit: Visit, organization: str, webhook: str) -> Response:
        member = member_of(visit)
        if not await self._desk().webhooks.remove(member.organization.id, webhook, member):
            raise Refused(404)
        return go(f"/{organization}/webhooks/")

    def _back(self, organization: str, webhook: str, *, done: bool) -> Response:
        if not done:
            raise Refused(404)
        return go(f"/{organization}/webhooks/{webhook}/")

    async def _found(self, visit: Visit, webhook: str) -> Webhook:
        found = await self._desk().webhooks.find(member_of(visit).organization.id, webhook)
        if found is None:
            raise Refused(404)
        return found

    async def _shown(self, visit: Visit, webhook: Webhook, *, secret: str) -> Response:
        desk = self._desk()
        fields = {
            "deliveries": await desk.webhooks.deliveries(webhook.organization, webhook.id) or (),
            "hours": desk.settings.webhooks.overlap_hours,
            "disabled": webhook.stopped_because == DISABLED,
        }
        return show("webhook", visit, webhook=webhook, secret=secret, says=team_words(), **fields)


async def refused_address(url: str, settings: Settings) -> Fault | None:
    """Give what is wrong with the address of a new webhook; None when it may be told."""
    if not url or len(url) > LONGEST_ADDRESS:
        return Fault("url", "address")
    if settings.webhooks.allow_private:
        return None
    try:
        await require_public(url, settings.webhooks.limit_s)
    except (AddressRefused, NotSent):
        return Fault("url", "address")
    return None
