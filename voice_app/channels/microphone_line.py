"""The microphone's end of one page: is the sound in order, complete, and in time?

Three faults look alike from afar and are told apart here:

- a *gap*: the sequence number jumps. The page threw frames away, or a client is wrong;
- a *drop-out*: no frame is missing, but the page's clock has gone on further than the sound. Samples were lost before
  the page counted them (a busy machine). Only the least delay of a second is looked at: jitter makes frames late,
  never early;
- a *lag*: frames arrive later and later after they were recorded. Answering an old sentence is worse than asking for
  a key.

The two clocks are not the same: only the growth of `arrival - page_ms` over its lowest value counts. That lowest value
may rise by `CLOCK_DRIFT`, so that a page whose clock runs slow is not taken for a slow line after an hour.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice_app.audio import BYTES_PER_SAMPLE
from voice_app.channels.kiosk_wire import Frame
from voice_app.resampling import StreamResampler

CLOCK_DRIFT = 0.0002
"""Quartz clocks differ by at most 200 parts in a million."""
DROP_OUT_MS = 20.0
WINDOW_MS = 1000.0
SEQUENCE_RANGE = 2**32


@dataclass(slots=True)
class LineQuality:
    """What was counted since the microphone opened, for the log and for operations."""

    frames: int = 0
    missing_frames: int = 0
    drop_outs: int = 0
    lost_ms: float = 0.0
    lag_ms: float = 0.0
    worst_lag_ms: float = 0.0


class MicrophoneLine:
    """Takes the frames of one open microphone and gives their sound at 16 kHz."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.quality = LineQuality()
        self._resampler = StreamResampler(rate_hz)
        self._expected: int | None = None
        self._least_delay_ms: float | None = None
        self._last_arrival_ms = 0.0
        self._first_page_ms: float | None = None
        self._heard_ms = 0.0
        self._window_end_ms = 0.0
        self._least_missing_ms = float("inf")
        self._missing_before_ms: float | None = None

    def take(self, frame: Frame, arrival_ms: float) -> bytes:
        """Count the frame and give its sound at 16 kHz, possibly empty. `arrival_ms` is our own steady clock."""
        self.quality.frames += 1
        self._count_sequence(frame.sequence)
        self._measure_lag(frame.page_ms, arrival_ms)
        self._look_for_drop_out(frame)
        return self._resampler.feed(frame.pcm)

    def _count_sequence(self, sequence: int) -> None:
        if self._expected is not None:
            self.quality.missing_frames += (sequence - self._expected) % SEQUENCE_RANGE
        self._expected = (sequence + 1) % SEQUENCE_RANGE

    def _measure_lag(self, page_ms: float, arrival_ms: float) -> None:
        delay = arrival_ms - page_ms
        if self._least_delay_ms is None:
            least = delay
        else:
            drift = CLOCK_DRIFT * max(0.0, arrival_ms - self._last_arrival_ms)
            least = min(delay, self._least_delay_ms + drift)
        self._least_delay_ms, self._last_arrival_ms = least, arrival_ms
        self.quality.lag_ms = delay - least
        self.quality.worst_lag_ms = max(self.quality.worst_lag_ms, self.quality.lag_ms)

    def _look_for_drop_out(self, frame: Frame) -> None:
        length_ms = len(frame.pcm) / BYTES_PER_SAMPLE * 1000 / self.rate_hz
        if self._first_page_ms is None:
            self._first_page_ms = frame.page_ms - length_ms
            self._window_end_ms = frame.page_ms + WINDOW_MS
        self._heard_ms += length_ms
        self._least_missing_ms = min(self._least_missing_ms, frame.page_ms - self._first_page_ms - self._heard_ms)
        if frame.page_ms < self._window_end_ms:
            return
        if self._missing_before_ms is not None:
            lost = self._least_missing_ms - self._missing_before_ms
            if lost > DROP_OUT_MS:
                self.quality.drop_outs += 1
                self.quality.lost_ms += lost
        self._missing_before_ms = self._least_missing_ms
        self._least_missing_ms = float("inf")
        self._window_end_ms = frame.page_ms + WINDOW_MS
