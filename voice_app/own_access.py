"""A person's own ways in: sign-ins, passkeys, identities of a provider, as values; and the port that keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from voice_app.organizations import AccountId


@dataclass(frozen=True, slots=True)
class SignIn:
    """One place where somebody is signed in. `id` tells it from the others and opens nothing; `current`: this one."""

    id: str
    device: str
    means: str
    begun_at: datetime | None
    seen_at: datetime | None
    expires_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of an account; `public_key` is a COSE key, base64url."""

    id: str
    account: AccountId
    public_key: str
    sign_count: int
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an account is at a provider. `label` is what people know it by: an address or a name."""

    issuer: str
    subject: str
    label: str
    created_at: datetime
    used_at: datetime | None


class OwnAccess(Protocol):
    """What people manage of their own access. Every method raises StoreError when the database does not answer."""

    async def sign_ins(self, account: AccountId, token: str) -> Sequence[SignIn]:
        """Give where this account is signed in, newest first; `token` is the one that asks."""

    async def end_sign_in(self, account: AccountId, sign_in: str) -> bool:
        """End one sign-in of this account. False when it has none of this id."""

    async def end_other_sign_ins(self, account: AccountId, token: str) -> None:
        """End all sign-ins of this account but this one."""

    async def begin(self, account: AccountId, device: str, means: str) -> str:
        """Give the token of a new sign-in of somebody who has proved who they are by other means than a password."""

    async def leave(self, kind: str, secret: str, data: Mapping[str, Any]) -> None:
        """Leave something for the next request, which brings the secret within ten minutes."""

    async def find(self, kind: str, secret: str) -> Mapping[str, Any] | None:
        """Give what was left for this secret, once; None when it is not there or too old."""

    async def passkeys(self, account: AccountId) -> Sequence[Passkey]:
        """Give the passkeys of an account, oldest first."""

    async def passkey(self, passkey: str) -> Passkey | None:
        """Give a passkey by its credential id, or None."""

    async def add_passkey(self, account: AccountId, passkey: str, public_key: str, count: int, name: str) -> None:
        """Keep a new passkey."""

    async def use_passkey(self, passkey: str, count: int) -> None:
        """Note that a passkey was used, and the count that it told."""

    async def remove_passkey(self, account: AccountId, passkey: str) -> bool:
        """Forget a passkey. False when this account has none of this id."""

    async def identities(self, account: AccountId) -> Sequence[Identity]:
        """Give who this account is at which provider."""

    async def account_of(self, issuer: str, subject: str) -> AccountId | None:
        """Give the account of somebody at a provider, and note that they came; None when there is none."""

    async def link(self, account: AccountId, issuer: str, subject: str, label: str) -> bool:
        """Join somebody at a provider to an account. False when they belong to another one."""

    async def unlink(self, account: AccountId, issuer: str, subject: str) -> bool:
        """Take them apart. False when they were not together."""
