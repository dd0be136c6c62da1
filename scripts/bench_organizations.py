#!/usr/bin/env python3
"""How an organisation's pages and exports grow with a campaign: times, and memory of the export, few and many people.

Fills a campaign with shared results (rows written at once: what is measured is reading), asks for pages as a browser
does, and prints how many times longer the large campaign takes. Processor time is this process's own; the clock's time
depends on who else uses the machine. SQLite, and PostgreSQL where it is installed. The export's memory is what Python
allocates at most while the CSV streams by (tracemalloc); streaming keeps it level.

    scripts/bench_organizations.py [--few 1000] [--many 10000]
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quart import Quart
from sqlalchemy import insert

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from audio_content.loader import load  # noqa: E402 - the project is found by the line above
from audio_content.model import Content  # noqa: E402
from engine.organization.participations import State  # noqa: E402
from engine.organization.roles import Role  # noqa: E402
from engine.organization.snapshot import AreaResult, Snapshot  # noqa: E402
from engine.organization.tallies import Kind, Tally, of_result, of_state  # noqa: E402
from tests.postgres import postgres_server  # noqa: E402
from voice_app.organizations import Campaign, CampaignDraft  # noqa: E402
from voice_app.results import ResultFilter  # noqa: E402
from voice_app.store.organization_tables import ParticipationRow  # noqa: E402
from voice_app.store.result_tables import ALL_DAYS, NumberingRow, TallyRow  # noqa: E402
from voice_app.store.rules import OrganizationRules  # noqa: E402
from voice_app.store.sql_accounts import SqlAccounts  # noqa: E402
from voice_app.store.sql_organizations import SqlOrganizations  # noqa: E402
from voice_app.store.sql_results import SqlResults  # noqa: E402
from voice_app.store.sql_store import SqlStore  # noqa: E402
from voice_app.store.tables import SessionRow  # noqa: E402
from voice_app.store.tallies import day_of  # noqa: E402
from voice_app.web.organization.exports import as_csv  # noqa: E402
from voice_app.web.organization.pages import organization_blueprint  # noqa: E402
from voice_app.web.page_words import book_of_words  # noqa: E402

PASSWORD = "quatre mots faciles ici"  # noqa: S105 - of a database that is thrown away
AT_ONCE = 1000
CHANNELS = ("kiosk", "phone")
TIMES = 3


@dataclass
class Desk:
    accounts: SqlAccounts
    organizations: SqlOrganizations
    results: SqlResults
    content: Content


def snapshot(content: Content, number: int) -> dict[str, object]:
    """Give a result of ten answers, another one for each number."""
    skills = [item.skill for item in content.path_items("abc_diag")]
    chosen = list(dict.fromkeys(skills[(number * 7 + step * 13) % len(skills)] for step in range(10)))
    areas: dict[str, AreaResult] = {}
    for place, skill in enumerate(chosen):
        area = str(content.skill_map.area_of[skill])
        known = areas.get(area, AreaResult(0))
        kept = (known.mastered + ((skill,) if place % 2 else ()), known.to_learn + (() if place % 2 else (skill,)))
        areas[area] = AreaResult(known.questions + 1, *kept)
    return Snapshot("abc_diag", "fr", "kiosk", "almost", 0, {"key": 10}, areas, chosen[0]).to_data()


async def fill(store: SqlStore, content: Content, campaign: Campaign, people: int) -> None:
    first = await store.open_session("kiosk", "bench")
    async with store.engine.begin() as connection:
        row = (await connection.execute(SessionRow.__table__.select().where(SessionRow.id == first))).one()  # type: ignore[attr-defined]
        moment = datetime.now(UTC) - timedelta(days=1)
        for start in range(0, people, AT_ONCE):
            names = [secrets.token_hex(16) for _ in range(min(AT_ONCE, people - start))]
            await connection.execute(
                insert(SessionRow),
                [
                    {"id": name, "site_id": row.site_id, "channel": "kiosk", "bank_version": "b", "opened_at": moment}
                    for name in names
                ],
            )
            await connection.execute(
                insert(ParticipationRow),
                [
                    {
                        "id": name,
                        "campaign_id": campaign.id,
                        "session_id": name,
                        "state": State.SHARED.value,
                        "begun_at": moment,
                        "completed_at": moment,
                        "shared_at": moment + timedelta(seconds=start + place),
                        "snapshot": snapshot(content, start + place),
                        "channel": CHANNELS[(start + place) % 2],
                        "cohort": "",
                        "number": start + place + 1,
                    }
                    for place, name in enumerate(names)
                ],
            )
        await connection.execute(insert(NumberingRow), [{"campaign_id": campaign.id, "last": people}])
    await count(store, content, campaign, people, moment)


async def count(store: SqlStore, content: Content, campaign: Campaign, people: int, begun: datetime) -> None:
    """Keep the counts that sharing these results one by one would have kept."""
    kept: Counter[tuple[str, str, Tally]] = Counter()
    for number in range(people):
        told = Snapshot.from_data(snapshot(content, number))
        shared = begun + timedelta(seconds=number)
        for tally in (*of_state(State.SHARED), *of_result(told)):
            moment = begun if tally.kind in (Kind.BEGUN, Kind.COMPLETED) else shared
            for day in (ALL_DAYS, day_of(moment)):
                kept[day, CHANNELS[number % 2], tally] += 1
    rows = [
        {
            "campaign_id": campaign.id,
            "day": day,
            "channel": channel,
            "cohort": "",
            "kind": tally.kind.value,
            "name": tally.name,
            "people": count,
        }
        for (day, channel, tally), count in kept.items()
    ]
    async with store.engine.begin() as connection:
        await connection.execute(insert(TallyRow), rows)


async def measure(url: str, people: int) -> dict[str, float]:
    """Give seconds of pages and export, and the export's peak of memory in MB."""
    store, content, rules = await SqlStore.open(url), load(), OrganizationRules()
    desk = Desk(
        SqlAccounts(store.engine, rules), SqlOrganizations(store.engine, rules), SqlResults(store.engine), content
    )
    organization = await desk.organizations.create("la Maison Bleue")
    token = await desk.organizations.invite(organization.id, "ada@maison.example", Role.ADMIN, None)
    signed_in = await desk.accounts.accept(token, "Ada", PASSWORD)
    account = await desk.accounts.identify(signed_in)
    if account is None:
        raise RuntimeError("nobody is signed in")
    draft = CampaignDraft("Printemps", "abc_diag")
    campaign = await desk.organizations.create_campaign(organization.id, draft, account.members[0])
    await fill(store, content, campaign, people)
    app = Quart("bench", static_folder=None)
    app.register_blueprint(organization_blueprint(lambda: desk, rules))
    client = app.test_client()
    client.set_cookie("localhost", "voice_app", signed_in)
    here = f"/org/{organization.id}"
    told: dict[str, float] = {}
    below = f"/campaigns/{campaign.id}"
    pages = {
        "home": "/",
        "campaign": f"{below}/",
        "results": f"{below}/results/",
        "results, filtered": f"{below}/results/?channel=phone&first=2020-01-01",
        "people, newest": f"{below}/participants/",
        "people, oldest": f"{below}/participants/?before=52",
        "csv": f"{below}/results.csv",
        "json": f"{below}/results.json",
    }
    for name, path in pages.items():
        taken, worked = [], []
        for _ in range(TIMES):
            begun, work = time.perf_counter(), time.process_time()
            answer = await client.get(here + path)
            body = await answer.get_data()
            taken.append(time.perf_counter() - begun)
            worked.append(time.process_time() - work)
            if answer.status_code != 200:
                raise RuntimeError(f"{name}: {answer.status_code}")
        told[f"{name}, s"] = min(taken)
        told[f"{name}, cpu s"] = min(worked)
        told[f"{name}, kB"] = len(body) / 1000
    told["csv memory, MB"] = await peak_mb(desk, campaign)
    await store.close()
    return told


async def peak_mb(desk: Desk, campaign: Campaign) -> float:
    results = desk.results.stream(campaign.organization.id, campaign.id, ResultFilter())
    lines: AsyncIterator[str] = as_csv(
        campaign, results, desk.content, book_of_words("organization", "fr")["export"], "fr"
    )
    tracemalloc.start()
    async for _ in lines:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", type=int, default=1_000)
    parser.add_argument("--many", type=int, default=10_000)
    chosen = parser.parse_args()
    with ExitStack() as opened, tempfile.TemporaryDirectory() as folder:
        urls = {"sqlite": [f"sqlite+aiosqlite:///{folder}/{people}.sqlite" for people in (chosen.few, chosen.many)]}
        try:
            server = opened.enter_context(postgres_server())
            urls["postgresql"] = [server.new_database(), server.new_database()]
        except FileNotFoundError as missing:
            print(missing)
        for kind, (small, large) in urls.items():
            few, many = await measure(small, chosen.few), await measure(large, chosen.many)
            print(f"\n{kind:<22}{chosen.few:>10}{chosen.many:>10}   times")
            for name in few:
                print(f"{name:<22}{few[name]:>10.3f}{many[name]:>10.3f}{many[name] / few[name]:>8.1f}")


if __name__ == "__main__":
    asyncio.run(main())
