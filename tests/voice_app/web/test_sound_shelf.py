"""Prompts wait on the shelf under the digest of their content, within a bounded memory."""

import io
import wave

from voice_app.audio import Sound
from voice_app.web.sound_shelf import SoundShelf


def sound(mark: int, rate_hz: int = 16000) -> Sound:
    return Sound(bytes([mark]) * 1000, rate_hz)


def test_a_sound_comes_back_as_a_wav_file():
    shelf = SoundShelf(10_000)

    body = shelf.find(shelf.keep(sound(1, 22050)))

    with wave.open(io.BytesIO(body)) as file:
        assert (file.getframerate(), file.getnchannels(), file.readframes(500)) == (22050, 1, bytes([1]) * 1000)


def test_the_same_sound_has_the_same_key_and_another_rate_another():
    shelf = SoundShelf(10_000)

    assert shelf.keep(sound(1)) == shelf.keep(sound(1))
    assert shelf.keep(sound(1)) != shelf.keep(sound(1, 8000))


def test_the_least_recently_used_goes_first():
    shelf = SoundShelf(2 * 1044)
    first, second = shelf.keep(sound(1)), shelf.keep(sound(2))

    shelf.find(first)
    third = shelf.keep(sound(3))

    assert [key for key in (first, second, third) if shelf.find(key)] == [first, third]


def test_the_newest_is_kept_even_when_it_is_larger_than_the_room():
    shelf = SoundShelf(10)

    assert shelf.find(shelf.keep(sound(1))) is not None


def test_an_unknown_key_gives_nothing():
    assert SoundShelf(10).find("nothing") is None
