"""Whether a process can serve people at this moment: asks each part, and says no more of it than "up" or "down".

Alive is not ready. A process that answers at all is alive (restarting it would help nobody); it is ready when the store
keeps answers and a voice speaks. Without an ear people are served by keys, truthfully told so: that is told here too,
and counts as not ready only where the operator wants it (`ear_required`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from voice_app.errors import VoiceAppError
from voice_app.operations.metrics import Metrics
from voice_app.ports import Backlog

log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[bool]]
"""Tells whether a part answers; raises VoiceAppError when it does not."""
EAR = "ear"


AskBacklog = Callable[[], Awaitable[Backlog]]


@dataclass(frozen=True, slots=True)
class State:
    """Whether this node takes people, and its parts: "up", "down"."""

    ready: bool
    parts: Mapping[str, str]


@dataclass(slots=True)
class Readiness:
    """The parts of one process. `is_leaving`: it is about to stop and takes nobody new."""

    checks: Mapping[str, Check]
    metrics: Metrics
    ear_required: bool = False
    limit_s: float = 3.0
    backlogs: dict[str, AskBacklog] = field(default_factory=dict)
    is_leaving: Callable[[], bool] = lambda: False

    async def state(self) -> State:
        """Ask every part, all at once."""
        names = tuple(self.checks)
        answers = await asyncio.gather(*(self._answers(name) for name in names))
        up = dict(zip(names, answers, strict=True))
        for name, answer in up.items():
            self.metrics.up.labels(name).set(answer)
        needed = [answer for name, answer in up.items() if name != EAR or self.ear_required]
        return State(
            all(needed) and not self.is_leaving(), {name: "up" if answer else "down" for name, answer in up.items()}
        )

    async def note_backlogs(self) -> None:
        """Set the figures of every queue; one that cannot be asked keeps its last."""
        for name, ask in self.backlogs.items():
            try:
                async with asyncio.timeout(self.limit_s):
                    backlog = await ask()
            except (VoiceAppError, TimeoutError) as fault:
                log.warning("the backlog of %s is not known: %s", name, type(fault).__name__)
                continue
            self.metrics.backlog.labels(name).set(backlog.waiting)
            self.metrics.backlog_age.labels(name).set(backlog.oldest_s)

    async def _answers(self, name: str) -> bool:
        try:
            async with asyncio.timeout(self.limit_s):
                return await self.checks[name]()
        except (VoiceAppError, TimeoutError) as fault:
            log.warning("%s does not answer: %s", name, type(fault).__name__)
            return False
