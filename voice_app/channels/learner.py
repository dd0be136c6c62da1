"""A person who takes part for real, made of synthetic speech: speaks aloud and is recognised, or presses keys.

For `voice-app talk --voice`, transcripts and benchmarks. Time is audio time and runs faster than the clock: prompts end
when they are complete, silence comes in pieces as fast as the conversation takes them.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from audio_content.model import Content, ContentItem, ItemKind, ItemText, OptionId
from engine.model import Channel as ChannelKind
from engine.model import InputMode
from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.ports import ChannelEvent, FrameHeard, Hungup, KeyPressed, PromptEnded, ShownView

FRAME_MS = 20
BEFORE_SPEECH_MS = 400
FRAMES_AT_ONCE = 50
SILENCE_PIECE_MS = 200
BETWEEN_PIECES_S = 0.02
AMBIENT_LEVEL = 12
"""Standard deviation of the room's noise in 16-bit steps: a quiet room, not digital silence."""
PATIENT_TRIES = 2
"""So often somebody says an answer again before they press its key."""


@dataclass(frozen=True, slots=True)
class Says:
    words: str


@dataclass(frozen=True, slots=True)
class Presses:
    key: str
    input_mode: InputMode = InputMode.KEY


@dataclass(frozen=True, slots=True)
class StaysSilent:
    pass


@dataclass(frozen=True, slots=True)
class HangsUp:
    pass


Reply = Says | Presses | StaysSilent | HangsUp


class Person(Protocol):
    """Decides what to do when it is their turn, from what is shown (the same as what is said)."""

    def reply(self, view: ShownView) -> Reply: ...


class SyntheticLearner:
    """A channel with a person at its end. `say` gives the person's speech; `write` gets one line per reply."""

    kind = ChannelKind.CONSOLE

    def __init__(
        self,
        person: Person,
        say: Callable[[str, str], Awaitable[Sound]],
        write: Callable[[str], None],
        *,
        microphone: bool = True,
        seed: int = 0,
    ) -> None:
        self._person = person
        self._say = say
        self._write = write
        self._microphone = microphone
        self._noise = np.random.default_rng(seed)
        self._view: ShownView | None = None
        self._turns = 0
        self._prompt_over = True
        self._ear_open = True
        self._happened: deque[ChannelEvent] = deque()
        self._wake = asyncio.Event()
        self._due = -1
        """The number of the turn that is the person's, if it is still the present one."""
        self.codes: list[str] = []

    @property
    def microphone(self) -> bool:
        return self._microphone

    async def events(self) -> AsyncIterator[ChannelEvent]:
        speech: AsyncIterator[ChannelEvent] | None = None
        while True:
            event: ChannelEvent | None = None
            if self._happened:
                event = self._happened.popleft()
            elif speech is not None:
                event = await anext(speech, None)
                if event is None:
                    speech = None
            elif self._due == self._turns:
                self._due = -1
                speech = self._take_turn()
            else:
                self._wake.clear()
                await self._wake.wait()
            if event is not None:
                yield event
            if isinstance(event, Hungup):
                return

    async def _take_turn(self) -> AsyncIterator[ChannelEvent]:
        view, began = self._view, self._turns
        if view is None:
            return
        match self._person.reply(view) if self._ear_open else StaysSilent():
            case Presses(key, input_mode):
                self._write(f"P: presses {key}")
                yield KeyPressed(view.turn, key, input_mode)
                return
            case HangsUp():
                self._write("P: leaves")
                yield Hungup()
                return
            case Says(words):
                self._write(f"P: {words}")
                sound = await self._say(words, view.locale)
                for number, frame in enumerate(self._frames(self._ambient(BEFORE_SPEECH_MS) + sound.pcm)):
                    yield frame
                    if number % FRAMES_AT_ONCE == 0:
                        await asyncio.sleep(0)  # let the conversation hear it
            case StaysSilent():
                self._write("P: ...")
        while self._turns == began:
            for frame in self._frames(self._ambient(SILENCE_PIECE_MS)):
                yield frame
            await asyncio.sleep(BETWEEN_PIECES_S)

    def _ambient(self, length_ms: int) -> bytes:
        samples = length_ms * HEARING_RATE_HZ // 1000
        return self._noise.normal(0, AMBIENT_LEVEL, samples).astype("<i2").tobytes()

    def _frames(self, pcm: bytes) -> Sequence[FrameHeard]:
        size = 2 * HEARING_RATE_HZ * FRAME_MS // 1000
        return [FrameHeard(Sound(pcm[start : start + size])) for start in range(0, len(pcm), size)]

    def _happen(self, event: ChannelEvent) -> None:
        self._happened.append(event)
        self._wake.set()

    async def begin_prompt(self, turn: int, gain_db: float) -> None:
        self._turns += 1
        self._prompt_over = False

    async def enqueue(self, turn: int, sound: Sound, *, place: int | None = None) -> None:
        return None

    async def end_prompt(self, turn: int) -> None:
        self._prompt_over = True
        self._happen(PromptEnded(turn))

    async def stop_prompt(self, turn: int) -> None:
        return None

    async def show(self, view: ShownView) -> None:
        self._view = view

    async def listening(self, turn: int, is_open: bool) -> None:
        """It is the person's turn once the prompt is over. With a closed ear somebody who only speaks waits."""
        if self._prompt_over:
            self._ear_open = is_open or not self._microphone
            self._turns += 1
            self._due = self._turns
            self._wake.set()

    async def remember(self, code: str, sounds: Sequence[Sound], text: str) -> None:
        self.codes.append(code)

    async def close(self) -> None:
        self._happen(Hungup())


@dataclass(slots=True)
class KnowingPerson:
    """Somebody with a level: knows the answers up to it, says "I don't know" or picks another answer above it.

    Answers with the words of the answer or with its number; when not understood twice, presses the key.
    """

    content: Content
    ability: float
    seed: int
    keys_only: bool = False
    _draw: random.Random = field(init=False)
    _meant: str = field(init=False, default="")
    _seen: tuple[str, str] = field(init=False, default=("", ""))
    _tries: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)  # noqa: S311 - a made-up person, nothing secret

    def reply(self, view: ShownView) -> Reply:
        if self._meant and len(view.choices) == 2 and any(self._meant in text for text in view.text):
            return self._choose(view, 0)
        mark = (view.heading, " ".join(view.text))
        self._tries = self._tries + 1 if mark == self._seen else 0
        self._seen = mark
        item = self._item(view)
        if item is None:
            last = view.screen == "result"
            return self._choose(view, 1 if last else 0)  # the result can be heard again, or ended
        return self._answer(view, item)

    def _item(self, view: ShownView) -> ContentItem | None:
        labels = {button.label for button in view.choices}
        for item in self.content.items.values():
            text = item.texts[view.locale]
            asked = text.stem in view.text or text.simpler in view.text
            if asked and (item.kind in (ItemKind.NUMBER, ItemKind.WORD) or labels == _labels(text)):
                return item
        return None

    def _answer(self, view: ShownView, item: ContentItem) -> Reply:
        options = item.texts[view.locale].options
        level = self.content.skill_map.levels[item.skill]
        if level <= self.ability:
            return self._give(view, item, item.key)
        if self._draw.random() < 0.5:
            command = self.content.vocabularies[view.locale].commands
            words = next(words for name, words in command.items() if name == "dont_know")
            self._meant = ""
            return Presses("#") if self.keys_only else Says(words[0])
        other = self._draw.choice([option.id for option in options if option.id != item.key])
        return self._give(view, item, other)

    def _give(self, view: ShownView, item: ContentItem, option: OptionId) -> Reply:
        """Answer with an option: by its place where it has one, in its own words, or on the keys."""
        text = item.texts[view.locale]
        said = next(each.text for each in text.options if each.id == option)
        if {button.label for button in view.choices} == _labels(text):
            return self._choose(view, self._place(view, item, option))
        self._meant = said
        has_typed = any(button.pictogram == "erase" for button in view.commands)
        if not self.keys_only and not has_typed and self._tries < PATIENT_TRIES:
            return Says(said.lower())
        if item.kind is ItemKind.WORD:
            return Presses("1")  # the list, to choose from
        typed = "".join(character for character in view.text[-1] if character.isdigit()) if has_typed else ""
        rest = option.removeprefix(typed)
        return Presses(rest[0] if rest else "#")

    def _place(self, view: ShownView, item: ContentItem, option: OptionId) -> int:
        text = next(each.text for each in item.texts[view.locale].options if each.id == option)
        return next(place for place, button in enumerate(view.choices) if button.label == text)

    def _choose(self, view: ShownView, place: int) -> Reply:
        button = view.choices[place]
        self._meant = button.label
        if self.keys_only or self._tries >= PATIENT_TRIES:
            return Presses(button.key)
        by_number = view.screen == "question" and (self._tries == 1 or self._draw.random() < 0.5)
        if by_number and self._item(view) is not None:
            return Says(self.content.vocabularies[view.locale].places[place][0])
        return Says(button.label.lower().rstrip(".?!"))


def _labels(text: ItemText) -> set[str]:
    return {option.text for option in text.options}
