"""A listener that has never heard our texts writes down what the voice says."""

import pytest

from scripts.bench_synthesis import measure_listener, word_errors, words_of
from voice_app.settings import load_settings

MODEL = load_settings().models_folder / "whisper-base"


@pytest.mark.audio
@pytest.mark.skipif(not (MODEL / "model.bin").is_file(), reason=f"no Whisper model in {MODEL}: run scripts/setup")
async def test_a_stranger_understands_four_words_of_five_and_more() -> None:
    (figures,) = await measure_listener(MODEL, rates=(1.0,))

    assert figures.word_error_rate < 0.2


def test_word_errors_count_changes_losses_and_additions() -> None:
    said = words_of("L'été, c'est déjà loin !")

    assert said == ["l", "ete", "c", "est", "deja", "loin"]
    assert word_errors(said, said) == 0
    assert word_errors(said, ["l", "ete", "est", "deja", "loin", "non"]) == 2
    assert word_errors(said, []) == 6
