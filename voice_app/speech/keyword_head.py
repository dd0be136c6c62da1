"""The keyword head: how likely each of the fixed short wordings is, from a few seconds of sound.

One or more small networks on the frozen encoder of the embedded recogniser, one per language, trained by
scripts/train_short_words.py on synthetic speech alone (`keyword_weights/LANGUAGE.toml` tells how). Where the closed-set
scorer asks a language model how well a sentence explains the sound, the head was shown thousands of short words in
noise, so it hears "deux" where the scorer guesses. It knows its wordings and "none of them", nothing else.

It knows no grammar, no threshold and no calibration: those are `short_words`.

    x    = gelu(narrow((frame - middle) / spread))   per frame of 20 ms, 512 or 320 -> width
    x   += gelu(convolve(x))                         over time, once per dilation
    a    = softmax over time of attend(x)            four ways of looking
    out  = classify(sum over time of a * x)          logits of the wordings and of none of them

Several networks are one head: the geometric mean of their posteriors (a logarithmic opinion pool; Genest and Zidek
1986, "Combining Probability Distributions"), because their mistakes are not the same: what one of them excludes is not
the answer. On people it errs less than the arithmetic mean does (docs/listening.md). Some look at what the encoder
makes of the sound (512 numbers a frame), one may look at the log-mel picture itself (`stacked`, 4 x 80 numbers): what
the encoder lost of a short word in noise is still there, though it counts for less (`PICTURE_COUNTS`). A head tells
which windows of sound it was trained with (`windows`): the encoder is asked for the first that the sound fits.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from math import pi
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voice_app.speech.log_mel import BANDS, HOP

DIMENSIONS = 512
PICTURE_COUNTS = 0.3
"""Weight of a network on the picture, where one on the encoder has 1. Less is a little likelier still on the
calibration speech; 0.3 was taken with an eye on people too, whom it changes little (docs/listening.md)."""
SIDES = (1, 2)
"""Frames of the picture before and behind a frame's own that it is stacked with."""
STACKED = BANDS * (1 + sum(SIDES))
FRAMES_PER_CODE = 2
"""Frames of the picture (10 ms) that one vector of the encoder stands for."""

Numbers = NDArray[np.float32]


class KeywordHead:
    """The head of one language. `wordings`: what it knows, in the order of its logits."""

    def __init__(self, language: str, weights: Path | None = None) -> None:
        """Load from a folder, by default the package's. Raises FileNotFoundError for a language without a head."""
        folder = weights or resources.files("voice_app.speech") / "keyword_weights"
        made = tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
        self.encoder_sha256 = str(made["encoder_sha256"])
        with (folder / f"{language}.npz").open("rb") as file, np.load(file) as arrays:
            self.wordings: tuple[str, ...] = tuple(str(wording) for wording in arrays["wordings"])
            self.windows: tuple[int, ...] = tuple(int(frames) for frames in arrays["windows"])
            self._middle, self._spread = (arrays[name].astype(np.float32) for name in ("middle", "spread"))
            picture = ("picture_middle", "picture_spread")
            self._picture = [arrays[name].astype(np.float32) for name in picture if name in arrays.files]
            names = [name for name in arrays.files if name.partition("_")[0].isdigit() and not name.endswith("_scale")]
            values = {name: _whole(arrays, name) for name in names}
        numbers = sorted({name.partition("_")[0] for name in names})
        self._networks = [
            _Network({n.partition("_")[2]: w for n, w in values.items() if n.partition("_")[0] == number})
            for number in numbers
        ]
        self._counts = [PICTURE_COUNTS if network.inputs == STACKED else 1.0 for network in self._networks]

    def window_for(self, samples: int) -> int | None:
        """Give how many frames are to be encoded for so many samples; None for a sound that is longer than all."""
        return next((frames for frames in self.windows if samples <= frames * HOP), None)

    def logits(self, encoded: Numbers, picture: Numbers) -> NDArray[np.float64]:
        """Give the logit of every wording, then that of none of them: logarithms of probabilities.

        `encoded`: frames of 20 ms x DIMENSIONS. `picture`: what was encoded, bands x frames of 10 ms.
        """
        seen = self._seen(encoded, picture)
        each = np.array([log_softmax(network.logits(seen[network.inputs])) for network in self._networks])
        return log_softmax(np.average(each, axis=0, weights=self._counts))

    def pooled(self, encoded: Numbers, picture: Numbers) -> Numbers:
        """Give what the head makes of the sound before it names a wording: a vector to compare two sounds by."""
        seen = self._seen(encoded, picture)
        return np.concatenate([network.pooled(seen[network.inputs]) for network in self._networks])

    def _seen(self, encoded: Numbers, picture: Numbers) -> dict[int, Numbers]:
        """Give what the networks look at, by how many numbers a frame has."""
        seen = {DIMENSIONS: np.asarray((encoded - self._middle) / self._spread, dtype=np.float32)}
        if self._picture:
            middle, spread = self._picture
            seen[STACKED] = stacked(np.asarray((picture.T - middle) / spread, dtype=np.float32))
        return seen


class _Network:
    def __init__(self, weights: dict[str, Numbers]) -> None:
        self._weights = weights
        self._dilations = [int(dilation) for dilation in weights["dilations"]]
        self.inputs = int(weights["narrow_weight"].shape[1])

    def logits(self, frames: Numbers) -> NDArray[np.float64]:
        weights = self._weights
        return np.asarray(weights["classify_weight"] @ self.pooled(frames) + weights["classify_bias"], dtype=np.float64)

    def pooled(self, frames: Numbers) -> Numbers:
        weights = self._weights
        inner = gelu(frames @ weights["narrow_weight"].T + weights["narrow_bias"])
        for layer, dilation in enumerate(self._dilations):
            kernel, bias = weights[f"over_time_{layer}_weight"], weights[f"over_time_{layer}_bias"]
            inner = inner + gelu(convolve(inner, kernel, dilation) + bias)
        looks = inner @ weights["attend_weight"].T + weights["attend_bias"]
        looks = np.exp(looks - looks.max(axis=0))
        return np.asarray(((looks / looks.sum(axis=0)).T @ inner).reshape(-1), dtype=np.float32)


def _whole(arrays: Mapping[str, NDArray[np.generic]], name: str) -> Numbers:
    """Give weights that are kept as 16 bit numbers, or as 8 bit integers with a scale for each row."""
    kept = arrays[name].astype(np.float32)
    if arrays[name].dtype != np.int8:
        return kept
    scale = arrays[f"{name}_scale"].astype(np.float32)
    return np.asarray(kept * scale.reshape(-1, *[1] * (kept.ndim - 1)), dtype=np.float32)


def stacked(frames: Numbers) -> Numbers:
    """Give frames of 20 ms from frames of 10 ms (... x frames x bands): each every second one with its neighbours."""
    whole = np.pad(frames, [*[(0, 0)] * (frames.ndim - 2), SIDES, (0, 0)])
    count, reach = frames.shape[-2] // 2, 1 + sum(SIDES)
    return np.concatenate([whole[..., side : side + 2 * count : 2, :] for side in range(reach)], axis=-1)


def log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    beneath = logits - logits.max()
    return np.asarray(beneath - np.log(np.exp(beneath).sum()))


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
