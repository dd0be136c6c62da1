"""The pages of results: charts that are tables and sentences too, filters in the address, figures for anybody."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from audio_content.model import LOCALES
from engine.organization.tallies import PROFILES
from tests.voice_app.documents import paper
from tests.voice_app.web.organization.desk import Browser, Desk
from voice_app.dialogue.profile import Profile
from voice_app.documents.kit import PAPERS
from voice_app.organizations import Campaign
from voice_app.web.page_words import book_of_words


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.store.close()


async def _with_results(desk: Desk, *, kiosk: int = 1, phone: int = 1) -> tuple[Campaign, Browser, str]:
    campaign = await desk.campaign()
    for _ in range(kiosk):
        await desk.share(campaign)
    for _ in range(phone):
        await desk.share(campaign, (), "phone", "beginner")
    return campaign, await desk.browser("mediator"), f"/org/{desk.ours}/campaigns/{campaign.id}"


@pytest.mark.parametrize("book", ["results", "kit"])
def test_both_locales_have_the_same_words_of_results(book: str) -> None:
    french, english = (book_of_words(book, locale) for locale in LOCALES)

    assert {section: set(names) for section, names in french.items()} == {
        section: set(names) for section, names in english.items()
    }


def test_profiles_are_those_of_the_spoken_result() -> None:
    assert [profile.value for profile in Profile] == list(PROFILES)


async def test_a_chart_is_a_sentence_a_drawing_and_a_table_of_the_same_numbers(desk: Desk) -> None:
    _, browser, here = await _with_results(desk, kiosk=3)

    page = re.sub(r"[\s\u00a0\u202f]+", " ", await browser.text(f"{here}/results/"))

    assert "Le profil le plus fréquent est « presque autonome » : 3." in page
    assert "C’est « Information et données » qui reste le plus à apprendre : 4 réponses sur 7." in page
    assert page.count('<svg role="img"') == 3
    assert "Information et données acquis 3, à apprendre 4" in " ".join(re.findall(r"<text[^>]*>([^<]*)<", page))
    assert re.search(r'Information et données</th><td class="number">3</td><td class="number">4</td>', page)
    assert "style=" not in page


async def test_results_are_narrowed_by_the_address(desk: Desk) -> None:
    campaign, browser, here = await _with_results(desk)
    await desk.results.put_in_cohort(
        campaign.organization.id, campaign.id, await desk.participant(campaign), "mardi", desk.members["admin"]
    )

    told = {
        query: "Envoyés par la personne\u00a0: 1" in await browser.text(f"{here}/results/?{query}")
        for query in ("channel=phone", "cohort=mardi", "first=2020-01-01&last=2020-02-01", "channel=", "channel=tape")
    }
    rows = csv.reader(io.StringIO(await browser.text(f"{here}/results.csv?channel=phone")), delimiter=";")

    assert told == {
        "channel=phone": True,
        "cohort=mardi": True,
        "first=2020-01-01&last=2020-02-01": False,
        "channel=": False,
        "channel=tape": False,
    }
    assert [row[4] for row in rows][1:] == ["téléphone"]
    assert "Ce moyen n’existe pas." in await browser.text(f"{here}/results/?channel=tape")
    assert "La dernière date n’en est pas une." in await browser.text(f"{here}/results/?last=tomorrow")


async def test_one_result_is_told_by_area_with_what_is_shown_and_what_is_to_learn(desk: Desk) -> None:
    campaign, browser, here = await _with_results(desk, kiosk=1, phone=0)
    listed = await browser.text(f"{here}/participants/")
    participant = await desk.participant(campaign)
    assert f'href="{participant}"' in listed

    page = re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", await browser.text(f"{here}/participants/{participant}?lang=en"))
    )

    assert "Result 1" in page
    assert "Profile almost autonomous Answers with help 1" in page
    assert "Information and data Mastered ask a search engine a question To learn" in page
    assert (await browser.get(f"{here}/participants/nobody")).status_code == 404


async def test_a_result_is_put_in_a_group_by_its_form(desk: Desk) -> None:
    campaign, browser, here = await _with_results(desk)
    await browser.get(f"{here}/participants/")
    path = f"{here}/participants/{await desk.participant(campaign)}"

    answer = await browser.post(path, {"cohort": " atelier  du mardi "})

    assert answer.status_code == 303
    assert 'value="atelier du mardi"' in await browser.text(f"{here}/participants/?cohort=atelier+du+mardi")


async def test_a_result_of_another_campaign_is_not_put_in_a_group(desk: Desk) -> None:
    theirs = await desk.campaign("stranger")
    await desk.share(theirs)
    _, browser, here = await _with_results(desk)
    await browser.get(f"{here}/participants/")

    answer = await browser.post(f"{here}/participants/{await desk.participant(theirs)}", {"cohort": "mardi"})

    assert answer.status_code == 404
    assert await desk.results.cohorts(theirs.organization.id, theirs.id) == []


async def test_anybody_sees_figures_only_when_they_are_published_and_never_of_few_people(desk: Desk) -> None:
    campaign, browser, here = await _with_results(desk, kiosk=6, phone=5)
    await browser.get(f"{here}/")
    anybody = await desk.browser()
    path = f"/org/figures/{campaign.code}"

    before = (await anybody.get(path)).status_code
    await browser.post(f"{here}/publish", {"published": "yes"})
    first = await anybody.text(path)
    await desk.share(campaign, (), "phone", "autonomous")
    second = await anybody.text(path)
    await browser.post(f"{here}/publish", {"published": "no"})

    assert before == 404
    assert "Environ 10 personnes" in first
    assert re.search(r"presque autonome</th><td class=\"number\">environ 5", first)
    assert re.search(r"autonome</th><td class=\"number\">peu", first)
    assert second == first
    assert (await anybody.get(path)).status_code == 404


async def test_too_few_people_give_no_figures(desk: Desk) -> None:
    campaign, browser, here = await _with_results(desk, kiosk=3)
    await browser.get(f"{here}/")
    await browser.post(f"{here}/publish", {"published": "yes"})

    page = await (await desk.browser()).text(f"/org/figures/{campaign.code}")

    assert "Il n’y a pas encore assez de résultats" in page
    assert "<table" not in page


async def test_campaigns_are_found_by_state_and_tag(desk: Desk) -> None:
    browser = await desk.browser("admin")
    await browser.get(f"/org/{desk.ours}/campaigns/new")
    form = {"title": "Été", "path": "abc_diag", "tags": "Plage, seniors,plage"}
    await browser.post(f"/org/{desk.ours}/campaigns/new", form)
    await desk.campaign()

    told = {query: await browser.text(f"/org/{desk.ours}/?{query}") for query in ("tag=plage", "state=archived", "")}

    assert [("Été" in page, "Printemps" in page) for page in told.values()] == [
        (True, False),
        (False, False),
        (True, True),
    ]
    assert "Aucun parcours ne correspond" in told["state=archived"]


async def test_a_campaign_may_ask_about_chosen_competences(desk: Desk) -> None:
    browser = await desk.browser("admin")
    await browser.get(f"/org/{desk.ours}/campaigns/new")
    form = {"title": "À nous", "path": "chosen", "level": "3", "competence_4.1": "yes", "competence_1.1": "yes"}

    refused = await browser.post(f"/org/{desk.ours}/campaigns/new", {"title": "Vide", "path": "chosen", "level": "3"})
    made = await browser.post(f"/org/{desk.ours}/campaigns/new", form)
    page = await browser.text(made.headers["Location"])

    (campaign,) = await desk.organizations.campaigns(desk.members["admin"].organization.id)
    assert refused.status_code == 400
    assert campaign.path == "set:1.1,4.1@3"
    assert "Mener une recherche et une veille d&#39;information, Sécuriser" in page
    assert {item.skill.split(".")[0] for item in desk.content.engine_items(campaign.path)} <= {"web", "safe"}


async def test_a_file_for_accreditation_says_what_it_lacks(desk: Desk) -> None:
    browser, path = await desk.browser("admin"), f"/org/{desk.ours}/accreditation/"
    before = await browser.text(path)
    form = {"referent": "Ada", "access_contact": "Ada", "places": "ici", "adjustment_extra_time": "yes"}

    await browser.post(path, {**form, "partner_1": "GRETA", "training_1": "yes"})
    after = await (await desk.browser("viewer")).text(path)

    assert "en réseau" in before
    assert "Un contact pour l’accessibilité" in before
    assert "Le dossier est complet" in after
    assert "GRETA" in after
    assert '<form method="post" class="sheet-form"' not in after


@pytest.mark.parametrize("lang", ["fr", "en"])
async def test_a_campaign_prints_its_own_papers(desk: Desk, lang: str, tmp_path: Path) -> None:
    campaign, browser = await desk.campaign(), await desk.browser("viewer")
    kit = f"/org/{desk.ours}/campaigns/{campaign.id}/kit/"
    form, poster = await browser.text(f"{kit}?lang={lang}"), tmp_path / "poster.pdf"

    refused = await browser.get(f"{kit}poster-a3.pdf?phone=bientot")
    answer = await browser.get(f"{kit}poster-a3.pdf?phone=01+23+45+67+89&paper_lang={lang}")
    poster.write_bytes(await answer.get_data(as_text=False))

    assert refused.status_code == 400
    assert 'role="alert"' in await refused.get_data(as_text=True)
    assert all(f"{kit}{each}.pdf" in form for each in PAPERS)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="poster-a3-{lang}.pdf"'
    assert paper.squares(poster) == [f"http://localhost/#code={campaign.code}"]
    assert "la Maison Bleue" in paper.text(poster)
    assert paper.faults(poster) == []
    assert (await browser.get(f"{kit}cake.pdf?phone=01")).status_code == 404
