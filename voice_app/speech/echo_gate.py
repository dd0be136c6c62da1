"""How loud our own prompt comes back into the microphone, and how loud a person must be to stand out from it.

It knows two levels per frame and nothing else: the microphone's, and what the prompt was at that moment. An echo
canceller usually takes the echo away; a loudspeaker on a desk, a telephone on hands-free or a browser without canceller
leave it, and then a prompt would answer itself.

    delay     = the shift at which the prompt's levels explain the microphone's best (correlation over some seconds)
    reference = the loudest that the prompt was around that delay; without one, within all delays that may be
    coupling  = a high percentile of (microphone - reference) over the frames in which a prompt could be heard
    a person  = above reference + coupling + margin

Without an echo nothing correlates, the coupling falls to -40 dB and less, and the gate stands open. Who speaks over the
beginning of a prompt (where the voice does not interrupt) raises the coupling for a while: the percentile forgives a
tenth of the time. Price: over a loud uncancelled echo a soft voice has to wait for the end of the prompt; keys never.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from voice_app.speech.ordered_window import OrderedWindow


@dataclass(frozen=True, slots=True)
class EchoRules:
    """Levels in decibels; lengths in frames of the endpointer (20 ms)."""

    first_coupling_db: float = -12.0
    """Assumed until enough of a prompt was heard: a loudspeaker close to an open microphone."""
    least_frames: int = 50
    memory_frames: int = 1_000
    percentile: float = 90.0
    margin_db: float = 6.0
    prompt_above_db: float = -45.0
    """A quieter prompt (its pauses) tells nothing about the coupling."""
    longest_delay_frames: int = 30
    """Line to the page, its buffers, the room."""
    before_frames: int = 3
    after_frames: int = 6
    """Around the delay: it wanders a little, and a room rings on."""
    delay_from_frames: int = 300
    """So much is looked at to find the delay, every `delay_every_frames`."""
    delay_every_frames: int = 25
    coupling_every_frames: int = 5
    least_correlation: float = 0.6


_NO_SPREAD = 1e-9
"""A level that does not vary correlates with nothing; rounding leaves it a little."""


class EchoGate:
    """The gate of one microphone. `hear` each frame while a prompt can be heard, then ask `least_db`."""

    def __init__(self, rules: EchoRules | None = None) -> None:
        self._rules = rules or EchoRules()
        reach = self._rules.delay_from_frames
        self._prompt_db: deque[float] = deque(maxlen=reach + self._rules.longest_delay_frames)
        self._heard_db: deque[float] = deque(maxlen=reach)
        self._differences = OrderedWindow(self._rules.memory_frames)
        self._coupling_db = self._rules.first_coupling_db
        self._delay: int | None = None
        self._since_delay = 0
        self._reference_db: float | None = None
        """The loudest of the prompt that the newest frame can be an echo of; None: not looked for yet."""

    @property
    def coupling_db(self) -> float:
        """How loud the prompt comes back, relative to what is played."""
        return self._coupling_db

    @property
    def delay_frames(self) -> int | None:
        """How late the prompt comes back; None: not known, or it does not."""
        return self._delay

    def hear(self, level_db: float, prompt_db: float, *, learn: bool) -> None:
        """Take a frame: the microphone's level and the prompt's. `learn`: nobody is known to speak in it."""
        self._prompt_db.append(prompt_db)
        self._heard_db.append(level_db)
        self._reference_db = None
        if not learn:
            return
        self._since_delay += 1
        if self._since_delay >= self._rules.delay_every_frames:
            self._since_delay = 0
            self._find_delay()
        reference_db = self._loudest_db()
        if reference_db < self._rules.prompt_above_db:
            return
        self._differences.add(level_db - reference_db)
        enough = len(self._differences) >= self._rules.least_frames
        if enough and self._since_delay % self._rules.coupling_every_frames == 0:
            self._coupling_db = self._differences.percentile(self._rules.percentile)

    def least_db(self) -> float:
        """Give the level from which the frame heard last is not the echo of our prompt."""
        return self._loudest_db() + self._coupling_db + self._rules.margin_db

    def _loudest_db(self) -> float:
        """Give the loudest of the prompt that the frame heard last can be an echo of."""
        if self._reference_db is None:
            self._reference_db = self._look_for_loudest_db()
        return self._reference_db

    def _look_for_loudest_db(self) -> float:
        rules = self._rules
        newest = len(self._prompt_db)
        if self._delay is None:
            first, last = newest - 1 - rules.longest_delay_frames, newest
        else:
            at = newest - 1 - self._delay
            first, last = at - rules.after_frames, at + rules.before_frames + 1
        last = max(1, min(last, newest))
        return max(islice(reversed(self._prompt_db), newest - last, newest - max(0, first)))

    def _find_delay(self) -> None:
        heard = np.array(self._heard_db)
        played = np.array(self._prompt_db)
        longest = self._rules.longest_delay_frames
        if len(heard) < self._rules.delay_from_frames // 2 or len(played) < len(heard) + longest:
            return
        starts = len(played) - len(heard) - np.arange(longest + 1)
        earlier = sliding_window_view(played, len(heard))[starts]  # a row for each delay
        earlier = earlier - earlier.mean(axis=1, keepdims=True)
        heard = heard - heard.mean()
        spread = np.sqrt((earlier * earlier).sum(axis=1) * (heard @ heard))
        correlations = np.divide(earlier @ heard, spread, out=np.zeros(longest + 1), where=spread > _NO_SPREAD)
        found = int(np.argmax(correlations))
        if correlations[found] > self._rules.least_correlation and found != self._delay:
            self._delay = found
            self._differences.clear()  # they were measured against another reference
            self._coupling_db = max(self._coupling_db, self._rules.first_coupling_db)
