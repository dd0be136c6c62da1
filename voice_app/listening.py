"""The ear of one conversation: cuts utterances out of the microphone's stream, has them recognised, knows when to act.

It knows neither channel nor dialogue's decisions; lengths are audio time. What it adds to endpointer and recogniser:

- *Guesses.* At every pause of an utterance the recogniser hears what was said so far, so that at the end of the
  patience the decision is there already. A guess that the person speaks on after is forgotten, and so is what the
  recogniser was asked for it: one question at a time is open, and none that nobody waits for keeps others waiting.
- *Acting early* (`Listen.early`). A guess that is sure enough ends the utterance before the patience does.
- *Going on.* Who speaks again within the linger of the endpointer goes on with the utterance before: all of it is heard
  again, against what could be said in that turn.

    Decision("heard")    an utterance of the present turn
    Decision("reheard")  the whole of an utterance whose beginning was acted on in the turn before
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Literal

from voice_app.audio import BYTES_PER_SAMPLE, HEARING_RATE_HZ, Sound
from voice_app.dialogue.messages import Listen
from voice_app.errors import RecognizerDown, SpeechError
from voice_app.hearing import Grammar, HearingOutcome, Recognition
from voice_app.ports import Endpointer, Recognizer, SpeechEvent

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recognized:
    """The recogniser's answer to the utterance of this number; None when it could not answer."""

    number: int
    recognition: Recognition | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What an utterance amounts to; `recognition` None: the recogniser could not answer."""

    kind: Literal["heard", "reheard"]
    turn: int
    recognition: Recognition | None


class Ear:
    """Begins closed. `run_aside` runs a recognition beside the conversation, `report` puts its result in the inbox."""

    def __init__(
        self,
        recognizer: Recognizer,
        endpointer: Endpointer,
        run_aside: Callable[[Coroutine[None, None, None]], asyncio.Task[None]],
        report: Callable[[Recognized], Awaitable[None]],
        *,
        decision_limit_s: float,
        longest_talk_ms: int,
    ) -> None:
        self._recognizer = recognizer
        self._endpointer = endpointer
        self._run_aside = run_aside
        self._report = report
        self._decision_limit_s = decision_limit_s
        self._longest_talk_ms = longest_talk_ms
        self._talk: bytearray | None = None
        self._number = 0
        """Of the utterance, or the part of it, that the recogniser was asked about last."""
        self._asked: asyncio.Task[None] | None = None
        self._guess: Recognition | None = None
        self._guessing = False
        self._acted_on: Listen | None = None
        """The listening of an utterance that was acted on, and can be taken back."""
        self._again: Listen | None = None
        """What the utterance under way goes on with."""
        self.listen: Listen | None = None
        self.speaking = False
        """Somebody is in the middle of an utterance."""
        self.deciding = False
        """A whole utterance is with the recogniser."""
        self.silent_ms = 0
        self.by_button = False
        """The person uses the talk button: what is said without it is not for us."""

    @property
    def open(self) -> bool:
        """Whether something may be said in this turn."""
        return self.listen is not None and self.listen.grammar is not None

    # --- turns ------------------------------------------------------------------------------------------------

    def begin_turn(self, listen: Listen) -> None:
        """Listen for something else; what was going on belongs to the turn before, unless it was just acted on."""
        self.listen = listen
        self.silent_ms = 0
        self.deciding = self.speaking = False
        self._drop()
        if self._acted_on is None:
            self._be_patient(listen)

    def forget(self) -> None:
        """A key was pressed, somebody else has the telephone: nothing said before goes on."""
        self._acted_on = self._again = None
        self.speaking = False
        if not self.deciding:
            self._drop()
        self._endpointer.restart()
        if self.listen is not None:
            self._be_patient(self.listen)

    def abandon(self) -> int | None:
        """The recogniser is lost: give the turn of an utterance that was being heard again, of which nobody knows now
        what it meant in the end."""
        again, self._again = self._again, None
        self._acted_on = None
        return None if again is None else again.turn

    def _be_patient(self, listen: Listen) -> None:
        self._endpointer.set_patience(listen.hang_ms, listen.early.pause_ms if listen.early is not None else None)

    def wait(self, length_ms: int) -> Listen | None:
        """Count silence; give the present listening when its patience has ended with it, and begin to count anew."""
        if self.listen is None or self.listen.patience_ms is None or self.deciding:
            return None
        self.silent_ms += length_ms
        if self.silent_ms < self.listen.patience_ms:
            return None
        self.silent_ms = 0
        self.by_button = False  # who used the button and is silent now may have lost it
        return self.listen

    # --- the stream -------------------------------------------------------------------------------------------

    def hear(self, sound: Sound, *, while_prompt_plays: bool, prompt_db: float | None) -> list[SpeechEvent]:
        """Take a piece of the stream; give what it brought about that may matter."""
        events = self._endpointer.feed(sound, while_prompt_plays=while_prompt_plays, prompt_db=prompt_db)
        if not self.open or self.by_button:
            return []
        return list(events)

    def start(self, *, goes_on: bool) -> bool:
        """Take note that somebody begins to speak; gives whether that takes up an utterance that was acted on."""
        if goes_on and self.deciding:  # it was not the end, and nothing has come of it yet
            self.deciding = False
        elif goes_on:
            self._again, self._acted_on = self._acted_on, None
        else:
            self._again = self._acted_on = None
            if self.listen is not None:
                self._be_patient(self.listen)
        self.speaking = True
        self._drop()
        return self._again is not None

    def refuse(self) -> None:
        """This was not the moment to speak: it is forgotten."""
        if self._acted_on is None:
            self._endpointer.restart()

    def quieten(self) -> None:
        """A prompt has ended: patience begins, and what the microphone heard of it is no beginning of anything. Who
        speaks now answers it: that goes on with nothing said before, however short the prompt was."""
        if not self.speaking:
            self.silent_ms = 0
            self._acted_on = None
            self._endpointer.restart()
            if self.listen is not None:
                self._be_patient(self.listen)

    def pause(self, so_far: Sound) -> None:
        """The person has paused: guess."""
        if self.speaking and not self.deciding:
            self._ask(so_far)

    def went_on(self) -> None:
        """The pause was not the end."""
        self._drop()

    def end(self, said: Sound) -> Decision | None:
        """An utterance is complete: decide at once when it was guessed already."""
        if not self.speaking:
            return None
        self.speaking = False
        if self._guess is not None:
            return self._decided(self._guess)
        self.deciding = True
        if not self._guessing:
            self._ask(said)
        return None

    def take(self, heard: Recognized) -> Decision | None:
        """Take what the recogniser made of an utterance; give a decision when there is nothing more to wait for."""
        if heard.number != self._number:
            return None
        self._guessing = False
        if self.deciding:
            return self._decided(heard.recognition)
        self._guess = heard.recognition
        return self.act_early()

    def act_early(self) -> Decision | None:
        """Give a decision when the guess is sure enough for the silence there was."""
        listen, guess = self._heard_for, self._guess
        if listen is None or listen.early is None or guess is None or not self.speaking:
            return None
        if self._again is not None:  # who has gone on once is waited for
            return None
        early = listen.early
        if not _undoable(guess, listen):
            return None
        enough_ms = early.pause_ms if guess.ranked[0].likelihood >= early.above else early.sure_ms
        if self._endpointer.silent_ms < enough_ms:
            return None
        self._endpointer.settle()
        return self._decided(guess)

    # --- the talk button --------------------------------------------------------------------------------------

    def hold_talk(self) -> None:
        """The talk button is pressed: everything is kept from here on, an utterance under way is forgotten."""
        self._talk = bytearray()
        self.by_button = True
        self.forget()

    def keep_talk(self, sound: Sound) -> bool:
        """Keep a piece of sound if the talk button is held; tell whether it is. What is too long is left out."""
        if self._talk is None:
            return False
        if len(self._talk) < self._longest_talk_ms * HEARING_RATE_HZ // 1000 * BYTES_PER_SAMPLE:
            self._talk.extend(sound.pcm)
        return True

    def release_talk(self) -> None:
        """The talk button is released: what was said meanwhile is an utterance."""
        said, self._talk = self._talk, None
        if said and self.open and not self.deciding:
            self.deciding = True
            self._ask(Sound(bytes(said)))

    # --- the recogniser ---------------------------------------------------------------------------------------

    @property
    def _heard_for(self) -> Listen | None:
        """The listening that the utterance under way belongs to."""
        return self.listen if self._again is None else self._again

    def _ask(self, utterance: Sound) -> None:
        listen = self._heard_for
        if listen is None or listen.grammar is None:
            self.deciding = False
            return
        self._drop()
        self._guessing = True
        self._asked = self._run_aside(self._recognize(self._number, utterance, listen.grammar))

    def _drop(self) -> None:
        """Forget the guess, and what the recogniser is still asked: something newer counts."""
        self._number += 1
        self._guess = None
        self._guessing = False
        if self._asked is not None:
            self._asked.cancel()  # harmless when it has answered
            self._asked = None

    async def _recognize(self, number: int, utterance: Sound, grammar: Grammar) -> None:
        recognition: Recognition | None = None
        try:
            async with asyncio.timeout(self._decision_limit_s):
                recognition = await self._recognizer.recognize(utterance, grammar)
        except (RecognizerDown, TimeoutError) as fault:
            log.warning("the ear did not answer: %s", fault)
        except SpeechError as fault:
            log.error("the ear refused an utterance: %s", fault)
        await self._report(Recognized(number, recognition))

    def _decided(self, heard: Recognition | None) -> Decision | None:
        listen, again = self._heard_for, self._again
        self.speaking = self.deciding = False
        self._again = None
        self._drop()
        self.silent_ms = 0
        if listen is None:
            return None
        if heard is not None:
            log.info("turn %d: %s by %s in %.0f ms", listen.turn, heard.outcome, heard.engine, heard.decision_ms)
        if again is not None:
            self._acted_on = again  # and may go on still
        elif heard is not None and _undoable(heard, listen):
            self._acted_on = listen
        else:
            self._acted_on = None
            self._endpointer.restart()
        return Decision("heard" if again is None else "reheard", listen.turn, heard)


def _undoable(heard: Recognition, listen: Listen) -> bool:
    """Tell whether what was heard is clear, is one wording, and can be taken back."""
    meanings = listen.early.meanings if listen.early is not None else frozenset()
    return heard.outcome is HearingOutcome.MATCH and not heard.words and heard.best in meanings
