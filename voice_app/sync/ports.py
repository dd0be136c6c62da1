"""The hub as a site sees it, whatever lies between."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from engine.sync.batches import Batch, Sealed
from engine.sync.sending import Answer
from engine.sync.sessions import Place
from voice_app.errors import VoiceAppError
from voice_app.sync.messages import Feed, Report


class SyncError(VoiceAppError):
    """An exchange with the hub did not come to its end. Nothing is lost: what waits goes on waiting."""

    code = "sync.error"
    retryable = True


class HubUnreachable(SyncError):
    """No line, a line that broke, a hub that does not answer."""

    code = "sync.unreachable"


class HubRefuses(SyncError):
    """The hub does not let this site in, or cannot read it: somebody has to do something."""

    code = "sync.refused"
    retryable = False


class HubLine(Protocol):
    """The line to the hub. Every method raises HubUnreachable, HubRefuses."""

    async def push(self, batch: Batch, report: Report) -> Answer:
        """Send a batch."""

    async def tail(self, site: str, after: int) -> Batch | None:
        """Give the next events of a chain of ours as the hub has it; None when it has none."""

    async def feed(self, site: str, hub_site: str, since: int) -> Feed:
        """Give what others wrote in sessions of a site, behind a cursor."""

    async def claim(self, code: str, asker: str) -> tuple[tuple[Sealed, Place], ...] | None:
        """Give the session of a code; None when the hub knows none."""

    async def manifest(self, known: str, part: Path) -> bytes | None:
        """Give the list of what there is to fetch; None when it is the `known` one. `part`: where halves are kept."""

    async def rows(self, wanted: list[tuple[str, str]]) -> list[dict[str, Any]]:
        """Give rows of the hub's tables by collection and name."""

    async def file(self, digest: str, size: int, target: Path) -> None:
        """Fetch a file by its content address, going on where the line broke the last time."""

    async def rotate(self) -> str:
        """Give a new token for this site."""
