import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import pytest_asyncio

from audio_content.errors import ContentError
from voice_app.audio import Sound
from voice_app.errors import SynthesisFailed, UnknownVoice
from voice_app.speech.audio_store import SoundKey
from voice_app.speech.samples import Samples, to_samples
from voice_app.speech.sources import VoiceProfile, clamp_rate
from voice_app.speech.synthesizer import LearnerVoice, LocalSynthesizer, RecentSounds
from voice_app.speech.wav import write_wav

pytestmark = [pytest.mark.audio, pytest.mark.asyncio(loop_scope="module")]

SENTENCE = "Vous pouvez demander de répéter la question à tout moment."


def as_written(text: str, _locale: str) -> str:
    return text


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A person's recording, a silent one, a broken one, and one that has gone."""
    folder = tmp_path_factory.mktemp("recordings")
    time_s = np.arange(48_000) / 24_000
    person = Sound((5000 * np.sin(2 * np.pi * 330 * time_s)).astype("<i2").tobytes(), 24_000)
    write_wav(folder / "person.wav", person)
    write_wav(folder / "silent.wav", Sound(bytes(40_000)))
    (folder / "broken.wav").write_bytes(b"RIFF....WAVEnothing")
    return {name: folder / f"{name}.wav" for name in ("person", "silent", "broken", "gone")}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def voice(
    tmp_path_factory: pytest.TempPathFactory, recordings: dict[str, Path]
) -> AsyncIterator[LocalSynthesizer]:
    made = LocalSynthesizer(
        tmp_path_factory.mktemp("voice"),
        find_recording=lambda text, _locale: recordings.get(text),
        spoken_form=as_written,
    )
    await made.start()
    yield made
    await made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def learner() -> AsyncIterator[LearnerVoice]:
    made = LearnerVoice(spoken_form=as_written)
    await made.start()
    yield made
    await made.close()


def centroid_hz(sound: Sound) -> float:
    samples = to_samples(sound)
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    return float((spectrum * np.fft.rfftfreq(len(samples), 1 / sound.rate_hz)).sum() / spectrum.sum())


def voice_pitch_hz(sound: Sound) -> float:
    """Median pitch of the voiced parts, by autocorrelation (80 to 400 Hz)."""
    samples = to_samples(sound)
    found = []
    for begin in range(0, len(samples) - 1024, 512):
        part: Samples = samples[begin : begin + 1024] * np.hanning(1024)
        if np.sqrt(np.mean(part**2)) < 0.02:
            continue
        alike = np.correlate(part, part, "full")[1023:]
        lag = 40 + int(alike[40:200].argmax())
        if alike[lag] > 0.4 * alike[0]:
            found.append(16_000 / lag)
    return float(np.median(found))


async def test_second_time_comes_from_the_store_byte_for_byte(voice: LocalSynthesizer) -> None:
    first = await voice.produce("Une phrase gardée.", "fr")
    second = await voice.produce("Une phrase gardée.", "fr")

    assert (first.cached, second.cached) == (False, True)
    assert first.sound == second.sound
    assert voice.store.get(first.key) == first.sound


async def test_what_was_spoken_a_moment_ago_is_read_from_no_disk(voice: LocalSynthesizer) -> None:
    first = await voice.produce(SENTENCE, "fr")
    again = await voice.produce(SENTENCE, "fr")
    voice.store.path_of(first.key).unlink()

    third = await voice.produce(SENTENCE, "fr")

    assert (third.cached, third.sound) == (True, again.sound)


async def test_recent_sounds_keep_within_their_room() -> None:
    recent = RecentSounds(1_000)
    keys = [SoundKey(name) for name in "abc"]
    recent.put(keys[0], Sound(bytes(400)))
    recent.put(keys[1], Sound(bytes(400)))
    recent.get(keys[0])
    recent.put(keys[2], Sound(bytes(600)))
    recent.put(SoundKey("too large"), Sound(bytes(2_000)))

    held = [recent.get(key) is not None for key in (*keys, SoundKey("too large"))]

    assert held == [True, False, True, False]


async def test_two_askers_of_one_sentence_share_one_rendering(voice: LocalSynthesizer) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(voice.produce("Demandée deux fois.", "fr")) for _ in range(2)]
        await asyncio.sleep(0)

    assert tasks[0].result().sound is tasks[1].result().sound


async def test_damaged_file_is_rendered_again(voice: LocalSynthesizer) -> None:
    spoken = await voice.produce("Un fichier abîmé.", "fr")
    voice.store.path_of(spoken.key).write_bytes(b"RIFF")

    again = await voice.produce("Un fichier abîmé.", "fr")

    assert not again.cached
    assert again.sound == spoken.sound


async def test_a_new_process_speaks_the_same_bytes(voice: LocalSynthesizer, tmp_path: Path) -> None:
    other = LocalSynthesizer(tmp_path, find_recording=None, spoken_form=as_written)

    sound = await other.speak(SENTENCE, "fr")
    await other.close()

    assert sound == await voice.speak(SENTENCE, "fr")


async def test_person_is_heard_before_any_engine(voice: LocalSynthesizer) -> None:
    spoken = await voice.produce("person", "fr")

    assert spoken.engine == "recording"
    assert spoken.sound.rate_hz == 16_000
    assert spoken.sound.duration_ms == pytest.approx(2200, abs=40)


async def test_persons_recording_follows_the_pace(voice: LocalSynthesizer) -> None:
    assert (await voice.speak("person", "fr", 0.7)).duration_ms == pytest.approx(200 + 2000 / 0.7, rel=0.03)


async def test_new_recording_replaces_the_old_one_at_once(voice: LocalSynthesizer, recordings: dict[str, Path]) -> None:
    path = recordings["person"].with_name("again.wav")
    recordings["again"] = path
    path.write_bytes(recordings["person"].read_bytes())
    before = await voice.produce("again", "fr")
    write_wav(path, Sound(recordings["person"].read_bytes()[44:][:24_000], 24_000))

    after = await voice.produce("again", "fr")

    assert after.key != before.key
    assert after.sound.duration_ms < before.sound.duration_ms


@pytest.mark.parametrize("recording", ["silent", "broken", "gone"])
async def test_engine_speaks_when_the_recording_cannot(voice: LocalSynthesizer, recording: str) -> None:
    assert (await voice.produce(recording, "fr")).engine == "pico"


@pytest.mark.parametrize(
    ("locale", "engine"),
    [
        ("fr", "pico"),
        ("en", "pico"),
        ("de", "pico"),
        ("es", "pico"),
        ("it", "pico"),
        ("pt", "system"),
        ("ar", "system"),
    ],
)
async def test_engine_of_each_language(voice: LocalSynthesizer, locale: str, engine: str) -> None:
    text = "مرحبا بكم" if locale == "ar" else "Radio, piano, film."

    assert (await voice.produce(text, locale)).engine == engine


async def test_system_voice_speaks_what_pico_cannot_read(voice: LocalSynthesizer) -> None:
    assert (await voice.produce("中文", "fr")).engine == "system"


async def test_killed_worker_is_replaced_within_the_request(voice: LocalSynthesizer) -> None:
    long = asyncio.create_task(voice.speak("Prenez tout votre temps, rien ne presse. " * 40, "fr"))
    await asyncio.sleep(0.15)
    lost = voice.worker_pid
    assert lost is not None
    os.kill(lost, signal.SIGKILL)

    assert (await long).duration_ms > 60_000
    assert (await voice.produce("Encore une phrase.", "fr")).engine == "pico"
    assert voice.worker_pid != lost


async def test_too_long_a_text_fails_at_once(voice: LocalSynthesizer) -> None:
    with pytest.raises(SynthesisFailed, match="6000"):
        await voice.speak("mot " * 2000, "fr")


async def test_full_disk_does_not_silence_the_voice(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    voice = LocalSynthesizer(blocked, find_recording=None, spoken_form=as_written)

    sound = await voice.speak("Malgré tout.", "fr")
    await voice.close()

    assert sound.duration_ms > 500


async def test_damaged_lexicon_and_recordings_do_not_silence_the_voice(tmp_path: Path) -> None:
    def damaged(_text: str, _locale: str) -> NoReturn:
        raise ContentError.of("index.yaml", "", "It lies", "Mend it")

    voice = LocalSynthesizer(tmp_path, find_recording=damaged, spoken_form=damaged)

    sound = await voice.speak("Malgré tout.", "fr")
    await voice.close()

    assert sound.duration_ms > 500


async def test_words_go_through_the_lexicon(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    def respelled(text: str, locale: str) -> str:
        asked.append((text, locale))
        return "oui-fi"

    voice = LocalSynthesizer(tmp_path, find_recording=None, spoken_form=respelled)

    first, second = await voice.produce("Wi-Fi", "fr"), await voice.produce("wifi", "fr")
    await voice.close()

    assert asked == [("Wi-Fi", "fr"), ("wifi", "fr")]
    assert first.key == second.key


async def test_learner_does_not_sound_like_the_service(learner: LearnerVoice, voice: LocalSynthesizer) -> None:
    service = await voice.speak(SENTENCE, "fr", 1.1)

    person = await learner.say(SENTENCE, "fr")

    assert voice_pitch_hz(person) > 1.1 * voice_pitch_hz(service)
    assert person.duration_ms == pytest.approx(service.duration_ms, rel=0.08)
    assert person.rate_hz == 16_000


async def test_learners_pitch_is_obeyed(learner: LearnerVoice) -> None:
    low, high = [voice_pitch_hz(await learner.say(SENTENCE, "fr", pitch=pitch, formant=1.0)) for pitch in (0.75, 1.3)]

    assert high / low == pytest.approx(1.3 / 0.75, rel=0.15)


async def test_learners_formants_move_and_pitch_and_pace_stay(learner: LearnerVoice) -> None:
    tall = await learner.say(SENTENCE, "fr", pitch=1.0, formant=0.85)
    small = await learner.say(SENTENCE, "fr", pitch=1.0, formant=1.2)

    assert centroid_hz(small) > 1.15 * centroid_hz(tall)
    assert voice_pitch_hz(small) == pytest.approx(voice_pitch_hz(tall), rel=0.1)
    assert small.duration_ms == pytest.approx(tall.duration_ms, rel=0.06)


async def test_learner_says_the_same_every_time(learner: LearnerVoice) -> None:
    first = await learner.say("Réponse deux.", "fr", pitch=0.9, rate=1.3, formant=0.95)
    await learner.say("Something else.", "en")

    assert await learner.say("Réponse deux.", "fr", pitch=0.9, rate=1.3, formant=0.95) == first


async def test_learner_of_another_language_has_another_voice_too(learner: LearnerVoice) -> None:
    plain = await learner.say("Bom dia a todos.", "pt", pitch=1.0, formant=1.0)
    small = await learner.say("Bom dia a todos.", "pt", pitch=1.2, formant=1.1)

    assert centroid_hz(small) > 1.15 * centroid_hz(plain)
    assert small.duration_ms == pytest.approx(plain.duration_ms, rel=0.06)


async def test_learner_without_a_voice_is_told(learner: LearnerVoice) -> None:
    with pytest.raises(UnknownVoice):
        await learner.say("Bonjour", "xx")


@pytest.mark.parametrize(
    "wrong", [{"pitch": 0.5}, {"pitch": 2.0}, {"formant": 0.5}, {"formant": float("nan")}, {"speed": 0.1}]
)
async def test_profile_outside_the_intelligible_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="lies outside"):
        VoiceProfile(**wrong)


@pytest.mark.parametrize(("rate", "nearest"), [(0.1, 0.7), (1.0, 1.0), (9.0, 1.6)])
async def test_pace_is_brought_into_its_range(rate: float, nearest: float) -> None:
    assert clamp_rate(rate) == nearest
