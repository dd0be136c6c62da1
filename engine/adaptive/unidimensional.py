"""The classical adaptive test: one ability, two-parameter logistic items, maximum information, expected a posteriori.

For products that measure one thing, and as the engine's measure against other libraries. Abilities and difficulties are
in logits here, not in levels.

    P(theta) = 1 / (1 + exp(-a (theta - b)))          (Birnbaum 1968; Lord 1980, "Applications of item response theory")
    I(theta) = a^2 P (1 - P)                          the next item is the most informative one not given yet
    estimate = E[theta | answers], SE = sqrt(Var[theta | answers]) on a grid of nodes (Bock and Mislevy 1982)

Where the work goes: information depends on the estimate only, so the best items of each of 161 cells of ability are
sorted once, when the bank is compiled; a step then looks at the head of one list, whatever the size of the bank. Only
items that stand in a list can ever be given, so only they need a row of probabilities: the tables of 50,000 items
shrink to what the second cache holds. Taking the list of the cell instead of the exact estimate costs less than .002
of RMSE.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidPolicy

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Rows = NDArray[np.int32]

LOWEST, HIGHEST = -4.0, 4.0
NODES = 61
CELLS = 161
DEPTH = 64
"""Best items kept for each cell; a session can be no longer than that."""

_CELLS_A_LOGIT = (CELLS - 1) / (HIGHEST - LOWEST)
_FADED = 1e-100


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """When to stop: standard error at or below `se` (logits), or `max_items` given. Raises InvalidPolicy out of
    range."""

    se: float = 0.35
    max_items: int = 30

    def __post_init__(self) -> None:
        if not (self.se > 0.0 and 1 <= self.max_items <= DEPTH):
            raise InvalidPolicy(f"se must be positive and max_items 1 to {DEPTH}: {self}")


@dataclass(frozen=True, slots=True, eq=False)
class SortedBank:
    """Compiled items; build it with `sort_bank`. `items` [M] are the rows that stand in a list, `lists` [161, depth]
    the positions in `items` of the best ones of each cell, `right` and `wrong` [M, 61] the likelihood of either
    answer."""

    items: Rows
    lists: Rows
    right: Floats
    wrong: Floats
    prior: Floats
    basis: Floats
    single_likelihoods: Singles
    right_rows: list[Floats] = field(repr=False)
    wrong_rows: list[Floats] = field(repr=False)
    cell_lists: list[list[int]] = field(repr=False)


def sort_bank(a: Floats, b: Floats, mean: float = 0.0, sd: float = 1.0) -> SortedBank:
    """Give the compiled bank of discriminations and difficulties [N] under a normal prior (logits).

    Raises InvalidPolicy when there is no item, or a parameter is not finite or a discrimination not positive."""
    if not len(a) or len(a) != len(b) or not (np.isfinite(a).all() and np.isfinite(b).all() and (a > 0).all()):
        raise InvalidPolicy("a bank needs items with positive discriminations and finite difficulties")
    depth = min(DEPTH, len(a))
    best = np.stack([_best(a, b, theta, depth) for theta in np.linspace(LOWEST, HIGHEST, CELLS)])
    items, flat = np.unique(best, return_inverse=True)
    lists = flat.reshape(best.shape).astype(np.int32)
    nodes = np.linspace(LOWEST, HIGHEST, NODES)
    right = 1.0 / (1.0 + np.exp(-a[items, None] * (nodes - b[items, None])))
    prior = np.exp(-0.5 * ((nodes - mean) / sd) ** 2)
    return SortedBank(
        items=items.astype(np.int32),
        lists=lists,
        right=right,
        wrong=1.0 - right,
        prior=prior / prior.sum(),
        basis=np.stack([np.ones(NODES), nodes, nodes**2], axis=1),
        single_likelihoods=np.concatenate([right, 1.0 - right]).astype(np.float32),
        right_rows=list(right),
        wrong_rows=list(1.0 - right),
        cell_lists=[[int(position) for position in row] for row in lists],
    )


def _best(a: Floats, b: Floats, theta: float, depth: int) -> NDArray[np.intp]:
    p = 1.0 / (1.0 + np.exp(-a * (theta - b)))
    information = a * a * p * (1.0 - p)
    head = np.argpartition(information, -depth)[-depth:] if depth < len(a) else np.arange(len(a))
    return np.asarray(head[np.argsort(-information[head], kind="stable")])


class Session:
    """One person's test, changed in place by `answer`. `item` is the row of the item to give (None at the end),
    `theta` the estimate and `se` its standard error (logits), `given` the rows given so far."""

    __slots__ = ("_bank", "_given", "_mass", "_position", "_rule", "given", "item", "se", "theta")

    def __init__(self, bank: SortedBank, rule: StoppingRule = StoppingRule()) -> None:
        self._bank, self._rule = bank, rule
        self._mass = bank.prior.copy()
        self._given: set[int] = set()
        self.given: list[int] = []
        self.item: int | None = None
        total, first, square = (self._mass @ bank.basis).tolist()
        self.theta = first / total
        self.se = (square / total - self.theta * self.theta) ** 0.5
        self._choose()

    def answer(self, correct: bool) -> None:
        """Take in the answer to `item`, and choose the next. Raises InvalidPolicy after the end."""
        if self.item is None:
            raise InvalidPolicy("the session has ended; it takes no further answer")
        bank, mass, position = self._bank, self._mass, self._position
        self._given.add(position)
        self.given.append(self.item)
        mass *= bank.right_rows[position] if correct else bank.wrong_rows[position]
        total, first, square = (mass @ bank.basis).tolist()
        if total < _FADED:
            mass /= total
            total, first, square = 1.0, first / total, square / total
        self.theta = theta = first / total
        self.se = max(square / total - theta * theta, 0.0) ** 0.5
        self._choose()

    def _choose(self) -> None:
        given = self._given
        if self.se <= self._rule.se or len(given) >= self._rule.max_items:
            self.item = None
            return
        cell = int((min(max(self.theta, LOWEST), HIGHEST) - LOWEST) * _CELLS_A_LOGIT + 0.5)
        for position in self._bank.cell_lists[cell]:
            if position not in given:
                self._position = position
                self.item = int(self._bank.items[position])
                return
        self.item = None


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """What N people did: `theta` and `se` [N] (logits), `length` [N]."""

    theta: Floats
    se: Floats
    length: NDArray[np.intp]


Respond = Callable[[NDArray[np.intp], Rows], NDArray[np.bool_]]
"""(people, rows of items) -> who is right."""


def run_crowd(bank: SortedBank, people: int, respond: Respond, rule: StoppingRule = StoppingRule()) -> Results:
    """Give the tests of a crowd, all abreast, in single precision. `respond` says who is right."""
    theta, se = np.zeros(people, dtype=np.float32), np.zeros(people, dtype=np.float32)
    length = np.zeros(people, dtype=np.intp)
    alive = np.arange(people)
    mass = np.tile(bank.prior.astype(np.float32), (people, 1))
    basis = bank.basis.astype(np.float32)
    total, first, _ = (mass[:1] @ basis)[0]
    here = np.full(people, first / total, dtype=np.float32)
    given = np.full((people, rule.max_items), -1, dtype=np.int32)
    told = np.empty_like(mass)
    size = len(bank.items)
    for turn in range(rule.max_items):
        position = _unused(bank, here, given[:, :turn])
        given[:, turn] = position
        right = respond(alive, bank.items[position])
        rows = np.where(right, position, position + np.int32(size))
        np.take(bank.single_likelihoods, rows, axis=0, out=told[: len(rows)], mode="clip")
        mass *= told[: len(rows)]
        sums = mass @ basis
        here = sums[:, 1] / sums[:, 0]
        error = np.sqrt(np.maximum(sums[:, 2] / sums[:, 0] - here * here, 0.0))
        ended = error <= rule.se if turn + 1 < min(rule.max_items, bank.lists.shape[1]) else np.ones_like(right)
        if ended.any():
            done = alive[ended]
            theta[done], se[done], length[done] = here[ended], error[ended], turn + 1
            going = np.flatnonzero(~ended)
            if not going.size:
                break
            alive, mass, here, given = alive[going], mass[going], here[going], given[going]
    return Results(theta.astype(np.float64), se.astype(np.float64), length)


def _unused(bank: SortedBank, theta: Singles, given: Rows) -> Rows:
    """Give for each person the best item of the cell that was not given yet."""
    cell = np.clip((theta - LOWEST) * _CELLS_A_LOGIT + 0.5, 0, CELLS - 1).astype(np.intp)
    chosen: Rows = bank.lists[cell, 0]
    if not given.shape[1]:
        return chosen
    stuck = np.flatnonzero((given == chosen[:, None]).any(axis=1))
    rank = 1
    while stuck.size and rank < bank.lists.shape[1]:
        another = bank.lists[cell[stuck], rank]
        chosen[stuck] = another
        stuck = stuck[(given[stuck] == another[:, None]).any(axis=1)]
        rank += 1
    return chosen
