"""Endpointing: from a stream of sound to utterances, counting sound only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.ports import SpeechEvent, SpeechPaused, SpeechStarted, SpeechWentOn, UtteranceEnded
from voice_app.speech.endpointing import DEFAULT_RULES, StreamEndpointer

Samples = NDArray[np.float64]
Event = SpeechEvent


def silence(length_ms: int) -> Samples:
    return np.zeros(length_ms * HEARING_RATE_HZ // 1000)


def voiced(length_ms: int, level: float = 6000.0) -> Samples:
    """Give a vowel: a 130 Hz buzz through the two lowest resonances of an "a"."""
    time_s = np.arange(length_ms * HEARING_RATE_HZ // 1000) / HEARING_RATE_HZ
    partials = [
        (1 / (1 + ((130 * n - 700) / 150) ** 2) + 0.6 / (1 + ((130 * n - 1200) / 200) ** 2))
        * np.sin(2 * np.pi * 130 * n * time_s)
        for n in range(1, 28)
    ]
    wave = np.sum(partials, axis=0)
    return np.asarray(wave / np.abs(wave).max() * level)


def noise(length_ms: int, rms: float, seed: int = 1) -> Samples:
    return np.random.default_rng(seed).normal(0, rms, length_ms * HEARING_RATE_HZ // 1000)


def sound(*pieces: Samples) -> Sound:
    return Sound(np.clip(np.concatenate(pieces), -32768, 32767).astype("<i2").tobytes())


def pour(
    endpointer: StreamEndpointer,
    stream: Sound,
    piece_ms: int = 20,
    *,
    prompt: bool = False,
    prompt_db: float | None = None,
) -> list[Event]:
    size = piece_ms * 32
    return [
        event
        for start in range(0, len(stream.pcm), size)
        for event in endpointer.feed(
            Sound(stream.pcm[start : start + size]), while_prompt_plays=prompt, prompt_db=prompt_db
        )
    ]


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


ONE_UTTERANCE = [SpeechStarted, UtteranceEnded]


@pytest.mark.parametrize("length_ms", [150, 300, 1500])
@pytest.mark.parametrize("level", [1500.0, 6000.0, 30000.0])
def test_one_word_is_one_utterance(length_ms: int, level: float) -> None:
    stream = sound(silence(1000), voiced(length_ms, level), silence(1500))

    assert kinds(pour(StreamEndpointer(), stream)) == ONE_UTTERANCE


def test_word_in_a_quiet_room_is_one_utterance() -> None:
    stream = sound(noise(2000, 30), voiced(200, 3000) + noise(200, 30), noise(2000, 30))

    assert kinds(pour(StreamEndpointer(), stream)) == ONE_UTTERANCE


def test_utterance_holds_the_whole_word_and_some_silence_around() -> None:
    word = voiced(200)
    stream = sound(silence(1000), word, silence(1500))

    utterance = pour(StreamEndpointer(), stream)[1]

    assert isinstance(utterance, UtteranceEnded)
    samples = np.abs(np.frombuffer(utterance.sound.pcm, "<i2"))
    loud = np.flatnonzero(samples > 0)
    assert loud[-1] - loud[0] >= word.size - 3
    assert loud[0] >= 0.15 * HEARING_RATE_HZ
    assert utterance.sound.duration_ms < 1000


def test_speech_at_the_very_beginning_of_the_stream_is_kept_whole() -> None:
    word = voiced(300)

    utterance = pour(StreamEndpointer(), sound(word, silence(1200)))[1]

    assert isinstance(utterance, UtteranceEnded)
    loud = np.flatnonzero(np.abs(np.frombuffer(utterance.sound.pcm, "<i2")) > 0)
    assert loud[-1] - loud[0] >= word.size - 3


def test_silence_brings_about_nothing() -> None:
    assert pour(StreamEndpointer(), sound(silence(20_000))) == []


def test_a_click_is_no_speech() -> None:
    stream = sound(silence(1000), noise(20, 8000), silence(1500))

    assert pour(StreamEndpointer(), stream) == []


def test_hang_decides_whether_a_pause_ends_the_utterance() -> None:
    stream = sound(silence(500), voiced(300), silence(600), voiced(300), silence(2500))
    short, patient = StreamEndpointer(), StreamEndpointer()
    short.set_patience(300)
    patient.set_patience(1500)

    assert kinds(pour(short, stream)) == ONE_UTTERANCE * 2
    assert kinds(pour(patient, stream)) == ONE_UTTERANCE


def test_end_is_told_one_hang_after_the_last_speech() -> None:
    endpointer = StreamEndpointer()
    endpointer.set_patience(700)

    early = pour(endpointer, sound(silence(500), voiced(300), silence(650)))
    late = pour(endpointer, sound(silence(250)))

    assert (kinds(early), kinds(late)) == ([SpeechStarted], [UtteranceEnded])


def test_endless_speech_ends_at_the_limit() -> None:
    syllables = [piece for _ in range(60) for piece in (voiced(180), silence(60))]

    utterance = pour(StreamEndpointer(), sound(silence(500), *syllables))[1]

    assert isinstance(utterance, UtteranceEnded)
    assert DEFAULT_RULES.longest_ms - 20 <= utterance.sound.duration_ms <= DEFAULT_RULES.longest_ms


@pytest.mark.parametrize("rms", [300.0, 3000.0])
def test_a_steady_noise_becomes_the_floor_and_closes_the_gate(rms: float) -> None:
    endpointer = StreamEndpointer()

    first = pour(endpointer, sound(noise(10_000, rms)))
    later = pour(endpointer, sound(noise(60_000, rms, seed=2)))

    assert len(first) <= 2
    assert later == []
    assert not endpointer.speaking


def test_speech_is_found_above_a_steady_noise() -> None:
    endpointer = StreamEndpointer()
    pour(endpointer, sound(noise(5000, 300)))

    events = pour(endpointer, sound(voiced(400, 9000) + noise(400, 300), noise(1500, 300)))

    assert kinds(events) == ONE_UTTERANCE


def test_floor_falls_back_when_the_noise_stops() -> None:
    endpointer = StreamEndpointer()
    pour(endpointer, sound(noise(5000, 3000)))

    pour(endpointer, sound(silence(1000)))

    assert endpointer.floor_db == DEFAULT_RULES.lowest_floor_db


def test_while_the_prompt_plays_a_soft_echo_does_not_start_speech() -> None:
    echo = [piece for _ in range(10) for piece in (voiced(150, 1500) + noise(150, 100), noise(100, 100))]

    quiet = pour(StreamEndpointer(), sound(noise(3000, 100), *echo))
    playing = pour(StreamEndpointer(), sound(noise(3000, 100), *echo), prompt=True)

    assert SpeechStarted in kinds(quiet)
    assert playing == []


def test_while_the_prompt_plays_clear_speech_starts() -> None:
    events = pour(StreamEndpointer(), sound(noise(1000, 12), voiced(500)), prompt=True)

    assert kinds(events) == [SpeechStarted]


def test_restart_forgets_the_utterance_and_the_next_one_is_heard() -> None:
    endpointer = StreamEndpointer()
    pour(endpointer, sound(silence(500), voiced(300)))

    endpointer.restart()
    rest = pour(endpointer, sound(silence(1500), voiced(300), silence(1500)))

    assert kinds(rest) == ONE_UTTERANCE


def test_person_who_speaks_across_a_restart_loses_nothing_of_the_last_moments() -> None:
    word = voiced(260)
    endpointer = StreamEndpointer()
    pour(endpointer, sound(silence(500), word[: word.size // 2]))

    endpointer.restart()
    utterance = pour(endpointer, sound(word[word.size // 2 :], silence(1500)))[1]

    assert isinstance(utterance, UtteranceEnded)
    loud = np.flatnonzero(np.abs(np.frombuffer(utterance.sound.pcm, "<i2")) > 0)
    assert loud[-1] - loud[0] >= word.size - 3


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(min_value=1, max_value=4000), min_size=1, max_size=40))
def test_size_of_the_pieces_does_not_matter(sizes: list[int]) -> None:
    stream = sound(silence(400), voiced(250), silence(900)).pcm
    whole = StreamEndpointer().feed(Sound(stream))
    endpointer = StreamEndpointer()
    pieces: list[Event] = []
    place = turn = 0
    while place < len(stream):
        size = 2 * sizes[turn % len(sizes)]
        pieces += endpointer.feed(Sound(stream[place : place + size]))
        place, turn = place + size, turn + 1

    assert pieces == whole


def test_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="16000"):
        StreamEndpointer().feed(Sound(b"\0\0", 8000))


def test_a_pause_is_told_with_the_sound_that_the_utterance_would_end_with() -> None:
    endpointer = StreamEndpointer()
    endpointer.set_patience(1_200, 260)

    events = pour(endpointer, sound(silence(500), voiced(300), silence(1_500)))

    assert kinds(events) == [SpeechStarted, SpeechPaused, UtteranceEnded]
    assert events[1].sound == events[2].sound  # type: ignore[union-attr]


def test_a_pause_that_was_not_the_end_is_told_each_time() -> None:
    endpointer = StreamEndpointer()
    endpointer.set_patience(1_200, 260)

    events = pour(endpointer, sound(silence(500), voiced(300), silence(500), voiced(300), silence(1_500)))

    assert kinds(events) == [SpeechStarted, SpeechPaused, SpeechWentOn, SpeechPaused, UtteranceEnded]


def test_the_silence_of_an_utterance_is_counted_from_its_last_speech() -> None:
    endpointer = StreamEndpointer()
    pour(endpointer, sound(silence(500), voiced(300), silence(400)))

    assert 300 <= endpointer.silent_ms <= 420


def test_who_goes_on_after_a_settled_utterance_goes_on_with_it() -> None:
    endpointer = StreamEndpointer()
    endpointer.set_patience(1_200, 260)
    pour(endpointer, sound(silence(500), voiced(300), silence(400)))

    endpointer.settle()
    events = pour(endpointer, sound(silence(800), voiced(400), silence(1_500)))

    assert events[0] == SpeechStarted(goes_on=True)
    assert isinstance(events[-1], UtteranceEnded)
    assert events[-1].sound.duration_ms >= 300 + 400 + 800 + 400


@pytest.mark.parametrize("forget", ["silence", "restart"])
def test_a_settled_utterance_is_forgotten_after_its_linger_and_at_a_restart(forget: str) -> None:
    endpointer = StreamEndpointer()
    pour(endpointer, sound(silence(500), voiced(300), silence(400)))

    endpointer.settle()
    if forget == "restart":
        endpointer.restart()
    else:
        pour(endpointer, sound(silence(DEFAULT_RULES.linger_ms + 200)))
    events = pour(endpointer, sound(silence(300), voiced(400), silence(100)))

    assert events == [SpeechStarted(goes_on=False)]


def test_the_echo_of_a_prompt_begins_nothing_and_a_louder_person_does() -> None:
    endpointer = StreamEndpointer()
    echo = voiced(300, 300.0)
    syllables = [piece for _ in range(12) for piece in (echo, silence(100))]

    from_the_echo = pour(endpointer, sound(silence(500), *syllables), prompt=True, prompt_db=-22.0)
    from_a_person = pour(endpointer, sound(voiced(400, 6000.0)), prompt=True, prompt_db=-22.0)

    assert from_the_echo == []
    assert kinds(from_a_person) == [SpeechStarted]
