"""The person of an organisation's callers, on a real SQLite file and a real PostgreSQL server."""

from __future__ import annotations

from voice_app.organizations import CampaignDraft, OrganizationId
from voice_app.store.rules import OrganizationRules
from voice_app.store.sql_contacts import SqlContacts
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_store import SqlStore
from voice_app.telephony.contacts import PhoneContact

SAMIA = PhoneContact("sip:samia@maison.example", "1-5 09:00-12:00")


async def test_a_campaign_leads_to_its_own_organisations_person(url: str) -> None:
    store = await SqlStore.open(url)
    organizations, contacts = SqlOrganizations(store.engine, OrganizationRules()), SqlContacts(store.engine)
    ours, theirs = await organizations.create("la Maison Bleue"), await organizations.create("le Relais")
    with_person, without = [
        await organizations.create_campaign(each.id, CampaignDraft("Printemps", "abc_diag"), None)
        for each in (ours, theirs)
    ]

    known = await contacts.set(ours.id, SAMIA, None)

    assert known
    assert await contacts.of(ours.id) == SAMIA
    assert await contacts.of_campaign(with_person.id) == SAMIA
    assert await contacts.of_campaign(without.id) is None
    assert await contacts.of_campaign("no such campaign") is None
    newest, *_ = await organizations.audit(ours.id)
    assert newest.action == "phone_person_set"
    await store.close()


async def test_a_person_is_replaced_and_removed(url: str) -> None:
    store = await SqlStore.open(url)
    organizations, contacts = SqlOrganizations(store.engine, OrganizationRules()), SqlContacts(store.engine)
    ours = await organizations.create("la Maison Bleue")
    await contacts.set(ours.id, SAMIA, None)

    await contacts.set(ours.id, PhoneContact("204", "1 09:00-10:00"), None)
    replaced = await contacts.of(ours.id)
    await contacts.set(ours.id, None, None)

    assert replaced == PhoneContact("204", "1 09:00-10:00")
    assert await contacts.of(ours.id) is None
    assert not await contacts.set(OrganizationId("nobody"), SAMIA, None)
    await store.close()
