"""Gaps, drop-outs and lag of a microphone are told apart."""

import numpy as np
import pytest

from voice_app.channels.kiosk_wire import Frame
from voice_app.channels.microphone_line import MicrophoneLine

FRAME_MS = 20
SILENCE = bytes(640)


def feed(line, frames, *, start=0, page_ms=0.0, delay_ms=5.0, jitter_ms=(0.0,)):
    """Send whole frames on time; give the page's clock afterwards."""
    for number in range(frames):
        page_ms += FRAME_MS
        line.take(Frame(start + number, page_ms, SILENCE), page_ms + delay_ms + jitter_ms[number % len(jitter_ms)])
    return page_ms


def test_a_good_line_counts_nothing():
    line = MicrophoneLine(16000)

    feed(line, 500)

    assert (line.quality.missing_frames, line.quality.drop_outs, line.quality.worst_lag_ms) == (0, 0, 0.0)


def test_a_jump_of_the_sequence_is_missing_frames():
    line = MicrophoneLine(16000)

    page_ms = feed(line, 10)
    feed(line, 10, start=13, page_ms=page_ms + 60)

    assert line.quality.missing_frames == 3


def test_the_sequence_may_wrap_around():
    line = MicrophoneLine(16000)

    for number in range(10):
        line.take(Frame((2**32 - 5 + number) % 2**32, number * 20.0, SILENCE), number * 20.0)

    assert line.quality.missing_frames == 0


def test_samples_lost_before_the_page_are_a_drop_out():
    line = MicrophoneLine(16000)

    page_ms = feed(line, 150)
    page_ms = feed(line, 150, start=150, page_ms=page_ms + 46)

    assert line.quality.drop_outs == 1
    assert line.quality.lost_ms == pytest.approx(46, abs=1)


def test_frames_that_come_in_bursts_are_no_drop_out():
    line = MicrophoneLine(16000)
    page_ms = 0.0

    for number in range(500):
        page_ms += FRAME_MS
        stamp = page_ms + (80.0 if number % 5 else 0.0)
        line.take(Frame(number, stamp, SILENCE), stamp + 5)

    assert line.quality.drop_outs == 0


def test_lag_is_the_growth_of_the_delay():
    line = MicrophoneLine(16000)

    page_ms = feed(line, 50, delay_ms=1_000_000.0)
    feed(line, 1, start=50, page_ms=page_ms, delay_ms=1_001_500.0)

    assert line.quality.lag_ms == pytest.approx(1500, abs=1)


def test_a_page_clock_that_runs_slow_is_no_lag_after_an_hour():
    line = MicrophoneLine(16000)

    for number in range(3600):
        arrival_ms = number * 1000.0
        line.take(Frame(number, arrival_ms * (1 - 0.0001), SILENCE), arrival_ms)

    assert line.quality.worst_lag_ms < 1.0


def test_another_rate_is_brought_to_sixteen_kilohertz():
    line = MicrophoneLine(48000)
    time_s = np.arange(48000) / 48000
    tone = (8000 * np.sin(2 * np.pi * 440 * time_s)).astype("<i2")

    heard = b"".join(
        line.take(Frame(number, number * 20.0, piece.tobytes()), number * 20.0)
        for number, piece in enumerate(np.split(tone, 50))
    )

    samples = np.frombuffer(heard, "<i2")[2000:14000].astype(float)
    assert 15500 < len(heard) // 2 <= 16000
    assert np.argmax(np.abs(np.fft.rfft(samples))) * 16000 / len(samples) == pytest.approx(440, abs=2)
    assert np.abs(samples).max() == pytest.approx(8000, rel=0.02)
