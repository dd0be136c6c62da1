"""The training clips of a keyword head as the networks look at them: through several worlds, encoded and as pictures.

Used by scripts/train_short_words.py. A language's clips take some 10 GB: they stay on disk and are read where needed.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import ctranslate2
import numpy as np
import torch
from numpy.typing import NDArray
from short_words_speech import GARBAGE, Clip, babble_voices, hesitations, training_clips, wordings
from short_words_world import Wave, World
from torch import Tensor

from audio_content.loader import load
from voice_app.settings import load_settings
from voice_app.speech.keyword_head import DIMENSIONS, FRAMES_PER_CODE, stacked
from voice_app.speech.log_mel import BANDS, HOP, log_mel, present
from voice_app.speech.models import require_whisper

ENCODED, PICTURE = "encoded", "picture"
WORLDS = {ENCODED: 2, PICTURE: 3}
"""Through so many rooms, noises and lines each clip is heard; the first ones are encoded too."""
WINDOWS = (250, 400)
"""Frames of 10 ms that are encoded: the first that the sound fits; a longer sound is cut."""
PER_FRAME = {ENCODED: FRAMES_PER_CODE, PICTURE: 1}
"""Frames of 10 ms that one of what is looked at stands for."""
BATCH = 64

Features = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the clips became in each world, by what is looked at: worlds x clips x frames x numbers.

    `windows`: how many frames of 10 ms are a clip's own, worlds x clips. `labels`: a clip's class; the last class is
    none of them. `middle`, `spread`: mean and standard deviation of each number over some clips.
    """

    frames: dict[str, Features]
    windows: NDArray[np.int64]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    middle: dict[str, NDArray[np.float32]]
    spread: dict[str, NDArray[np.float32]]


def encoded_clips(language: str, seed: int, folder: Path, jobs: int) -> Encoded:
    """Give the encoded clips: those of the folder if they are there."""
    kept, seen = (folder / f"{language}-{seed}-{kind}.npy" for kind in (ENCODED, PICTURE))
    told = folder / f"{language}-{seed}.npz"
    folder.mkdir(parents=True, exist_ok=True)
    if not told.exists():
        content = load()
        classes = (*wordings(language, content), GARBAGE)
        random = np.random.default_rng((seed, ord(language[0])))
        clips = list(training_clips(language, content, random))
        print(len(clips), "clips said", round(time.process_time()), "s", flush=True)
        around = babble_voices(language, content, random), hesitations(language, random)
        windows = encode(clips, around, seed, (kept, seen), jobs)
        place = {wording: number for number, wording in enumerate(classes)}
        labels = np.array([place[clip.wording] for clip in clips])
        np.savez(told, classes=np.array(classes), labels=labels, windows=windows)
    frames: dict[str, Features] = {ENCODED: np.load(kept, mmap_mode="r"), PICTURE: np.load(seen, mmap_mode="r")}
    with np.load(told) as known:
        windows, labels, classes = known["windows"], known["labels"], tuple(str(each) for each in known["classes"])
    some = np.sort(np.random.default_rng(seed).permutation(len(labels))[:600])
    own = {
        kind: np.concatenate([frames[kind][0, clip, : windows[0, clip] // PER_FRAME[kind]] for clip in some])
        for kind in frames
    }
    middle, spread = (
        {kind: of(each.astype(np.float32), axis=0) for kind, each in own.items()} for of in (np.mean, np.std)
    )
    return Encoded(frames, windows, labels, classes, middle, spread)


def encode(
    clips: list[Clip], around: tuple[list[Wave], list[Wave]], seed: int, paths: tuple[Path, Path], jobs: int
) -> NDArray[np.int64]:
    """Write what the encoder makes of the clips, each through worlds of its own, and their pictures of some more.

    Gives the frames of each picture, worlds x clips.
    """
    codes, longest = WINDOWS[-1] // FRAMES_PER_CODE, WINDOWS[-1]
    shapes = (WORLDS[ENCODED], len(clips), codes, DIMENSIONS), (WORLDS[PICTURE], len(clips), longest, BANDS)
    for path, shape in zip(paths, shapes, strict=True):
        np.lib.format.open_memmap(path, "w+", np.float16, shape).flush()
    windows = np.zeros((WORLDS[PICTURE], len(clips)), np.int64)
    each = side_by_side(lambda job: encode_some(clips[job::jobs], around, seed, paths, job, jobs), range(jobs), jobs)
    for job, some in enumerate(each):
        windows[:, job::jobs] = np.array(some).T
    return windows


def encode_some(
    clips: list[Clip],
    around: tuple[list[Wave], list[Wave]],
    seed: int,
    paths: tuple[Path, Path],
    first: int,
    step: int,
) -> list[list[int]]:
    folder = require_whisper(load_settings().models_folder)
    whisper = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="int8", intra_threads=1)
    kept, seen = (np.lib.format.open_memmap(path, "r+") for path in paths)
    windows = []
    for number, clip in enumerate(clips):
        place = first + number * step
        world, lengths = World(np.random.default_rng((seed, place)), *around), []
        for turn in range(WORLDS[PICTURE]):
            samples = present(world.carry(clip.wave))
            window = next((each for each in WINDOWS if len(samples) <= each * HOP), WINDOWS[-1])
            picture = log_mel(samples, window)
            seen[turn, place, :window] = picture.T
            lengths.append(window)
            if turn < WORLDS[ENCODED]:
                codes = np.array(whisper.encode(ctranslate2.StorageView.from_array(picture[None])))[0]
                kept[turn, place, : len(codes)] = codes
        windows.append(lengths)
        if number % 500 == 0:
            print(place, "encoded", round(time.process_time()), "s", flush=True)
    kept.flush()
    seen.flush()
    return windows


def batches(
    trained: NDArray[np.int64], lengths: NDArray[np.int64], random: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Give the clips (one world's after another's) in batches of one length, in another order each time."""
    found: list[NDArray[np.int64]] = []
    for length in np.unique(lengths):
        some = random.permutation(trained[lengths[trained] == length])
        found += [np.sort(some[start : start + BATCH]) for start in range(0, len(some), BATCH)]
    yield from (found[place] for place in random.permutation(len(found)))


def presented(clips: Encoded, kind: str, places: NDArray[np.int64]) -> Tensor:
    """Give the frames of clips of one length, every number standardised."""
    world, clip = np.divmod(places, len(clips.labels))
    frames = clips.frames[kind][world, clip, : clips.windows[world[0], clip[0]] // PER_FRAME[kind]]
    even = (frames.astype(np.float32) - clips.middle[kind]) / clips.spread[kind]
    return torch.from_numpy(even if kind == ENCODED else stacked(even))


Result = TypeVar("Result")


def side_by_side(work: Callable[[int], Result], numbers: Iterable[int], jobs: int) -> list[Result]:
    """Give what the work makes of each number, by so many processes that share what is in memory now."""
    _work.append(work)
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        found: list[Result] = pool.map(_do, numbers, chunksize=1)
    _work.pop()
    return found


_work: list[Callable[[int], Any]] = []


def _do(number: int) -> Any:
    return _work[-1](number)
