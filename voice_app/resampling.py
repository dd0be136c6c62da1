"""One stream of sound brought to another sample rate, piece by piece, without a click where the pieces meet.

The filter keeps its state between pieces, so what comes out is late by a few milliseconds and the pieces are not of
equal length; nothing is lost.
"""

from __future__ import annotations

import numpy as np
import soxr

from voice_app.audio import HEARING_RATE_HZ


class StreamResampler:
    """Brings the s16le pieces of one stream from `from_hz` to `to_hz`."""

    def __init__(self, from_hz: int, to_hz: int = HEARING_RATE_HZ) -> None:
        self._stream = None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16")

    def feed(self, pcm: bytes) -> bytes:
        """Give what is ready after this piece, possibly nothing yet."""
        if self._stream is None:
            return pcm
        ready = self._stream.resample_chunk(np.frombuffer(pcm, "<i2"))
        return np.asarray(ready, dtype="<i2").tobytes()
