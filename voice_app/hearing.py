"""The words shared by who asks and who listens: what may be said in a turn, and what was heard.

Pure values. The dialogue builds a `Grammar`; a recogniser answers with a `Recognition`; neither knows the other.

Evidence: `ranked` and `none_of_these` are likelihoods of the sound under each meaning, normalised to sum to 1. They are
calibrated by the engine that made them, so that the dialogue can hand them to the measuring engine as they are.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

MeaningId = NewType("MeaningId", str)
"""What a person may mean in a turn: an option ("option.b"), a command ("command.repeat"), "yes", "no", "digit.7"."""


class HearingOutcome(StrEnum):
    """How sure the ear is. Thresholds belong to the engine's calibration file."""

    MATCH = "match"
    DOUBTFUL = "doubtful"
    NO_MATCH = "no_match"
    NO_INPUT = "no_input"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing the person may mean, and every wording accepted for it (lower case, digits as words)."""

    id: MeaningId
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grammar:
    """What may be said in one turn. Never empty; no wording belongs to two meanings; raises ValueError otherwise."""

    language: str
    meanings: tuple[Meaning, ...]

    def __post_init__(self) -> None:
        if not self.meanings:
            raise ValueError("a grammar needs at least one meaning")
        owner: dict[str, MeaningId] = {}
        for meaning in self.meanings:
            if not meaning.forms:
                raise ValueError(f"meaning {meaning.id} has no wording")
            for form in meaning.forms:
                if not form.strip() or form != unicodedata.normalize("NFC", form).lower():
                    raise ValueError(f"wording {form!r} of {meaning.id} must be non-blank, NFC and lower case")
                if owner.setdefault(form, meaning.id) != meaning.id:
                    raise ValueError(f"wording {form!r} belongs to {owner[form]} and {meaning.id}")

    @property
    def key(self) -> str:
        """Give a digest of the whole grammar, for caches of priors and graphs."""
        body = json.dumps([self.language, [[m.id, list(m.forms)] for m in self.meanings]], ensure_ascii=False)
        return hashlib.sha256(body.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Scored:
    """The likelihood (0 to 1) of the sound under one meaning."""

    meaning: MeaningId
    likelihood: float


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was heard in one utterance.

    `ranked`: every meaning of the grammar, best first (empty only for `NO_INPUT`). `none_of_these`: the likelihood
    that something else was said. `audio_ms`: length of the utterance; `decision_ms`: time from the end of the
    audio to this value, for operations only (never read by dialogue or engine). `words`: what a sentence seems
    to say, written down; empty for a single wording. Words live as long as the turn: never kept, never logged.
    """

    outcome: HearingOutcome
    ranked: tuple[Scored, ...]
    none_of_these: float
    engine: str
    audio_ms: int = 0
    decision_ms: float = 0.0
    words: str = field(default="", repr=False)

    @property
    def best(self) -> MeaningId | None:
        """Give the likeliest meaning, or None when nothing was said."""
        return self.ranked[0].meaning if self.ranked else None


NO_INPUT = Recognition(HearingOutcome.NO_INPUT, (), 1.0, engine="endpointer")
