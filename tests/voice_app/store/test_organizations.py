"""Organisations on a real SQLite file and a real PostgreSQL server: who comes in, what is shared, what stays apart.

Longer than 400 lines: the two ports of organisations share the people and campaigns that are made here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.organization.campaigns import Entry, InvalidCampaign, Offer
from engine.organization.codes import is_campaign_code, with_check_digit
from engine.organization.consent import Purpose
from engine.organization.roles import Role
from engine.organization.snapshot import AreaResult, Snapshot
from tests.databases import new_file
from voice_app.errors import SharingClosed, StoreError, TooManyAttempts
from voice_app.organizations import (
    Campaign,
    CampaignChange,
    CampaignDraft,
    Counts,
    InvalidMember,
    Member,
    MemberId,
    Organization,
    SignInRefused,
)
from voice_app.ports import NewRecord, SessionId
from voice_app.store.checking import check_database
from voice_app.store.copying import copy_database
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.store.sql_accounts import SqlAccounts
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_welcomes import SqlWelcomes

PASSWORD = "quatre mots faciles ici"
QUICK = OrganizationRules(argon2_memory_kib=64, argon2_passes=1)
"""The costs of a password check are not what is tested here."""
SNAPSHOT = Snapshot("abc_diag", "fr", "kiosk", "almost", 0, {"key": 10}, {"1": AreaResult(2, ("web.1",), ("web.2",))})


@dataclass
class House:
    """A store, its organisations, and a clock to move."""

    store: SqlStore
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    organizations: SqlOrganizations = field(init=False)
    accounts: SqlAccounts = field(init=False)

    def __post_init__(self) -> None:
        self.organizations = SqlOrganizations(self.store.engine, QUICK, self.moment)
        self.accounts = SqlAccounts(self.store.engine, QUICK, self.moment)

    def moment(self) -> datetime:
        """Give the next moment: time passes between two things."""
        self.now += timedelta(milliseconds=1)
        return self.now

    async def admin(self, name: str = "la Maison Bleue", email: str = "ada@maison.example") -> Member:
        """Give the first admin of a new organisation."""
        organization = await self.organizations.create(name)
        return await self.joined(organization, email, Role.ADMIN)

    async def joined(self, organization: Organization, email: str, role: Role) -> Member:
        invitation = await self.organizations.invite(organization.id, email, role, None)
        token = await self.accounts.accept(invitation, "Ada", PASSWORD)
        account = await self.accounts.identify(token)
        assert account is not None
        member = account.member_of(organization.id)
        assert member is not None
        return member

    async def campaign(self, by: Member, title: str = "Printemps", **fields: datetime) -> Campaign:
        draft = CampaignDraft(title, "abc_diag", {"fr": " Bonjour  à vous ", "en": ""}, **fields)
        return await self.organizations.create_campaign(by.organization.id, draft, by)

    async def take_part(self, campaign: Campaign, *kinds: str) -> SessionId:
        session = await self.store.open_session("kiosk", "bank-1")
        await self.append(session, campaign, "campaign_joined", *kinds)
        return session

    async def append(self, session: SessionId, campaign: Campaign, *kinds: str) -> None:
        await self.store.append(session, records(campaign, kinds), channel="kiosk")

    async def counts(self, campaign: Campaign) -> Counts:
        found = await self.organizations.campaign(campaign.organization.id, campaign.id)
        assert found is not None
        return found.counts


def records(campaign: Campaign, kinds: Sequence[str]) -> list[NewRecord]:
    consent = {"purpose": Purpose.SHARE_RESULT.value, "recipient": campaign.id}
    payloads: dict[str, tuple[str, dict[str, object]]] = {
        "campaign_joined": ("campaign_joined", {"campaign": campaign.id}),
        "yes": ("consent_answered", {**consent, "agreed": True}),
        "yes_to_another": ("consent_answered", {**consent, "recipient": "another", "agreed": True}),
        "no": ("consent_answered", {**consent, "agreed": False}),
        "result_shared": ("result_shared", {"campaign": campaign.id, "snapshot": SNAPSHOT.to_data()}),
    }
    return [NewRecord(*payloads.get(kind, (kind, {}))) for kind in kinds]


@pytest.fixture
async def house(url: str) -> AsyncIterator[House]:
    store = await SqlStore.open(url)
    yield House(store)
    await store.close()


@pytest.fixture
async def light_house(tmp_path: Path) -> AsyncIterator[House]:
    """The same on SQLite alone, for rules that no database decides."""
    store = await SqlStore.open(await new_file(tmp_path / "events.sqlite"))
    yield House(store)
    await store.close()


# --- coming in ----------------------------------------------------------------------------------------------------


async def test_an_invitation_opens_once_and_the_password_afterwards(house: House) -> None:
    organization = await house.organizations.create("  la  Maison Bleue ")
    invitation = await house.organizations.invite(organization.id, " Ada@Maison.example ", Role.ADMIN, None)
    await house.accounts.accept(invitation, " Ada  Lovelace ", PASSWORD)

    token = await house.accounts.sign_in("ADA@maison.example", PASSWORD)
    account = await house.accounts.identify(token)

    assert account is not None
    assert (account.name, account.members[0].role) == ("Ada Lovelace", Role.ADMIN)
    assert account.members[0].organization == Organization(organization.id, "la Maison Bleue")
    assert await house.accounts.invitation(invitation) is None
    with pytest.raises(InvalidMember, match="invitation_over"):
        await house.accounts.accept(invitation, "Eve", PASSWORD)


async def test_an_invitation_ends_by_itself_and_by_a_newer_one(light_house: House) -> None:
    organization = await light_house.organizations.create("la Maison Bleue")
    first = await light_house.organizations.invite(organization.id, "ada@maison.example", Role.ADMIN, None)
    second = await light_house.organizations.invite(organization.id, "ada@maison.example", Role.VIEWER, None)

    assert await light_house.accounts.invitation(first) is None
    assert await light_house.accounts.invitation(second) is not None
    light_house.now += timedelta(days=QUICK.invitation_days)
    assert await light_house.accounts.invitation(second) is None


async def test_one_account_in_two_organisations(house: House) -> None:
    first = await house.admin()
    second = await house.organizations.create("le Relais")
    invitation = await house.organizations.invite(second.id, first.email, Role.VIEWER, None)
    with pytest.raises(SignInRefused, match="wrong"):
        await house.accounts.accept(invitation, "", "not the password")

    account = await house.accounts.identify(await house.accounts.accept(invitation, "", PASSWORD))

    assert account is not None
    assert [(each.organization.name, each.role) for each in account.members] == [
        ("la Maison Bleue", Role.ADMIN),
        ("le Relais", Role.VIEWER),
    ]


@pytest.mark.parametrize(
    ("name", "password", "reason"), [("Ada", "too short", "password_short"), ("  ", PASSWORD, "name_missing")]
)
async def test_a_poor_password_or_no_name_is_refused(light_house: House, name: str, password: str, reason: str) -> None:
    organization = await light_house.organizations.create("la Maison Bleue")
    invitation = await light_house.organizations.invite(organization.id, "ada@maison.example", Role.ADMIN, None)

    with pytest.raises(InvalidMember) as told:
        await light_house.accounts.accept(invitation, name, password)

    assert told.value.reason == reason
    assert await light_house.accounts.invitation(invitation) is not None


@pytest.mark.parametrize("email", ["", "ada", "@x", "a b@c", "a@b@c"])
async def test_what_is_no_address_is_not_invited(light_house: House, email: str) -> None:
    organization = await light_house.organizations.create("la Maison Bleue")

    with pytest.raises(InvalidMember, match="email"):
        await light_house.organizations.invite(organization.id, email, Role.ADMIN, None)


async def test_a_member_is_not_invited_twice(light_house: House) -> None:
    member = await light_house.admin()

    with pytest.raises(InvalidMember, match="member_already"):
        await light_house.organizations.invite(member.organization.id, member.email, Role.VIEWER, member)


async def _fail(house: House, times: int, email: str = "ada@maison.example") -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused, match="wrong"):
            await house.accounts.sign_in(email, "wrong")


async def test_ten_failures_lock_for_two_minutes_then_four_then_for_good(house: House) -> None:
    await house.admin()

    await _fail(house, 10)
    with pytest.raises(SignInRefused) as first:
        await house.accounts.sign_in("ada@maison.example", PASSWORD)
    house.now += timedelta(minutes=2)
    await _fail(house, 10)
    with pytest.raises(SignInRefused) as second:
        await house.accounts.sign_in("ada@maison.example", PASSWORD)
    house.now += timedelta(minutes=4)
    await _fail(house, 10)
    house.now += timedelta(days=365)
    with pytest.raises(SignInRefused) as last:
        await house.accounts.sign_in("ada@maison.example", PASSWORD)

    assert [(told.value.reason, told.value.minutes) for told in (first, second, last)] == [
        ("locked", 2),
        ("locked", 4),
        ("blocked", 0),
    ]
    assert await house.accounts.unlock("Ada@maison.example")
    assert await house.accounts.sign_in("ada@maison.example", PASSWORD)


async def test_a_success_sets_the_count_back(light_house: House) -> None:
    await light_house.admin()

    await _fail(light_house, 9)
    await light_house.accounts.sign_in("ada@maison.example", PASSWORD)
    await _fail(light_house, 9)

    assert await light_house.accounts.sign_in("ada@maison.example", PASSWORD)


async def test_nobody_is_refused_as_somebody(light_house: House) -> None:
    await _fail(light_house, 12, "nobody@maison.example")

    assert not await light_house.accounts.unlock("nobody@maison.example")


async def test_a_sign_in_ends_by_itself_and_by_hand(house: House) -> None:
    await house.admin()
    first = await house.accounts.sign_in("ada@maison.example", PASSWORD)
    second = await house.accounts.sign_in("ada@maison.example", PASSWORD)

    await house.accounts.sign_out(first)

    assert await house.accounts.identify(first) is None
    assert await house.accounts.identify(second) is not None
    house.now += timedelta(hours=QUICK.sign_in_hours)
    assert await house.accounts.identify(second) is None
    assert await house.accounts.identify("never given") is None


async def test_a_new_password_replaces_the_old_one_and_ends_its_sign_ins(light_house: House) -> None:
    await light_house.admin()
    token = await light_house.accounts.sign_in("ada@maison.example", PASSWORD)

    assert await light_house.accounts.set_password("ADA@maison.example", "un autre mot de passe")

    assert await light_house.accounts.identify(token) is None
    await _fail(light_house, 1)
    assert await light_house.accounts.sign_in("ada@maison.example", "un autre mot de passe")
    assert not await light_house.accounts.set_password("nobody@maison.example", PASSWORD)
    with pytest.raises(InvalidMember, match="12 characters"):
        await light_house.accounts.set_password("ada@maison.example", "short")


async def test_nothing_that_opens_a_door_is_kept_readable(house: House) -> None:
    await house.admin()
    token = await house.accounts.sign_in("ada@maison.example", PASSWORD)

    async with house.store.engine.begin() as connection:
        kept = (await connection.execute(text("select password from account"))).scalar_one()
        digests = (await connection.execute(text("select digest from sign_in"))).scalars().all()

    assert kept.startswith("$argon2id$")
    assert token not in digests


# --- members ------------------------------------------------------------------------------------------------------


async def test_who_is_put_out_is_out_at_once(house: House) -> None:
    admin = await house.admin()
    other = await house.joined(admin.organization, "bob@maison.example", Role.MEDIATOR)
    token = await house.accounts.sign_in("bob@maison.example", PASSWORD)

    await house.organizations.change_member(admin.organization.id, other.id, role=Role.MEDIATOR, active=False, by=admin)

    assert await house.accounts.identify(token) is None
    account = await house.accounts.identify(await house.accounts.sign_in("bob@maison.example", PASSWORD))
    assert account is not None
    assert account.members == ()


async def test_the_last_admin_stays(house: House) -> None:
    admin = await house.admin()
    here = admin.organization.id

    with pytest.raises(InvalidMember, match="last_admin"):
        await house.organizations.change_member(here, admin.id, role=Role.VIEWER, active=True, by=admin)
    with pytest.raises(InvalidMember, match="last_admin"):
        await house.organizations.change_member(here, admin.id, role=Role.ADMIN, active=False, by=admin)


async def test_what_was_done_is_in_the_audit_log(house: House) -> None:
    admin = await house.admin()
    campaign = await house.campaign(admin)
    await house.organizations.archive(admin.organization.id, campaign.id, admin)

    told = [(each.who, each.action, each.subject) for each in await house.organizations.audit(admin.organization.id)]

    assert told == [
        ("Ada", "campaign_archived", "Printemps"),
        ("Ada", "campaign_created", "Printemps"),
        ("Ada", "member_joined", "ada@maison.example"),
        ("", "member_invited", "ada@maison.example"),
        ("", "organization_created", "la Maison Bleue"),
    ]


# --- campaigns ----------------------------------------------------------------------------------------------------


async def test_a_campaign_is_found_by_its_code(house: House) -> None:
    campaign = await house.campaign(await house.admin())

    offer = await house.store.find_campaign(campaign.code, asker="kiosk")

    assert is_campaign_code(campaign.code)
    assert offer == Offer(campaign.id, "la Maison Bleue", "Printemps", "abc_diag", {"fr": "Bonjour à vous"})


async def test_a_campaign_is_changed_and_a_recording_of_other_words_goes(house: House) -> None:
    admin, stranger = await house.admin(), await house.admin("le Relais", "eve@relais.example")
    campaign, here = await house.campaign(admin), admin.organization.id
    welcomes = SqlWelcomes(house.store.engine, house.moment)
    await welcomes.keep(here, campaign.id, "fr", b"RIFF", 1_000, admin)
    day = datetime(2030, 1, 1, tzinfo=UTC)
    longer = CampaignChange(" Été ", campaign.welcome, None, day, ("Nord",))

    assert await house.organizations.change_campaign(here, campaign.id, longer, admin)
    assert not await house.organizations.change_campaign(stranger.organization.id, campaign.id, longer, stranger)
    recorded = await welcomes.listed(here, campaign.id)
    others = replace(longer, welcome={"fr": "Bienvenue à vous"})
    await house.organizations.change_campaign(here, campaign.id, others, admin)

    changed = await house.organizations.campaign(here, campaign.id)
    assert changed is not None
    assert (changed.code, changed.path) == (campaign.code, campaign.path)
    assert (changed.title, changed.closes, changed.tags) == ("Été", day, ("nord",))
    assert changed.welcome == {"fr": "Bienvenue à vous"}
    assert recorded == {"fr": 1_000}
    assert await welcomes.listed(here, campaign.id) == {}
    assert (await house.organizations.audit(here))[0].action == "campaign_changed"
    with pytest.raises(InvalidCampaign, match="title"):
        await house.organizations.change_campaign(here, campaign.id, replace(longer, title=" "), admin)


async def test_a_campaign_says_why_it_lets_nobody_in(house: House) -> None:
    admin = await house.admin()
    today = datetime.now(UTC)
    later = await house.campaign(admin, opens=today + timedelta(days=1))
    over = await house.campaign(admin, closes=today - timedelta(days=1))
    archived = await house.campaign(admin)
    await house.organizations.archive(admin.organization.id, archived.id, admin)

    told = [await house.store.find_campaign(each.code, asker="kiosk") for each in (later, over, archived)]

    assert told == [Entry.NOT_YET, Entry.CLOSED, Entry.ARCHIVED]


async def test_wrong_campaign_codes_are_counted_as_all_wrong_codes(house: House) -> None:
    unknown = "923456776"
    for _ in range(StoreRules().wrong_codes_per_asker):
        assert await house.store.find_campaign(unknown, asker="kiosk") is None

    with pytest.raises(TooManyAttempts):
        await house.store.find_session(with_check_digit("1234567"), asker="kiosk")


async def test_a_campaign_without_title_is_refused(light_house: House) -> None:
    admin = await light_house.admin()

    with pytest.raises(InvalidCampaign, match="title"):
        await light_house.campaign(admin, " ")


async def test_no_resume_code_begins_as_a_campaign_code(light_house: House) -> None:
    codes = [await light_house.store.issue_code(await light_house.store.open_session("kiosk", "b")) for _ in range(40)]

    assert not any(code.startswith("9") for code in codes)


# --- participations ----------------------------------------------------------------------------------------------


async def test_before_sharing_there_is_a_count_and_nothing_else(house: House) -> None:
    campaign = await house.campaign(await house.admin())
    await house.take_part(campaign, "item_asked")
    await house.take_part(campaign, "session_finished")
    await house.take_part(campaign, "session_finished", "no")

    assert await house.counts(campaign) == Counts(3, 2, 0)
    assert [each async for each in house.organizations.results(campaign.organization.id, campaign.id)] == []


async def test_a_shared_result_is_seen_as_it_was_shared(house: House) -> None:
    campaign = await house.campaign(await house.admin())
    session = await house.take_part(campaign, "session_finished")
    await house.append(session, campaign, "yes", "result_shared")
    await house.append(session, campaign, "answer_withdrawn", "item_answered", "session_finished")

    (shared,) = [each async for each in house.organizations.results(campaign.organization.id, campaign.id)]

    assert (shared.number, shared.snapshot) == (1, SNAPSHOT)
    assert await house.counts(campaign) == Counts(1, 1, 1)


@pytest.mark.parametrize(
    "kinds",
    [
        ("yes", "result_shared"),
        ("session_finished", "result_shared"),
        ("session_finished", "no", "result_shared"),
        ("session_finished", "yes_to_another", "result_shared"),
        ("session_finished", "answer_withdrawn", "yes", "result_shared"),
        ("session_finished", "yes", "result_shared", "yes", "result_shared"),
    ],
)
async def test_what_may_not_be_shared_is_kept_neither_as_event_nor_as_result(
    light_house: House, kinds: tuple[str, ...]
) -> None:
    campaign = await light_house.campaign(await light_house.admin())
    session = await light_house.take_part(campaign)
    before = await light_house.store.history(session)

    with pytest.raises(SharingClosed):
        await light_house.append(session, campaign, *kinds)

    assert await light_house.store.history(session) == before
    assert (await light_house.counts(campaign)).shared == 0


async def test_an_archived_campaign_receives_nothing_more(house: House) -> None:
    admin = await house.admin()
    campaign = await house.campaign(admin)
    session = await house.take_part(campaign, "session_finished")
    await house.organizations.archive(admin.organization.id, campaign.id, admin)

    with pytest.raises(SharingClosed):
        await house.append(session, campaign, "yes", "result_shared")


async def test_a_session_outside_a_campaign_shares_with_nobody(light_house: House) -> None:
    campaign = await light_house.campaign(await light_house.admin())
    session = await light_house.store.open_session("kiosk", "bank-1")

    with pytest.raises(SharingClosed):
        await light_house.append(session, campaign, "session_finished", "yes", "result_shared")


async def test_a_campaign_that_is_not_there_cannot_be_joined(house: House) -> None:
    session = await house.store.open_session("kiosk", "bank-1")

    with pytest.raises(StoreError, match="no campaign"):
        await house.store.append(session, [NewRecord("campaign_joined", {"campaign": "none"})], channel="kiosk")


async def test_results_come_piece_by_piece_in_the_order_of_sharing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice_app.store.sql_organizations.RESULTS_AT_ONCE", 3)
    campaign = await house.campaign(await house.admin())
    for _ in range(7):
        await house.take_part(campaign, "session_finished", "yes", "result_shared")

    told = [each async for each in house.organizations.results(campaign.organization.id, campaign.id)]

    assert [each.number for each in told] == [1, 2, 3, 4, 5, 6, 7]
    assert len({each.id for each in told}) == 7
    assert [each.shared_at for each in told] == sorted(each.shared_at for each in told)


# --- apart --------------------------------------------------------------------------------------------------------


async def test_nothing_of_another_organisation_is_found(house: House) -> None:
    ours, theirs = await house.admin(), await house.admin("le Relais", "eve@relais.example")
    campaign = await house.campaign(ours)
    await house.take_part(campaign, "session_finished", "yes", "result_shared")
    there = theirs.organization.id

    assert await house.organizations.campaign(there, campaign.id) is None
    assert await house.organizations.campaigns(there) == []
    assert [each async for each in house.organizations.results(there, campaign.id)] == []
    assert not await house.organizations.archive(there, campaign.id, theirs)
    assert not await house.organizations.change_member(there, ours.id, role=Role.VIEWER, active=True, by=theirs)
    assert not await house.organizations.change_member(
        there, MemberId("nobody"), role=Role.VIEWER, active=True, by=theirs
    )
    assert [each.email for each in await house.organizations.members(there)] == ["eve@relais.example"]
    assert (await house.counts(campaign)).shared == 1


# --- kept ---------------------------------------------------------------------------------------------------------


async def test_a_copy_holds_organisations_and_no_sign_ins(house: House, url: str, tmp_path: Path) -> None:
    campaign = await house.campaign(await house.admin())
    await house.take_part(campaign, "session_finished", "yes", "result_shared")
    target = f"sqlite+aiosqlite:///{tmp_path / 'copy.sqlite'}"

    proofs = await copy_database(url, target, StoreRules())

    assert (proofs["participation"].rows, proofs["campaign"].rows, proofs["account"].rows) == (1, 1, 1)
    assert "sign_in" not in proofs
    assert not (await check_database(target, StoreRules())).faults
