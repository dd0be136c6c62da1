"""Trains the keyword head of a language from synthetic speech alone, and writes it with the figures of its making.

    python3.11 -m venv /somewhere/train && /somewhere/train/bin/pip install \\
        torch==2.13.0 ctranslate2==4.8.5 tokenizers numpy py-nanotts==0.1.1 soxr pyyaml psutil platformdirs
    PYTHONPATH=. nice /somewhere/train/bin/python scripts/train_short_words.py --language fr

Wanted: the model assembled (`voice_app models install embedded`), sox; about 8 GB of memory, 10 of temporary disk, an
hour and a half of one core. The vocabulary is read from the content: a new wording is one line there and one run of
this. The same seed, packages and processor give the same weights. `--features` keeps the encoded clips, so that another
training takes half as long. Afterwards run scripts/calibrate_short_words.py.

Two networks stand on the frozen encoder of the embedded recogniser: 512 numbers for every 20 ms of 2.5 s, or of 4 s
where the sound is longer. They differ by their seed alone: what they make together errs less than either
(Lakshminarayanan et al. 2017, "Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles"). A third
one looks at the log-mel picture that is encoded, not at what the encoder makes of it; by itself it hears less, but it
errs elsewhere. In French the two are then trained anew by what all three say of each clip, which tells more than its
name does: what else it sounds like (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network"). Every clip is
heard through several worlds. Each network: a linear layer, residual convolutions over time, attention pooling with four
heads, a linear layer to the wordings and "none of them". The exported weights are the mean over the last third of the
steps (their average generalises better than the last point; Izmailov et al. 2018, "Averaging Weights Leads to Wider
Optima"), rounded to `LEVELS` steps either way with one scale a row: under five bits, compressed.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import ctranslate2
import numpy as np
import torch
from numpy.typing import NDArray
from short_words_encoded import (
    ENCODED,
    PICTURE,
    WINDOWS,
    WORLDS,
    Encoded,
    Features,
    batches,
    encoded_clips,
    presented,
    side_by_side,
)
from short_words_speech import settle
from torch import Tensor, nn
from torch.nn import functional

from voice_app.settings import load_settings
from voice_app.speech.keyword_head import DIMENSIONS, STACKED
from voice_app.speech.log_mel import BANDS
from voice_app.speech.models import WHISPER_SHA256, require_whisper

FOLDER = Path(__file__).parents[1] / "voice_app" / "speech" / "keyword_weights"
SEED = 20
KINDS = (ENCODED, ENCODED, PICTURE)
"""What each network looks at."""
LEVELS = 9
"""Eleven heard people no better, and weigh more than 200 kB."""
WIDTH, KERNEL, ATTENTION = 60, 5, 4
INPUTS = {ENCODED: DIMENSIONS, PICTURE: STACKED}
DILATIONS = {ENCODED: (1, 2), PICTURE: (1, 2, 4, 8)}
EPOCHS = {ENCODED: 7, PICTURE: 7}
"""Times that everything is shown, each clip through all of its worlds."""
PEAK_RATE, DECAY = 3e-3, 0.02
SMOOTHING, NOISE, DROP_IN, DROP_OUT = 0.05, 0.15, 0.2, 0.3
TAUGHT_ANEW = ("fr",)
"""In French the pupils hear people a little better than their teachers do (docs/listening.md)."""
TAUGHT = 0.7
"""Share of what a pupil learns that is what the networks said together; the rest is what was said to them."""
LEFT_OUT = 16
"""One clip of so many is not trained on and gives the figures in the .toml."""


def gelu(values: Tensor) -> Tensor:
    return functional.gelu(values, approximate="tanh")  # as the service computes it


class Head(nn.Module):
    def __init__(self, kind: str, classes: int) -> None:
        super().__init__()
        self.kind = kind
        self.narrow = nn.Linear(INPUTS[kind], WIDTH)
        self.over_time = nn.ModuleList(
            nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=dilation * (KERNEL // 2), dilation=dilation)
            for dilation in DILATIONS[kind]
        )
        self.attend = nn.Linear(WIDTH, ATTENTION)
        self.classify = nn.Linear(WIDTH * ATTENTION, classes)

    def forward(self, frames: Tensor) -> Tensor:
        inner = gelu(self.narrow(functional.dropout(frames, DROP_IN, self.training))).transpose(1, 2)
        for convolve in self.over_time:
            inner = inner + gelu(convolve(inner))
        weights = torch.softmax(self.attend(inner.transpose(1, 2)), dim=1)
        pooled = torch.einsum("bct,bta->bac", inner, weights).flatten(1)
        return self.classify(functional.dropout(pooled, DROP_OUT, self.training))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", default="fr", choices=("fr", "en"))
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--first-head", type=int, default=0, help="number of the first head: others than the default's")
    parser.add_argument("--jobs", type=int, default=1, help="processes that encode and train")
    parser.add_argument("--features", type=Path, help="folder that keeps the encoded clips for another run")
    parser.add_argument("--target", type=Path, default=FOLDER)
    chosen = parser.parse_args()
    settle()
    require_whisper(load_settings().models_folder)  # told before minutes of work
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    with tempfile.TemporaryDirectory() as scratch:
        clips = encoded_clips(chosen.language, chosen.seed, chosen.features or Path(scratch), chosen.jobs)
        made = trained_side_by_side(clips, range(len(KINDS)), chosen)
        if chosen.language in TAUGHT_ANEW:
            lesson = said_together([head for head, _ in made], clips, chosen.jobs)
            pupils = [number for number, kind in enumerate(KINDS) if kind == ENCODED]
            for number, pupil in zip(pupils, trained_side_by_side(clips, pupils, chosen, lesson), strict=True):
                made[number] = pupil
    chosen.target.mkdir(parents=True, exist_ok=True)
    export([head for head, _ in made], clips, chosen.target / f"{chosen.language}.npz")
    figures = [each for _, each in made]
    describe(chosen.target / f"{chosen.language}.toml", chosen.language, chosen.seed, clips.classes, figures)
    print(figures, (chosen.target / f"{chosen.language}.npz").stat().st_size, "bytes")


def trained_side_by_side(
    clips: Encoded, numbers: Sequence[int], chosen: argparse.Namespace, lesson: Features | None = None
) -> list[tuple[Head, dict[str, float]]]:
    """Give the networks of these numbers, the slowest begun first; by the clips' labels or by a lesson as well."""
    first = chosen.first_head + (0 if lesson is None else len(KINDS))
    order = sorted(numbers, key=lambda number: KINDS[number] == ENCODED)
    each = side_by_side(
        lambda number: train(clips, KINDS[number], chosen.seed, number + first, lesson), order, chosen.jobs
    )
    return [each[order.index(number)] for number in numbers]


# --- training ---------------------------------------------------------------------------------------------------------


def said_together(heads: list[Head], clips: Encoded, jobs: int) -> Features:
    """Give what the networks together make of every clip in every world that all of them know, as shares of 1.

    Worlds one after the other x classes.
    """

    def say(job: int) -> list[tuple[NDArray[np.int64], Features]]:
        torch.set_num_threads(1)
        places = np.arange(WORLDS[ENCODED] * len(clips.labels))[job::jobs]
        found = []
        for some in batches(places, clips.windows.reshape(-1), np.random.default_rng(job)):
            with torch.no_grad():
                each = [torch.log_softmax(head(presented(clips, head.kind, some)), dim=1) for head in heads]
            found.append((some, torch.softmax(torch.stack(each).mean(dim=0), dim=1).numpy().astype(np.float16)))
        return found

    lesson = np.zeros((WORLDS[ENCODED] * len(clips.labels), len(clips.classes)), np.float16)
    for places, shares in itertools.chain.from_iterable(side_by_side(say, range(jobs), jobs)):
        lesson[places] = shares
    return lesson


def train(
    clips: Encoded, kind: str, seed: int, number: int, lesson: Features | None = None
) -> tuple[Head, dict[str, float]]:
    """Give a network, which differs from another number's by everything that chance decides in training."""
    torch.set_num_threads(1)
    torch.manual_seed(1000 * seed + number)
    random, began = np.random.default_rng((seed, number)), time.process_time()
    labels, classes = clips.labels, len(clips.classes)
    order = np.random.default_rng(seed).permutation(len(labels))
    tested, trained = order[: len(order) // LEFT_OUT], order[len(order) // LEFT_OUT :]
    head = Head(kind, classes)
    trained = np.concatenate([world * len(labels) + trained for world in range(WORLDS[kind])])
    optimizer = torch.optim.AdamW(head.parameters(), lr=PEAK_RATE, weight_decay=DECAY)
    windows = clips.windows.reshape(-1)
    steps = EPOCHS[kind] * len(list(batches(trained, windows, random)))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps)
    average, step = torch.optim.swa_utils.AveragedModel(head), 0
    for epoch in range(EPOCHS[kind]):
        head.train()
        losses = []
        for places in batches(trained, windows, random):
            frames = presented(clips, kind, places)
            targets = functional.one_hot(torch.from_numpy(labels[places % len(labels)]), classes).float()
            if lesson is not None:
                targets = (1 - TAUGHT) * targets + TAUGHT * torch.from_numpy(lesson[places].astype(np.float32))
            frames, targets = disturb(frames, targets, random)
            loss = functional.cross_entropy(head(frames), targets, label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            if step > steps * 2 // 3:
                average.update_parameters(head)
            losses.append(loss.item())
        print(f"{kind} {number}, epoch {epoch}: loss {np.mean(losses):.3f}, {time.process_time():.0f} s", flush=True)
    best = average.module
    best.eval()
    with torch.no_grad():
        guessed = np.array([int(best(presented(clips, kind, place[None]))[0].argmax()) for place in tested])
    truth = labels[tested]
    inside = truth < classes - 1
    figures = {
        "inputs": INPUTS[kind],
        "clips_trained": len(trained), "clips_left_out": len(tested), "last_loss": round(float(np.mean(losses)), 3),
        "left_out_right": round(float(np.mean(guessed == truth)), 3),
        "left_out_words_right": round(float(np.mean((guessed == truth)[inside])), 3),
        "left_out_garbage_refused": round(float(np.mean((guessed == truth)[~inside])), 3),
        "parameters": sum(weights.numel() for weights in best.parameters()),
        "processor_s": round(time.process_time() - began),
    }  # fmt: skip
    return best, figures


def disturb(frames: Tensor, targets: Tensor, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Give a batch shifted, masked, noisy and mixed, and its targets as shares."""
    count, length, numbers = frames.shape
    for place in range(count):
        if numbers == STACKED and random.random() < 0.5:
            low, size = int(random.integers(0, BANDS)), int(random.integers(2, 13))
            frames[place].view(length, -1, BANDS)[:, :, low : low + size] = 0.0
        if random.random() < 0.5:
            frames[place] = frames[place].roll(int(random.integers(-8, 12)), 0)
        if random.random() < 0.5:
            begin, size = int(random.integers(0, length - 8)), int(random.integers(2, 8))
            frames[place, begin : begin + size] = 0.0
    frames = frames + NOISE * torch.randn(frames.shape)
    mixed = random.random(count) < 0.4
    weight = torch.from_numpy(np.where(mixed, random.beta(0.3, 0.3, count), 1.0).astype(np.float32))
    partner = torch.from_numpy(random.permutation(count))
    return (
        weight[:, None, None] * frames + (1 - weight)[:, None, None] * frames[partner],
        weight[:, None] * targets + (1 - weight)[:, None] * targets[partner],
    )


# --- what is kept -----------------------------------------------------------------------------------------------------


def export(heads: list[Head], clips: Encoded, path: Path) -> None:
    arrays: dict[str, NDArray[np.generic]] = {}
    for number, head in enumerate(heads):
        for name, weights in head.named_parameters():
            values = weights.detach().numpy()
            key = f"{number}_{name.replace('.', '_')}"
            arrays[f"{number}_dilations"] = np.array(DILATIONS[head.kind])
            if values.ndim == 1:
                arrays[key] = values.astype(np.float16)
                continue
            rows = values.reshape(len(values), -1)
            scale = (np.abs(rows).max(axis=1) / LEVELS).astype(np.float16).astype(np.float32)
            arrays[key] = np.rint(rows / scale[:, None]).clip(-LEVELS, LEVELS).astype(np.int8).reshape(values.shape)
            arrays[f"{key}_scale"] = scale.astype(np.float16)
    for kind, before in ((ENCODED, ""), (PICTURE, "picture_")):
        arrays[f"{before}middle"] = clips.middle[kind].astype(np.float16)
        arrays[f"{before}spread"] = clips.spread[kind].astype(np.float16)
    arrays |= {"wordings": np.array(clips.classes[:-1]), "windows": np.array(WINDOWS)}
    np.savez_compressed(path, **arrays)


def describe(path: Path, language: str, seed: int, classes: tuple[str, ...], figures: list[dict[str, float]]) -> None:
    lines = [
        "# How this keyword head was made (scripts/train_short_words.py), by synthetic speech only. Figures: clips of",
        "# the same synthetic speakers left out of training: training worked; they do not say how people are heard.",
        "",
        f'language = "{language}"',
        f"seed = {seed}",
        f"wordings = {len(classes) - 1}",
        "waiting = []",
        f'encoder_sha256 = "{WHISPER_SHA256["model.bin"]}"',
        f'torch = "{torch.__version__}"',
        f'ctranslate2 = "{ctranslate2.__version__}"',
        "",
        *(line for each in figures for line in ("[[figures]]", *(f"{name} = {value}" for name, value in each.items()))),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
