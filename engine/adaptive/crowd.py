"""Many people take the same session at once: the engine's own selection and belief, on arrays.

`play` is what a live session does, N people abreast: same belief, same choice, same draws, so that a crowd of one and
an `Assessment` give the same items (a test holds this). Nothing here decides anything of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.adaptive.bank import Bank
from engine.adaptive.people import Ear, People, Truth, answers, hear
from engine.adaptive.posterior import Belief, Floats, Positions, observe_many, propagate, start
from engine.adaptive.readout import Abilities, abilities, named_level
from engine.adaptive.selection import Past, choose_many
from engine.adaptive.stopping import Policy, Target, precise_enough
from engine.adaptive.tubes import TubeStates, choose_by_tubes
from engine.model import Outcome

CHUNK = 250
"""People played abreast: their arrays stay in the processor's second cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What N people did: `rows` and `outcomes` [N, max_items] in order (-1 after the end), `evidence` [N, max_items, 3]
    as the engine received it, `expected` the probability of success when asked, `worst_run` the longest run of
    failures that the people themselves lived, `asked_again` [N], and what was read from the answers."""

    rows: Positions
    outcomes: NDArray[np.intp]
    evidence: Floats
    expected: Floats
    questions: Positions
    worst_run: Positions
    asked_again: int
    abilities: Abilities
    competence_levels: Positions
    tubes: TubeStates | None


def play(
    bank: Bank,
    policy: Policy,
    people: People,
    truth: Truth,
    ear: Ear = Ear(),  # noqa: B008 - frozen value
    progress: Callable[[int], None] = lambda _: None,
    scored_steps: int = 1,
) -> Played:
    """Give what the people do under the policy; `progress` is told how many have finished.

    `scored_steps` is for studies: so many scored steps in each question, the further ones in the same competence. They
    move the belief; only the first counts as a question and as a success or a failure."""
    parts = []
    for begin in range(0, len(people), CHUNK):
        parts.append(_play_chunk(bank, policy, people.of(slice(begin, begin + CHUNK)), truth, ear, scored_steps))
        progress(min(begin + CHUNK, len(people)))
    return _joined(parts)


def _play_chunk(bank: Bank, policy: Policy, people: People, truth: Truth, ear: Ear, scored_steps: int) -> Played:
    n, most = len(people), policy.max_items
    rows, outcomes = np.full((n, most), -1, dtype=np.intp), np.full((n, most), -1, dtype=np.intp)
    expected, received = np.full((n, most), np.nan), np.ones((n, most, len(Outcome)))
    past, belief = Past.empty(bank, people.seeds), start(bank.tree, (n,))
    likelihood = np.ones_like(belief.likelihood)
    lived_run, worst_run, asked_again = np.zeros(n, dtype=np.intp), np.zeros(n, dtype=np.intp), 0
    tubes = TubeStates.empty(bank, n) if policy.target is Target.TUBES else None
    alive = np.arange(n)
    for turn in range(most):
        going = _going_on(policy, belief, past, turn)
        if not going.all():
            alive, belief, past = alive[going], belief.of(going), past.of(going)
        if not alive.size:
            break
        if tubes is None:
            chosen = choose_many(bank, belief, policy, past)
        else:
            chosen = choose_by_tubes(bank, belief, tubes.of(alive), past)
        some = chosen.rows >= 0
        if not some.all():
            alive, belief, past = alive[some], belief.of(some), past.of(some)
            if not alive.size:
                break
        row, p_success = chosen.rows[some], chosen.p_success[some]
        here = people.of(alive)
        outcome = answers(bank, truth, here, row)
        evidence, again = hear(ear, outcome, row, here.seeds)
        asked_again += again
        rows[alive, turn], outcomes[alive, turn], expected[alive, turn] = row, outcome, p_success
        received[alive, turn] = evidence
        lived_run[alive] = np.where(outcome == Outcome.CORRECT, 0, lived_run[alive] + 1)
        worst_run[alive] = np.maximum(worst_run[alive], lived_run[alive])
        judged = _judged(bank, belief, row, evidence)
        if tubes is not None:
            tubes.learn(bank, alive, row, judged)
        told = np.einsum("no,nog->ng", evidence, bank.tables[row])
        belief = observe_many(belief, bank.competence[row], told)
        past = _after(bank, past, row, judged)
        for _ in range(scored_steps - 1):
            belief = _further_step(bank, policy, belief, past, bank.competence[row], here, truth, ear)
        likelihood[alive] = belief.likelihood
    final = propagate(bank.tree, likelihood)
    return Played(
        rows=rows,
        outcomes=outcomes,
        evidence=received,
        expected=expected,
        questions=(rows >= 0).sum(axis=1),
        worst_run=worst_run,
        asked_again=asked_again,
        abilities=abilities(final, (rows >= 0).sum(axis=1)),
        competence_levels=named_level(Abilities.of_marginals(final.competences).levels()),
        tubes=tubes,
    )


def _further_step(
    bank: Bank,
    policy: Policy,
    belief: Belief,
    past: Past,
    competence: Positions,
    people: People,
    truth: Truth,
    ear: Ear,
) -> Belief:
    """Give the belief after one more scored step in the competence of the question, where it has one left."""
    there = past.of(np.arange(len(people)))
    there.item_aside[:] |= bank.competence[None, :] != competence[:, None]
    row = choose_many(bank, belief, policy, there).rows
    asked = np.flatnonzero(row >= 0)
    told = np.ones((len(people), bank.tables.shape[2]))
    evidence, _ = hear(ear, answers(bank, truth, people.of(asked), row[asked]), row[asked], people.seeds[asked])
    told[asked] = np.einsum("no,nog->ng", evidence, bank.tables[row[asked]])
    past.skill_answered[asked, bank.skill[row[asked]]] = True
    return observe_many(belief, competence, told)


def _going_on(policy: Policy, belief: Belief, past: Past, turn: int) -> NDArray[np.bool_]:
    going = np.ones(len(past.answered), dtype=np.bool_)
    if policy.stop_after is not None:
        going &= past.failures_in_a_row < policy.stop_after
    return going & ~(precise_enough(policy, belief) & (turn > 0))


def _judged(bank: Bank, belief: Belief, rows: Positions, evidence: Floats) -> NDArray[np.bool_]:
    """Tell whose answer is more probably right than not, given what was heard and what was expected."""
    people = np.arange(len(rows))
    expected = np.einsum("ng,nog->no", belief.competences[people, bank.competence[rows]], bank.tables[rows])
    mass = expected * evidence
    correct: NDArray[np.bool_] = mass[:, Outcome.CORRECT] >= 0.5 * mass.sum(axis=1)
    return correct


def _after(bank: Bank, past: Past, rows: Positions, correct: NDArray[np.bool_]) -> Past:
    people = np.arange(len(rows))
    past.skill_answered[people, bank.skill[rows]] = True
    past.tube_asked[people, bank.tube[rows]] = True
    past.by_competence[people, bank.competence[rows]] += 1
    past.answered[:] += 1
    past.failures_in_a_row[:] = np.where(correct, 0, past.failures_in_a_row + 1)
    return past


def _joined(parts: list[Played]) -> Played:
    def joined(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(part, name) for part in parts])

    arrays = {
        name: joined(name)
        for name in ("rows", "outcomes", "evidence", "expected", "questions", "worst_run", "competence_levels")
    }
    tubes = [part.tubes for part in parts if part.tubes is not None]
    return Played(
        **arrays,  # type: ignore[arg-type]  # names and types are those of the parts
        asked_again=sum(part.asked_again for part in parts),
        abilities=Abilities.joined([part.abilities for part in parts]),
        tubes=TubeStates.joined(tubes) if tubes else None,
    )
