"""What the result is worth, by voice: the rule, where this person stands, what to ask for, the nearest centre."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.voice_app.dialogue.stage import Stage, small_context
from voice_app.certification import centre_said
from voice_app.dialogue.messages import Phrase, Verbatim
from voice_app.settings import load_settings

TOLD = ["topic.worth", "topic.eligible", "topic.accreditation", "topic.adjustments"]


def asked(stage: Stage) -> list[str]:
    """Give what is said of the worth of the result, from a pause."""
    stage.keys("603")
    return [prompt for prompt in stage.prompts if prompt.startswith("topic.")]


def finished(*, right: bool) -> Stage:
    stage = Stage().to_question()
    while stage.state.session.asked is not None:
        stage.answer(right=right)
    return stage


def test_before_a_result_nothing_is_said_of_the_person() -> None:
    assert asked(Stage().to_question()) == [*TOLD, "topic.no_centre"]


@pytest.mark.parametrize(
    ("right", "ready"), [(True, {"topic.ready", "topic.ready_likely"}), (False, {"topic.ready_none"})]
)
def test_a_result_says_what_it_lets_expect(right: bool, ready: set[str]) -> None:
    told = asked(finished(right=right))

    assert told[:4] == TOLD
    assert told[4] in ready


def test_how_many_competences_there_are_is_said() -> None:
    stage = finished(right=True)
    asked(stage)

    (number,) = [part.fill["number"] for part in stage.said[-1].parts if isinstance(part, Phrase) and part.fill]
    found = stage.state.session.assessment.report().certifiable  # type: ignore[union-attr]
    assert number == f"number.{len(found.competences)}"


def test_the_nearest_centre_is_said_where_one_is_known() -> None:
    near = "Centre de Lens. Pour demander des aménagements : Samia."
    stage = Stage(context=replace(small_context(), centres={"fr": near})).to_question()

    assert asked(stage)[-1] == "topic.centre"
    told = next(part for part in stage.said[-1].parts if isinstance(part, Phrase) and part.prompt == "topic.centre")
    assert told.fill == {"words": Verbatim(near)}


def test_the_centre_near_the_service_s_commune_is_found_with_its_contact(tmp_path: Path) -> None:
    from audio_content.referral.centres import read_centres
    from audio_content.referral.shelf import keep_places
    from audio_content.referral.territory import load_territory

    folder = load_settings().data_folder / "territory"
    if not (folder / "territory.json").is_file():
        pytest.skip("the communes were not fetched (scripts/fetch_territory)")
    (tmp_path / "territory").symlink_to(folder)
    head = "centre_id,nom,adresse,code_insee,commune,telephone,public_externe,date_verification,contact_accessibilite"
    rows = f"{head}\nc1,Espace Jean Jaurès,1 rue A,51454,Reims,+33326000000,oui,{date.today()},Samia\n"
    places = read_centres(rows.encode(), load_territory(folder / "territory.json"), date.today()).places
    keep_places(tmp_path / "places", "centres", places)

    told = centre_said("51454", tmp_path)

    assert "Espace Jean Jaurès" in told["fr"]
    assert all("Samia" in words for words in told.values())
    assert set(told) == {"fr", "en"}


def test_without_a_commune_no_centre_is_known(tmp_path: Path) -> None:
    assert centre_said("", tmp_path) == {}
    assert centre_said("51454", tmp_path) == {}
