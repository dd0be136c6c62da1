"""Every path and module of the content can be served; another name is refused with the names that exist."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audio_content.loader import load
from voice_app.app import dialogue_context
from voice_app.settings import InvalidSetting, Settings

content = load()


def on(path: str) -> Settings:
    return replace(Settings(), assessment=replace(Settings().assessment, path=path))


def test_every_path_and_module_makes_a_bank() -> None:
    for path in (*content.skill_map.paths, *content.skill_map.modules):
        context = dialogue_context(on(path), content)
        assert len(context.bank.items) == len(content.engine_items(path)) > 0, path


def test_an_unknown_path_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InvalidSetting, match=r"'nowhere' is not one of .*positionnement"):
        dialogue_context(on("nowhere"), content)
