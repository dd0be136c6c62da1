"""How the ear of a conversation stands in the present turn: what may be said, how long nobody has spoken, what was said
while the talk button is held. It knows neither channel nor recogniser; lengths are audio time."""

from __future__ import annotations

from dataclasses import dataclass

from voice_app.audio import BYTES_PER_SAMPLE, HEARING_RATE_HZ, Sound
from voice_app.dialogue.messages import Listen
from voice_app.hearing import Grammar


@dataclass(slots=True)
class EarState:
    """Begins closed; `longest_talk_ms` bounds what is kept while the talk button is held."""

    longest_talk_ms: int
    listen: Listen | None = None
    speaking: bool = False
    """Somebody is in the middle of an utterance."""
    deciding: bool = False
    """An utterance of this turn is with the recogniser."""
    silent_ms: int = 0
    _talk: bytearray | None = None

    @property
    def grammar(self) -> Grammar | None:
        return self.listen.grammar if self.listen is not None else None

    def begin_turn(self, listen: Listen) -> None:
        """Listen for something else; what was going on belongs to the turn before."""
        self.listen = listen
        self.silent_ms = 0
        self.deciding = False
        self.speaking = False

    def wait(self, length_ms: int) -> Listen | None:
        """Count silence; give the present listening when its patience has ended with it, and begin to count anew."""
        if self.listen is None or self.listen.patience_ms is None or self.deciding:
            return None
        self.silent_ms += length_ms
        if self.silent_ms < self.listen.patience_ms:
            return None
        self.silent_ms = 0
        return self.listen

    def hold_talk(self) -> None:
        """The talk button is pressed: everything is kept from here on, an utterance under way is forgotten."""
        self._talk = bytearray()
        self.speaking = False

    def keep_talk(self, sound: Sound) -> bool:
        """Keep a piece of sound if the talk button is held; tell whether it is. What is too long is left out."""
        if self._talk is None:
            return False
        if len(self._talk) < self.longest_talk_ms * HEARING_RATE_HZ // 1000 * BYTES_PER_SAMPLE:
            self._talk.extend(sound.pcm)
        return True

    def release_talk(self) -> Sound | None:
        """Give what was said while the talk button was held, or None for nothing."""
        said, self._talk = self._talk, None
        return Sound(bytes(said)) if said else None
