"""Webhooks: signed, told once in order, held up by nobody else, never into our own network, nothing before the yes."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from engine.model import InputMode
from engine.organization.consent import Purpose
from engine.organization.snapshot import Snapshot
from tests.voice_app.outlets.receiver import Receiver, receiver
from tests.voice_app.outlets.sessions import STEPS, a_session, keep
from voice_app.dialogue.records import CampaignJoined, ConsentAnswered, ResultShared
from voice_app.outlets.rules import OutletRules, WebhookRules
from voice_app.outlets.sending import AddressRefused, NotSent, check_address, is_public, post
from voice_app.outlets.webhook_outlet import WebhookOutlet
from voice_app.outlets.webhooks import Webhook, headers_of, is_signed, new_secret, signature
from voice_app.ports import SessionId
from voice_app.store.organization_tables import CampaignRow, OrganizationRow
from voice_app.store.rules import StoreRules
from voice_app.store.sql_outlets import SqlOutlets
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_webhooks import SqlWebhooks
from voice_app.store.transactions import transaction, wall_clock

SNAPSHOT = Snapshot("abc_diag", "fr", "kiosk", "almost", 0, {"key": 3}, {})
CAMPAIGN, OURS, THEIRS = "campaign-1", "org-1", "org-2"


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@dataclass
class House:
    """A site with two organisations; the first has a campaign and a webhook."""

    store: SqlStore
    outlets: SqlOutlets
    webhooks: SqlWebhooks
    outlet: WebhookOutlet
    clock: list[float] = field(default_factory=lambda: [time.time()])

    async def participation(self) -> SessionId:
        """Somebody takes part and shares the result."""
        session = await self.store.open_session("kiosk", "bank-1")
        await keep(self.store, session, *STEPS[0])
        await keep(self.store, session, CampaignJoined(CAMPAIGN, "La Maison"))
        for step in STEPS[1:]:
            await keep(self.store, session, *step)
        agreed = ConsentAnswered(Purpose.SHARE_RESULT, CAMPAIGN, True, "sharing.ask", "fr", InputMode.KEY)
        await keep(self.store, session, agreed, ResultShared(CAMPAIGN, SNAPSHOT))
        return session


@asynccontextmanager
async def house(url: str, *, allow_private: bool = True, give_up_after: int = 300) -> AsyncIterator[House]:
    store = await SqlStore.open(url)
    rules = StoreRules()
    outlets, webhooks = SqlOutlets(store.engine, rules), SqlWebhooks(store.engine, rules)
    settings = WebhookRules(limit_s=5.0, allow_private=allow_private, give_up_after=give_up_after)
    outlet = WebhookOutlet(webhooks, outlets, settings, OutletRules(first_wait_s=0.0, longest_wait_s=0.0))
    async with transaction(store._sessions, 8) as database:
        for name in (OURS, THEIRS):
            database.add(OrganizationRow(id=name, name=name, created_at=wall_clock()))
        await database.flush()
        campaign = CampaignRow(
            id=CAMPAIGN, organization_id=OURS, code="900000001", title="t", path="abc_diag", welcome={}
        )
        campaign.created_at = wall_clock()
        database.add(campaign)
    try:
        yield House(store, outlets, webhooks, outlet)
    finally:
        await store.close()


async def added(here: House, hook: Receiver, organization: str = OURS) -> Webhook:
    webhook = await here.webhooks.add(organization, hook.url)
    assert webhook is not None
    return webhook


async def test_a_participation_is_told_in_order_and_signed(url: str, hook: Receiver) -> None:
    async with house(url) as here:
        webhook = await added(here, hook)
        await here.participation()
        await here.outlet.run_once()

    told = [json.loads(each.body) for each in hook.requests]
    assert [each["type"] for each in told] == [
        "participation.started",
        "participation.completed",
        "participation.shared",
    ]
    assert all(is_signed(webhook.secrets[0], each.headers, each.body, int(time.time())) for each in hook.requests)
    assert len({each.headers["Idempotency-Key"] for each in hook.requests}) == 3


async def test_the_result_is_told_with_the_sharing_only(url: str, hook: Receiver) -> None:
    async with house(url) as here:
        await added(here, hook)
        await here.participation()
        await here.outlet.run_once()

    *before, shared = [json.loads(each.body) for each in hook.requests]
    assert all(set(each) == {"type", "organization", "campaign"} for each in before)
    assert shared["result"] == SNAPSHOT.to_data()


async def test_others_and_sessions_without_campaign_are_not_told(url: str, hook: Receiver) -> None:
    async with house(url) as here:
        await added(here, hook, THEIRS)
        await here.participation()
        await a_session(here.store)
        await here.outlet.run_once()

    assert hook.requests == []


async def test_what_happened_before_the_webhook_is_not_told(url: str, hook: Receiver) -> None:
    async with house(url) as here:
        await here.participation()
        await added(here, hook)
        await here.outlet.run_once()

    assert hook.requests == []


async def test_a_failure_is_tried_again_with_the_same_id(url: str, hook: Receiver) -> None:
    async with house(url) as here:
        await added(here, hook)
        await here.participation()
        hook.answers = [503, 302]
        for _ in range(3):
            await here.outlet.run_once()
        (webhook,) = await here.webhooks.of(OURS)
        deliveries = await here.webhooks.deliveries(OURS, webhook.id) or []
        elsewhere = await here.webhooks.deliveries(THEIRS, webhook.id)

    ids = [each.headers["webhook-id"] for each in hook.requests]
    assert len(ids) == 5
    assert [(each.id, each.status) for each in reversed(deliveries)] == list(
        zip(ids, [503, 302, 204, 204, 204], strict=True)
    )
    assert elsewhere is None
    assert ids[0] == ids[1] == ids[2]
    assert len(set(ids)) == 3


async def test_a_lost_answer_is_tried_again_with_the_same_id(url: str, hook: Receiver) -> None:
    async with house(url) as here:
        await added(here, hook)
        await here.participation()
        hook.loses = 1
        for _ in range(2):
            await here.outlet.run_once()

    ids = [each.headers["webhook-id"] for each in hook.requests]
    assert (len(ids), len(set(ids))) == (4, 3)


async def test_a_refused_event_is_set_aside_and_the_next_ones_go_on(url: str, hook: Receiver) -> None:
    async with house(url) as here:
        webhook = await added(here, hook)
        await here.participation()
        hook.answers = [422]
        await here.outlet.run_once()
        await here.outlet.run_once()
        troubles = await here.outlets.troubles(webhook.outlet)

    assert [reason for _, reason in troubles] == ["refused with 422"]
    assert len(hook.requests) == 3


@pytest.mark.parametrize(("answers", "give_up_after"), [([410], 300), ([500, 500], 2)])
async def test_who_is_gone_is_stopped_and_goes_on_where_it_stopped(
    url: str, hook: Receiver, answers: list[int], give_up_after: int
) -> None:
    async with house(url, give_up_after=give_up_after) as here:
        webhook = await added(here, hook)
        await here.participation()
        hook.answers = list(answers)
        for _ in range(4):
            await here.outlet.run_once()
        (stopped,) = await here.webhooks.of(OURS)
        await here.webhooks.start(OURS, webhook.id)
        await here.outlet.run_once()

    assert stopped.stopped_because
    assert len(hook.requests) == len(answers) + 3


async def test_a_dead_webhook_holds_nobody_up(url: str, hook: Receiver) -> None:
    async with house(url) as here:
        await here.webhooks.add(OURS, "http://127.0.0.1:9/nobody")
        await added(here, hook)
        await here.participation()
        await here.outlet.run_once()

    assert len(hook.requests) == 3


async def test_while_a_secret_changes_both_sign(url: str, hook: Receiver) -> None:
    async with house(url) as here:
        old = await added(here, hook)
        new = await here.webhooks.rotate(OURS, old.id, 48)
        await here.participation()
        await here.outlet.run_once()

    assert new is not None
    request, now = hook.requests[0], int(time.time())
    assert old.secrets[0] != new.secrets[0]
    assert all(is_signed(secret, request.headers, request.body, now) for secret in (old.secrets[0], new.secrets[0]))


async def test_a_webhook_belongs_to_its_organisation(url: str, hook: Receiver) -> None:
    async with house(url) as here:
        webhook = await added(here, hook)

        assert await here.webhooks.rotate(THEIRS, webhook.id, 1) is None
        assert not await here.webhooks.remove(THEIRS, webhook.id)
        assert await here.webhooks.remove(OURS, webhook.id)
        assert await here.webhooks.of(OURS) == []


async def test_an_address_inside_is_never_called(url: str, hook: Receiver) -> None:
    async with house(url, allow_private=False) as here:
        await added(here, hook)
        await here.participation()
        await here.outlet.run_once()
        (stopped,) = await here.webhooks.of(OURS)

    assert hook.requests == []
    assert stopped.stopped_because


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - to be refused
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_addresses_of_our_own_networks_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14"])
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["http://a.example/", "https://user:word@a.example/", "https:///path", "ftp://a.example", "https://a.example/#x"],
)
def test_an_address_is_https_without_password(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(url)


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:7f00:1]"])
async def test_other_writings_of_our_own_address_are_refused(host: str) -> None:
    with pytest.raises((AddressRefused, NotSent)):
        await post(f"https://{host}/", b"{}", {}, limit_s=2, guarded=True)


def test_the_signature_is_the_one_that_the_library_of_the_specification_makes() -> None:
    told = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )

    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("change", ["body", "id", "late", "secret"])
def test_what_was_changed_is_not_believed(change: str) -> None:
    secret, now = new_secret(), 1_800_000_000
    webhook = Webhook("w", OURS, "https://a.example", (secret,))
    headers = dict(headers_of(webhook, "id-1", now, b"{}"))
    if change == "id":
        headers["webhook-id"] = "id-2"

    assert not is_signed(
        new_secret() if change == "secret" else secret,
        headers,
        b"[]" if change == "body" else b"{}",
        now + (301 if change == "late" else 0),
    )
    assert is_signed(secret, headers_of(webhook, "id-1", now, b"{}"), b"{}", now + 299)
