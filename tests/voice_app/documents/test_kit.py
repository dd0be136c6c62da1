"""The communication kit: every paper accessible, of its size, filled, its square read back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from engine.organization.codes import campaign_code
from tests.voice_app.dialogue.test_real_content import real_context
from tests.voice_app.documents import paper
from voice_app.documents.kit import PAPERS, InvalidKit, KitFacts, grouped, key_card, kit_papers
from voice_app.documents.squares import call_of

DOCS = Path(__file__).parents[3] / "docs"
DAY = date(2026, 11, 27)
CAMPAIGN = campaign_code("0000012") or ""
NAME = "Maison des services publics et de la médiation numérique de Saint-Rémy-en-Bouzemont"
PHONE = "01 23 45 67 89"
ADDRESS = "https://numerique.saint-remy-en-bouzemont.example.org"
PAGES = {
    "poster-a3": [(297, 420)],
    "flyer-a5": [(148, 210)] * 2,
    "key-card": [(210, 297)],
    "mediator-script": [(210, 297)] * 2,
    "persona-cards": [(210, 297)] * 3,
    "consent": [(210, 297)],
}
WITH_SQUARE = ("poster-a3", "flyer-a5")
FULL = {locale: KitFacts(NAME, PHONE, CAMPAIGN, ADDRESS, locale) for locale in ("fr", "en")}


@pytest.fixture(scope="module")
def kits(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Every paper in both languages, made once: (paper, locale) -> file."""
    folder = tmp_path_factory.mktemp("kit")
    made: dict[tuple[str, str], Path] = {}
    for locale, facts in FULL.items():
        for name, body in kit_papers(facts, real_context().content, DAY, folder / "fonts"):
            made[name, locale] = folder / f"{name}-{locale}.pdf"
            made[name, locale].write_bytes(body)
    return made


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("name", PAPERS)
def test_both_checkers_find_nothing(name: str, locale: str, kits: dict[tuple[str, str], Path]) -> None:
    assert paper.faults(kits[name, locale]) == []


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("name", PAPERS)
def test_a_long_name_leaves_each_paper_its_size(name: str, locale: str, kits: dict[tuple[str, str], Path]) -> None:
    assert paper.sizes(kits[name, locale]) == PAGES[name]


@pytest.mark.parametrize("name", WITH_SQUARE)
def test_square_opens_the_campaign(name: str, kits: dict[tuple[str, str], Path]) -> None:
    assert paper.squares(kits[name, "fr"]) == [f"{ADDRESS}/#code={CAMPAIGN}"]


def test_square_of_the_poster_is_read_from_afar(kits: dict[tuple[str, str], Path]) -> None:
    assert paper.squares(kits["poster-a3", "fr"], dpi=30) == [f"{ADDRESS}/#code={CAMPAIGN}"]


@pytest.mark.parametrize("name", ["poster-a3", "flyer-a5", "mediator-script", "consent"])
def test_name_is_printed(name: str, kits: dict[tuple[str, str], Path]) -> None:
    assert NAME in paper.text(kits[name, "fr"])


@pytest.mark.parametrize("name", WITH_SQUARE)
def test_number_and_code_are_printed_as_they_are_said(name: str, kits: dict[tuple[str, str], Path]) -> None:
    told = paper.text(kits[name, "en"])

    assert PHONE in told
    assert " ".join(CAMPAIGN[at : at + 3] for at in (0, 3, 6)) in told
    assert "Oral estimation aligned with the CRCN" in told


def test_keys_are_read_in_the_order_of_the_keypad(kits: dict[tuple[str, str], Path]) -> None:
    told = paper.text(kits["key-card", "en"])
    places = [told.index(f"{key} {does}") for key, does in (("1", "Answer 1"), ("5", "Explain"), ("9", "Correct"))]

    assert places == sorted(places)
    assert told.index("* Repeat") < told.index("0 A person") < told.index("# I don")


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_card_alone_has_a_line_for_the_number(locale: str, tmp_path: Path) -> None:
    file = tmp_path / "card.pdf"
    file.write_bytes(key_card(real_context().content, locale, DAY, tmp_path / "fonts"))

    assert paper.faults(file) == []
    assert paper.sizes(file) == PAGES["key-card"]
    assert PHONE not in paper.text(file)
    assert "{" not in paper.text(file)


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_card_of_the_documentation_has_the_words_of_today(locale: str, tmp_path: Path) -> None:
    fresh = tmp_path / "card.pdf"
    fresh.write_bytes(key_card(real_context().content, locale, DAY, tmp_path / "fonts"))

    assert paper.text(DOCS / f"key-card-{locale}.pdf") == paper.text(fresh)


def test_square_dials_where_there_is_no_page(tmp_path: Path) -> None:
    name, body = next(kit_papers(KitFacts("Mairie", PHONE), real_context().content, DAY, tmp_path))
    file = tmp_path / f"{name}.pdf"
    file.write_bytes(body)

    assert paper.squares(file) == ["tel:0123456789"]
    assert paper.faults(file) == []


def test_number_abroad_keeps_its_plus() -> None:
    assert call_of("+33 (0)1 23") == "tel:+330123"


@pytest.mark.parametrize(("code", "said"), [("12345674", "12 34 56 74"), (CAMPAIGN, "900 000 12")])
def test_codes_are_grouped_as_they_are_said(code: str, said: str) -> None:
    assert grouped(code).replace("\u00a0", " ").startswith(said)


@pytest.mark.parametrize(
    ("name", "phone", "code"), [(" ", PHONE, ""), ("Mairie", "", ""), ("Mairie", PHONE, "123456789")]
)
def test_what_cannot_be_right_is_not_printed(name: str, phone: str, code: str) -> None:
    with pytest.raises(InvalidKit):
        KitFacts(name, phone, code)
