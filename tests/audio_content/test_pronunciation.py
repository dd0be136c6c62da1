from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from audio_content.errors import InvalidLexicon
from audio_content.pronunciation import language_of, load_lexicon, own_lexicon, package_lexicon


@pytest.fixture
def lexicon_text() -> str:
    return files("audio_content").joinpath("lexicon", "fr.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("tag", "language"), [("fr", "fr"), ("fr-FR", "fr"), ("en_GB", "en"), ("EN", "en")])
def test_language_of_a_tag(tag: str, language: str) -> None:
    assert language_of(tag) == language


def test_unknown_language_has_no_lexicon() -> None:
    assert package_lexicon("de") is None
    with pytest.raises(InvalidLexicon, match=r"lexicon/de\.yaml: this language has no lexicon"):
        own_lexicon("de-DE")


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_lexicon_knows_the_words_of_the_subject(locale: str) -> None:
    lexicon = package_lexicon(locale)

    assert lexicon is not None
    assert {"Wi-Fi", "USB", "SMS", "PDF", "https", "FranceConnect", "CNIL", "PIN", "QR", "CV"} <= set(lexicon.words)


def test_version_follows_the_content(tmp_path: Path, lexicon_text: str) -> None:
    (tmp_path / "fr.yaml").write_text(lexicon_text, encoding="utf-8")
    (tmp_path / "changed.yaml").write_text(lexicon_text.replace("say: oui fi", "say: oui-fi"), encoding="utf-8")
    package = package_lexicon("fr")
    assert package is not None

    assert load_lexicon(tmp_path / "fr.yaml", "fr").version == package.version
    assert load_lexicon(tmp_path / "changed.yaml", "fr").version != package.version


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- {write: [USB]", "- {write: [SMS]", "'SMS' is said in two ways"),
        ("janvier, ", "", "'months' has 11 words instead of 12"),
        ("zéro, un, ", "zéro, ", "'cardinals' has 99 words instead of 100"),
        ("  hundred: cent\n", "", "field 'hundred' is missing"),
        ('"€": [euro, euros, centime, centimes]', '"€": [euro, euros]', "instead of 4"),
        ("words:\n", "words: x\nothers:\n", "'words' is not a list"),
    ],
)
def test_lexicon_that_contradicts_itself_is_refused(
    tmp_path: Path, lexicon_text: str, old: str, new: str, message: str
) -> None:
    assert old in lexicon_text
    (tmp_path / "fr.yaml").write_text(lexicon_text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(InvalidLexicon, match=message):
        load_lexicon(tmp_path / "fr.yaml", "fr")


def test_missing_lexicon_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidLexicon, match="the file is missing"):
        load_lexicon(tmp_path / "fr.yaml", "fr")
