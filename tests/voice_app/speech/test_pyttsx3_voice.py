import asyncio
from pathlib import Path

import pytest

from voice_app.audio import Sound, wav_bytes
from voice_app.errors import SynthesisFailed
from voice_app.speech.pyttsx3_voice import (
    SystemVoice,
    SystemVoices,
    choose_voice,
    declared_size,
    run_child,
    tags_of,
    wait_until_written,
)

LISTED = [
    SystemVoice("roa/fr-be", ("fr-be",)),
    SystemVoice("roa/fr", ("fr-fr", "fr")),
    SystemVoice("roa/pt-br", ("pt-br",)),
    SystemVoice("ine/kok", ("kok",)),
    SystemVoice("hy-arevmda", ("hy-arevmda",)),
]


@pytest.mark.parametrize(
    ("locale", "voice"),
    [
        ("fr", "roa/fr"),
        ("fr-FR", "roa/fr"),
        ("fr_be", "roa/fr-be"),
        ("fr-CA", "roa/fr"),
        ("pt", "roa/pt-br"),
        ("pt-PT", "roa/pt-br"),
        ("ko", None),
        ("hy", "hy-arevmda"),
    ],
)
def test_nearest_voice_of_the_language_is_chosen(locale: str, voice: str | None) -> None:
    assert choose_voice(LISTED, locale) == voice


@pytest.mark.parametrize(
    ("identifier", "languages", "wanted"),
    [
        ("gmw/en", ["en-gb"], "en-gb"),
        ("gmw/en", ["en-gb"], "en"),
        ("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Speech\\Voices\\Tokens\\TTS_MS_FR-FR_HORTENSE_11.0", [], "fr-fr"),
        ("com.apple.voice.compact.fr-FR.Thomas", ["fr_FR"], "fr-fr"),
        ("com.apple.eloquence.de-DE.Eddy", [], "de-de"),
    ],
)
def test_language_is_found_in_every_systems_way_of_naming(identifier: str, languages: list[str], wanted: str) -> None:
    assert wanted in tags_of(identifier, languages)


def test_half_written_file_is_waited_for(tmp_path: Path) -> None:

    path = tmp_path / "half.wav"
    path.write_bytes(wav_bytes(Sound(bytes(4000)))[:1000])

    assert declared_size(path) == 4044
    with pytest.raises(TimeoutError):
        wait_until_written(path, 0.2)


@pytest.mark.audio
async def test_voice_of_another_language_speaks() -> None:
    voices = SystemVoices()
    voice = await voices.voice_for("pt")

    sound = await voices.speak("Bom dia a todos, como estão?", voice or "", 1.0)

    assert sound.rate_hz == 22_050
    assert 1_000 < sound.duration_ms < 6_000


@pytest.mark.audio
async def test_fresh_process_gives_the_same_bytes() -> None:
    voices = SystemVoices()
    voice = await voices.voice_for("ko") or ""

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(voices.speak("안녕하세요", voice)) for _ in range(3)]

    assert len({task.result() for task in tasks}) == 1


@pytest.mark.audio
async def test_voice_that_is_not_listed_fails_instead_of_speaking_another_language() -> None:
    with pytest.raises(SynthesisFailed, match="gmw/pt"):
        await SystemVoices().speak("Bom dia", "gmw/pt")


async def test_child_that_hangs_is_killed_within_its_limit() -> None:
    began = asyncio.get_running_loop().time()

    with pytest.raises(SynthesisFailed, match="within"):
        await run_child({"operation": "list"}, 0.01)

    assert asyncio.get_running_loop().time() - began < 2.0


async def test_child_that_fails_tells_why() -> None:
    with pytest.raises(SynthesisFailed, match="KeyError"):
        await run_child({"operation": "speak"}, 10.0)
