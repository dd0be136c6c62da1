"""Sign-ins, flows, passkeys, identities and invitation codes, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from engine.organization.roles import Role
from voice_app.organizations import AccountId, InvalidMember, Organization, SignInRefused
from voice_app.store.rules import OrganizationRules
from voice_app.store.sql_accounts import SqlAccounts
from voice_app.store.sql_invitations import SqlInvitations
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_own_access import SqlOwnAccess
from voice_app.store.sql_store import SqlStore

RULES = OrganizationRules(argon2_memory_kib=64, argon2_passes=1)
PASSWORD = "quatre mots faciles ici"


@dataclass
class House:
    """A store with one organisation, and a clock to move."""

    store: SqlStore
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        engine = self.store.engine
        self.own = SqlOwnAccess(engine, RULES, self.moment)
        self.accounts = SqlAccounts(engine, RULES, self.moment)
        self.organizations = SqlOrganizations(engine, RULES, self.moment)
        self.invitations = SqlInvitations(engine, self.moment)

    def moment(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    async def joined(self, email: str) -> tuple[AccountId, str]:
        organization = await self.organizations.create("la Maison Bleue")
        invitation = await self.organizations.invite(organization.id, email, Role.ADMIN, None)
        token = await self.accounts.accept(invitation, "Ada", PASSWORD)
        account = await self.accounts.identify(token)
        assert account is not None
        return account.id, token


@pytest.fixture
async def house(url: str) -> AsyncIterator[House]:
    store = await SqlStore.open(url)
    yield House(store)
    await store.close()


async def test_what_was_left_is_found_once_by_its_secret_and_its_kind(house: House) -> None:
    await house.own.leave("nonce", "secret", {"nonce": "n"})

    found = [await house.own.find(kind, "secret") for kind in ("other", "nonce", "nonce")]

    assert found == [None, {"nonce": "n"}, None]


async def test_what_was_left_is_too_old_after_ten_minutes(house: House) -> None:
    await house.own.leave("nonce", "secret", {})
    house.now += timedelta(minutes=10)

    assert await house.own.find("nonce", "secret") is None


async def test_an_identity_belongs_to_one_account(house: House) -> None:
    ada, _ = await house.joined("ada@maison.example")
    bob, _ = await house.joined("bob@maison.example")

    linked = [await house.own.link(who, "https://id.example", "s1", "Ada") for who in (ada, ada, bob)]

    assert linked == [True, True, False]
    assert await house.own.account_of("https://id.example", "s1") == ada
    assert await house.own.account_of("https://other.example", "s1") is None
    assert not await house.own.unlink(bob, "https://id.example", "s1")
    assert await house.own.unlink(ada, "https://id.example", "s1")
    assert await house.own.account_of("https://id.example", "s1") is None


async def test_a_passkey_is_kept_used_and_forgotten(house: House) -> None:
    ada, _ = await house.joined("ada@maison.example")
    bob, _ = await house.joined("bob@maison.example")
    await house.own.add_passkey(ada, "credential", "key", 0, "Chromium, Linux")
    await house.own.use_passkey("credential", 7)

    (kept,) = await house.own.passkeys(ada)

    assert (kept.sign_count, kept.name, kept.used_at) == (7, "Chromium, Linux", house.now)
    assert not await house.own.remove_passkey(bob, "credential")
    assert await house.own.remove_passkey(ada, "credential")
    assert await house.own.passkey("credential") is None


async def test_an_account_without_password_is_opened_by_none(house: House) -> None:
    organization: Organization = await house.organizations.create("la Maison Bleue")
    invitation = await house.organizations.invite(organization.id, "ada@maison.example", Role.ADMIN, None)

    account = await house.accounts.accept_as(invitation, None, " Ada  L ")

    token = await house.own.begin(account, "Firefox", "provider")
    known = await house.accounts.identify(token)
    assert known is not None
    assert (known.name, known.members[0].role) == ("Ada L", Role.ADMIN)
    for guess in ("", "nobody's", "x"):
        with pytest.raises(SignInRefused):
            await house.accounts.sign_in("ada@maison.example", guess)


async def test_an_invitation_to_a_known_address_is_not_taken_by_a_stranger(house: House) -> None:
    await house.joined("ada@maison.example")
    other = await house.organizations.create("le Relais")
    invitation = await house.organizations.invite(other.id, "ada@maison.example", Role.ADMIN, None)

    with pytest.raises(InvalidMember, match="account_known"):
        await house.accounts.accept_as(invitation, None, "Eve")

    assert await house.accounts.invitation(invitation) is not None


async def test_a_code_is_exchanged_once_and_within_its_week(house: House) -> None:
    organization = await house.organizations.create("la Maison Bleue")
    first = await house.organizations.invite(organization.id, "ada@maison.example", Role.ADMIN, None)
    code = await house.invitations.give_code(first)
    token = await house.invitations.exchange(f" {code[:6]} {code[6:]} ")
    second = await house.organizations.invite(organization.id, "bob@maison.example", Role.ADMIN, None)
    late = await house.invitations.give_code(second)

    assert token is not None
    assert await house.accounts.invitation(token) is not None
    assert await house.accounts.invitation(first) is None
    assert await house.invitations.exchange(code) is None
    house.now += timedelta(days=RULES.invitation_days)
    assert await house.invitations.exchange(late) is None


async def test_another_password_ends_the_other_sign_ins(house: House) -> None:
    ada, here = await house.joined("ada@maison.example")
    elsewhere = await house.accounts.sign_in("ada@maison.example", PASSWORD, "Firefox")

    await house.accounts.change_password(ada, PASSWORD, "cinq mots tout aussi faciles", here)

    assert await house.accounts.identify(elsewhere) is None
    assert [each.current for each in await house.own.sign_ins(ada, here)] == [True]
