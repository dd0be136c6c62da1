"""When an utterance is acted on, and what becomes of who goes on speaking: real endpointing, in audio time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from tests.fakes_speech import FakeSynthesizer
from tests.voice_app.fakes import FakeRecognizer, FakeStore
from tests.voice_app.speech.test_endpointing import voiced
from tests.voice_app.test_conversation import context
from voice_app.audio import Sound
from voice_app.channels.room import Echo, Room
from voice_app.conversation import Conversation, Voices
from voice_app.conversation_rules import ConversationRules
from voice_app.dialogue.turn import DONT_KNOW
from voice_app.hearing import Grammar, HearingOutcome, Recognition
from voice_app.ports import ShownView
from voice_app.speech.earcons import earcon
from voice_app.speech.endpointing import DEFAULT_RULES, EndpointingRules, StreamEndpointer

RULES = context().rules
FIRST, SECOND = "first choice", "second choice"


def spoken(length_ms: int) -> Sound:
    return Sound(np.clip(voiced(length_ms), -32768, 32767).astype("<i2").tobytes())


@dataclass
class ToldEar(FakeRecognizer):
    """Hears what it is told; FIRST and SECOND are the choices of the turn. `sentence` is what it writes down."""

    sentence: str = ""

    async def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        told = self.hears[0]
        if told is not None and told[1] in (FIRST, SECOND):
            self.hears[0] = (told[0], str(grammar.meanings[(FIRST, SECOND).index(told[1])].id))
        return replace(await super().recognize(utterance, grammar), words=self.sentence)


class Voice(FakeSynthesizer):
    """Every sentence takes as long as it is told."""

    length_ms = 60

    async def speak(self, text: str, locale: str, rate: float = 1.0) -> Sound:
        await super().speak(text, locale, rate)
        return spoken(self.length_ms)


@dataclass
class Scene:
    """Somebody at the first question who speaks once."""

    ear: ToldEar
    speak: Callable[[Room], None]
    store: FakeStore = field(default_factory=FakeStore)
    voice: Voice = field(default_factory=Voice)
    endpointing: EndpointingRules = DEFAULT_RULES
    room: Room = field(init=False)
    spoke_at_ms: int = 0
    _keys: int = 4
    _spoke: bool = False

    def __post_init__(self) -> None:
        self.room = Room(self._person)

    async def _person(self, room: Room, view: ShownView) -> None:
        if self._keys:
            self._keys -= 1
            room.press("1")
        elif not self._spoke:
            self._spoke = True
            self.spoke_at_ms = room.now_ms
            self.voice.length_ms = 1_500
            self.speak(room)

    async def play(self, length_ms: int = 12_000) -> Scene:
        outside = Voices(self.ear, self.voice, StreamEndpointer(self.endpointing), earcon, self.store)
        conversation = Conversation(self.room, context(), outside, seed=1, asker="here", rules=ConversationRules())
        running = asyncio.create_task(conversation.run())
        while not self._spoke or self.room.now_ms < self.spoke_at_ms + length_ms:  # noqa: ASYNC110 - audio time
            await asyncio.sleep(0)
        self.room.leave()
        await asyncio.wait_for(running, 5)
        return self

    @property
    def answers(self) -> list[object]:
        """The options of the answers, and "taken back" for those that were."""
        return [
            record.payload.get("option") if record.kind == "item_answered" else "taken back"
            for record in self.store.records
            if record.kind in ("item_answered", "answer_withdrawn")
        ]

    def first_reply_ms(self, said_ms: int) -> int:
        """The time from the end of what was said to the beginning of the reply."""
        began = next(each.at_ms for each in self.room.log if each.what == "begin" and each.at_ms > self.spoke_at_ms)
        return began - self.spoke_at_ms - said_ms

    def prompts_since(self) -> list[tuple[str, int]]:
        return [(each.what, each.turn) for each in self.room.log if each.at_ms > self.spoke_at_ms]


def once(length_ms: int) -> Callable[[Room], None]:
    return lambda room: room.say(spoken(length_ms))


def twice(first_ms: int, pause_ms: int, second_ms: int) -> Callable[[Room], None]:
    def speak(room: Room) -> None:
        room.say(spoken(first_ms))
        room.say(spoken(second_ms), after_ms=pause_ms)

    return speak


async def test_overwhelming_evidence_is_acted_on_after_a_short_pause() -> None:
    scene = await Scene(ToldEar([(HearingOutcome.MATCH, str(DONT_KNOW))]), once(400)).play(3_000)

    assert scene.answers == [None]
    assert RULES.early_pause_ms - 60 <= scene.first_reply_ms(400) <= RULES.early_pause_ms + 140


async def test_doubt_waits_for_the_whole_patience() -> None:
    scene = await Scene(ToldEar([(HearingOutcome.DOUBTFUL, str(DONT_KNOW))]), once(400)).play(3_000)

    assert scene.answers == []
    assert RULES.hang_ms - 60 <= scene.first_reply_ms(400) <= RULES.hang_ms + 140


async def test_the_recogniser_is_asked_once_for_one_word() -> None:
    scene = await Scene(ToldEar([(HearingOutcome.DOUBTFUL, str(DONT_KNOW))]), once(400)).play(3_000)

    assert len(scene.ear.utterances) == 1


@dataclass
class BusyEar(ToldEar):
    """Is kept by somebody else, and answers only about a long sound; `waiting`: questions that are still open."""

    waiting: int = 0
    most_waiting: int = 0
    answers_from_ms: int = 0

    async def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        try:
            if utterance.duration_ms < self.answers_from_ms:
                await asyncio.Event().wait()
            return await super().recognize(utterance, grammar)
        finally:
            self.waiting -= 1


async def test_what_newer_sound_has_overtaken_is_asked_of_nobody_any_more() -> None:
    ear = BusyEar([(HearingOutcome.MATCH, SECOND)], answers_from_ms=1_500)

    scene = await Scene(ear, twice(400, 600, 900)).play()

    assert (ear.most_waiting, ear.waiting, scene.answers[0]) == (1, 0, scene.answers[-1])
    assert len(scene.answers) == 1


async def test_what_cannot_be_undone_waits_for_the_whole_patience() -> None:
    scene = await Scene(ToldEar([(HearingOutcome.MATCH, "command.pause")]), once(400)).play(3_000)

    assert scene.store.records[-1].kind == "session_paused"
    assert scene.first_reply_ms(400) >= RULES.hang_ms - 60


async def test_a_sentence_waits_for_the_whole_patience() -> None:
    ear = ToldEar([(HearingOutcome.MATCH, str(DONT_KNOW))], sentence="je ne sais pas")

    scene = await Scene(ear, once(400)).play(3_000)

    assert scene.answers == [None]
    assert scene.first_reply_ms(400) >= RULES.hang_ms - 60


async def test_who_goes_on_after_having_been_answered_is_heard_as_one_utterance() -> None:
    ear = ToldEar([(HearingOutcome.MATCH, FIRST), (HearingOutcome.MATCH, str(DONT_KNOW))])

    scene = await Scene(ear, twice(400, 900, 500)).play(8_000)

    assert scene.answers[1:] == ["taken back", None]
    assert ear.utterances[1].duration_ms >= 400 + 900 + 500
    assert ear.grammars[-1] is not None


async def test_the_second_version_is_said_back() -> None:
    ear = ToldEar([(HearingOutcome.MATCH, FIRST), (HearingOutcome.MATCH, SECOND)])

    scene = await Scene(ear, twice(400, 900, 500)).play(8_000)

    first, taken_back, second = scene.answers
    assert (first != second, taken_back) == (True, "taken back")


@dataclass
class AnswersAtOnce(Scene):
    """Answers, and answers the short prompt after that as soon as it has ended."""

    again_ms: int = 0

    async def _person(self, room: Room, view: ShownView) -> None:
        if self._spoke and not self.again_ms:
            self.again_ms = room.now_ms
            room.say(spoken(400), after_ms=100)
        await super()._person(room, view)
        self.voice.length_ms = 60


async def test_who_answers_a_short_prompt_at_once_goes_on_with_nothing_said_before() -> None:
    ear = ToldEar([(HearingOutcome.MATCH, FIRST), (HearingOutcome.MATCH, str(DONT_KNOW))])
    patient = EndpointingRules(linger_ms=5_000)  # longer than the prompt

    scene = await AnswersAtOnce(ear, once(400), endpointing=patient).play(6_000)

    assert scene.again_ms - scene.spoke_at_ms < patient.linger_ms
    assert (len(scene.answers), "taken back" in scene.answers, scene.answers[-1]) == (2, False, None)


async def test_a_sound_after_an_answer_lets_the_reply_go_on() -> None:
    ear = ToldEar([(HearingOutcome.MATCH, FIRST), (HearingOutcome.NO_INPUT, FIRST)])

    scene = await Scene(ear, twice(400, 900, 500)).play(8_000)

    assert len(scene.answers) == 1
    (begun, turn), stopped, again = scene.prompts_since()[:3]
    assert (begun, stopped, again) == ("begin", ("stop", turn), ("begin", turn))


async def test_who_goes_on_unclearly_is_asked() -> None:
    ear = ToldEar([(HearingOutcome.MATCH, FIRST), (HearingOutcome.MATCH, FIRST)])

    scene = await Scene(ear, twice(400, 900, 500)).play(8_000)

    assert scene.answers[1:] == ["taken back"]
    assert scene.room.view is not None
    assert scene.room.view.heading == context().content.prompts["fr"]["confirm.heading"]


async def test_who_has_gone_on_once_is_waited_for() -> None:
    def three_pieces(room: Room) -> None:
        for pause_ms in (0, 600, 600):
            room.say(spoken(400), after_ms=pause_ms)

    same = (HearingOutcome.MATCH, FIRST)
    scene = await Scene(ToldEar([same, same, (HearingOutcome.MATCH, str(DONT_KNOW))]), three_pieces).play(8_000)

    assert scene.answers[1:] == ["taken back", None]
    assert scene.ear.utterances[2].duration_ms >= 3 * 400 + 2 * 600


async def test_an_ear_that_fails_while_hearing_again_leaves_no_answer() -> None:
    ear = ToldEar([(HearingOutcome.MATCH, FIRST), None, None])

    scene = await Scene(ear, twice(400, 900, 500)).play(8_000)

    assert scene.answers[1:] == ["taken back"]


async def test_who_goes_on_before_the_answer_is_not_answered_in_between() -> None:
    ear = ToldEar([(HearingOutcome.DOUBTFUL, FIRST), (HearingOutcome.MATCH, str(DONT_KNOW))])

    scene = await Scene(ear, twice(400, 900, 500)).play(6_000)

    assert scene.answers == [None]


async def test_noise_over_a_prompt_lets_it_go_on_where_it_stopped() -> None:
    ear = ToldEar([(HearingOutcome.NO_MATCH, FIRST)])

    scene = await Scene(ear, repeat_and_speak_over).play(14_000)

    stops = [each for each in scene.prompts_since() if each[0] == "stop"]
    turn = stops[0][1]
    assert scene.prompts_since() == [("stop", turn), ("begin", turn), ("ended", turn)]
    assert scene.answers == []


async def test_a_loud_echo_of_our_own_voice_does_not_interrupt_it() -> None:
    scene = Scene(ToldEar(), lambda room: room.press("*"))
    scene.room = Room(scene._person, echo=Echo(gain_db=-16.0))

    await scene.play(12_000)

    assert [what for what, _ in scene.prompts_since()] == ["ended"]
    assert scene.ear.utterances == []


def repeat_and_speak_over(room: Room) -> None:
    """Ask for the question again and make a noise where the voice may interrupt."""
    room.press("*")
    room.say(spoken(700), after_ms=1_900)


async def test_who_uses_the_talk_button_is_heard_only_while_it_is_held() -> None:
    def press_and_talk(room: Room) -> None:
        room.talk(True)
        room.say(spoken(500))
        room.say(spoken(500), after_ms=4_000)

    scene = Scene(ToldEar([(HearingOutcome.MATCH, str(DONT_KNOW))]), press_and_talk)
    scene.room.release_talk_after(1_000)

    await scene.play(7_000)

    assert scene.answers == [None]
    assert len(scene.ear.utterances) == 1
