"""Checks the words that are cut out of recorded sentences (listening_cuts.toml) against an alignment of each sentence.

    python scripts/check_listening_cuts.py

The embedded model writes down the whole sentence and says where each of its words lies (its times begin some 0.2 s too
early: good enough to tell a word from its neighbours, not to cut by). A cut that does not lie where the alignment has
its word is printed, and makes the exit status 1: two cuts of "-férence" once passed for "quatre" and "sept" because
nobody had looked at them beside their sentence. Where cuts begin and end to the hundredth is seen in a spectrogram.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from listening_speech import CUTS, NUMBERS, SPEAKERS, Wave, missing, recording
from tokenizers import Tokenizer

from voice_app.audio import HEARING_RATE_HZ
from voice_app.settings import load_settings
from voice_app.speech.log_mel import FRAMES_PER_SECOND, log_mel
from voice_app.speech.models import assemble_whisper

WINDOW_S = 30
S_PER_CODE = 0.02
FIRST_MARK = 50257
"""Tokens from here on are marks, not text."""
EARLY_S, LATE_S = 0.3, 0.1
"""So far before and behind a cut the alignment may have its word."""


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    from_s: float
    to_s: float


class Aligner:
    def __init__(self, folder: Path) -> None:
        self._model = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="int8")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def words(self, wave: Wave, language: str) -> list[Word]:
        """Give the words of a sentence of up to 30 s, in lower case, numbers as words."""
        even = (wave / max(np.abs(wave).max(), 1e-9) * 0.5).astype(np.float32)[: WINDOW_S * HEARING_RATE_HZ]
        picture = log_mel(even, WINDOW_S * FRAMES_PER_SECOND)
        encoded = self._model.encode(ctranslate2.StorageView.from_array(picture[None]))
        marks = ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>", "<|notimestamps|>")
        start = [self._tokenizer.token_to_id(mark) for mark in marks]
        written: Any = self._model.generate(encoded, [start], beam_size=5)[0]
        tokens = [token for token in written.sequences_ids[0] if token < FIRST_MARK]
        frames = len(even) * FRAMES_PER_SECOND // HEARING_RATE_HZ
        aligned: Any = self._model.align(encoded, start, [tokens], [frames])[0]
        times: dict[int, list[float]] = {}
        for place, code in aligned.alignments:
            times.setdefault(place, []).append(code * S_PER_CODE)
        found: list[Word] = []
        for place, token in enumerate(tokens):
            piece = self._tokenizer.decode([token])
            begin, end = (times[place][0], times[place][-1]) if place in times else (found[-1].to_s,) * 2
            if found and piece[:1].isalnum():
                found[-1] = Word(found[-1].text + piece, found[-1].from_s, end)
            else:
                found.append(Word(piece, begin, end))
        return [Word(said(word.text, language), word.from_s, word.to_s) for word in found]


def said(text: str, language: str) -> str:
    bare = re.sub(r"\W", "", text).lower()
    return NUMBERS[language][int(bare)] if bare.isdigit() and int(bare) < len(NUMBERS[language]) else bare


def main() -> int:
    lacking = missing()
    if lacking:
        sys.exit(f"recordings are missing: apt-get install {' '.join(lacking)}")
    aligner = Aligner(assemble_whisper(load_settings().models_folder))
    listed = tomllib.loads(CUTS.read_text(encoding="utf-8"))
    cuts = [
        (speaker, language, cut) for language in SPEAKERS for speaker in SPEAKERS[language] for cut in listed[speaker]
    ]
    sentences: dict[tuple[str, str], list[Word]] = {}
    elsewhere = 0
    for speaker, language, cut in cuts:
        name = (speaker, cut["file"])
        if name not in sentences:
            wave = recording(*name)
            sentences[name] = [] if wave is None else aligner.words(wave, language)
        early_s, late_s = cut["from_s"] - EARLY_S, cut["to_s"] + LATE_S
        near = [word for word in sentences[name] if word.to_s > early_s and word.from_s < late_s]
        if not set(cut["text"].split()) <= {word.text for word in near}:
            elsewhere += 1
            print(*name, cut["text"], cut["from_s"], "the alignment has:", *(f"{w.text}@{w.from_s:.2f}" for w in near))
    print(len(cuts), "cuts,", elsewhere, "not where their word is")
    return min(elsewhere, 1)


if __name__ == "__main__":
    sys.exit(main())
