"""What the addresses of webhooks do: add, list with the last deliveries, change the secret, stop, start, remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from quart import Response

from engine.organization.scopes import Scope
from voice_app.access import Caller
from voice_app.outlets.webhooks import Webhook
from voice_app.settings import Settings
from voice_app.store.sql_webhooks import SqlWebhooks
from voice_app.web.api import models as shapes
from voice_app.web.api.gate import NO_CONTENT, ApiRoute, Call, not_found
from voice_app.web.api.problems import Problem
from voice_app.web.organization.webhook_pages import refused_address


class WebhookDesk(Protocol):
    """What these addresses need of the opened service."""

    @property
    def webhooks(self) -> SqlWebhooks: ...

    @property
    def settings(self) -> Settings: ...


class WebhookWork:
    """The work of the addresses, on an opened service."""

    def __init__(self, desk: Callable[[], WebhookDesk]) -> None:
        self._desk = desk

    async def webhooks(self, call: Call, organization: str) -> shapes.WebhookList:
        """List the addresses that are told of participations, without their secrets."""
        del organization
        found = await self._desk().webhooks.of(_here(call)[0])
        return shapes.WebhookList(items=[shapes.WebhookAnswer.of(each) for each in found])

    async def add_webhook(self, call: Call, organization: str, data: shapes.NewWebhook) -> Any:
        """Add an address. Its secret comes with the answer, once; what happens from now on is told."""
        del organization
        desk, (here, caller) = self._desk(), _here(call)
        if await refused_address(data.url, desk.settings) is not None:
            reason = "an https address on the public internet, without a password"
            raise Problem(400, "webhooks.address", "this address cannot be told", errors=[_fault(reason)])
        made = await desk.webhooks.add(here, data.url, caller.program)
        if made is None:
            raise Problem(409, "webhooks.too_many", "the organisation has as many addresses as it may have")
        return shapes.WebhookSecretAnswer.of(made), 201

    async def webhook(self, call: Call, organization: str, webhook: str) -> shapes.WebhookAnswer:
        """Give one address."""
        del organization
        return shapes.WebhookAnswer.of(await self._found(call, webhook))

    async def deliveries(self, call: Call, organization: str, webhook: str) -> shapes.DeliveryList:
        """List the last tries to tell an address, newest first."""
        del organization
        found = await self._desk().webhooks.deliveries(_here(call)[0], webhook)
        if found is None:
            raise not_found()
        return shapes.DeliveryList.of(found)

    async def rotate_webhook(self, call: Call, organization: str, webhook: str) -> shapes.WebhookSecretAnswer:
        """Change the secret. The one before signs beside the new one for two days."""
        del organization
        desk, (here, caller) = self._desk(), _here(call)
        changed = await desk.webhooks.rotate(here, webhook, desk.settings.webhooks.overlap_hours, caller.program)
        if changed is None:
            raise not_found()
        return shapes.WebhookSecretAnswer.of(changed)

    async def stop_webhook(self, call: Call, organization: str, webhook: str) -> shapes.WebhookAnswer:
        """Tell an address no more; its place is kept."""
        del organization
        here, caller = _here(call)
        if not await self._desk().webhooks.disable(here, webhook, caller.program):
            raise not_found()
        return shapes.WebhookAnswer.of(await self._found(call, webhook))

    async def start_webhook(self, call: Call, organization: str, webhook: str) -> shapes.WebhookAnswer:
        """Tell an address again, from where it stopped."""
        del organization
        here, caller = _here(call)
        if not await self._desk().webhooks.start(here, webhook, caller.program):
            raise not_found()
        return shapes.WebhookAnswer.of(await self._found(call, webhook))

    async def remove_webhook(self, call: Call, organization: str, webhook: str) -> Response:
        """Forget an address, its secret and its place."""
        del organization
        here, caller = _here(call)
        if not await self._desk().webhooks.remove(here, webhook, caller.program):
            raise not_found()
        return Response("", 204)

    async def _found(self, call: Call, webhook: str) -> Webhook:
        found = await self._desk().webhooks.find(_here(call)[0], webhook)
        if found is None:
            raise not_found()
        return found


def webhook_routes(desk: Callable[[], WebhookDesk], here: str) -> tuple[ApiRoute, ...]:
    """Give the addresses of webhooks, each with its scope. `here`: the address of an organisation."""
    work = WebhookWork(desk)
    reads, writes = Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE
    one = f"{here}/webhooks/<webhook>"
    return (
        ApiRoute(f"{here}/webhooks", "GET", reads, work.webhooks, answer=shapes.WebhookList),
        ApiRoute(
            f"{here}/webhooks",
            "POST",
            writes,
            work.add_webhook,
            answer=shapes.WebhookSecretAnswer,
            body=shapes.NewWebhook,
            status=201,
        ),
        ApiRoute(one, "GET", reads, work.webhook, answer=shapes.WebhookAnswer),
        ApiRoute(one, "DELETE", writes, work.remove_webhook, status=NO_CONTENT),
        ApiRoute(f"{one}/deliveries", "GET", reads, work.deliveries, answer=shapes.DeliveryList),
        ApiRoute(f"{one}/rotate", "POST", writes, work.rotate_webhook, answer=shapes.WebhookSecretAnswer),
        ApiRoute(f"{one}/stop", "POST", writes, work.stop_webhook, answer=shapes.WebhookAnswer),
        ApiRoute(f"{one}/start", "POST", writes, work.start_webhook, answer=shapes.WebhookAnswer),
    )


def _here(call: Call) -> tuple[str, Caller]:
    """Give the organisation that the gate has let in, and who asks."""
    if call.organization is None or call.caller is None:
        raise not_found()
    return call.organization.organization.id, call.caller


def _fault(reason: str) -> dict[str, str]:
    return {"field": "url", "reason": reason}
