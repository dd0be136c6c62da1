"""A session as a value: what was recorded, what is believed, what to ask next.

An assessment is frozen: recording gives another one. Everything in it is a fold over the observations, so taking an
answer back is a replay without it, and a session read from bytes on another machine is the same session.

What counts: an observation counts as a question when something was heard (or a helper did it). An unheard one (all
outcomes equally likely) is kept but counts for nothing; a skipped item was not administered. A failure (incorrect or
"don't know") is judged by its probability given the evidence and what was expected before the answer, so a misheard
answer rarely frightens the policy; unheard and done-by-the-helper are neither failure nor success.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from engine.adaptive.bank import Bank, is_informative, weights
from engine.adaptive.doubt import POSSIBLE, Doubt, measure_doubt
from engine.adaptive.posterior import Belief, Floats
from engine.adaptive.posterior import start as first_belief
from engine.adaptive.report import Judgement, Report, build_report
from engine.adaptive.selection import Choice, Past, choose
from engine.adaptive.stopping import Policy, StopReason, stop_reason
from engine.errors import AlreadyRecorded, EngineError, InvalidState
from engine.model import Aid, Channel, Evidence, InputMode, ItemId, Observation, Outcome

STATE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Assessment:
    """One person's session over one bank. Start it with `Assessment.start`; equal when bank, policy, seed and events
    are.

    `observations` are oldest first; `skipped` are the items that could not be administered.
    """

    bank: Bank
    policy: Policy
    seed: int
    observations: tuple[Observation, ...]
    skipped: frozenset[ItemId]
    _belief: Belief = field(compare=False, repr=False)
    _judgements: tuple[Judgement, ...] = field(compare=False, repr=False)

    @classmethod
    def start(cls, bank: Bank, policy: Policy, seed: int) -> Assessment:
        """Give a session before its first question. The seed only serves to draw among equally good items."""
        return cls(bank, policy, seed, (), frozenset(), first_belief(bank.tree), ())

    @property
    def answered(self) -> int:
        """Give the number of questions that count."""
        return sum(judgement.counts for judgement in self._judgements)

    @property
    def failures_in_a_row(self) -> int:
        """Give the failures since the last success."""
        run = 0
        for judgement in self._judgements:
            if judgement.outcome is not None:
                run = 0 if judgement.outcome is Outcome.CORRECT else run + 1
        return run

    def propose(self) -> Choice | StopReason:
        """Give the next item, or why there is none. The same at every call."""
        reason = stop_reason(self.policy, self._belief, self.answered, self.failures_in_a_row)
        if reason is not None:
            return reason
        return choose(self.bank, self._belief, self.policy, self._past(), self.seed) or StopReason.NO_ITEM_LEFT

    def record(self, observation: Observation) -> Assessment:
        """Give the session after an answer, also after its end. An item skipped before may be answered after all.

        Raises UnknownItem, and AlreadyRecorded for a second answer to an item.
        """
        item = self.bank.position(observation.item)
        if any(earlier.item == observation.item for earlier in self.observations):
            raise AlreadyRecorded(f"item {observation.item} has its answer already")
        judgement, likelihood = _judge(self.bank, self._belief, item, observation)
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
        may_end = self.failures_in_a_row + 1 >= self.policy.stop_after
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
        return _replay(self.bank, self.policy, self.seed, self.observations[:-1], self.skipped)

    def report(self) -> Report:
        """Give what the answers say so far."""
        proposal = self.propose()
        stop = proposal if isinstance(proposal, StopReason) else None
        return build_report(self.bank, self._belief, self._judgements, stop)

    def to_bytes(self) -> bytes:
        """Give the events as canonical JSON: the same session gives the same bytes."""
        state = {
            "v": STATE_VERSION,
            "bank": self.bank.version,
            "policy": asdict(self.policy),
            "seed": self.seed,
            "skipped": sorted(self.skipped),
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
            policy = Policy(**state["policy"])
            observations = tuple(_observation(entry) for entry in state["observations"])
            skipped = frozenset(ItemId(item) for item in state["skipped"])
            return _replay(bank, policy, int(state["seed"]), observations, skipped)
        except InvalidState:
            raise
        except (KeyError, TypeError, ValueError, EngineError) as error:
            raise InvalidState(f"the stored assessment cannot be read: {error!r}") from error

    def _past(self) -> Past:
        rows = [self.bank.index[observation.item] for observation in self.observations]
        pairs = list(zip(rows, self._judgements, strict=True))
        unanswered = (row for row, judgement in pairs if not judgement.counts)
        passed = (self.bank.index[item] for item in sorted(self.skipped))
        return Past(
            answered=tuple(row for row, judgement in pairs if judgement.counts),
            set_aside=tuple(sorted({*unanswered, *passed})),
            failures_in_a_row=self.failures_in_a_row,
        )


def _judge(bank: Bank, belief: Belief, item: int, observation: Observation) -> tuple[Judgement, Floats | None]:
    """Give what an answer shows, and its likelihood over the abilities (None: it says nothing)."""
    heard = len(set(observation.evidence.likelihoods())) > 1
    if not is_informative(observation.evidence, observation.aid):
        return Judgement(item, observation, None, 0.0, counts=heard), None
    by_outcome = weights(observation.evidence)[:, None] * bank.outcomes(item, observation.aid)
    likelihood: Floats = by_outcome.sum(axis=0)
    mass = by_outcome @ belief.competences[bank.competence[item]]
    correct, incorrect, dont_know = (mass / mass.sum()).tolist()
    if correct >= 0.5:
        return Judgement(item, observation, Outcome.CORRECT, correct, counts=True), likelihood
    if incorrect >= dont_know:
        return Judgement(item, observation, Outcome.INCORRECT, incorrect, counts=True), likelihood
    return Judgement(item, observation, Outcome.DONT_KNOW, dont_know, counts=True), likelihood


def _replay(
    bank: Bank, policy: Policy, seed: int, observations: tuple[Observation, ...], skipped: frozenset[ItemId]
) -> Assessment:
    assessment = Assessment.start(bank, policy, seed)
    for item in skipped:
        bank.position(item)
    for observation in observations:
        assessment = assessment.record(observation)
    return replace(assessment, skipped=skipped)


def _observation(entry: Mapping[str, Any]) -> Observation:
    return Observation(
        item=ItemId(entry["item"]),
        evidence=Evidence(**entry["evidence"]),
        aid=Aid(entry["aid"]),
        channel=Channel(entry["channel"]),
        input_mode=InputMode(entry["input_mode"]),
    )
