"""How loud our own prompt comes back into the microphone, and how loud a person must be to stand out from it.

It knows two levels per frame and nothing else: the microphone's, and the loudest that the prompt was in the last
moments (it comes back late, by a delay that nobody tells). An echo canceller usually takes the echo away; a loudspeaker
on a desk, a telephone on hands-free or a browser without canceller leave it, and then a prompt would answer itself.

    coupling = a high percentile of (microphone - prompt) over the frames in which a prompt could be heard
    a person = above prompt + coupling + margin

With a working canceller the coupling falls to -40 dB and less, and the gate stands open. Who speaks over the beginning
of a prompt (where the voice does not interrupt) raises the coupling for a while: the percentile forgives a tenth of
the time. Price: over a loud uncancelled echo a soft voice has to wait for the end of the prompt; keys never have to.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class EchoRules:
    """Levels in decibels; lengths in frames of the endpointer."""

    first_coupling_db: float = -12.0
    """Assumed until enough of a prompt was heard: a loudspeaker close to an open microphone."""
    least_frames: int = 50
    memory_frames: int = 1_000
    percentile: float = 90.0
    margin_db: float = 6.0
    prompt_above_db: float = -45.0
    """A quieter prompt (its pauses) tells nothing about the coupling."""


class EchoGate:
    """The gate of one microphone."""

    def __init__(self, rules: EchoRules | None = None) -> None:
        self._rules = rules or EchoRules()
        self._differences: deque[float] = deque(maxlen=self._rules.memory_frames)
        self._coupling_db = self._rules.first_coupling_db

    @property
    def coupling_db(self) -> float:
        """How loud the prompt comes back, relative to what is played."""
        return self._coupling_db

    def learn(self, level_db: float, prompt_db: float) -> None:
        """Take note of a frame in which nobody is known to speak."""
        if prompt_db < self._rules.prompt_above_db:
            return
        self._differences.append(level_db - prompt_db)
        if len(self._differences) >= self._rules.least_frames:
            self._coupling_db = float(np.percentile(self._differences, self._rules.percentile))

    def least_db(self, prompt_db: float) -> float:
        """Give the level from which a frame is not the echo of a prompt that was this loud."""
        return prompt_db + self._coupling_db + self._rules.margin_db
