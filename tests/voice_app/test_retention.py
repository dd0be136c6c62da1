"""What has been kept long enough goes piece by piece, until nothing is left to go."""

from __future__ import annotations

from typing import Any, cast

from voice_app.chores import run_through
from voice_app.privacy import Privacy
from voice_app.retention import retention_chore


class Past:
    """Three pieces of work."""

    left = 3

    async def erase_some(self) -> bool:
        self.left -= 1
        return self.left > 0


async def test_it_goes_on_until_nothing_is_left() -> None:
    past = Past()

    await run_through(retention_chore(cast(Privacy, cast(Any, past))))

    assert past.left == 0
