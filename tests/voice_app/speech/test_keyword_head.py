"""The keyword head: its files, its arithmetic."""

from __future__ import annotations

import tomllib
from importlib import resources

import numpy as np
import pytest

from audio_content.loader import load
from voice_app.speech.keyword_head import DIMENSIONS, FRAMES_PER_CODE, KeywordHead, convolve, gelu, languages
from voice_app.speech.log_mel import BANDS, HOP
from voice_app.speech.models import WHISPER_SHA256

FOLDER = resources.files("voice_app.speech") / "keyword_weights"
MOST_BYTES = 200_000


def test_both_languages_have_a_head() -> None:
    assert languages() == ("en", "fr")


@pytest.mark.parametrize("language", languages())
def test_weights_are_small(language: str) -> None:
    assert len((FOLDER / f"{language}.npz").read_bytes()) < MOST_BYTES


@pytest.mark.parametrize("language", languages())
def test_head_belongs_to_the_pinned_encoder(language: str) -> None:
    assert KeywordHead(language).encoder_sha256 == WHISPER_SHA256["model.bin"]


@pytest.mark.parametrize("language", languages())
def test_making_of_the_weights_is_told(language: str) -> None:
    made = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))

    assert {"seed", "torch", "ctranslate2", "figures"} <= set(made)
    assert made["wordings"] == len(KeywordHead(language).wordings)


@pytest.mark.parametrize("language", languages())
def test_head_knows_every_wording_of_the_fixed_vocabulary_but_those_told_to_wait(language: str) -> None:
    words = load().vocabularies[language]
    groups = (*words.commands.values(), *words.digits, *words.places, words.yes, words.no)
    needed = {form for forms in groups for form in forms}
    made = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))

    assert needed - set(KeywordHead(language).wordings) == set(made["waiting"])


@pytest.mark.parametrize("language", languages())
def test_one_logit_a_wording_and_one_for_none_of_them_in_every_window(language: str) -> None:
    head, random = KeywordHead(language), np.random.default_rng(1)

    each = [
        head.logits(
            random.normal(size=(window // FRAMES_PER_CODE, DIMENSIONS)).astype(np.float32),
            random.normal(size=(BANDS, window)).astype(np.float32),
        )
        for window in head.windows
    ]

    assert {logits.shape for logits in each} == {(len(head.wordings) + 1,)}
    assert [float(np.exp(logits).sum()) for logits in each] == pytest.approx([1.0] * len(each))


@pytest.mark.parametrize("language", languages())
def test_window_is_the_first_that_the_sound_fits(language: str) -> None:
    head = KeywordHead(language)
    first, last = head.windows[0] * HOP, head.windows[-1] * HOP

    assert head.window_for(first) == head.windows[0]
    assert head.window_for(last) == head.windows[-1]
    assert head.window_for(last + 1) is None


def test_language_without_a_head_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        KeywordHead("tlh")


@pytest.mark.parametrize("dilation", [1, 2])
def test_convolution_is_the_sum_over_taps_with_silence_around(dilation: int) -> None:
    random = np.random.default_rng(2)
    frames = random.normal(size=(9, 3)).astype(np.float32)
    kernel = random.normal(size=(2, 3, 5)).astype(np.float32)
    around = np.pad(frames, ((2 * dilation, 2 * dilation), (0, 0)))

    expected = [
        [sum(kernel[out, :, tap] @ around[time + tap * dilation] for tap in range(5)) for out in range(2)]
        for time in range(9)
    ]

    assert convolve(frames, kernel, dilation) == pytest.approx(np.array(expected), abs=1e-5)


@pytest.mark.parametrize(("value", "expected"), [(0.0, 0.0), (1.0, 0.8413), (-1.0, -0.1587), (6.0, 6.0), (-6.0, 0.0)])
def test_gelu_is_the_value_times_its_share_of_the_normal_distribution(value: float, expected: float) -> None:
    assert float(gelu(np.array([value], np.float32))[0]) == pytest.approx(expected, abs=1e-3)
