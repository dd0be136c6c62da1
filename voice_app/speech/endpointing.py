"""Finds the beginning and the end of an utterance in the stream of one microphone.

It never knows what was said, and reads no clock: everything is counted in frames of 20 ms of sound.

A frame is *speech* when WebRTC's voice detector says so (mode 2) and its level stands clearly above the noise floor.
The floor is a low percentile of the level over the last seconds: speech has gaps and leaves it alone, a steady noise
(fan, radio hiss, engine) becomes the floor itself and so closes the gate that it had opened.

    quiet --(enough speech within the last moments)--> speaking --(hang_ms without speech, or too long)--> quiet

An utterance is given with a little before its beginning (the detector needs 50 ms to wake up, and short words such as
"deux" are lost with their first 50 ms) and a little after its last speech.

Measured on 38 human words with 2 s gaps: all found; at babble 10 dB every detector opens nearly all the time, hence the
floor, the hard limit and the talk button. Time constants are judgement.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import webrtcvad

from voice_app.audio import BYTES_PER_SAMPLE, HEARING_RATE_HZ, Sound
from voice_app.ports import SpeechStarted, UtteranceEnded

FRAME_MS = 20
FRAME_BYTES = HEARING_RATE_HZ * FRAME_MS // 1000 * BYTES_PER_SAMPLE
SILENCE_DB = -96.0
"""The level of digital silence."""


@dataclass(frozen=True, slots=True)
class StartRule:
    """How much speech, within how short a time, begins an utterance; `above_floor_db` is what a speech frame needs."""

    speech_frames: int
    window_frames: int
    above_floor_db: float


@dataclass(frozen=True, slots=True)
class EndpointingRules:
    """What can be tuned about endpointing. Levels are decibels relative to full scale."""

    detector_mode: int = 2
    quiet_start: StartRule = StartRule(speech_frames=4, window_frames=7, above_floor_db=9.0)
    """80 ms of speech in 140 ms: a short "un" lasts 150 ms, the detector sleeps through its first 50; a click ends."""
    prompt_start: StartRule = StartRule(speech_frames=9, window_frames=12, above_floor_db=15.0)
    """While our own prompt plays, the microphone hears it too: only clear speech counts."""
    going_on_db: float = 6.0
    """What a frame needs above the floor once somebody speaks: endings of words are soft."""
    before_ms: int = 300
    after_ms: int = 200
    hang_ms: int = 700
    longest_ms: int = 8_000
    floor_window_ms: int = 3_000
    floor_percentile: float = 10.0
    settling_ms: int = 200
    """The detector calls any noise speech until it has learned the stream's beginning."""
    first_floor_db: float = -55.0
    """Assumed until the stream has shown its own floor."""
    lowest_floor_db: float = -62.0
    """A muted microphone must not make its own rustle stand out."""


DEFAULT_RULES = EndpointingRules()


@dataclass(frozen=True, slots=True)
class _Frame:
    pcm: bytes
    is_speech: bool


class StreamEndpointer:
    """The `Endpointer` of one microphone. Not shared between streams."""

    def __init__(self, rules: EndpointingRules = DEFAULT_RULES) -> None:
        self._rules = rules
        self._hang_frames = rules.hang_ms // FRAME_MS
        self._detector = webrtcvad.Vad(rules.detector_mode)
        self._rest = b""
        window = rules.floor_window_ms // FRAME_MS
        self._levels_db = deque([rules.first_floor_db] * window, maxlen=window)
        self._recent: deque[_Frame] = deque(maxlen=rules.before_ms // FRAME_MS + rules.prompt_start.window_frames)
        self._settling = rules.settling_ms // FRAME_MS
        self._fresh = 0
        """Frames since the last restart or utterance: older ones may be given along, but begin nothing."""
        self._utterance: list[_Frame] = []

    @property
    def speaking(self) -> bool:
        """Whether an utterance is under way."""
        return bool(self._utterance)

    @property
    def floor_db(self) -> float:
        """The noise floor, in decibels relative to full scale."""
        return max(float(np.percentile(self._levels_db, self._rules.floor_percentile)), self._rules.lowest_floor_db)

    def set_hang(self, hang_ms: int) -> None:
        """Set the silence that ends an utterance."""
        self._hang_frames = max(1, hang_ms // FRAME_MS)

    def restart(self) -> None:
        """Forget an utterance under way; the noise floor and the last moments before speech are kept."""
        self._recent.extend(self._utterance)
        self._utterance = []
        self._fresh = 0

    def feed(self, sound: Sound, *, while_prompt_plays: bool = False) -> list[SpeechStarted | UtteranceEnded]:
        """Take the next piece of the stream (16 kHz, any length) and give what it brought about, in order.

        Raises ValueError for another rate.
        """
        if sound.rate_hz != HEARING_RATE_HZ:
            raise ValueError(f"endpointing works at {HEARING_RATE_HZ} Hz, not at {sound.rate_hz}")
        stream = self._rest + sound.pcm
        whole = len(stream) // FRAME_BYTES * FRAME_BYTES
        self._rest = stream[whole:]
        events: list[SpeechStarted | UtteranceEnded] = []
        for start in range(0, whole, FRAME_BYTES):
            event = self._take(stream[start : start + FRAME_BYTES], while_prompt_plays)
            if event is not None:
                events.append(event)
        return events

    def _take(self, pcm: bytes, while_prompt_plays: bool) -> SpeechStarted | UtteranceEnded | None:
        rule = self._rules.prompt_start if while_prompt_plays else self._rules.quiet_start
        needed_db = self._rules.going_on_db if self._utterance else rule.above_floor_db
        level_db = _level_db(pcm)
        self._levels_db.append(level_db)
        # the detector adapts to the stream, so that it has to hear every frame
        is_speech = self._detector.is_speech(pcm, HEARING_RATE_HZ) and level_db > self.floor_db + needed_db
        frame = _Frame(pcm, is_speech and self._settling == 0)
        self._settling = max(0, self._settling - 1)
        if self._utterance:
            self._utterance.append(frame)
            return self._end_if_over()
        self._recent.append(frame)
        self._fresh += 1
        return self._start_if_speech(rule)

    def _start_if_speech(self, rule: StartRule) -> SpeechStarted | None:
        frames = list(self._recent)
        window = min(rule.window_frames, self._fresh)
        first = len(frames) - window
        speech = [place for place in range(first, len(frames)) if frames[place].is_speech]
        if len(speech) < rule.speech_frames:
            return None
        begin = max(0, speech[0] - self._rules.before_ms // FRAME_MS)
        self._utterance = frames[begin:]
        self._recent.clear()
        return SpeechStarted()

    def _end_if_over(self) -> UtteranceEnded | None:
        frames = self._utterance
        last_speech = max(place for place, frame in enumerate(frames) if frame.is_speech)
        too_long = len(frames) * FRAME_MS >= self._rules.longest_ms
        if len(frames) - 1 - last_speech < self._hang_frames and not too_long:
            return None
        kept = frames[: last_speech + 1 + self._rules.after_ms // FRAME_MS]
        self._recent.extend(frames[len(kept) :])
        self._utterance = []
        self._fresh = 0
        return UtteranceEnded(Sound(b"".join(frame.pcm for frame in kept)))


def _level_db(pcm: bytes) -> float:
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    power = float(np.mean(samples * samples)) / 32768.0**2
    return max(SILENCE_DB, 10.0 * float(np.log10(power))) if power > 0.0 else SILENCE_DB
