"""The newest values of a stream, kept in order, so that a percentile of them costs no sorting.

Every frame of every caller asks for one (the noise floor, the echo): 50 times a second for each of them.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable


class OrderedWindow:
    """At most `most` values; beyond, the oldest one is forgotten."""

    def __init__(self, most: int, values: Iterable[float] = ()) -> None:
        self._newest = deque(values, maxlen=most)
        self._ordered = sorted(self._newest)

    def __len__(self) -> int:
        return len(self._newest)

    def add(self, value: float) -> None:
        """Take a value."""
        if len(self._newest) == self._newest.maxlen:
            del self._ordered[bisect_left(self._ordered, self._newest[0])]
        self._newest.append(value)
        insort(self._ordered, value)

    def clear(self) -> None:
        """Forget all values."""
        self._newest.clear()
        self._ordered.clear()

    def percentile(self, percentile: float) -> float:
        """Give the value below which so many of a hundred lie, between two values in proportion. Raises IndexError
        without values."""
        whole, part = divmod(percentile / 100 * (len(self._ordered) - 1), 1.0)
        low = int(whole)
        below = self._ordered[low]
        return below + (self._ordered[min(low + 1, len(self._ordered) - 1)] - below) * part
