"""Every path and module of the content can be served; another name is refused with the names that exist."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audio_content.loader import load
from voice_app.app import dialogue_context
from voice_app.settings import AssessmentRules, InvalidSetting, Settings

content = load()


def on(path: str) -> Settings:
    return replace(Settings(), assessment=replace(Settings().assessment, path=path))


def test_every_path_and_module_makes_a_bank() -> None:
    for path in (*content.skill_map.paths, *content.skill_map.modules):
        context = dialogue_context(on(path), content)
        assert len(context.bank.items) == len(content.engine_items(path)) > 0, path


@pytest.mark.parametrize(
    ("path", "policy", "most"),
    [
        ("abc_diag", "abc_diag", 12),
        ("set:1.1,4.1@3", "abc_diag", 12),
        ("abc_pix", "abc_pix", 15),
        ("courriel", "abc_pix", 6),
        ("positionnement", "positioning", 52),
        ("mediateur", "mediator", 37),
        ("emploi", "job_seeker", 22),
        ("repetition", "rehearsal", 32),
    ],
)
def test_a_path_has_its_policy_and_no_more_questions_than_there_are(path: str, policy: str, most: int) -> None:
    settings = replace(Settings(), assessment=AssessmentRules(max_items=12))

    context = dialogue_context(settings, content, path)

    assert (context.policy.name, context.most) == (policy, most)


def test_a_rehearsal_asks_nothing_outside_the_framework_of_the_certification() -> None:
    asked = {content.skill_map.area_of[skill] for skill in content.skill_map.paths["repetition"]}

    assert asked == {"1", "2", "3", "4", "5"}


def test_an_unknown_path_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InvalidSetting, match=r"'nowhere' is not one of .*positionnement"):
        dialogue_context(on("nowhere"), content)
