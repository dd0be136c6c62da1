"""A recording of an organisation's words of welcome, as a member uploads it: decoded within bounds, checked, finished.

Whatever a recorder makes is taken (WAV, Ogg, MP3, M4A...); it becomes the house's own kind of sound (soxr, FFmpeg's
resampler for what FFmpeg reads), trimmed and at the loudness of everything else that is said. What cannot be mended is
refused with a word that the page explains.
"""

from __future__ import annotations

import io

import av

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.errors import SoundUnreadable, SpeechError
from voice_app.speech.loudness import SilentSound, finish
from voice_app.speech.recorded import whole
from voice_app.speech.recording_check import (
    CLIPPED_SHARE,
    LEAST_SIGNAL_TO_NOISE_DB,
    QUIETEST_DBFS,
    measure,
)
from voice_app.speech.samples import at_rate
from voice_app.speech.timestretch import TEMPO_LIMITS, stretch
from voice_app.speech.wav import parse_wav

LARGEST_BYTES = 8_388_608
"""A minute of uncompressed stereo sound has ten megabytes; half a minute, and everything compressed, fits."""
LONGEST_MS = 60_000
"""More is not listened to."""
SHORTEST_MS = 500


class WelcomeRefused(SpeechError):
    """This recording cannot be played. `reason`: unreadable, too_long, too_short, too_quiet, clipped, noisy."""

    code = "speech.welcome_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the recording cannot be played: {reason}")
        self.reason = reason


def finished(body: bytes) -> Sound:
    """Give the sound of a file, ready to be played at 16 kHz. Raises WelcomeRefused."""
    if len(body) > LARGEST_BYTES:
        raise WelcomeRefused("too_long")
    try:
        sound = at_rate(parse_wav(body), HEARING_RATE_HZ) if body[:4] in (b"RIFF", b"RF64") else _decoded(body)
    except (SoundUnreadable, ValueError) as fault:
        raise WelcomeRefused("unreadable") from fault
    if not SHORTEST_MS <= sound.duration_ms <= LONGEST_MS:
        raise WelcomeRefused("too_short" if sound.duration_ms < SHORTEST_MS else "too_long")
    measured = measure(sound)
    if measured is None or measured.voice_db < QUIETEST_DBFS:
        raise WelcomeRefused("too_quiet")
    if measured.clipped_share > CLIPPED_SHARE:
        raise WelcomeRefused("clipped")
    if measured.voice_db - measured.noise_db < LEAST_SIGNAL_TO_NOISE_DB:
        raise WelcomeRefused("noisy")
    try:
        return finish(sound)
    except SilentSound as fault:
        raise WelcomeRefused("too_quiet") from fault


def at_pace(sound: Sound, rate: float) -> Sound:
    """Give the sound at the pace that the person chose, within what sounds clean."""
    return stretch(sound, min(max(rate, TEMPO_LIMITS[0]), TEMPO_LIMITS[1]))


def _decoded(body: bytes) -> Sound:
    """Give the first sound track of a file, up to a little more than may be: a small file may unpack to hours."""
    pieces: list[bytes] = []
    most = (LONGEST_MS + 1_000) * HEARING_RATE_HZ // 1_000 * 2
    length = 0
    try:
        with av.open(io.BytesIO(body), mode="r") as container:
            if not container.streams.audio:
                raise SoundUnreadable("the file holds no sound")
            to_house = av.AudioResampler(format="s16", layout="mono", rate=HEARING_RATE_HZ)
            for frame in container.decode(container.streams.audio[0]):
                for piece in to_house.resample(frame):
                    pieces.append(whole(piece))
                    length += len(pieces[-1])
                if length > most:
                    break
            pieces += [whole(piece) for piece in to_house.resample(None)]
    except (av.error.FFmpegError, OSError) as fault:
        raise SoundUnreadable("the file cannot be decoded") from fault
    return Sound(b"".join(pieces), HEARING_RATE_HZ)
