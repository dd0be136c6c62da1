"""What has been kept long enough is erased, a few sessions at a time, as work beside the conversations."""

from __future__ import annotations

from voice_app.chores import Chore
from voice_app.privacy import Privacy

NAME = "retention"
EVERY_S = 24 * 3600.0


def retention_chore(privacy: Privacy) -> Chore:
    """Give the chore that looks once a day. Several processes may have it: an erasure is done once."""
    return Chore(NAME, EVERY_S, privacy.erase_some)
