"""Places at the ear: how many callers are listened to at once. Who comes when all are taken goes on by keys.

The one who has waited longest is given a place as soon as a caller who had one is gone.
"""

from __future__ import annotations

from collections.abc import Callable

Given = Callable[[], None]
"""Called once when a place is given to who waited for it."""


class EarPlaces:
    """Places for `count` callers."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken: set[Given] = set()
        self._waiting: dict[Given, None] = {}

    def enter(self, given: Given) -> bool:
        """Take a place; without one wait for it. `given` names the caller until `leave`."""
        if len(self._taken) < self._count:
            self._taken.add(given)
            return True
        self._waiting[given] = None
        return False

    def leave(self, given: Given) -> None:
        """Give the place back, or stop waiting for one."""
        self._waiting.pop(given, None)
        if given not in self._taken:
            return
        self._taken.remove(given)
        if self._waiting and len(self._taken) < self._count:
            following = next(iter(self._waiting))
            del self._waiting[following]
            self._taken.add(following)
            following()
