import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from voice_app.audio import Sound
from voice_app.speech.audio_store import AudioStore, Recipe, SoundKey
from voice_app.speech.wav import read_wav

RECIPE = Recipe("pico", "0.1.1", "fr-FR", 1.0, "bonjour", "1")
SOUND = Sound(bytes(range(200)) * 16)


def test_kept_sound_is_given_back(tmp_path: Path) -> None:
    AudioStore(tmp_path).put(RECIPE.key, SOUND)

    assert AudioStore(tmp_path).get(RECIPE.key) == SOUND


def test_absent_sound_is_none(tmp_path: Path) -> None:
    assert AudioStore(tmp_path / "not made").get(RECIPE.key) is None


def test_kept_file_plays_in_any_player(tmp_path: Path) -> None:
    store = AudioStore(tmp_path)

    store.put(RECIPE.key, SOUND)

    assert read_wav(store.path_of(RECIPE.key)) == SOUND


@pytest.mark.parametrize("cut", [0, 20, 44, 600, -1])
def test_cut_file_counts_as_absent_and_is_removed(tmp_path: Path, cut: int) -> None:
    store = AudioStore(tmp_path)
    store.put(RECIPE.key, SOUND)
    path = store.path_of(RECIPE.key)
    path.write_bytes(path.read_bytes()[:cut])

    assert store.get(RECIPE.key) is None
    assert not path.exists()


@pytest.mark.parametrize("place", [24, 44, 500, -1])
def test_one_wrong_byte_is_noticed(tmp_path: Path, place: int) -> None:
    store = AudioStore(tmp_path)
    store.put(RECIPE.key, SOUND)
    body = bytearray(store.path_of(RECIPE.key).read_bytes())
    body[place] ^= 0x40
    store.path_of(RECIPE.key).write_bytes(body)

    assert store.get(RECIPE.key) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(RECIPE, engine="system"),
        replace(RECIPE, engine_version="0.1.2"),
        replace(RECIPE, voice="en-GB"),
        replace(RECIPE, rate=1.1),
        replace(RECIPE, text="bonsoir"),
        replace(RECIPE, processing="2"),
        replace(RECIPE, pitch=1.1),
        replace(RECIPE, formant=1.1),
    ],
)
def test_whatever_changes_the_sound_changes_the_key(other: Recipe) -> None:
    assert other.key != RECIPE.key


def test_key_is_stable_between_runs() -> None:
    assert RECIPE.key == "536d52eadddc562bd0f86e6a12f7adf0425dd385326f7ef2fd26d4364bd0dd36"


def test_longest_unused_goes_first(tmp_path: Path) -> None:
    store = AudioStore(tmp_path, limit_bytes=4 * 3_400)
    keys = [replace(RECIPE, text=str(number)).key for number in range(5)]
    for age, key in enumerate(keys[:4]):
        store.put(key, SOUND)
        os.utime(store.path_of(key), (1_000_000 + age, 1_000_000 + age))
    store.get(keys[0])

    store.put(keys[4], SOUND)

    assert [store.get(key) is not None for key in keys] == [True, False, False, True, True]


def test_size_counts_what_earlier_runs_left(tmp_path: Path) -> None:
    for number in range(6):
        AudioStore(tmp_path).put(replace(RECIPE, text=str(number)).key, SOUND)

    AudioStore(tmp_path, limit_bytes=2 * 3_400).put(RECIPE.key, SOUND)

    assert sum(path.stat().st_size for path in tmp_path.rglob("*.wav")) <= 2 * 3_400


def test_two_writers_of_one_sound_leave_one_whole_file(tmp_path: Path) -> None:
    store = AudioStore(tmp_path)
    writers = [threading.Thread(target=store.put, args=(RECIPE.key, SOUND)) for _ in range(8)]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert store.get(RECIPE.key) == SOUND
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{RECIPE.key}.wav"]


def test_folder_that_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")

    with pytest.raises(OSError, match="file"):
        AudioStore(blocked).put(SoundKey("ab" * 32), SOUND)
