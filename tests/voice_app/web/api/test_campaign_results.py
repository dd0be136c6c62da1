"""A campaign's results by the API: figures, one result, groups, what anybody may see; its papers and its square."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.voice_app.documents import paper
from tests.voice_app.web.api.program import Program
from voice_app.documents.rules import DocumentRules
from voice_app.store.sql_comparisons import SqlComparisons

PHONE = "01 23 45 67 89"


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    opened = await Program.open(tmp_path)
    yield opened
    await opened.desk.store.close()


async def _shared(program: Program) -> str:
    """Give the address of a campaign in which three people have shared, one of them by telephone."""
    campaign = await program.desk.campaign()
    await program.desk.share(campaign)
    await program.desk.share(campaign, profile="beginner")
    await program.desk.share(campaign, (), channel="phone", number="0475")
    return f"{program.here}/campaigns/{campaign.id}"


async def test_figures_add_up_by_channel_area_competence_and_skill(program: Program) -> None:
    told = await program.get(f"{await _shared(program)}/figures")

    assert told["counts"] == {"begun": 3, "completed": 3, "shared": 3}
    assert (told["helped"], told["profiles"]) == (3, {"almost": 2, "beginner": 1})
    assert told["channels"] == [
        {"channel": "kiosk", "shared": 2, "mastered": 2, "to_learn": 2},
        {"channel": "phone", "shared": 1, "mastered": 0, "to_learn": 1},
    ]
    assert told["areas"] == [{"id": "1", "mastered": 2, "to_learn": 3}]
    assert told["competences"] == [{"id": "1.1", "mastered": 2, "to_learn": 3}]
    assert told["skills"] == [
        {"id": "web.search.1", "mastered": 2, "to_learn": 0},
        {"id": "web.search.2", "mastered": 0, "to_learn": 3},
    ]
    assert (told["groups"], told["mode_effect"]) == ([], None)


@pytest.mark.parametrize(
    ("asked", "shared"),
    [
        ("channel=phone", 1),
        ("group=mardi", 1),
        ("first=2000-01-01&last=9999-12-31", 3),
        ("last=2000-01-01", 0),
        ("channel=phone&group=mardi", 0),
    ],
)
async def test_figures_and_files_are_narrowed(program: Program, asked: str, shared: int) -> None:
    path = await _shared(program)
    first = (await program.get(f"{path}/results"))["items"][0]["participation"]["id"]
    await program.ask("PUT", f"{path}/results/{first}/group", json={"group": "mardi"})

    figures = await program.get(f"{path}/figures?{asked}")
    exported = await program.get(f"{path}/results.json?{asked}")

    assert figures["counts"]["shared"] == len(exported["results"]) == shared
    assert figures["groups"] == ["mardi"]


@pytest.mark.parametrize(
    "query", ["first=yesterday", "last=0", "channel=radio", "group=", "cohort=x", "since=2026-01-01"]
)
async def test_a_filter_that_cannot_be_is_a_problem(program: Program, query: str) -> None:
    path = await _shared(program)

    told = await program.ask("GET", f"{path}/figures?{query}")

    assert (told[0], [each["field"] for each in told[1]["errors"]]) == (400, [query.split("=")[0]])


async def test_the_comparison_of_channels_is_told_as_it_was_made(program: Program) -> None:
    path = await _shared(program)
    found = {
        "answers": 900,
        "reference": "buttons",
        "fewest": 200,
        "people": 3,
        "groups": [{"group": "phone", "enough": 2, "most_answers": 250, "flagged": 1, "largest": 0.7}],
    }
    await SqlComparisons(program.desk.store.engine, program.desk.moment).keep(path.rsplit("/", 1)[1], found)

    effect = (await program.get(f"{path}/figures"))["mode_effect"]

    assert {name: effect[name] for name in ("answers", "reference", "fewest", "groups")} == {
        name: found[name] for name in ("answers", "reference", "fewest", "groups")
    }


async def test_one_participation_and_one_result_are_as_in_their_feeds(program: Program) -> None:
    path = await _shared(program)
    results = (await program.get(f"{path}/results"))["items"]
    last = results[-1]
    one = last["participation"]["id"]

    assert await program.get(f"{path}/results/{one}") == last
    assert await program.get(f"{path}/participations/{one}") == last["participation"]
    assert [each["number"] for each in results] == [1, 2, 3]
    assert (last["person_number"], last["result"]["channel"]) == ("0475", "phone")


async def test_who_has_not_shared_is_found_nowhere(program: Program) -> None:
    path = await _shared(program)
    session = await program.desk.store.open_session("kiosk", "bank-1")

    told = [await program.ask("GET", f"{path}/{part}/{session}") for part in ("participations", "results")]

    assert [each[0] for each in told] == [404, 404]


async def test_a_result_put_in_a_group_comes_again_and_is_in_the_log(program: Program) -> None:
    path = await _shared(program)
    seen = await program.get(f"{path}/results")
    first = seen["items"][0]["participation"]["id"]

    status, *_ = await program.ask("PUT", f"{path}/results/{first}/group", json={"group": " mardi  matin "})

    (again,) = (await program.get(f"{path}/results?since={seen['next']}"))["items"]
    (entry,) = await program.desk.organizations.audit(program.desk.members["admin"].organization.id, 1)
    assert (status, again["participation"]["id"], again["group"]) == (204, first, "mardi matin")
    assert (entry.who, entry.action, entry.subject) == ("Tableau de bord", "participant_grouped", "1 – mardi matin")


async def test_anybody_sees_no_small_count_and_nothing_after_it_is_withdrawn(program: Program) -> None:
    path = await _shared(program)
    campaign = await program.desk.organizations.campaign(
        program.desk.members["admin"].organization.id, path.rsplit("/", 1)[1]
    )
    assert campaign is not None
    before, *_ = await program.ask("GET", f"{path}/published-figures")
    _, published, _ = await program.ask("POST", f"{path}/publish")
    few = await program.get(f"{path}/published-figures")
    for _ in range(7):
        await program.desk.share(campaign)
    told = await program.get(f"{path}/published-figures")
    _, withdrawn, _ = await program.ask("POST", f"{path}/withdraw")
    after, *_ = await program.ask("GET", f"{path}/published-figures")

    assert (before, after) == (404, 404)
    assert (published["published"], withdrawn["published"]) == (True, False)
    assert (few["people"], few["skills"]) == (None, [])
    assert told["people"] == 10
    assert told["channels"]["phone"] is None
    assert told["profiles"]["beginner"] is None


async def test_a_paper_is_printed_with_code_and_number_in_the_language_asked_for(
    program: Program, tmp_path: Path
) -> None:
    campaign = await program.desk.campaign()
    path = f"{program.here}/campaigns/{campaign.id}/kit"
    program.desk.settings = replace(program.desk.settings, documents=DocumentRules(phone=PHONE))

    status, body, headers = await program.ask("GET", f"{path}/poster-a3?locale=en")

    printed = tmp_path / "poster.pdf"
    printed.write_bytes(body)
    text = " ".join(paper.text(printed).split())  # no-break spaces too
    assert (status, headers["Content-Type"]) == (200, "application/pdf")
    assert f"{campaign.code[:3]} {campaign.code[3:6]} {campaign.code[6:]}" in text
    assert PHONE in text


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("poster-a3", 400, "documents.invalid_kit"),
        ("poster-a3?phone=none", 400, "documents.invalid_kit"),
        ("poster-a3?locale=de", 400, "api.invalid"),
        ("banner?phone=0123456789", 404, "api.not_found"),
    ],
)
async def test_a_paper_that_cannot_be_is_a_problem(program: Program, asked: str, status: int, told: str) -> None:
    campaign = await program.desk.campaign()

    answer = await program.ask("GET", f"{program.here}/campaigns/{campaign.id}/kit/{asked}")

    assert (answer[0], answer[1]["code"]) == (status, told)


async def test_a_campaign_has_its_square(program: Program) -> None:
    campaign = await program.desk.campaign()

    status, body, headers = await program.ask("GET", f"{program.here}/campaigns/{campaign.id}/qr.svg")

    assert (status, headers["Content-Type"]) == (200, "image/svg+xml")
    assert body.count("<path") >= 1


async def test_a_recorded_welcome_is_listed_and_heard(program: Program) -> None:
    asked = {"title": "Été", "path": "courriel", "welcome": {"fr": "Bonjour."}}
    _, made, _ = await program.ask("POST", f"{program.here}/campaigns", json=asked)
    path = f"{program.here}/campaigns/{made['id']}/recording"
    here, admin = program.desk.members["admin"].organization.id, program.desk.members["admin"]
    none = await program.get(path)
    await program.desk.welcomes.keep(here, made["id"], "fr", b"RIFF....", 1_200, admin)

    assert none == {"items": []}
    assert await program.get(path) == {"items": [{"locale": "fr", "duration_ms": 1_200}]}
    assert await program.get(f"{path}/fr") == b"RIFF...."
    assert (await program.ask("GET", f"{path}/en"))[0] == 404


async def test_the_file_for_accreditation_is_kept_and_says_what_it_lacks(program: Program) -> None:
    path = f"{program.here}/accreditation"
    before = await program.get(path)
    asked: dict[str, Any] = {
        "referent": "Ada",
        "access_contact": "Grace",
        "places": "Annexe",
        "adjustments": ["quiet_room"],
        "partners": [{"name": "  ", "training": True}, {"name": "GRETA", "training": False}],
    }

    status, kept, _ = await program.ask("PUT", path, json=asked)
    await program.ask("PATCH", program.here, json={"training": True})
    alone = await program.get(path)

    assert (before["way"], before["lacking"]) == (
        "network",
        ["referent", "access_contact", "places", "adjustments", "partners"],
    )
    assert (status, kept["lacking"], kept["file"]["partners"]) == (
        200,
        ["training_partner"],
        [{"name": "GRETA", "training": False}],
    )
    assert (alone["way"], alone["lacking"], alone["file"]["referent"]) == ("alone", [], "Ada")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"adjustments": ["coffee"]}, "adjustments.0"),
        ({"partners": [{}]}, "partners.0.name"),
        ({"way": "alone"}, "way"),
    ],
)
async def test_a_file_that_cannot_be_names_its_field(program: Program, asked: dict[str, Any], field: str) -> None:
    status, told, _ = await program.ask("PUT", f"{program.here}/accreditation", json=asked)

    assert (status, [each["field"] for each in told["errors"]]) == (400, [field])


async def test_a_moment_far_away_is_no_fault(program: Program) -> None:
    path = await _shared(program)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()

    assert (await program.get(f"{path}/figures?first={tomorrow}"))["counts"]["shared"] == 0
    assert (await program.ask("GET", f"{path}/results.csv?last=9999-12-31"))[0] == 200
