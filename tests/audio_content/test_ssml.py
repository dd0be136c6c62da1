"""A question in SSML: pauses, marks, words instead of signs."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from audio_content.ssml import NAMESPACE, question_ssml
from tests.audio_content.conftest import MakeItem

SPEAK = f"{{{NAMESPACE}}}"


def test_stem_then_options_with_pauses_and_marks(make_item: MakeItem) -> None:
    root = ET.fromstring(question_ssml(make_item(), "fr"))  # noqa: S314 - made by the test

    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr-FR"
    assert [mark.get("name") for mark in root.iter(f"{SPEAK}mark")] == ["a", "b", "c"]
    assert [pause.get("time") for pause in root.iter(f"{SPEAK}break")] == ["600ms", "350ms", "350ms"]


def test_signs_are_said_in_words(make_item: MakeItem) -> None:
    item = make_item(stem="Le 33700 & le 3018 : à quoi servent-ils ?")

    root = ET.fromstring(question_ssml(item, "fr"))  # noqa: S314 - made by the test

    alias = next(root.iter(f"{SPEAK}sub")).get("alias")
    assert alias is not None
    assert not any(character.isdigit() for character in alias)
