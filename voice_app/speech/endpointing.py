"""Finds the beginning and the end of an utterance in the stream of one microphone.

It never knows what was said, and reads no clock: everything is counted in frames of 20 ms of sound.

A frame is *speech* when WebRTC's voice detector says so (mode 2) and its level stands clearly above the noise floor.
The floor is a low percentile of the level over the last seconds: speech has gaps and leaves it alone, a steady noise
(fan, radio hiss, engine) becomes the floor itself and so closes the gate that it had opened.

    quiet --(enough speech within the last moments)--> speaking --(hang_ms without speech, or too long)--> quiet

Inside an utterance a shorter silence is told too (`SpeechPaused`), with the sound as it would be if it were the end: so
the recogniser works during the patience, and evidence that is overwhelming may end it (`settle`). Nobody is cut by
that: for `linger_ms` after the last speech an ended utterance is kept, and who speaks again goes on with it: "deux...
non, attendez... trois" is one utterance, wherever it was taken for complete.

While our own prompt can be heard, a frame must also stand out from its echo (`echo_gate`).

An utterance is given with a little before its beginning (the detector needs 50 ms to wake up, and short words such as
"deux" are lost with their first 50 ms) and a little after its last speech.

Measured on 38 human words with 2 s gaps: all found; at babble 10 dB every detector opens nearly all the time, hence the
floor, the hard limit and the talk button. Time constants are judgement.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
import webrtcvad

from voice_app.audio import BYTES_PER_SAMPLE, HEARING_RATE_HZ, Sound
from voice_app.ports import SpeechEvent, SpeechPaused, SpeechStarted, SpeechWentOn, UtteranceEnded
from voice_app.speech.echo_gate import EchoGate
from voice_app.speech.ordered_window import OrderedWindow

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
    linger_ms: int = 2_000
    """Silence within which speech goes on with the utterance before; at least `linger_past_hang_ms` past its end."""
    linger_past_hang_ms: int = 500
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
        self._echo = EchoGate()
        self._detector = webrtcvad.Vad(rules.detector_mode)
        self._rest = b""
        window = rules.floor_window_ms // FRAME_MS
        self._floor = OrderedWindow(window, [rules.first_floor_db] * window)
        self._recent: deque[_Frame] = deque(maxlen=rules.before_ms // FRAME_MS + rules.prompt_start.window_frames)
        self._settling = rules.settling_ms // FRAME_MS
        self._fresh = 0
        """Frames since the last restart or utterance: older ones may be given along, but begin nothing."""
        self._utterance: list[_Frame] = []
        self._silent_frames = 0
        self._paused = False
        self._settled: list[_Frame] | None = None
        """An utterance that is complete unless somebody goes on speaking: its frames, and those since."""
        self.set_patience(rules.hang_ms)

    @property
    def speaking(self) -> bool:
        """Whether an utterance is under way."""
        return bool(self._utterance)

    @property
    def floor_db(self) -> float:
        """The noise floor, in decibels relative to full scale."""
        return max(self._floor.percentile(self._rules.floor_percentile), self._rules.lowest_floor_db)

    @property
    def silent_ms(self) -> int:
        """The silence since the last speech of the utterance under way; 0 outside an utterance."""
        return self._silent_frames * FRAME_MS if self._utterance else 0

    def set_patience(self, hang_ms: int, pause_ms: int | None = None) -> None:
        """Set the silence that ends an utterance, and the one that is told as a pause (None: no pause is told).

        A pause is at least `after_ms`, so that its sound is the one the utterance would end with.
        """
        rules = self._rules
        self._hang_frames = max(1, hang_ms // FRAME_MS)
        self._pause_frames = None if pause_ms is None else max(rules.after_ms, pause_ms) // FRAME_MS
        self._linger_frames = max(rules.linger_ms, hang_ms + rules.linger_past_hang_ms) // FRAME_MS

    def settle(self) -> None:
        """Take the utterance under way as complete; who goes on speaking within the linger goes on with it."""
        if self._utterance:
            self._close_utterance()

    def restart(self) -> None:
        """Forget an utterance under way or settled; the noise floor and the last moments before speech are kept."""
        self._recent.extend(self._utterance)
        self._utterance = []
        self._settled = None
        self._fresh = 0

    def feed(
        self, sound: Sound, *, while_prompt_plays: bool = False, prompt_db: float | None = None
    ) -> list[SpeechEvent]:
        """Take the next piece of the stream (16 kHz, any length) and give what it brought about, in order.

        Raises ValueError for another rate.
        """
        if sound.rate_hz != HEARING_RATE_HZ:
            raise ValueError(f"endpointing works at {HEARING_RATE_HZ} Hz, not at {sound.rate_hz}")
        stream = self._rest + sound.pcm
        whole = len(stream) // FRAME_BYTES * FRAME_BYTES
        self._rest = stream[whole:]
        events: list[SpeechEvent] = []
        for start in range(0, whole, FRAME_BYTES):
            event = self._take(stream[start : start + FRAME_BYTES], while_prompt_plays, prompt_db)
            if event is not None:
                events.append(event)
        return events

    def _take(self, pcm: bytes, while_prompt_plays: bool, prompt_db: float | None) -> SpeechEvent | None:
        rule = self._rules.prompt_start if while_prompt_plays else self._rules.quiet_start
        level_db = _level_db(pcm)
        self._floor.add(level_db)
        least_db = self.floor_db + (self._rules.going_on_db if self._utterance else rule.above_floor_db)
        if prompt_db is not None:
            self._echo.hear(level_db, prompt_db, learn=not self._utterance)
            if not self._utterance:
                least_db = max(least_db, self._echo.least_db())
        # the detector adapts to the stream, so that it has to hear every frame
        is_speech = self._detector.is_speech(pcm, HEARING_RATE_HZ) and level_db > least_db
        frame = _Frame(pcm, is_speech and self._settling == 0)
        self._settling = max(0, self._settling - 1)
        if self._utterance:
            return self._go_on(frame)
        self._recent.append(frame)
        self._fresh += 1
        self._linger(frame)
        return self._start_if_speech(rule)

    def _linger(self, frame: _Frame) -> None:
        if self._settled is None:
            return
        self._settled.append(frame)
        self._silent_frames += 1
        if self._silent_frames > self._linger_frames + self._rules.prompt_start.window_frames:
            self._settled = None

    def _start_if_speech(self, rule: StartRule) -> SpeechStarted | None:
        frames = list(self._recent)
        window = min(rule.window_frames, self._fresh)
        first = len(frames) - window
        speech = [place for place in range(first, len(frames)) if frames[place].is_speech]
        if len(speech) < rule.speech_frames:
            return None
        goes_on = self._settled is not None
        begin = max(0, speech[0] - self._rules.before_ms // FRAME_MS)
        self._utterance = frames[begin:] if self._settled is None else self._settled
        self._settled = None
        self._silent_frames = len(frames) - 1 - speech[-1]
        self._paused = False
        self._recent.clear()
        return SpeechStarted(goes_on)

    def _go_on(self, frame: _Frame) -> SpeechEvent | None:
        self._utterance.append(frame)
        self._silent_frames = 0 if frame.is_speech else self._silent_frames + 1
        too_long = len(self._utterance) * FRAME_MS >= self._rules.longest_ms
        if self._silent_frames >= self._hang_frames or too_long:
            said = self._said()
            self._close_utterance()
            if too_long:
                self._settled = None
            return UtteranceEnded(said)
        if self._paused and frame.is_speech:
            self._paused = False
            return SpeechWentOn()
        if self._silent_frames == self._pause_frames:
            self._paused = True
            return SpeechPaused(self._said())
        return None

    def _said(self) -> Sound:
        """Give the utterance so far, from a little before its first speech to a little after its last."""
        after_last_speech = len(self._utterance) - self._silent_frames
        kept = self._utterance[: after_last_speech + self._rules.after_ms // FRAME_MS]
        return Sound(b"".join(frame.pcm for frame in kept))

    def _close_utterance(self) -> None:
        self._settled = self._utterance
        self._recent.extend(self._utterance[len(self._utterance) - self._silent_frames :])
        self._utterance = []
        self._fresh = 0


def _level_db(pcm: bytes) -> float:
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    power = float(samples @ samples) / len(samples) / 32768.0**2
    return max(SILENCE_DB, 10.0 * math.log10(power)) if power > 0.0 else SILENCE_DB
