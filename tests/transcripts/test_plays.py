"""Every written conversation passes on every channel."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model import Channel
from tests.transcripts.player import Player

PLAYS = sorted(Path(__file__).parent.glob("*.play"))


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("script", PLAYS, ids=lambda script: script.stem)
def test_play(script: Path, channel: Channel) -> None:
    Player(channel).play(script)
