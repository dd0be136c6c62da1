"""The pronunciation lexicon of one language, read from `lexicon/<locale>.yaml`.

Words with a spelling that makes any voice say them (aliases rather than phonemes: every engine reads an alias, each has
its own phonemes), and the tables of number words, months, units, signs and short forms that `notation` uses.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from audio_content.errors import ContentError, InvalidLexicon
from audio_content.numerals import NumberWords
from audio_content.sources import Node, Tree, read

ONE_AND_SEVERAL = 2
CURRENCY_FORMS = 4
_TO_99 = 100


@dataclass(frozen=True, slots=True)
class AddressWords:
    """How the signs of an address of mail or of the web are said, and the endings by which one is known."""

    at: str
    dot: str
    dash: str
    underscore: str
    slash: str
    colon: str
    www: str
    endings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything that turns written text into words in one language. `version` is a digest: part of a sound's recipe.

    `words`: written form -> said form, upper and lower case distinct. `units`: unit -> (one, several). `currencies`:
    sign -> (one, several, one hundredth, several hundredths).
    """

    locale: str
    version: str
    words: Mapping[str, str]
    numbers: NumberWords
    minus: str
    to: str
    over: str
    feminine: frozenset[str]
    fractions: Mapping[str, str]
    months: tuple[str, ...]
    hour: tuple[str, ...]
    clock: Mapping[str, str]
    currencies: Mapping[str, tuple[str, ...]]
    units: Mapping[str, tuple[str, ...]]
    address: AddressWords
    letters: Mapping[str, str]
    signs: Mapping[str, str]
    titles: Mapping[str, str]
    numero: Mapping[str, str]
    short_forms: Mapping[str, str]


def language_of(locale: str) -> str:
    """Give the language of a tag: "fr" for "fr", "fr-FR" and "fr_CA"."""
    return locale.replace("_", "-").partition("-")[0].lower()


@functools.cache
def package_lexicon(locale: str) -> Lexicon | None:
    """Give the service's own lexicon of a locale, None when there is none. Raises InvalidLexicon."""
    language = language_of(locale)
    file = files("audio_content").joinpath("lexicon", f"{language}.yaml")
    if not file.is_file():
        return None
    name = f"lexicon/{language}.yaml"
    return _checked(read(file, name), name, language)


def own_lexicon(locale: str) -> Lexicon:
    """Give the service's own lexicon of a locale that it speaks. Raises InvalidLexicon when there is none."""
    lexicon = package_lexicon(locale)
    if lexicon is None:
        file = f"lexicon/{language_of(locale)}.yaml"
        raise InvalidLexicon.of(file, "", "this language has no lexicon", "Write the file, after lexicon/fr.yaml")
    return lexicon


def load_lexicon(file: Path, locale: str) -> Lexicon:
    """Give the lexicon of a file. Raises InvalidLexicon when it is missing or contradicts itself."""
    try:
        tree = read(file, file.name)
    except ContentError as error:
        raise InvalidLexicon(error.faults) from error
    return _checked(tree, file.name, language_of(locale))


def _checked(tree: Tree, file: str, locale: str) -> Lexicon:
    try:
        return _lexicon(Node.of(tree, file, ""), tree, locale)
    except ContentError as error:
        raise InvalidLexicon(error.faults) from error


def _lexicon(root: Node, tree: Tree, locale: str) -> Lexicon:
    numerals = root.node("numerals")
    return Lexicon(
        locale=locale,
        version=hashlib.sha256(json.dumps(tree, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16],
        words=_words(root),
        numbers=_number_words(numerals),
        minus=numerals.text("minus"),
        to=numerals.text("to"),
        over=numerals.text("over"),
        feminine=frozenset(root.texts("feminine")),
        fractions=_mapping(root, "fractions"),
        months=_sized(root, "months", 12),
        hour=_sized(root, "hour", ONE_AND_SEVERAL),
        clock=_mapping(root, "clock"),
        currencies=_forms(root, "currencies", CURRENCY_FORMS),
        units=_forms(root, "units", ONE_AND_SEVERAL),
        address=_address(root.node("address")),
        letters=_mapping(root, "letters"),
        signs=_mapping(root, "signs"),
        titles=_mapping(root, "titles"),
        numero=_mapping(root, "numero"),
        short_forms=_mapping(root, "short_forms"),
    )


def _words(root: Node) -> dict[str, str]:
    words: dict[str, str] = {}
    for node in root.nodes("words"):
        node.only("write", "say")
        for written in node.texts("write"):
            if written in words:
                raise node.fault(f"{written!r} is said in two ways", "Keep one of them")
            words[written] = node.text("say")
    return words


def _number_words(node: Node) -> NumberWords:
    conjunction = node.text_or_none("and")
    return NumberWords(
        cardinals=_sized(node, "cardinals", _TO_99),
        ordinals=_sized(node, "ordinals", _TO_99 - 1),
        hundred=node.text("hundred"),
        hundreds=node.text("hundreds"),
        thousand=node.text("thousand"),
        million=node.text("million"),
        millions=node.text("millions"),
        first_feminine=node.text("first_feminine"),
        decimal=node.text("decimal"),
        conjunction=conjunction,
        decimals_one_by_one=node.truth("decimals_one_by_one"),
    )


def _address(node: Node) -> AddressWords:
    return AddressWords(
        at=node.text("at"),
        dot=node.text("dot"),
        dash=node.text("dash"),
        underscore=node.text("underscore"),
        slash=node.text("slash"),
        colon=node.text("colon"),
        www=node.text("www"),
        endings=node.texts("endings"),
    )


def _mapping(root: Node, name: str) -> dict[str, str]:
    if name not in root.fields:
        return {}
    node = root.node(name)
    return {key: node.text(key) for key in node.fields}


def _forms(root: Node, name: str, count: int) -> dict[str, tuple[str, ...]]:
    node = root.node(name)
    return {key: _sized(node, key, count) for key in node.fields}


def _sized(node: Node, name: str, count: int) -> tuple[str, ...]:
    values = node.texts(name)
    if len(values) != count:
        raise node.fault(f"{name!r} has {len(values)} words instead of {count}", "Complete or shorten the list")
    return values
