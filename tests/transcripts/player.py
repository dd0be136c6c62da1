"""Plays a written conversation on the stage of the dialogue.

A play is a text of lines; `#` begins a remark:

    P: opens                              the conversation begins
    P: says "réponse deux"                heard well
    P: half says "je raccroche"           heard with doubt; `... or "je rappelle demain"` names the runner-up
    P: presses 1 2 #                      keys, one after the other
    P: says, not as a wording, "pas la une, la deux"   written down; `... like "la deux"`: it sounds so, in doubt
    P: goes on to "deux non trois"        was acted on early, and this is the whole of what they say
    P: makes a noise over the prompt
    P: stays silent / mumbles  [x12]      nothing, or nothing that fits; any line may be repeated
    P: answers right / wrong by voice / key
    P: comes to the first question        by keys, in French
    P: comes back by code                 on another stage, the same records
    P: writes "navigateur"                in the page's field
    O: every question asks for a number   or: a word; before anything else
    O: there are lessons                  to listen to alone; before anything else
    O: several paths may be chosen        the welcome offers them; before anything else
    O: the path is conducted by "rehearsal"   or another policy; before anything else
    O: the recogniser is lost / back      also: the microphone; `O: the store fails once`
    S: question.number item.stem          said since the last P or O line, in this order, perhaps with more between
    S: "C'est la pause"                   said in these words
    S: nothing                            nothing was said
    S: goes on                            the prompt that was interrupted is taken up again
    K: item_answered item_asked           kept since the last P or O line, exactly; `K: nothing`
    E: 3 answers / unmoved / ended        what the engine has; the estimate is the one before any answer; all is over
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from audio_content.model import ItemKind
from engine.model import Channel
from tests.voice_app.dialogue.stage import (
    Stage,
    lessons_context,
    path_context,
    prompts_of,
    several_paths,
    small_context,
)
from voice_app.dialogue.messages import (
    ItemWords,
    LessonWords,
    MicrophoneChanged,
    Phrase,
    RecognizerBack,
    RecognizerLost,
)
from voice_app.wording import Wording

OUTSIDE = {
    "the recogniser is lost": RecognizerLost(),
    "the recogniser is back": RecognizerBack(),
    "the microphone is lost": MicrophoneChanged(False),
    "the microphone is back": MicrophoneChanged(True),
}
KINDS = {
    "every question asks for a number": ItemKind.NUMBER,
    "every question asks for a word": ItemKind.WORD,
}


@dataclass
class Player:
    """One play on one channel. Raises AssertionError, naming the line, where the conversation departs from it."""

    channel: Channel
    stage: Stage = field(init=False)
    said_before: int = 0
    kept_before: int = 0
    resumed_before: int = 0

    def __post_init__(self) -> None:
        self.stage = Stage(channel=self.channel)

    def play(self, script: Path) -> None:
        for number, raw in enumerate(script.read_text().splitlines(), start=1):
            line = raw.partition("# ")[0].strip()
            if not line or line == "#":
                continue
            try:
                self._line(line)
            except AssertionError as fault:
                raise AssertionError(f"{script.name}:{number}: {line}\n{fault}") from fault

    def _line(self, line: str) -> None:
        who, _, what = line.partition(": ")
        if who in ("P", "O"):
            self.said_before, self.kept_before = len(self.stage.said), len(self.stage.records)
            self.resumed_before = len(self.stage.resumed)
            repeated = re.fullmatch(r"(.*) x(\d+)", what)
            action, times = (repeated[1], int(repeated[2])) if repeated else (what, 1)
            for _ in range(times):
                self._person(action) if who == "P" else self._outside(action)
        elif who == "S":
            self._check_said(what)
        elif who == "K":
            kept = [record.kind for record in self.stage.records[self.kept_before :]]
            assert kept == ([] if what == "nothing" else what.split()), f"kept: {kept}"
        else:
            assert who == "E", "a line begins with P, O, S, K or E"
            self._check_engine(what)

    def _person(self, action: str) -> None:
        words = shlex.split(action)
        match words:
            case ["opens"]:
                self.stage.open()
            case ["says", said]:
                self.stage.say(said)
            case ["half", "says", said]:
                self.stage.say(said, doubtful=True)
            case ["half", "says", said, "or", other]:
                self.stage.say(said, doubtful=True, runner_up=other)
            case ["says,", "not", "as", "a", "wording,", sentence]:
                self.stage.read(sentence)
            case ["says,", "not", "as", "a", "wording,", sentence, "like", wording]:
                self.stage.read(sentence, sounds_like=wording)
            case ["goes", "on", "to", said]:
                self.stage.go_on(said)
            case ["makes", "a", "noise", "over", "the", "prompt"]:
                self.stage.mumble(over_prompt=True)
            case ["presses", *keys]:
                self.stage.keys("".join(keys))
            case ["writes", text]:
                self.stage.write(text)
            case ["stays", "silent"]:
                self.stage.keep_silent()
            case ["mumbles"]:
                self.stage.mumble()
            case ["answers", ("right" | "wrong") as how, "by", "key"]:
                self.stage.answer(right=how == "right")
            case ["answers", ("right" | "wrong") as how, "by", "voice"]:
                self._answer_by_voice(right=how == "right")
            case ["comes", "to", "the", "first", "question"]:
                self.stage.to_question()
            case ["comes", "back", "by", "code"]:
                self.stage = self.stage.back_by_code(channel=self.channel)
                self.said_before = len(self.stage.said) - 1
                self.kept_before = len(self.stage.records) - 1
            case _:
                raise AssertionError("no such action")

    def _answer_by_voice(self, *, right: bool) -> None:
        asked = self.stage.state.session.asked
        assert asked is not None
        option = asked.order[self.stage.place_of(right=right) - 1]
        grammar = self.stage.listens[-1].grammar
        assert grammar is not None
        self.stage.say(next(each.forms[0] for each in grammar.meanings if each.id == f"option.{option}"))

    def _outside(self, action: str) -> None:
        if action == "the store fails once":
            self.stage.store_fails = True
            return
        if action == "there are lessons":
            self.stage = Stage(context=lessons_context(), channel=self.channel)
            return
        if action.startswith("the path is conducted by "):
            self.stage = Stage(context=path_context(shlex.split(action)[-1]), channel=self.channel)
            return
        if action == "several paths may be chosen":
            self.stage = Stage(context=several_paths()["abc_diag"], channel=self.channel)
            return
        if action in KINDS:
            self.stage = Stage(context=small_context(kind=KINDS[action]), channel=self.channel)
            return
        self.stage.send(OUTSIDE[action])

    def _check_said(self, expected: str) -> None:
        said = self.stage.said[self.said_before :]
        if expected == "goes on":
            assert not said, f"said: {[prompts_of(say) for say in said]}"
            assert len(self.stage.resumed) > self.resumed_before, "nothing was taken up again"
        elif expected == "nothing":
            assert not said, f"said: {[prompts_of(say) for say in said]}"
        elif expected.startswith('"'):
            words = self._words()
            assert expected.strip('"') in words, f"said: {words}"
        else:
            ids = [prompt.removesuffix("_phone") for say in said for prompt in prompts_of(say)]
            following = iter(ids)
            assert all(prompt in following for prompt in expected.split()), f"said: {ids}"

    def _words(self) -> str:
        wording = Wording(self.stage.context.content)
        return " ".join(
            wording.spoken(part, say.locale)
            for say in self.stage.said[self.said_before :]
            for part in say.parts
            if isinstance(part, Phrase | ItemWords | LessonWords)
        )

    def _check_engine(self, expected: str) -> None:
        assessment = self.stage.state.session.assessment
        if expected == "ended":
            assert self.stage.ended, "the conversation goes on"
        elif expected == "unmoved":
            assert assessment is not None
            assert assessment.observations == (), f"{len(assessment.observations)} observations"
        else:
            assert assessment is not None
            assert f"{assessment.answered} answers" == expected, f"{assessment.answered} answers"
