"""Webhooks: what an organisation's address is told of a participation, and how that is signed. Pure.

    POST address
    webhook-id: f3c1...          the same for every try: who has seen it already drops it (also as Idempotency-Key)
    webhook-timestamp: 1795765263   of this try, in seconds; older than five minutes is a replay
    webhook-signature: v1,K5oZ... v1,9hTc...

    {"type": "participation.shared", "organization": ..., "campaign": ..., "participation": ..., "result": {...}}

A signature is HMAC-SHA256 over `id.timestamp.body` with the secret (base64 after `whsec_`); while a secret is being
changed there are two, one by each. (Standard Webhooks, specification 1.0: libraries for receivers exist.)

Before a person shares, an organisation learns nothing but a count: that one more began, that one more is complete,
without an id by which one could be followed. `participation.shared` brings the id and the result, as it was shared,
and the organisation's own number of the person (`person_number`) where they gave it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from engine.organization.participations import FINISHED, JOINED, SHARED
from engine.sync.events import Envelope

PREFIX = "whsec_"
SECRET_BYTES = 32
TYPES = {
    JOINED: "participation.started",
    FINISHED: "participation.completed",
    SHARED: "participation.shared",
}
"""Kinds of events that are told, and what they are called outside."""
_NAMESPACE = uuid5(NAMESPACE_URL, "https://voice-app.example/webhooks/v1")


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address to tell. `secrets` sign, the newest first; `stopped_because` is empty while it is told."""

    id: str
    organization: str
    url: str
    secrets: tuple[str, ...]
    stopped_because: str = ""
    created_at: datetime | None = None

    @property
    def outlet(self) -> str:
        """The name of its place in the log."""
        return f"webhook:{self.id}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try. `told` is the type, `id` the `webhook-id`; `status` what was answered, None for nothing; `fault` why."""

    id: str
    told: str
    at: datetime
    status: int | None
    fault: str = ""

    @property
    def is_ok(self) -> bool:
        """Tell whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event belongs: campaign and participation of its session."""

    campaign: str
    participation: str


def new_secret() -> str:
    """Give a secret of 256 bits, as receivers' libraries read it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def delivery_id(webhook: Webhook, event: Envelope) -> str:
    """Give the id of what this webhook is told of this event: the same for every try."""
    return str(uuid5(_NAMESPACE, f"{webhook.id} {event.id}"))


def body_of(webhook: Webhook, event: Envelope, place: Place) -> bytes:
    """Give what is told, as JSON."""
    told: dict[str, Any] = {
        "type": TYPES[event.kind],
        "organization": webhook.organization,
        "campaign": place.campaign,
    }
    if event.kind == SHARED:
        told |= {"participation": place.participation, "result": event.payload["snapshot"]}
        if number := event.payload.get("number"):
            told["person_number"] = number
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


def headers_of(webhook: Webhook, identity: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """Give the headers of one try at `timestamp` (Unix seconds)."""
    signed = (signature(secret, identity, timestamp, body) for secret in webhook.secrets)
    return {
        "Content-Type": "application/json",
        "Idempotency-Key": identity,
        "User-Agent": "voice-app-webhook/1",
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signed),
    }


def signature(secret: str, identity: str, timestamp: int, body: bytes) -> str:
    """Give one signature of a body. Raises ValueError for a secret that is none."""
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    digest = hmac.new(key, f"{identity}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: int, tolerance_s: int = 300) -> bool:
    """Tell whether this came from who has the secret, not long ago: what a receiver does."""
    try:
        timestamp = int(headers["webhook-timestamp"])
        wanted = signature(secret, headers["webhook-id"], timestamp, body)
        offered: Sequence[str] = headers["webhook-signature"].split()
    except (KeyError, ValueError):
        return False
    fresh = abs(now - timestamp) <= tolerance_s
    return fresh and any(hmac.compare_digest(each, wanted) for each in offered)
