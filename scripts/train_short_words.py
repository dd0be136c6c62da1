"""Trains the keyword head of a language from synthetic speech alone, and writes it with the figures of its making.

    python3.11 -m venv /somewhere/train && /somewhere/train/bin/pip install \\
        torch==2.13.0 ctranslate2==4.8.5 tokenizers numpy py-nanotts==0.1.1 soxr pyyaml psutil platformdirs
    PYTHONPATH=. nice /somewhere/train/bin/python scripts/train_short_words.py --language fr

Wanted: the model assembled (`voice_app models install embedded`); about 1.5 GB of memory and of temporary disk; ten
minutes of one core. The vocabulary is read from the content: a new wording is one line there and one run of this.
The same seed, packages and processor give the same weights. Afterwards run scripts/calibrate_short_words.py.

The head stands on the frozen encoder of the embedded recogniser: 125 frames of 512 numbers for 2.5 s. A linear layer,
two residual convolutions over time (7 frames, then 13 seen), attention pooling with four heads, a linear layer to
the wordings and "none of them". The exported weights are the mean over the last third of the steps (their average
generalises better than the last point; Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima").
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import ctranslate2
import numpy as np
import torch
from numpy.typing import NDArray
from short_words_speech import GARBAGE, Clip, World, babble_voices, settle, training_clips, wordings
from torch import Tensor, nn
from torch.nn import functional

from audio_content.loader import load
from voice_app.settings import load_settings
from voice_app.speech.keyword_head import DIMENSIONS, ENCODED_FRAMES, WINDOW_FRAMES
from voice_app.speech.log_mel import log_mel, present
from voice_app.speech.models import WHISPER_SHA256, require_whisper

FOLDER = Path(__file__).parents[1] / "voice_app" / "speech" / "keyword_weights"
SEED = 20
WIDTH, KERNEL, DILATIONS, ATTENTION = 60, 5, (1, 2), 4
EPOCHS, BATCH, PEAK_RATE, DECAY = 9, 64, 3e-3, 0.02
SMOOTHING, NOISE, DROP_IN, DROP_OUT = 0.05, 0.15, 0.2, 0.3
LEFT_OUT = 16
"""One clip of so many is not trained on and gives the figures in the .toml."""

Features = NDArray[np.float16]


def gelu(values: Tensor) -> Tensor:
    return functional.gelu(values, approximate="tanh")  # as the service computes it


class Head(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.narrow = nn.Linear(DIMENSIONS, WIDTH)
        self.over_time = nn.ModuleList(
            nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=dilation * (KERNEL // 2), dilation=dilation)
            for dilation in DILATIONS
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
    parser.add_argument("--features", type=Path, help="folder that keeps the encoded clips for another run")
    parser.add_argument("--target", type=Path, default=FOLDER)
    chosen = parser.parse_args()
    settle()
    torch.set_num_threads(1)
    torch.manual_seed(chosen.seed)
    torch.use_deterministic_algorithms(True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.features or Path(scratch)
        features, labels, classes = encoded_clips(chosen.language, chosen.seed, folder)
        head, figures = train(features, labels, len(classes), chosen.seed)
    chosen.target.mkdir(parents=True, exist_ok=True)
    export(head, classes, chosen.target / f"{chosen.language}.npz")
    describe(chosen.target / f"{chosen.language}.toml", chosen.language, chosen.seed, classes, figures)
    print(figures, (chosen.target / f"{chosen.language}.npz").stat().st_size, "bytes")


# --- clips ------------------------------------------------------------------------------------------------------------


def encoded_clips(language: str, seed: int, folder: Path) -> tuple[Features, NDArray[np.int64], tuple[str, ...]]:
    """Give the encoded clips, their classes and the classes' wordings; the last class is none of them."""
    kept, told = folder / f"{language}-{seed}.npy", folder / f"{language}-{seed}.npz"
    if not kept.exists():
        content = load()
        classes = (*wordings(language, content), GARBAGE)
        random = np.random.default_rng((seed, ord(language[0])))
        clips = list(training_clips(language, content, random))
        print(len(clips), "clips said", round(time.process_time()), "s", flush=True)
        place = {wording: number for number, wording in enumerate(classes)}
        np.savez(told, classes=np.array(classes), labels=np.array([place[clip.wording] for clip in clips]))
        encode(clips, World(random, babble_voices(language, content, random)), random, kept)
    with np.load(told) as known:
        return np.load(kept, mmap_mode="r"), known["labels"], tuple(str(wording) for wording in known["classes"])


def encode(clips: list[Clip], world: World, random: np.random.Generator, path: Path) -> None:
    folder = require_whisper(load_settings().models_folder)
    whisper = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="int8", intra_threads=1)
    shape = (len(clips), ENCODED_FRAMES, DIMENSIONS)
    unfinished = path.with_suffix(".part")
    kept = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.float16, shape=shape)
    others = [clip.wave for clip in clips if clip.wording == GARBAGE and 0 < clip.wave.size < 16_000]
    for place, clip in enumerate(clips):
        carrier = others[int(random.integers(len(others)))] if random.random() < 0.07 else None
        picture = log_mel(present(world.carry(clip.wave, carrier)), WINDOW_FRAMES)
        kept[place] = np.array(whisper.encode(ctranslate2.StorageView.from_array(picture[None])))[0]
        if place % 500 == 0:
            print(place, "encoded", round(time.process_time()), "s", flush=True)
    kept.flush()
    unfinished.rename(path)


# --- training ---------------------------------------------------------------------------------------------------------


def train(features: Features, labels: NDArray[np.int64], classes: int, seed: int) -> tuple[Head, dict[str, float]]:
    random = np.random.default_rng(seed)
    order = random.permutation(len(labels))
    tested, trained = order[: len(order) // LEFT_OUT], order[len(order) // LEFT_OUT :]
    sample = np.sort(trained[:600])
    mean, sd = (torch.from_numpy(f(features[sample].astype(np.float32), axis=(0, 1))) for f in (np.mean, np.std))
    head = Head(classes)
    optimizer = torch.optim.AdamW(head.parameters(), lr=PEAK_RATE, weight_decay=DECAY)
    steps = EPOCHS * (len(trained) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps)
    average, step = torch.optim.swa_utils.AveragedModel(head), 0
    for epoch in range(EPOCHS):
        head.train()
        losses = []
        shuffled = random.permutation(trained)
        for start in range(0, len(shuffled) - BATCH + 1, BATCH):
            places = np.sort(shuffled[start : start + BATCH])
            frames = (torch.from_numpy(features[places].astype(np.float32)) - mean) / sd
            frames, targets = disturb(frames, functional.one_hot(torch.from_numpy(labels[places]), classes), random)
            loss = functional.cross_entropy(head(frames), targets, label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            if step > steps * 2 // 3:
                average.update_parameters(head)
            losses.append(loss.item())
        print(f"epoch {epoch}: loss {np.mean(losses):.3f}, {time.process_time():.0f} s", flush=True)
    best = average.module
    best.eval()
    with torch.no_grad():  # the standardisation goes into the first layer
        best.narrow.bias -= best.narrow.weight @ (mean / sd)
        best.narrow.weight /= sd
        guessed = np.concatenate(
            [best(torch.from_numpy(features[np.sort(part)].astype(np.float32))).argmax(1).numpy()
             for part in np.array_split(tested, 10)]
        )  # fmt: skip
    truth = np.concatenate([labels[np.sort(part)] for part in np.array_split(tested, 10)])
    inside = truth < classes - 1
    figures = {
        "clips_trained": len(trained), "clips_left_out": len(tested), "last_loss": round(float(np.mean(losses)), 3),
        "left_out_right": round(float(np.mean(guessed == truth)), 3),
        "left_out_words_right": round(float(np.mean((guessed == truth)[inside])), 3),
        "left_out_garbage_refused": round(float(np.mean((guessed == truth)[~inside])), 3),
        "parameters": sum(weights.numel() for weights in best.parameters()),
        "processor_s": round(time.process_time()),
    }  # fmt: skip
    return best, figures


def disturb(frames: Tensor, targets: Tensor, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Give a batch shifted, masked, noisy and mixed, and its targets as shares."""
    count, length, _ = frames.shape
    for place in range(count):
        if random.random() < 0.5:
            frames[place] = frames[place].roll(int(random.integers(-8, 12)), 0)
        if random.random() < 0.5:
            begin, size = int(random.integers(0, length - 8)), int(random.integers(2, 8))
            frames[place, begin : begin + size] = 0.0
    frames = frames + NOISE * torch.randn(frames.shape)
    shares = targets.float()
    mixed = random.random(count) < 0.4
    weight = torch.from_numpy(np.where(mixed, random.beta(0.3, 0.3, count), 1.0).astype(np.float32))
    partner = torch.from_numpy(random.permutation(count))
    return (
        weight[:, None, None] * frames + (1 - weight)[:, None, None] * frames[partner],
        weight[:, None] * shares + (1 - weight)[:, None] * shares[partner],
    )


# --- what is kept -----------------------------------------------------------------------------------------------------


def export(head: Head, classes: tuple[str, ...], path: Path) -> None:
    arrays = {
        name.replace(".", "_"): weights.detach().numpy().astype(np.float16) for name, weights in head.named_parameters()
    }
    np.savez_compressed(path, wordings=np.array(classes[:-1]), dilations=np.array(DILATIONS), **arrays)


def describe(path: Path, language: str, seed: int, classes: tuple[str, ...], figures: dict[str, float]) -> None:
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
        "[figures]",
        *(f"{name} = {value}" for name, value in figures.items()),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
