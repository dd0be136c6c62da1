"""Webhooks of organisations behind `voice_app.outlets.webhook_outlet.Webhooks`, and what their owners do with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import delete, func, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from voice_app.organizations import Author
from voice_app.outlets.webhooks import Delivery, Place, Webhook, new_secret
from voice_app.store.audit import write_audit
from voice_app.store.envelopes import aware
from voice_app.store.identifiers import uuid7
from voice_app.store.organization_tables import CampaignRow, OrganizationRow, ParticipationRow
from voice_app.store.outlet_tables import WebhookDeliveryRow, WebhookRow
from voice_app.store.rules import StoreRules
from voice_app.store.sql_outlets import SqlOutlets
from voice_app.store.transactions import milliseconds, reading, transaction, wall_clock

MOST_WEBHOOKS = 10
"""Of one organisation: each is told everything."""
DELIVERIES_KEPT = 50
LONGEST_FAULT = 300
DISABLED = "disabled"
"""Why a webhook is stopped that its organisation stopped."""


class SqlWebhooks:
    """Webhooks over an opened database."""

    def __init__(self, engine: AsyncEngine, rules: StoreRules) -> None:
        self._rules = rules
        self._outlets = SqlOutlets(engine, rules)
        self._sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with transaction(self._sessions, self._rules.statement_limit_s) as database:
            yield database

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncSession]:
        async with reading(self._sessions, self._rules.statement_limit_s) as database:
            yield database

    async def add(self, organization: str, url: str, by: Author = None) -> Webhook | None:
        """Give a new webhook, told from this moment on; None: no such organisation, or it has as many as it may."""
        moment = wall_clock()
        row = WebhookRow(
            id=uuid7(milliseconds(moment)),
            organization_id=organization,
            url=url,
            secret=new_secret(),
            created_at=moment,
        )
        webhook = _webhook(row)
        async with self._reading() as database:
            if await database.get(OrganizationRow, organization) is None:
                return None
            count = select(func.count()).where(col(WebhookRow.organization_id) == organization)
            if (await database.exec(count)).one() >= MOST_WEBHOOKS:
                return None
        # its place in the log comes first: a webhook without one would be told nothing, and say so nowhere
        await self._outlets.open_outlet(webhook.outlet, from_now=True)
        async with self._transaction() as database:
            database.add(row)
            write_audit(database, organization, by, "webhook_added", url, moment)
        return webhook

    async def of(self, organization: str) -> Sequence[Webhook]:
        """Give the webhooks of an organisation, oldest first."""
        async with self._reading() as database:
            rows = await database.exec(
                select(WebhookRow).where(WebhookRow.organization_id == organization).order_by(col(WebhookRow.id))
            )
            return [_webhook(row) for row in rows]

    async def find(self, organization: str, webhook: str) -> Webhook | None:
        """Give one webhook of an organisation, or None."""
        async with self._reading() as database:
            row = await self._own(database, organization, webhook)
            return None if row is None else _webhook(row)

    async def note(self, webhook: str, told: str, delivery: str, status: int | None, fault: str = "") -> None:
        """Keep what came of one try among the last ones."""
        moment = wall_clock()
        async with self._transaction() as database:
            if await database.get(WebhookRow, webhook) is None:  # removed meanwhile
                return
            database.add(
                WebhookDeliveryRow(
                    id=uuid7(milliseconds(moment)),
                    webhook_id=webhook,
                    told=told,
                    delivery=delivery,
                    status=status,
                    fault=fault[:LONGEST_FAULT],
                    at=moment,
                )
            )
            await database.flush()
            kept = (
                select(WebhookDeliveryRow.id)
                .where(WebhookDeliveryRow.webhook_id == webhook)
                .order_by(col(WebhookDeliveryRow.id).desc())
                .limit(DELIVERIES_KEPT)
            )
            old = col(WebhookDeliveryRow.id).not_in((await database.exec(kept)).all())
            await database.exec(delete(WebhookDeliveryRow).where(col(WebhookDeliveryRow.webhook_id) == webhook, old))

    async def deliveries(self, organization: str, webhook: str) -> Sequence[Delivery] | None:
        """Give the last tries, newest first; None when the organisation has no such webhook."""
        async with self._reading() as database:
            if await self._own(database, organization, webhook) is None:
                return None
            query = select(WebhookDeliveryRow).where(WebhookDeliveryRow.webhook_id == webhook)
            rows = (await database.exec(query.order_by(col(WebhookDeliveryRow.id).desc()))).all()
            return [Delivery(row.delivery, row.told, aware(row.at), row.status, row.fault) for row in rows]

    async def told(self) -> Sequence[Webhook]:
        """Give those that are to be told."""
        async with self._reading() as database:
            rows = await database.exec(
                select(WebhookRow).where(col(WebhookRow.stopped_at).is_(None)).order_by(col(WebhookRow.id))
            )
            return [_webhook(row) for row in rows]

    async def stop(self, webhook: str, reason: str) -> None:
        """Tell this one no more, until it is started again."""
        async with self._transaction() as database:
            await database.exec(
                update(WebhookRow)
                .where(col(WebhookRow.id) == webhook)
                .values(stopped_at=wall_clock(), stopped_because=reason)
            )

    async def disable(self, organization: str, webhook: str, by: Author) -> bool:
        """Tell this one no more, because its organisation says so. False when it has none of this id."""
        async with self._transaction() as database:
            row = await self._own(database, organization, webhook)
            if row is None:
                return False
            row.stopped_at, row.stopped_because = wall_clock(), DISABLED
            database.add(row)
            write_audit(database, organization, by, "webhook_stopped", row.url, wall_clock())
        return True

    async def start(self, organization: str, webhook: str, by: Author = None) -> bool:
        """Tell this one again, from where it stopped. False when the organisation has none of this id."""
        async with self._transaction() as database:
            row = await self._own(database, organization, webhook)
            if row is None:
                return False
            row.stopped_at, row.stopped_because = None, ""
            database.add(row)
            write_audit(database, organization, by, "webhook_started", row.url, wall_clock())
        return True

    async def rotate(self, organization: str, webhook: str, overlap_hours: int, by: Author = None) -> Webhook | None:
        """Give the webhook with a new secret; the old one signs beside it for so long."""
        async with self._transaction() as database:
            row = await self._own(database, organization, webhook)
            if row is None:
                return None
            row.previous_secret, row.previous_until = row.secret, wall_clock() + timedelta(hours=overlap_hours)
            row.secret = new_secret()
            database.add(row)
            write_audit(database, organization, by, "webhook_rotated", row.url, wall_clock())
            return _webhook(row)

    async def remove(self, organization: str, webhook: str, by: Author = None) -> bool:
        """Forget a webhook and its place. False when the organisation has none of this id."""
        async with self._transaction() as database:
            row = await self._own(database, organization, webhook)
            if row is None:
                return False
            await database.exec(delete(WebhookDeliveryRow).where(col(WebhookDeliveryRow.webhook_id) == webhook))
            await database.delete(row)
            write_audit(database, organization, by, "webhook_removed", row.url, wall_clock())
            name = _webhook(row).outlet
        await self._outlets.close_outlet(name)
        return True

    async def places(self, organization: str, sessions: Collection[str]) -> Mapping[str, Place]:
        """Give campaign and participation of those sessions that are in a campaign of this organisation."""
        async with self._reading() as database:
            rows = await database.exec(
                select(ParticipationRow.session_id, ParticipationRow.campaign_id, ParticipationRow.id)
                .join(CampaignRow, col(CampaignRow.id) == col(ParticipationRow.campaign_id))
                .where(
                    col(ParticipationRow.session_id).in_(sessions),
                    CampaignRow.organization_id == organization,
                )
            )
            return {session: Place(campaign, participation) for session, campaign, participation in rows}

    async def _own(self, database: AsyncSession, organization: str, webhook: str) -> WebhookRow | None:
        row = await database.get(WebhookRow, webhook)
        return row if row is not None and row.organization_id == organization else None


def _webhook(row: WebhookRow) -> Webhook:
    both = row.previous_until is not None and aware(row.previous_until) > wall_clock()
    return Webhook(
        id=row.id,
        organization=row.organization_id,
        url=row.url,
        secrets=(row.secret, row.previous_secret) if both else (row.secret,),
        stopped_because=row.stopped_because,
        created_at=aware(row.created_at),
    )
