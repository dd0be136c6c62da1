"""Ready for the certification? Said from a session's code, with centres near and the adjustments to ask for."""

from __future__ import annotations

import re

import pytest
from quart import Quart

from audio_content.model import LOCALES
from engine.organization.accreditation import ADJUSTMENTS
from voice_app.errors import TooManyAttempts
from voice_app.session_report import NoResultYet, UnknownCode
from voice_app.web.certification import PATH, Eligibility, certification_blueprint
from voice_app.web.page_words import book_of_words

ORIGIN = {"Origin": "http://localhost"}
FOUND = {
    "11111111": Eligibility(("Gérer des données",) * 5, 5, certain=True),
    "22222222": Eligibility(("Gérer des données",) * 5, 5, certain=False),
    "33333333": Eligibility(("Gérer des données",) * 2, 5, certain=False),
}


async def ready(code: str, asker: str, locale: str) -> Eligibility:
    if code == "44444444":
        raise NoResultYet("not yet")
    if code == "55555555":
        raise TooManyAttempts("wait")
    if code not in FOUND:
        raise UnknownCode(code)
    return FOUND[code]


def centres(postal_code: str, locale: str) -> tuple[str, ...]:
    return ("Centre de Lens. Pour demander des aménagements : Samia.",) if postal_code == "62300" else ()


async def _page(form: dict[str, str] | None, headers: dict[str, str] | None = None) -> tuple[int, str]:
    app = Quart(__name__, static_folder=None)
    app.register_blueprint(certification_blueprint(ready, centres))
    client, path = app.test_client(), f"{PATH}?lang=fr"
    answer = await (client.get(path) if form is None else client.post(path, form=form, headers=headers or ORIGIN))
    return answer.status_code, re.sub(r"[\s\u00a0\u202f]+", " ", await answer.get_data(as_text=True))


def test_both_locales_have_the_same_words_of_certification() -> None:
    french, english = (book_of_words("certification", locale) for locale in LOCALES)

    assert {section: set(names) for section, names in french.items()} == {
        section: set(names) for section, names in english.items()
    }
    assert set(french["adjustment"]) == set(ADJUSTMENTS)


async def test_the_rule_is_told_without_a_code() -> None:
    status, page = await _page(None)

    assert status == 200
    assert "le niveau 1 dans cinq compétences" in page
    assert "Nous ne certifions rien." in page
    assert '<a href="/?lang=fr#path=repetition">Commencer une répétition</a>' in page


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("1111 1111", "Oui, vous pouvez vous inscrire : 5 compétences"),
        ("22222222", "Probablement oui"),
        ("33333333", "Pas encore : 2 compétences"),
    ],
)
async def test_a_session_says_what_its_result_lets_expect(code: str, told: str) -> None:
    status, page = await _page({"code": code})

    assert status == 200
    assert told in page
    assert "pas une certification" in page


@pytest.mark.parametrize(
    ("code", "told"), [("44444444", "pas terminé"), ("55555555", "Attendez"), ("66666666", "n’ouvre rien")]
)
async def test_a_code_without_result_is_told(code: str, told: str) -> None:
    status, page = await _page({"code": code})

    assert status == 400
    assert told in page


async def test_the_request_names_the_centre_and_the_adjustments() -> None:
    _, page = await _page({"postal_code": "62300", "adjustment_screen_reader": "yes", "adjustment_magic": "yes"})

    assert "Pour demander des aménagements : Samia." in page
    assert "<li>Un lecteur d’écran, ou une version adaptée aux personnes aveugles</li>" in page
    assert "<li>Du temps en plus</li>" not in page


async def test_where_no_centre_is_known_it_is_said() -> None:
    assert "Aucun centre vérifié" in (await _page({"postal_code": "97400"}))[1]


async def test_a_form_of_another_site_is_refused() -> None:
    assert (await _page({"code": "11111111"}, {"Origin": "https://elsewhere.example"}))[0] == 403
