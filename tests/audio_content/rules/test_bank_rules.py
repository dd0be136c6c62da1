from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from audio_content.model import Content, ContentItem, ItemKind, Names
from audio_content.rules import bank_rules
from audio_content.rules.finding import Finding


def rules_of(findings: Iterable[Finding]) -> set[tuple[str, str]]:
    return {(finding.rule, finding.where) for finding in findings}


def holding(content: Content, items: Iterable[ContentItem]) -> Content:
    return replace(content, items={item.id: item for item in items})


@pytest.fixture
def many(make_item, bank: Content):
    """Give a bank of 24 items of the path, one for each key place in turn."""

    def make(
        keys: str = "abc", options: dict[str, list[str]] | None = None, kind: ItemKind = ItemKind.CHOICE
    ) -> Content:
        return holding(
            bank,
            [
                make_item(item=f"it.{number}", key=keys[number % len(keys)], options=options, kind=kind)
                for number in range(24)
            ],
        )

    return make


@pytest.mark.parametrize(("skill", "needed"), [("web.search.0", 1), ("web.search.1", 3), ("web.search.3", 2)])
def test_a_skill_needs_items_by_its_level(make_item, bank: Content, skill: str, needed: int) -> None:
    items = [make_item(item=f"it.{skill}.{letter}", skill=skill) for letter in "abc"[:needed]]

    assert ("coverage", skill) not in rules_of(bank_rules.coverage(holding(bank, items)))
    assert ("coverage", skill) in rules_of(bank_rules.coverage(holding(bank, items[1:])))


def test_competence_without_three_first_items_is_found(make_item, bank: Content) -> None:
    skills = ["web.search.0", "web.search.0", "web.navigate.0", "talk.mail.0", "talk.phone.0"]
    content = holding(bank, [make_item(item=f"it.{skill}.{place}", skill=skill) for place, skill in enumerate(skills)])
    found = rules_of(bank_rules.first_items(content))

    assert ("first-items", "competence 1.1") not in found
    assert ("first-items", "competence 2.1") in found
    assert not any("M.1" in where for _, where in found)


def test_too_many_yes_no_items_are_found(many) -> None:
    content = many(keys=("yes",), options={"yes": ["oui"], "no": ["non"]}, kind=ItemKind.YES_NO)

    assert {finding.rule for finding in bank_rules.yes_no_share(content)} == {"yes-no-share"}


def test_few_yes_no_items_are_accepted(many) -> None:
    assert list(bank_rules.yes_no_share(many())) == []


def test_keys_in_one_place_are_found(many) -> None:
    assert {finding.rule for finding in bank_rules.key_places(many(keys="b"))} == {"key-place"}


def test_keys_spread_evenly_are_accepted(many) -> None:
    assert list(bank_rules.key_places(many())) == []


def test_few_items_say_nothing_about_shares(make_item, bank: Content) -> None:
    content = holding(bank, [make_item(item=f"it.{number}", key="b") for number in range(19)])

    assert list(bank_rules.key_places(content)) == []
    assert list(bank_rules.longest_keys(content)) == []


def test_key_always_longest_is_found(many) -> None:
    content = many(keys="a", options={"a": ["une très longue option"], "b": ["deux"], "c": ["trois"]})

    assert {("key-longest", "bank fr"), ("key-longest", "bank en")} <= rules_of(bank_rules.longest_keys(content))


def test_key_never_longest_is_found(many) -> None:
    content = many(keys="b", options={"a": ["une très longue option"], "b": ["deux"], "c": ["trois"]})

    assert {("key-longest", "bank fr"), ("key-longest", "bank en")} <= rules_of(bank_rules.longest_keys(content))


def test_key_longest_now_and_then_is_accepted(many) -> None:
    content = many(options={"a": ["une très longue option"], "b": ["deux"], "c": ["trois"]})

    assert list(bank_rules.longest_keys(content)) == []


@pytest.mark.parametrize("name", ["un " * 17, "Savoir lire", "savoir lire."])
def test_name_that_cannot_be_told_is_found(bank: Content, name: str) -> None:
    names = {**bank.skill_map.names, "web.search.1": Names({"fr": name, "en": "ask"})}
    content = replace(bank, skill_map=replace(bank.skill_map, names=names))

    assert rules_of(bank_rules.spoken_names(content)) == {("spoken-name", "web.search.1 fr")}


def test_names_of_the_service_can_be_told(bank: Content) -> None:
    assert list(bank_rules.spoken_names(bank)) == []
