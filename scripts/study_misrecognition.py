"""What mishearing does to people: simulated callers take the whole diagnostic through the real dialogue, by voice only.

    python scripts/study_misrecognition.py [--people 200] [--error 0.1] [--language fr]

The people are the engine's (`engine.adaptive.people`): an ability for every tube, answers that follow true item
parameters. They speak to the real dialogue machine with the real content and never touch a key. The recogniser is
simulated: an utterance is misheard with the given rate as another meaning of the turn's own grammar (half of the time
as another choice of the turn, where mishearing hurts); how sure it seems is drawn from what scripts/bench_listening.py
measured on people, right and wrong apart; `policy` makes the outcome of it, as in the service. A person says "non" to a
wrong confirmation (which may be misheard in its turn), says it again when asked, and hangs up after `PATIENCE` turns.

Compared with the same people, heard perfectly: share of area levels that are exact and within one (points lost), and
how many callers reach their result. Not simulated: people who give up sooner when they are not understood.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field

import numpy as np

from engine.adaptive.people import LOW, People, Truth, answers, draw_people
from engine.adaptive.simulee import drawn_truth
from engine.model import MAX_LEVEL, Channel, ItemId, Outcome
from voice_app.app import dialogue_context
from voice_app.dialogue import machine
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import (
    CodeIssued,
    Event,
    Heard,
    IssueCode,
    Listen,
    Opened,
    Save,
    SilenceKept,
    option_meaning,
)
from voice_app.dialogue.state import DialogueState, Phase
from voice_app.dialogue.turn import BEGIN, CONTINUE, DONT_KNOW, FRENCH, NO, PACE_OK, TEA, YES, choices
from voice_app.hearing import Grammar, MeaningId, Recognition
from voice_app.settings import load_settings
from voice_app.speech import policy
from voice_app.speech.calibration import rank

PATIENCE = 80
"""Utterances after which a caller hangs up: ten questions take about fifteen when everything is understood."""
NONE_SHARE = 0.3
"""Of what the best meaning leaves, so much says "none of these"; the rest goes to the runner-up and the others."""
SECOND_SHARE = 0.5
SETTLED = {Phase.LANGUAGE: FRENCH, Phase.WELCOME: BEGIN, Phase.PACE: PACE_OK, Phase.PRACTICE: TEA}


@dataclass
class Figures:
    exact: list[bool] = field(default_factory=list)
    within_one: list[bool] = field(default_factory=list)
    finished: int = 0
    utterances: list[int] = field(default_factory=list)
    confirmations: int = 0
    wrong_recorded: int = 0
    answers: int = 0


@dataclass
class Ear:
    """A recogniser that mishears. `sure_right`, `sure_wrong`: likelihoods that were measured."""

    error: float
    sure_right: np.ndarray
    sure_wrong: np.ndarray
    random: np.random.Generator
    costs: policy.Costs = field(default_factory=policy.load_costs)

    def hear(self, meant: MeaningId, grammar: Grammar, choices_: list[MeaningId]) -> Recognition:
        others = [meaning.id for meaning in grammar.meanings if meaning.id != meant]
        near = [meaning for meaning in choices_ if meaning in others]
        misheard = self.random.random() < self.error
        pool = near if near and self.random.random() < 0.5 else others
        wrong = pool[int(self.random.integers(len(pool)))]
        best, second = (wrong, meant) if misheard else (meant, wrong)
        sure = self.sure_wrong if misheard else self.sure_right
        p = 0.999 if self.error == 0.0 else float(sure[int(self.random.integers(len(sure)))])
        left = 1.0 - p
        likelihood = {each: left * (1 - NONE_SHARE) * (1 - SECOND_SHARE) / max(len(others) - 1, 1) for each in others}
        likelihood |= {second: min(p, left * (1 - NONE_SHARE) * SECOND_SHARE), best: p}
        ranked = rank(likelihood)
        outcome = policy.decide(ranked[0].likelihood, ranked[1].likelihood, self.costs)
        return Recognition(outcome, ranked, left * NONE_SHARE, "simulated")


@dataclass
class Caller:
    """One conversation with one person."""

    context: DialogueContext
    person: People
    truth: Truth
    ear: Ear
    random: np.random.Generator
    state: DialogueState = field(init=False)
    grammar: Grammar | None = None
    meant: dict[ItemId, MeaningId] = field(default_factory=dict)

    def take(self, seed: int) -> tuple[bool, int, int]:
        """Give whether the result was reached, the utterances it took, and how many were confirmations."""
        self.state = machine.start(self.context)
        self._send(Opened(Channel.PHONE, seed, True))
        asked = 0
        for spoken in range(PATIENCE):
            if self.state.phase in (Phase.RESULT, Phase.GOODBYE):
                return True, spoken, asked
            asked += self.state.doubt is not None
            meant = self._wants()
            if self.grammar is None or meant not in {meaning.id for meaning in self.grammar.meanings}:
                self._send(SilenceKept(self.state.turn))
                continue
            offered = [choice.meaning for choice in choices(self.context, self.state)]
            heard = self.ear.hear(meant, self.grammar, offered)
            self._send(Heard(self.state.turn, heard))
        return False, PATIENCE, asked

    def _wants(self) -> MeaningId:
        if self.state.doubt is not None:
            return YES if self.state.doubt.candidates[0] == self._answer() else NO
        return self._answer()

    def _answer(self) -> MeaningId:
        if self.state.phase is Phase.PAUSED:
            return CONTINUE
        asked = self.state.session.asked
        if self.state.phase is not Phase.QUESTION or asked is None:
            return SETTLED.get(self.state.phase, CONTINUE)
        if asked.item not in self.meant:
            item = self.context.content.items[asked.item]
            row = np.array([self.context.bank.position(asked.item)])
            outcome = Outcome(int(answers(self.context.bank, self.truth, self.person, row)[0]))
            wrong = [option for option in item.option_ids if option != item.key]
            self.meant[asked.item] = {
                Outcome.CORRECT: option_meaning(item.key),
                Outcome.INCORRECT: option_meaning(wrong[int(self.random.integers(len(wrong)))]),
                Outcome.DONT_KNOW: DONT_KNOW,
            }[outcome]
        return self.meant[asked.item]

    def _send(self, event: Event) -> None:
        events = [event]
        while events:
            self.state, effects = machine.step(self.context, self.state, events.pop())
            for effect in effects:
                match effect:
                    case Listen():
                        self.grammar = effect.grammar
                    case IssueCode():
                        events.append(CodeIssued("40718254"))
                    case Save():
                        pass


def simulate(context: DialogueContext, people: int, error: float, claims: tuple[np.ndarray, np.ndarray]) -> Figures:
    found = Figures()
    everybody = draw_people(context.content.skill_map.spec_of(context.rules.path), LOW, people, seed=5)
    truth, areas = drawn_truth(context.bank), context.bank.tree.area_of_competence
    levels = np.clip(np.rint(everybody.area_abilities(areas)), 0, MAX_LEVEL)
    for person in range(people):
        random = np.random.default_rng(person)
        ear = Ear(error, *claims, np.random.default_rng((person, 1)))
        caller = Caller(context, everybody.of(slice(person, person + 1)), truth, ear, random)
        finished, utterances, asked = caller.take(person)
        found.finished += finished
        found.utterances.append(utterances)
        found.confirmations += asked
        session = caller.state.session
        for each in session.answers:
            if each.answer is not None:
                option = each.answer.option
                said = DONT_KNOW if option is None else option_meaning(option)
                found.answers += 1
                found.wrong_recorded += said != caller.meant.get(each.asked.item)
        if session.assessment is not None:
            report = session.assessment.report()
            for place, area in enumerate(context.bank.framework.areas):
                distance = abs(report.areas[area].level - levels[person, place])
                found.exact.append(bool(distance == 0))
                found.within_one.append(bool(distance <= 1))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--error", type=float, default=0.1)
    parser.add_argument("--language", default="fr")
    chosen = parser.parse_args()
    path = load_settings().models_folder.parent / "listening" / f"{chosen.language}-studied.json"
    if not path.exists():
        parser.error(f"{path} is missing: run scripts/bench_listening.py --only studied first")
    told = [claim for row in json.loads(path.read_text())["rows"] if row["ear"] == "service" for claim in row["claims"]]
    claims = tuple(np.array([p for p, true in told if true is wanted]) for wanted in (True, False))
    context = dialogue_context(load_settings())
    results = {rate: simulate(context, chosen.people, rate, (claims[0], claims[1])) for rate in (0.0, chosen.error)}
    for rate, found in results.items():
        print(
            f"misheard {100 * rate:.0f} %: finished {found.finished}/{chosen.people}, area level exact "
            f"{100 * np.mean(found.exact):.1f} %, within one {100 * np.mean(found.within_one):.1f} %; utterances "
            f"{np.mean(found.utterances):.1f}, confirmations {found.confirmations / chosen.people:.1f} a person; "
            f"answers recorded as another one {found.wrong_recorded}/{found.answers}"
        )
    lost = np.mean(results[0.0].exact) - np.mean(results[chosen.error].exact)
    print(f"placement lost: {100 * lost:.1f} points of exact area levels")


if __name__ == "__main__":
    main()
