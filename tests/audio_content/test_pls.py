from __future__ import annotations

import pytest

from audio_content.errors import InvalidLexicon
from audio_content.pls import from_pls, to_pls
from audio_content.pronunciation import package_lexicon

DOCUMENT = """<?xml version="1.0"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="fr-FR">
  <lexeme><grapheme>Wi-Fi</grapheme><grapheme>wifi</grapheme><alias>oui fi</alias></lexeme>
</lexicon>"""


@pytest.mark.parametrize(("locale", "tag"), [("fr", "fr-FR"), ("en", "en-GB")])
def test_lexicon_survives_the_journey(locale: str, tag: str) -> None:
    lexicon = package_lexicon(locale)
    assert lexicon is not None

    returned = from_pls(to_pls(lexicon.words, locale))

    assert (returned.language, dict(returned.words)) == (tag, dict(lexicon.words))


def test_signs_of_xml_survive_the_journey() -> None:
    words = {"R&D": "ère et dé", "a<b": "a b"}

    assert dict(from_pls(to_pls(words, "fr")).words) == words


def test_words_said_alike_share_a_lexeme() -> None:
    assert to_pls({"wifi": "oui fi", "Wi-Fi": "oui fi"}, "fr").count("<lexeme>") == 1


def test_document_of_another_system_is_read() -> None:
    assert dict(from_pls(DOCUMENT).words) == {"Wi-Fi": "oui fi", "wifi": "oui fi"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<alias>oui fi</alias>", "<phoneme>wifi</phoneme>", "lacks its grapheme or its alias"),
        ("<alias>oui fi</alias>", "<alias> </alias>", "lacks its grapheme or its alias"),
        ("<grapheme>wifi</grapheme>", "<grapheme/>", "lacks its grapheme or its alias"),
        ("</lexicon>", "", "not readable as XML"),
        ("2005/01/pronunciation-lexicon", "2001/other", "not a PLS lexicon"),
        ('<?xml version="1.0"?>', '<!DOCTYPE x [<!ENTITY a "b">]>', "declares entities"),
        (
            "</lexicon>",
            "<lexeme><grapheme>wifi</grapheme><alias>ouaille</alias></lexeme></lexicon>",
            "wifi: this word is said in two ways",
        ),
    ],
)
def test_document_outside_the_subset_is_refused(old: str, new: str, message: str) -> None:
    assert old in DOCUMENT

    with pytest.raises(InvalidLexicon, match=message):
        from_pls(DOCUMENT.replace(old, new))
