"""The skill map as CASE 1.1: whole, linked, repeatable."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from typing import Any

import pytest

from audio_content.case import case_package, digcomp_editions
from audio_content.model import Content

BASE = "https://service.example"


@pytest.fixture(scope="module")
def package(bank: Content) -> dict[str, Any]:
    return case_package(bank, BASE)


def test_every_node_has_an_item_in_each_language(bank: Content, package: dict[str, Any]) -> None:
    nodes = len(bank.skill_map.names)

    languages = Counter(item["language"] for item in package["CFItems"])
    coded = {item["humanCodingScheme"] for item in package["CFItems"]}

    assert languages == {"fr": nodes, "en": nodes}
    assert coded == set(bank.skill_map.names)


def test_every_link_to_our_own_leads_somewhere(package: dict[str, Any]) -> None:
    known = {item["identifier"] for item in package["CFItems"]} | {package["CFDocument"]["identifier"]}

    origins = {link["originNodeURI"]["identifier"] for link in package["CFAssociations"]}
    ours = {
        link["destinationNodeURI"]["identifier"]
        for link in package["CFAssociations"]
        if link["associationType"] in ("isChildOf", "isTranslationOf", "precedes")
    }

    assert origins <= known
    assert ours <= known


def test_identifiers_are_uuids_and_stand_once(package: dict[str, Any]) -> None:
    identifiers = [each["identifier"] for part in ("CFItems", "CFAssociations") for each in package[part]]

    assert len(identifiers) == len(set(identifiers))
    assert {uuid.UUID(identifier).version for identifier in identifiers} == {5}


def test_competences_are_aligned_with_three_editions(package: dict[str, Any]) -> None:
    aligned = [link for link in package["CFAssociations"] if link["associationType"] == "isRelatedTo"]

    editions = Counter(link["destinationNodeURI"]["uri"].split(":")[3] for link in aligned)

    assert set(editions) == {"2.1", "2.2", "3.0"}
    assert len(set(editions.values())) == 1
    assert len({link["originNodeURI"]["identifier"] for link in aligned}) == 16
    assert all(link["notes"] for link in aligned)


def test_all_of_digcomp_is_reached(bank: Content) -> None:
    reached = {number for numbers in bank.skill_map.digcomp.values() for number in numbers}

    assert [len(edition.names) for edition in digcomp_editions()] == [21, 21, 21]
    assert reached == set(digcomp_editions()[0].names)


def test_the_package_repeats_and_is_json(bank: Content, package: dict[str, Any]) -> None:
    assert json.loads(json.dumps(package, ensure_ascii=False)) == package
    assert case_package(bank, f"{BASE}/") == package


def test_the_document_tells_the_edition(bank: Content, package: dict[str, Any]) -> None:
    assert "DigComp 2.1, 2.2 and 3.0" in package["CFDocument"]["notes"]
    assert package["CFDocument"]["version"] == bank.skill_map.version
    assert package["CFDocument"]["lastChangeDateTime"].startswith(bank.skill_map.changed)
