"""Human recordings: any sound file a recorder makes, brought to the house's own kind of sound."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.errors import SoundUnreadable
from voice_app.speech.samples import at_rate
from voice_app.speech.wav import parse_wav


def read_recording(path: Path, rate_hz: int = HEARING_RATE_HZ) -> Sound:
    """Give the sound of a file at `rate_hz`: WAV by our own reader, everything else (Ogg, MP3, AIFF...) by FFmpeg.

    Raises SoundUnreadable, also when the file does not exist.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise SoundUnreadable(f"{path} cannot be read: {error.strerror}") from error
    if body[:4] in (b"RIFF", b"RF64"):
        return at_rate(parse_wav(body, str(path)), rate_hz)
    return decode(path, rate_hz)


def decode(path: Path, rate_hz: int) -> Sound:
    """Give the first sound track of a file. Raises SoundUnreadable."""
    pieces: list[bytes] = []
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise SoundUnreadable(f"{path} holds no sound")
            to_house = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
            for frame in container.decode(container.streams.audio[0]):
                pieces += [whole(piece) for piece in to_house.resample(frame)]
            pieces += [whole(piece) for piece in to_house.resample(None)]
    except av.error.FFmpegError as error:
        raise SoundUnreadable(f"{path} cannot be decoded: {error}") from error
    return Sound(b"".join(pieces), rate_hz)


def whole(frame: av.AudioFrame) -> bytes:
    return np.ascontiguousarray(frame.to_ndarray()).astype("<i2").tobytes()
