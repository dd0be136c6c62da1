"""Would a person's own words help? Templates of "un, deux, trois, quatre" beside the keyword head, measured.

One clean recording of each word by the person is kept as the head's pooled vector; a word is scored by its logit plus
`weight` times the cosine to its template (mean of the four templates taken off, so that what all words of the person
share does not count). Tested on the same person's words cut out of sentences, in the eight conditions. The control
takes the other person's templates: what it gains is more evidence, not the speaker.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from listening_speech import NUMBERS, SPEAKERS, STUDIED, World, cuts, numbers
from listening_trials import Ears

from voice_app.audio import Sound
from voice_app.speech.keyword_head import KeywordHead
from voice_app.speech.log_mel import log_mel, present

WEIGHTS = (0.0, 2.0, 4.0, 8.0)


def compare(language: str, ears: Ears, world: World) -> list[dict[str, Any]]:
    """Give right answers by speaker, whose templates, and weight."""
    head, four = KeywordHead(language), NUMBERS[language][1:5]
    places = [head.wordings.index(word) for word in four]

    def heard(sound: Sound) -> tuple[np.ndarray, np.ndarray]:
        samples = present(sound)
        window = head.window_for(len(samples)) or head.windows[-1]
        seen = ears.scorer.encode(samples, window)[0], log_mel(samples, window)
        return head.logits(*seen)[places], head.pooled(*seen)

    said = {(spoken.speaker, spoken.text): spoken.wave for spoken in numbers(language)}
    templates = {}
    for speaker in SPEAKERS[language]:
        own = [heard(world.worsen(said[speaker, word], "clean", np.random.default_rng(1)))[1] for word in four]
        centred = np.array(own) - np.mean(own, axis=0)
        templates[speaker] = (np.mean(own, axis=0), centred / np.linalg.norm(centred, axis=1, keepdims=True))
    counts: dict[tuple[str, str, float], list[bool]] = {}
    for spoken in (each for each in cuts(language) if each.text in four):
        for condition in STUDIED:
            random = np.random.default_rng(zlib.crc32(f"{spoken.wave.tobytes()!r}{condition}".encode()))
            logits, vector = heard(world.worsen(spoken.wave, condition, random))
            for owner, (middle, directions) in templates.items():
                likeness = directions @ (vector - middle) / max(float(np.linalg.norm(vector - middle)), 1e-9)
                for weight in WEIGHTS:
                    guess = four[int(np.argmax(logits + weight * likeness))]
                    counts.setdefault((spoken.speaker, owner, weight), []).append(guess == spoken.text)
    return [
        {"set": "own words", "speaker": speaker, "templates_of": owner, "weight": weight, "right": sum(right),
         "clips": len(right)}
        for (speaker, owner, weight), right in counts.items()
        if weight or owner == speaker
    ]  # fmt: skip
