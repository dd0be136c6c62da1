"""Sound inside the house."""

from __future__ import annotations

import pytest

from voice_app.audio import Sound, digest, silence


@pytest.mark.parametrize(("pcm", "rate_hz"), [(b"\x00", 16_000), (b"\x00\x00", 0)])
def test_half_a_sample_or_no_rate_is_refused(pcm: bytes, rate_hz: int) -> None:
    with pytest.raises(ValueError, match="16-bit"):
        Sound(pcm, rate_hz)


def test_silence_is_as_long_as_asked() -> None:
    assert [silence(25).duration_ms, silence(0).pcm, len(silence(1, 44_100).pcm)] == [25, b"", 88]


def test_the_rate_belongs_to_the_digest() -> None:
    assert digest(Sound(b"\x01\x00", 8_000)) != digest(Sound(b"\x01\x00", 16_000))
