"""A caller of an organisation's campaign asks for a person, and that organisation's own person's telephone rings."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.journeys.baresip_peer import baresip, needs_baresip
from tests.journeys.phone_service import phone_service
from tests.journeys.test_phone_journeys import enter_code
from voice_app.organizations import CampaignDraft
from voice_app.store.rules import OrganizationRules
from voice_app.store.sql_contacts import SqlContacts
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_store import SqlStore
from voice_app.telephony.contacts import PhoneContact

pytestmark = [needs_baresip, pytest.mark.audio, pytest.mark.realtime]
ALWAYS = "1-7 00:00-24:00"


async def campaign_code(folder: Path, person: str) -> str:
    """Give the code of a campaign of an organisation whose calls this person takes."""
    store = await SqlStore.open(f"sqlite+aiosqlite:///{folder / 'events.sqlite'}")
    organizations = SqlOrganizations(store.engine, OrganizationRules())
    ours = await organizations.create("la Maison Bleue")
    await SqlContacts(store.engine).set(ours.id, PhoneContact(person, ALWAYS), None)
    campaign = await organizations.create_campaign(ours.id, CampaignDraft("Printemps", "abc_diag"), None)
    await store.close()
    return campaign.code


async def test_the_organisations_person_and_not_the_services_is_called(tmp_path: Path) -> None:
    (tmp_path / "service").mkdir()
    async with (
        baresip(tmp_path / "ours", answers=True) as ours,
        baresip(tmp_path / "everybodys", answers=True) as everybodys,
        baresip(tmp_path / "caller") as caller,
    ):
        code = await campaign_code(tmp_path / "service", f"sip:learner@127.0.0.1:{ours.port}")
        settings = {
            "VOICE_APP_PHONE_PERSON": f"sip:learner@127.0.0.1:{everybodys.port}",
            "VOICE_APP_PHONE_PERSON_HOURS": ALWAYS,
            "VOICE_APP_PHONE_CALLER_ID": "sip:assess@127.0.0.1",
        }
        async with phone_service(tmp_path / "service", settings=settings) as service:
            await caller.dial(f"sip:assess@127.0.0.1:{service.port}")
            await enter_code(caller, code)
            for _ in range(2):
                await asyncio.sleep(1.5)
                await caller.press("0")

            await ours.wait_for("CALL_ESTABLISHED", 30)

            rang_there = [event for event in everybodys.events if event.get("type") == "CALL_INCOMING"]
    assert rang_there == []
