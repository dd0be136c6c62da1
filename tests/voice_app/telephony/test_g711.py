"""G.711 against published values and by property."""

from __future__ import annotations

import numpy as np
import pytest

from voice_app.g711 import SILENCE, Law, decode, encode

EVERY_CODE = bytes(range(256))


def samples(pcm: bytes) -> list[int]:
    return [int(each) for each in np.frombuffer(pcm, "<i2")]


@pytest.mark.parametrize(
    ("law", "code", "sample"),
    # ITU-T G.711, tables 1 and 2, scaled to 16 bits: the loudest, the quietest and a segment's edge of each sign
    [
        (Law.A, 0xAA, 32_256),
        (Law.A, 0x2A, -32_256),
        (Law.A, 0xD5, 8),
        (Law.A, 0x55, -8),
        (Law.MU, 0x80, 32_124),
        (Law.MU, 0x00, -32_124),
        (Law.MU, 0xFF, 0),
        (Law.MU, 0xFE, 8),
        (Law.MU, 0x7E, -8),
    ],
)
def test_published_values(law: Law, code: int, sample: int) -> None:
    assert samples(decode(bytes([code]), law)) == [sample]


@pytest.mark.parametrize("law", list(Law))
def test_what_the_line_carries_survives_a_second_line(law: Law) -> None:
    once = decode(EVERY_CODE, law)

    assert decode(encode(once, law), law) == once


@pytest.mark.parametrize("law", list(Law))
def test_the_error_is_at_most_half_a_step(law: Law) -> None:
    every = np.arange(-32_000, 32_001, dtype="<i2")

    back = np.frombuffer(decode(encode(every.tobytes(), law), law), "<i2").astype(int)

    assert np.all(np.abs(back - every) <= np.maximum((np.abs(every.astype(int)) + 132) / 32 + 1, 9))


@pytest.mark.parametrize("law", list(Law))
def test_silence_is_silent(law: Law) -> None:
    assert abs(samples(decode(bytes([SILENCE[law]]), law))[0]) <= 8
