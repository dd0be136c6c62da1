"""Tokens and clients of the API on a real SQLite file and a real PostgreSQL server; limits that all processes share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from engine.organization.scopes import InvalidScope, Scope
from voice_app.organizations import InvalidMember, Organization, OrganizationFacts, OrganizationId
from voice_app.store.access_tables import ApiAccessRow, ApiClientRow, ApiTokenRow
from voice_app.store.copying import copy_database
from voice_app.store.organization_tables import AuditRow
from voice_app.store.rates import SqlRates
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.store.sql_access import SqlAccess
from voice_app.store.sql_facts import SqlFacts
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_store import SqlStore

RULES = OrganizationRules()
READ = (Scope.CAMPAIGNS_READ,)


@dataclass
class House:
    """A store, its programs, and a clock to move."""

    store: SqlStore
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    access: SqlAccess = field(init=False)
    facts: SqlFacts = field(init=False)
    organizations: SqlOrganizations = field(init=False)

    def __post_init__(self) -> None:
        self.access = SqlAccess(self.store.engine, RULES, self.moment)
        self.facts = SqlFacts(self.store.engine, self.moment)
        self.organizations = SqlOrganizations(self.store.engine, RULES, self.moment)

    def moment(self) -> datetime:
        return self.now

    async def organization(self, name: str, *tags: str) -> Organization:
        made = await self.organizations.create(name)
        await self.facts.describe(made.id, OrganizationFacts("association", tags), None)
        return made


@pytest.fixture
async def house(url: str) -> AsyncIterator[House]:
    store = await SqlStore.open(url)
    yield House(store)
    await store.close()


async def test_a_token_opens_its_organisation_and_no_other(house: House) -> None:
    ours, theirs = await house.organization("la Maison Bleue"), await house.organization("le Relais")
    token, _ = await house.access.make_token(ours.id, " Tableau  de bord ", READ, None)

    caller = await house.access.identify(token)

    assert caller is not None
    assert (caller.program.name, caller.organization, caller.scopes) == ("Tableau de bord", ours.id, set(READ))
    assert [each.organization.id for each in await house.access.organizations(caller)] == [ours.id]
    assert await house.access.organization(caller, theirs.id) is None


async def test_no_secret_is_in_the_database(house: House) -> None:
    ours = await house.organization("la Maison Bleue", "x")
    token, _ = await house.access.make_token(ours.id, "one", READ, None)
    secret, client = await house.access.make_client("Région", ["x"], READ)
    granted = await house.access.grant(client.id, secret, None)

    assert granted is not None
    async with house.store.engine.connect() as connection:
        for table in (ApiTokenRow, ApiClientRow, ApiAccessRow, AuditRow):
            kept = repr((await connection.execute(select(table.__table__))).all())
            assert not any(each in kept for each in (token, secret, granted.token))


async def test_a_token_ends_when_it_is_revoked_and_by_itself(house: House) -> None:
    ours, theirs = await house.organization("la Maison Bleue"), await house.organization("le Relais")
    first, made = await house.access.make_token(ours.id, "first", READ, None)
    second, _ = await house.access.make_token(ours.id, "second", READ, None, days=30)

    assert not await house.access.revoke_token(theirs.id, made.id, None)
    assert await house.access.identify(first) is not None
    assert await house.access.revoke_token(ours.id, made.id, None)
    assert await house.access.identify(first) is None
    house.now += timedelta(days=30)
    assert await house.access.identify(second) is None


async def test_tokens_are_listed_with_their_last_use(house: House) -> None:
    ours = await house.organization("la Maison Bleue")
    token, _ = await house.access.make_token(ours.id, "one", (Scope.RESULTS_READ, *READ), None, days=9_999)
    house.now += timedelta(days=1)
    await house.access.identify(token)

    (listed,) = await house.access.tokens(ours.id)

    assert (listed.name, listed.hint, listed.used_at) == ("one", token[-4:], house.now)
    assert listed.scopes == (Scope.CAMPAIGNS_READ, Scope.RESULTS_READ)
    assert listed.expires_at - listed.created_at == timedelta(days=RULES.token_days)


async def test_a_partner_reaches_the_organisations_with_its_tags(house: House) -> None:
    near = await house.organization("la Maison Bleue", "north", "library")
    far = await house.organization("le Relais", "south")
    secret, client = await house.access.make_client("Région Nord", ["north"], READ)

    granted = await house.access.grant(client.id, secret, None)
    caller = None if granted is None else await house.access.identify(granted.token)

    assert caller is not None
    assert [each.organization.id for each in await house.access.organizations(caller)] == [near.id]
    assert await house.access.organization(caller, far.id) is None


async def test_a_partner_without_tags_reaches_nobody(house: House) -> None:
    await house.organization("la Maison Bleue")
    secret, client = await house.access.make_client("Nobody", [" "], READ)
    granted = await house.access.grant(client.id, secret, None)
    caller = None if granted is None else await house.access.identify(granted.token)

    assert caller is not None
    assert await house.access.organizations(caller) == []


async def test_a_client_is_granted_what_it_has_for_an_hour(house: House) -> None:
    secret, client = await house.access.make_client("Région", ["x"], (Scope.CAMPAIGNS_READ, Scope.RESULTS_READ))

    granted = await house.access.grant(client.id, secret, READ)

    assert granted is not None
    assert (granted.scopes, granted.seconds) == (set(READ), 3600)
    assert await house.access.grant(client.id, "wrong", None) is None
    assert await house.access.grant("client_none", secret, None) is None
    with pytest.raises(InvalidScope):
        await house.access.grant(client.id, secret, (Scope.PARTICIPATIONS_READ,))
    house.now += timedelta(hours=1)
    assert await house.access.identify(granted.token) is None


async def test_a_revoked_client_ends_with_its_tokens(house: House) -> None:
    secret, client = await house.access.make_client("Région", ["x"], READ)
    granted = await house.access.grant(client.id, secret, None)

    assert granted is not None
    assert await house.access.revoke_client(client.id)
    assert await house.access.identify(granted.token) is None
    assert await house.access.grant(client.id, secret, None) is None
    assert not await house.access.revoke_client("client_none")


async def test_what_cannot_be_a_token_or_a_client_is_refused(house: House) -> None:
    ours = await house.organization("la Maison Bleue")

    with pytest.raises(InvalidMember, match="name"):
        await house.access.make_token(ours.id, " ", READ, None)
    with pytest.raises(InvalidMember, match="no organisation"):
        await house.access.make_token(OrganizationId("nowhere"), "one", READ, None)
    with pytest.raises(InvalidScope):
        await house.access.make_client("Région", ["x"], (Scope.MEMBERS_READ,))


async def test_what_was_done_with_tokens_is_in_the_audit_log_without_them(house: House) -> None:
    ours = await house.organization("la Maison Bleue")
    house.now += timedelta(seconds=1)
    token, made = await house.access.make_token(ours.id, "one", READ, None)
    house.now += timedelta(seconds=1)
    await house.access.revoke_token(ours.id, made.id, None)
    await house.access.revoke_token(ours.id, made.id, None)

    told = [(each.action, each.subject) for each in await house.organizations.audit(ours.id, 2)]

    assert told == [("token_revoked", f"one …{token[-4:]}"), ("token_made", f"one …{token[-4:]}")]


async def test_a_copy_holds_tokens_and_no_sessions_of_programs(house: House, url: str, tmp_path: object) -> None:
    ours = await house.organization("la Maison Bleue")
    await house.access.make_token(ours.id, "one", READ, None)

    proofs = await copy_database(url, f"sqlite+aiosqlite:///{tmp_path}/copy.sqlite", StoreRules())

    assert proofs["api_token"].rows == 1
    assert not {"api_access", "rate"} & set(proofs)


# --- facts --------------------------------------------------------------------------------------------------------


async def test_an_organisation_says_what_it_is(house: House) -> None:
    made = await house.organizations.create("la Maison Bleue")
    facts = OrganizationFacts(" Association ", ("Nord", "nord", " ", "Biblio thèque"), "123 456 789 00012", True)

    assert await house.facts.describe(made.id, facts, None, "  la  Maison ")

    shown = await house.facts.shown(made.id)
    assert shown is not None
    assert shown.organization.name == "la Maison"
    assert shown.facts == OrganizationFacts("association", ("nord", "biblio thèque"), "123 456 789 00012", True)
    assert not await house.facts.describe(OrganizationId("nowhere"), facts, None)


@pytest.mark.parametrize(
    ("facts", "name", "reason"),
    [
        (OrganizationFacts(kind="x" * 41), None, "word_too_long"),
        (OrganizationFacts(tags=tuple(f"t{number}" for number in range(21))), None, "too_many_tags"),
        (OrganizationFacts(legal_id="<script>"), None, "legal_id"),
        (OrganizationFacts(), " ", "name_missing"),
    ],
)
async def test_facts_that_cannot_be_are_refused(
    house: House, facts: OrganizationFacts, name: str | None, reason: str
) -> None:
    made = await house.organizations.create("la Maison Bleue")

    with pytest.raises(InvalidMember) as refused:
        await house.facts.describe(made.id, facts, None, name)

    assert refused.value.reason == reason


# --- limits -------------------------------------------------------------------------------------------------------


async def test_a_limit_holds_for_all_processes_together(house: House, url: str) -> None:
    other = await SqlStore.open(url)
    rates = [SqlRates(house.store.engine, house.moment), SqlRates(other.engine, house.moment)]

    told = await asyncio.gather(*(rates[number % 2].take("api:one", 10, 60) for number in range(25)))

    await other.close()
    assert sum(wait == 0 for wait in told) == 10
    assert set(told) == {0, 60}


async def test_a_window_ends_and_keys_are_apart(house: House) -> None:
    rates = SqlRates(house.store.engine, house.moment)

    first = [await rates.take("one", 1, 60) for _ in range(2)]
    other = await rates.take("other", 1, 60)
    house.now += timedelta(seconds=60)

    assert (first, other, await rates.take("one", 1, 60)) == ([0, 60], 0, 0)
