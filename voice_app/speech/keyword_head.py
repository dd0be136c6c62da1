"""The keyword head: how likely each of the fixed short wordings is, from the encoder's picture of 2.5 seconds.

A small network on the frozen encoder of the embedded recogniser, one per language, trained by
scripts/train_short_words.py on synthetic speech alone (`keyword_weights/LANGUAGE.toml` tells how). Where the closed-set
scorer asks a language model how well a sentence explains the sound, the head was shown thousands of short words in
noise, so it hears "deux" where the scorer guesses. It knows its wordings and "none of them", nothing else.

It knows no grammar, no threshold and no calibration: those are `short_words`.

    x    = gelu(narrow(frame))                       per frame, 512 -> width
    x   += gelu(convolve(x))                         over time, once per dilation
    a    = softmax over time of attend(x)            four ways of looking
    out  = classify(sum over time of a * x)          logits of the wordings and of none of them
"""

from __future__ import annotations

import tomllib
from importlib import resources
from math import pi

import numpy as np
from numpy.typing import NDArray

WINDOW_FRAMES = 250
ENCODED_FRAMES = 125
DIMENSIONS = 512

Numbers = NDArray[np.float32]


class KeywordHead:
    """The head of one language. `wordings`: what it knows, in the order of its logits."""

    def __init__(self, language: str) -> None:
        """Load from the package. Raises FileNotFoundError when there is no head for the language."""
        folder = resources.files("voice_app.speech") / "keyword_weights"
        made = tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
        self.encoder_sha256 = str(made["encoder_sha256"])
        with (folder / f"{language}.npz").open("rb") as file, np.load(file) as arrays:
            self.wordings: tuple[str, ...] = tuple(str(wording) for wording in arrays["wordings"])
            self._dilations = [int(dilation) for dilation in arrays["dilations"]]
            self._weights = {
                name: arrays[name].astype(np.float32) for name in arrays.files if arrays[name].dtype == np.float16
            }

    def logits(self, encoded: Numbers) -> NDArray[np.float64]:
        """Give the logit of every wording, then that of none of them, for `encoded` (ENCODED_FRAMES x DIMENSIONS)."""
        weights = self._weights
        pooled = self.pooled(encoded)
        return np.asarray(weights["classify_weight"] @ pooled + weights["classify_bias"], dtype=np.float64)

    def pooled(self, encoded: Numbers) -> Numbers:
        """Give what the head makes of the sound before it names a wording: a vector to compare two sounds by."""
        weights = self._weights
        inner = gelu(encoded @ weights["narrow_weight"].T + weights["narrow_bias"])
        for layer, dilation in enumerate(self._dilations):
            kernel, bias = weights[f"over_time_{layer}_weight"], weights[f"over_time_{layer}_bias"]
            inner = inner + gelu(convolve(inner, kernel, dilation) + bias)
        looks = inner @ weights["attend_weight"].T + weights["attend_bias"]
        looks = np.exp(looks - looks.max(axis=0))
        return np.asarray(((looks / looks.sum(axis=0)).T @ inner).reshape(-1), dtype=np.float32)


def convolve(frames: Numbers, kernel: Numbers, dilation: int) -> Numbers:
    """Give the convolution over time of frames x channels with out x in x taps, as long as the frames."""
    taps = kernel.shape[2]
    reach = dilation * (taps // 2)
    padded = np.pad(frames, ((reach, reach), (0, 0)))
    parts = [padded[tap * dilation : tap * dilation + len(frames)] @ kernel[:, :, tap].T for tap in range(taps)]
    return np.asarray(np.sum(parts, axis=0), dtype=np.float32)


def gelu(values: Numbers) -> Numbers:
    """Give the Gaussian error linear unit by its usual tanh formula, with which the head was trained."""
    inner = np.sqrt(2 / pi) * (values + 0.044715 * values**3)
    return np.asarray(0.5 * values * (1 + np.tanh(inner)), dtype=np.float32)


def languages() -> tuple[str, ...]:
    """Give the languages that have a head."""
    folder = resources.files("voice_app.speech") / "keyword_weights"
    if not folder.is_dir():
        return ()
    return tuple(sorted(file.name[:-4] for file in folder.iterdir() if file.name.endswith(".npz")))
