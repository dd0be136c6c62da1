"""Old payloads read as today's: an event is never rewritten, it is lifted when it is read.

A payload says its version (`v`). An upcaster lifts one kind from one version to the next; they are applied one after
another until there is none for the version reached. What was stored and chained stays as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Payload = Mapping[str, Any]
Lift = Callable[[Payload], Payload]


@dataclass(frozen=True, slots=True)
class Upcasters:
    """Lifts by kind and the version that they start from."""

    lifts: Mapping[tuple[str, int], Lift] = field(default_factory=dict)

    def lift(self, kind: str, payload: Payload) -> Payload:
        """Give the payload at the newest version that can be reached. Raises ValueError when a lift does not rise."""
        while (known := self.lifts.get((kind, version_of(payload)))) is not None:
            before = version_of(payload)
            payload = known(payload)
            if version_of(payload) <= before:
                raise ValueError(f"the upcaster of {kind!r} from version {before} does not lead to a later one")
        return payload


def version_of(payload: Payload) -> int:
    """Give the version of a payload; those without one are version 0."""
    version = payload.get("v", 0)
    return version if isinstance(version, int) else 0
