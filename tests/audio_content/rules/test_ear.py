from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from audio_content.model import Content, ItemKind
from audio_content.rules.ear import confusable, distance, ear_findings, phonemes
from audio_content.rules.finding import Severity

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def test_distance_of_a_wording_to_itself_is_nothing() -> None:
    assert distance(["k", "u", "p"], ["k", "u", "p"]) == 0.0


@pytest.mark.parametrize(
    ("one", "other", "cost"),
    [
        (["p"], ["b"], 0.5),
        (["p"], ["s"], 0.8),
        (["a"], ["i"], 0.6),
        (["a"], ["p"], 1.0),
        ([], ["p"], 1.0),
        (["@"], [], 0.3),
        (["k", "u", "p", "e"], ["k", "o", "p", "j", "e"], 1.6),
    ],
)
def test_distance_weighs_families_of_sounds(one: list[str], other: list[str], cost: float) -> None:
    assert distance(one, other) == pytest.approx(cost)
    assert distance(other, one) == pytest.approx(cost)


@needs_espeak
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("couper", "copier"),
        ("couper", "coller"),
        ("copier", "coller"),
        ("six", "dix"),
        ("seize", "seize cents"),
        ("au bain", "au pain"),
        ("raccrocher", "décrocher"),
    ],
)
def test_dangerous_pairs_sound_alike(one: str, other: str) -> None:
    sounds = phonemes([one, other], "fr", "espeak-ng")

    assert confusable(sounds[one], sounds[other])


@needs_espeak
@pytest.mark.parametrize(
    ("one", "other"), [("un", "deux"), ("deux", "trois"), ("du thé", "du café"), ("je raccroche", "je réponds")]
)
def test_different_wordings_do_not_sound_alike(one: str, other: str) -> None:
    sounds = phonemes([one, other], "fr", "espeak-ng")

    assert not confusable(sounds[one], sounds[other])


@needs_espeak
def test_options_that_sound_alike_are_found(make_item, bank: Content) -> None:
    item = make_item(options={"a": ["Couper"], "b": ["Copier"], "c": ["Une belle promenade"]})
    findings = list(ear_findings(replace(bank, items={item.id: item})))

    assert {(finding.rule, finding.severity) for finding in findings} == {("ear", Severity.ERROR)}
    assert f"{item.id} fr" in {finding.where for finding in findings}


@needs_espeak
def test_options_that_differ_are_accepted(make_item, bank: Content) -> None:
    item = make_item()

    assert list(ear_findings(replace(bank, items={item.id: item}))) == []


@needs_espeak
def test_a_number_that_sounds_like_the_key_is_found(make_item, bank: Content) -> None:
    numbers = {"5": ["cinq"], "6": ["six"], "10": ["dix"]}
    six = make_item(kind=ItemKind.NUMBER, key="6", options=numbers)
    five = make_item(kind=ItemKind.NUMBER, key="5", options=numbers)

    (found,) = (
        finding
        for finding in ear_findings(replace(bank, items={six.id: six}))
        if finding.where == f"{six.id} fr" and finding.severity is Severity.ERROR
    )

    assert "'dix'" in found.message
    assert list(ear_findings(replace(bank, items={five.id: five}))) == []


@needs_espeak
def test_phonemes_do_not_depend_on_the_company() -> None:
    together = phonemes(["je raccroche", "vingt et un", "l'eau"], "fr", "espeak-ng")

    assert together["l'eau"] == phonemes(["l'eau"], "fr", "espeak-ng")["l'eau"]


def test_missing_program_is_a_note(bank: Content) -> None:
    (finding,) = ear_findings(bank, program="no-such-program")

    assert (finding.severity, finding.rule) == (Severity.NOTE, "ear")


def test_failing_program_is_a_note(bank: Content, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)

    (finding,) = ear_findings(bank, program=str(broken))

    assert finding.severity is Severity.NOTE


def test_program_that_folds_lines_is_asked_word_by_word(tmp_path: Path) -> None:
    folding = tmp_path / "folding"
    folding.write_text("#!/bin/sh\ntr -s '\\n' ' ' | sed 's/ $//'\necho\n")
    folding.chmod(0o755)

    assert phonemes(["a_b", "c"], "fr", str(folding)) == {"a_b": ("a", "b"), "c": ("c",)}
