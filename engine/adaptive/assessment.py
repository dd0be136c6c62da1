"""A session as a value: what was recorded, what is believed, what to ask next.

An assessment is frozen: recording gives another one. Everything in it is a fold over the observations, so taking an
answer back is a replay without it, and a session read from bytes on another machine is the same session.

A long path may be taken in several *sittings*: `next_sitting` goes on where the last one ended, with no run of failures
carried over, and, if the caller says how far abilities may have moved in between, with older evidence blurred so much.

What counts: an observation counts as a question when something was heard (or a helper did it). An unheard one (all
outcomes equally likely) is kept but counts for nothing; a skipped item was not administered. A failure (incorrect or
"don't know") is judged by its probability given the evidence and what was expected before the answer, so a misheard
answer rarely frightens the policy; unheard and done-by-the-helper are neither failure nor success. Under a policy
without aid, an answer that was helped is a question that says nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from engine.adaptive.bank import Bank, is_informative, weights
from engine.adaptive.doubt import POSSIBLE, Doubt, measure_doubt
from engine.adaptive.draws import words
from engine.adaptive.posterior import Belief, Floats, diffused
from engine.adaptive.posterior import start as first_belief
from engine.adaptive.report import Judgement, Report, build_report
from engine.adaptive.selection import REASONS, Choice, Past, choose, crowd_of_one
from engine.adaptive.stopping import Balance, Policy, StopReason, Target, stop_reason
from engine.adaptive.tubes import TubeStates, choose_by_tubes
from engine.errors import AlreadyRecorded, EngineError, InvalidState, UnknownItem
from engine.model import Aid, Channel, Evidence, InputMode, ItemId, Observation, Outcome

STATE_VERSION = 2


@dataclass(frozen=True, slots=True)
class Sitting:
    """Where a sitting begins: after so many observations; `spread` (levels) is how far each competence may have moved
    since the one before."""

    begins_at: int
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Assessment:
    """One person's session over one bank. Start it with `Assessment.start`; equal when bank, policy, seed and events
    are.

    `observations` are oldest first; `skipped` are the items that could not be administered; `sittings` are those after
    the first.
    """

    bank: Bank
    policy: Policy
    seed: int
    observations: tuple[Observation, ...]
    skipped: frozenset[ItemId]
    sittings: tuple[Sitting, ...]
    _belief: Belief = field(compare=False, repr=False)
    _judgements: tuple[Judgement, ...] = field(compare=False, repr=False)

    @classmethod
    def start(cls, bank: Bank, policy: Policy, seed: int) -> Assessment:
        """Give a session before its first question. The seed only serves to draw among equally good items."""
        return cls(bank, policy, seed, (), frozenset(), (), first_belief(bank.tree), ())

    @property
    def answered(self) -> int:
        """Give the number of questions that count."""
        return sum(judgement.counts for judgement in self._judgements)

    @property
    def answered_in_sitting(self) -> int:
        """Give the number of questions that count since this sitting began."""
        return sum(judgement.counts for judgement in self._judgements[self._sitting_begin :])

    @property
    def _sitting_begin(self) -> int:
        return self.sittings[-1].begins_at if self.sittings else 0

    @property
    def failures_in_a_row(self) -> int:
        """Give the failures since the last success of this sitting."""
        run = 0
        for judgement in self._judgements[self._sitting_begin :]:
            if judgement.outcome is not None:
                run = 0 if judgement.outcome is Outcome.CORRECT else run + 1
        return run

    def propose(self) -> Choice | StopReason:
        """Give the next item, or why there is none. The same at every call."""
        reason = stop_reason(self.policy, self._belief, self.answered, self.failures_in_a_row, self.answered_in_sitting)
        if reason is not None:
            return reason
        if self.policy.target is Target.TUBES:
            return self._propose_by_tubes() or StopReason.NO_ITEM_LEFT
        return choose(self.bank, self._belief, self.policy, self._past()) or StopReason.NO_ITEM_LEFT

    def _propose_by_tubes(self) -> Choice | None:
        crowd = crowd_of_one(self._belief)
        chosen = choose_by_tubes(self.bank, crowd, self.tube_states(), self._past())
        row = int(chosen.rows[0])
        if row < 0:
            return None
        return Choice(self.bank.items[row].id, float(chosen.p_success[0]), REASONS[int(chosen.reasons[0])])

    def tube_states(self) -> TubeStates:
        """Give what the tube rules would hold of these answers."""
        states = TubeStates.empty(self.bank, 1)
        for judgement in self._judgements:
            if judgement.outcome is not None:
                correct = np.array([judgement.outcome is Outcome.CORRECT])
                states.learn(self.bank, np.array([0]), np.array([judgement.row]), correct)
        return states

    def record(self, observation: Observation) -> Assessment:
        """Give the session after an answer, also after its end. An item skipped before may be answered after all.

        Raises UnknownItem, and AlreadyRecorded for a second answer to an item.
        """
        item = self.bank.position(observation.item)
        if any(earlier.item == observation.item for earlier in self.observations):
            raise AlreadyRecorded(f"item {observation.item} has its answer already")
        judgement, likelihood = _judge(self.bank, self.policy, self._belief, item, observation)
        belief = self._belief
        if likelihood is not None:
            belief = belief.observe(int(self.bank.competence[item]), likelihood)
        return replace(
            self,
            observations=(*self.observations, observation),
            _belief=belief,
            _judgements=(*self._judgements, judgement),
        )

    def doubt(self, observation: Observation) -> Doubt:
        """Give what it would be worth to know this answer for sure before recording it.

        Evidence that says nothing, or help that did it for the person, leaves no doubt: it moves nothing. Raises
        UnknownItem.
        """
        row = self.bank.position(observation.item)
        if not is_informative(observation.evidence, observation.aid):
            return Doubt(0.0, 0.0)
        doubt = measure_doubt(self.bank, self._belief, row, observation)
        most = self.policy.stop_after
        may_end = most is not None and self.failures_in_a_row + 1 >= most
        return replace(doubt, decisive=may_end and POSSIBLE <= doubt.p_correct <= 1.0 - POSSIBLE)

    def skip(self, item: ItemId) -> Assessment:
        """Give the session with an item set aside: not administered, never proposed again, no evidence.

        Raises UnknownItem, and AlreadyRecorded when the item has an answer. Skipping twice is skipping once.
        """
        self.bank.position(item)
        if any(earlier.item == item for earlier in self.observations):
            raise AlreadyRecorded(f"item {item} has its answer already and cannot be skipped")
        return replace(self, skipped=self.skipped | {item})

    def undo(self) -> Assessment:
        """Give the session without its last answer, skips kept; the session itself when there is none."""
        return self.withdraw(self.observations[-1].item) if self.observations else self

    def withdraw(self, item: ItemId) -> Assessment:
        """Give the session as if the answer to this item had never been given (a misheard answer, a helper's
        correction): the other events are folded again. Raises UnknownItem when the item has no answer."""
        position = self._answer_position(item)
        left = self.observations[:position] + self.observations[position + 1 :]
        sittings = tuple(
            replace(each, begins_at=each.begins_at - (each.begins_at > position)) for each in self.sittings
        )
        return _replay(replace(self, observations=left, sittings=sittings))

    def correct(self, observation: Observation) -> Assessment:
        """Give the session as if this had been the answer to its item. Raises UnknownItem when it has none."""
        position = self._answer_position(observation.item)
        corrected = (*self.observations[:position], observation, *self.observations[position + 1 :])
        return _replay(replace(self, observations=corrected))

    def _answer_position(self, item: ItemId) -> int:
        for position, observation in enumerate(self.observations):
            if observation.item == item:
                return position
        raise UnknownItem(f"item {item} has no answer in this session")

    def next_sitting(self, spread: float = 0.0) -> Assessment:
        """Give the session as it goes on another day. `spread` (levels, at least 0): see `posterior.diffused`.

        Raises InvalidState for a negative spread."""
        if not 0.0 <= spread < math.inf:
            raise InvalidState(f"the spread between two sittings must be at least 0 levels: {spread}")
        sitting = Sitting(len(self.observations), spread)
        return replace(self, sittings=(*self.sittings, sitting), _belief=diffused(self._belief, spread))

    def report(self) -> Report:
        """Give what the answers say so far."""
        proposal = self.propose()
        stop = proposal if isinstance(proposal, StopReason) else None
        return build_report(self.bank, self.policy, self._belief, self._judgements, stop)

    def to_bytes(self) -> bytes:
        """Give the events as canonical JSON: the same session gives the same bytes."""
        state = {
            "v": STATE_VERSION,
            "bank": self.bank.version,
            "policy": asdict(self.policy),
            "seed": self.seed,
            "skipped": sorted(self.skipped),
            "sittings": [asdict(sitting) for sitting in self.sittings],
            "observations": [asdict(observation) for observation in self.observations],
        }
        return json.dumps(state, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, bank: Bank, data: bytes) -> Assessment:
        """Give the session back. Raises InvalidState when the bytes are damaged or of another bank or version."""
        try:
            state = json.loads(data)
            version, bank_version = state["v"], state["bank"]
            if version != STATE_VERSION or bank_version != bank.version:
                raise InvalidState(f"state version {version} of bank {bank_version} does not fit bank {bank.version}")
            empty = Assessment.start(bank, _policy(state["policy"]), int(state["seed"]))
            return _replay(
                replace(
                    empty,
                    observations=tuple(_observation(entry) for entry in state["observations"]),
                    skipped=frozenset(ItemId(item) for item in state["skipped"]),
                    sittings=tuple(Sitting(**entry) for entry in state["sittings"]),
                )
            )
        except InvalidState:
            raise
        except (KeyError, TypeError, ValueError, EngineError) as error:
            raise InvalidState(f"the stored assessment cannot be read: {error!r}") from error

    def _past(self) -> Past:
        bank = self.bank
        past = Past.empty(bank, words([self.seed]))
        for observation, judgement in zip(self.observations, self._judgements, strict=True):
            row = bank.index[observation.item]
            if judgement.counts:
                past.skill_answered[0, bank.skill[row]] = True
                past.tube_asked[0, bank.tube[row]] = True
                past.by_competence[0, bank.competence[row]] += 1
            else:
                past.item_aside[0, row] = past.skill_aside[0, bank.skill[row]] = True
        for item in self.skipped:
            row = bank.index[item]
            past.item_aside[0, row] = past.skill_aside[0, bank.skill[row]] = True
        past.answered[0], past.failures_in_a_row[0] = self.answered, self.failures_in_a_row
        return past


def _judge(
    bank: Bank, policy: Policy, belief: Belief, item: int, observation: Observation
) -> tuple[Judgement, Floats | None]:
    """Give what an answer shows, and its likelihood over the abilities (None: it says nothing)."""
    heard = len(set(observation.evidence.likelihoods())) > 1
    forbidden = not policy.aid_allowed and observation.aid > Aid.READ_ALOUD
    if forbidden or not is_informative(observation.evidence, observation.aid):
        return Judgement(item, observation, None, 0.0, counts=heard), None
    by_outcome = weights(observation.evidence)[:, None] * bank.outcomes(item, observation.aid, observation.channel)
    likelihood: Floats = by_outcome.sum(axis=0)
    mass = by_outcome @ belief.competences[bank.competence[item]]
    correct, incorrect, dont_know = (mass / mass.sum()).tolist()
    if correct >= 0.5:
        return Judgement(item, observation, Outcome.CORRECT, correct, counts=True), likelihood
    if incorrect >= dont_know:
        return Judgement(item, observation, Outcome.INCORRECT, incorrect, counts=True), likelihood
    return Judgement(item, observation, Outcome.DONT_KNOW, dont_know, counts=True), likelihood


def _replay(told: Assessment) -> Assessment:
    """Give the session of these events, folded from the start."""
    assessment = Assessment.start(told.bank, told.policy, told.seed)
    for item in told.skipped:
        told.bank.position(item)
    sittings = list(told.sittings)
    for position, observation in enumerate(told.observations):
        while sittings and sittings[0].begins_at == position:
            assessment = assessment.next_sitting(sittings.pop(0).spread)
        assessment = assessment.record(observation)
    for sitting in sittings:
        assessment = assessment.next_sitting(sitting.spread)
    return replace(assessment, skipped=told.skipped)


def _policy(entry: Mapping[str, Any]) -> Policy:
    values: dict[str, Any] = {name: tuple(told) if isinstance(told, list) else told for name, told in entry.items()}
    values["target"], values["balance"] = Target(values["target"]), Balance(values["balance"])
    values["admit"] = tuple((ItemId(item), float(share)) for item, share in values["admit"])
    return Policy(**values)


def _observation(entry: Mapping[str, Any]) -> Observation:
    return Observation(
        item=ItemId(entry["item"]),
        evidence=Evidence(**entry["evidence"]),
        aid=Aid(entry["aid"]),
        channel=Channel(entry["channel"]),
        input_mode=InputMode(entry["input_mode"]),
    )
