"""Statements: one event, one statement, always the same; no time, no name, no score."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from engine.sync.events import Envelope
from engine.sync.xapi import (
    TOLD_KINDS,
    VOCABULARY,
    ItemFacts,
    SessionFacts,
    Statement,
    Teller,
    registration_of,
    statement_id,
    statement_of,
)

EVENT_ID = "0199a2b4-1234-7abc-8def-123456789012"
SESSION = "0199a2b4-0000-7abc-8def-000000000001"
FACTS = SessionFacts("abc_diag", "fr")
TELLER = Teller(
    "https://site.example",
    b"secret",
    lambda item: ItemFacts("1.1", "rec.search.1", {"fr": "Où chercher ?"}) if item == "known" else None,
)
CERTAIN = {"correct": 1.0, "incorrect": 0.0, "dont_know": 0.0}


def event(kind: str, **payload: Any) -> Envelope:
    return Envelope(
        EVENT_ID,
        "site",
        12,
        SESSION,
        kind,
        payload,
        "kiosk",
        "participant",
        "bank-1",
        "2026-11-27T09:41:23.123456+00:00",
    )


def answer(option: str | None = "a", evidence: dict[str, float] | None = None, item: str = "known") -> Envelope:
    return event("item_answered", item=item, option=option, evidence=evidence or CERTAIN, aid=0, input_mode="voice")


def told(envelope: Envelope, facts: SessionFacts = FACTS) -> Statement:
    statement = statement_of(envelope, facts, TELLER)
    assert statement is not None
    return statement


def test_the_same_event_gives_the_same_statement() -> None:
    assert told(answer()) == told(answer())


def test_ids_are_uuids_of_version_5_and_the_events_own() -> None:
    other = replace(answer(), id="0199a2b4-1234-7abc-8def-123456789013")

    assert UUID(told(answer())["id"]).version == 5
    assert told(other)["id"] != told(answer())["id"]


def test_a_session_is_one_registration_and_one_pseudonym() -> None:
    first, second = told(event("session_started")), told(answer())

    assert first["context"]["registration"] == second["context"]["registration"] == registration_of(SESSION)
    assert first["actor"] == second["actor"]


def test_the_pseudonym_tells_neither_session_nor_site_that_made_it() -> None:
    other = Teller("https://site.example", b"another", TELLER.item)
    statement = statement_of(answer(), FACTS, other)

    assert statement is not None
    assert statement["actor"] != told(answer())["actor"]
    assert SESSION not in json.dumps(told(answer()))


def test_nothing_is_timed() -> None:
    statement = told(answer())

    assert statement["timestamp"] == "2026-11-27T00:00:00.000Z"
    assert "duration" not in json.dumps(statement)
    assert "09:41" not in json.dumps(statement)


@pytest.mark.parametrize(
    ("option", "evidence", "expected"),
    [
        ("a", CERTAIN, {"response": "a", "success": True}),
        ("b", {"correct": 0.0, "incorrect": 1.0, "dont_know": 0.0}, {"response": "b", "success": False}),
        (None, {"correct": 0.0, "incorrect": 0.0, "dont_know": 1.0}, {"response": "dont_know"}),
    ],
)
def test_a_certain_answer_has_success_and_i_do_not_know_has_none(
    option: str | None, evidence: dict[str, float], expected: dict[str, Any]
) -> None:
    assert told(answer(option, evidence))["result"] == expected


def test_a_half_heard_answer_tells_its_likelihoods_and_no_success() -> None:
    evidence = {"correct": 0.8, "incorrect": 0.15, "dont_know": 0.05}

    result = told(answer("a", evidence))["result"]

    assert "success" not in result
    assert result["extensions"] == {f"{VOCABULARY}/extensions/evidence": evidence}


def test_an_item_that_is_no_more_is_told_by_its_id() -> None:
    statement = told(answer(item="gone"))

    assert statement["object"]["id"] == f"{VOCABULARY}/items/gone"
    assert "grouping" not in statement["context"]["contextActivities"]


def test_a_withdrawn_answer_voids_its_statement() -> None:
    statement = told(event("answer_withdrawn", item="known"), replace(FACTS, withdrawn="answer-event"))

    assert statement["object"] == {"objectType": "StatementRef", "id": statement_id("answer-event")}
    assert "platform" not in statement["context"]


def test_only_what_the_person_shared_names_their_participation() -> None:
    snapshot = {"profile": "almost", "areas": {"1": {"questions": 2}}, "next_step": None, "helped": 1}
    facts = replace(FACTS, participation="participation-7")

    shared = told(event("result_shared", campaign="campaign-1", snapshot=snapshot), facts)

    assert shared["actor"]["account"] == {
        "homePage": "https://site.example/campaigns/campaign-1",
        "name": "participation-7",
    }
    assert told(answer(), facts)["actor"]["account"]["homePage"] == "https://site.example"
    assert set(shared["result"]["extensions"]) == {f"{VOCABULARY}/extensions/{name}" for name in ("profile", "areas")}


@pytest.mark.parametrize("kind", ["preferences_set", "practice_done", "item_asked", "item_not_administered"])
def test_what_tells_nothing_about_learning_is_not_told(kind: str) -> None:
    assert kind not in TOLD_KINDS
    assert statement_of(event(kind), FACTS, TELLER) is None


def test_no_statement_has_a_score() -> None:
    finished = told(event("session_finished", reason="enough"))

    assert finished["result"] == {"completion": True}
