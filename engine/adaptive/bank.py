"""The items of a session compiled to tables: how probable is each outcome, for each ability.

It knows nothing of a person. A bank is immutable and carries a digest of everything its tables depend on: the same
version means the same questions, the same model and so the same result for the same answers.

Response model (four-parameter logistic with an explicit "I don't know"). A person of competence ability theta has, in
the item's tube, the ability theta + d with d ~ N(0, sd_tube), and knows the skill with probability

    K(theta) = E_d[ sigmoid(a (theta + d - b)) ]               (nine-point Gauss-Hermite quadrature over d)

Who knows is right but for a slip s. Who does not know says so with probability q, else picks one of m options (chance
c = 1/m, 0 when nothing can be guessed):

    P(o | theta) = K alpha_o + (1 - K) beta_o       alpha = (1-s, s, 0)   beta = ((1-q)c, (1-q)(1-c), q)

so "I don't know" tells a little more than a mistake, because nobody slips into it, and offering it makes guessing
rare. Aid of strength h lets a part of those who do not know pass: K' = K + (1 - K) h. What a recogniser heard enters
as r_o = P(signal | o): the likelihood of an ability is sum_o r_o P(o | theta), which is constant when all r_o are
equal.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType

import numpy as np

from engine.adaptive.framework import Framework, compile_framework
from engine.adaptive.posterior import Floats, Positions, Prior, Tree, build_tree, grid
from engine.errors import InvalidFramework, UnknownItem
from engine.model import MAX_LEVEL, Aid, Channel, Evidence, FrameworkSpec, Item, ItemId, Outcome

MODEL_VERSION = 2
"""Part of every bank version; raise it when the formulas or the grid change."""

AID_STRENGTH: Mapping[Aid, float] = MappingProxyType(
    {
        Aid.NONE: 0.0,
        Aid.READ_ALOUD: 0.0,
        Aid.REPHRASED: 0.1,
        Aid.HINT: 0.4,
        Aid.DEMONSTRATED: 0.7,
        Aid.DONE_FOR_THEM: 1.0,
    }
)
"""h: the share of those who do not know that passes with this help. Expert values until there are data."""

EXPERT_DISCRIMINATION = 1.5
QUADRATURE_NODES = 9
_MAX_SLIP = 0.25
_CERTAINTY = 1e-9
"""K stays this far from 0 and 1: no single answer may make an ability impossible."""


def expert_difficulty(level: int) -> float:
    """Give the difficulty (level units) of a skill before any calibration: half a level below; level 0 a little
    easier."""
    return level - 0.5 if level > 0 else -0.75


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bank:
    """Items and tables; build it with `compile_bank`. Two banks are equal when their versions are.

    Items are in the order of their ids. `tables[i, o]` is P(outcome o | competence ability) of item i over the grid,
    `know[i]` is K. `skill_know` is K of every skill of the framework (mean of its items, else the expert value), in
    the framework's order. `group` numbers the (competence, level) pairs: items of one group are parallel.
    `area_tables[h, i, o]` is P(outcome o | area ability) under setting h while nothing else is known of the competence,
    `area_moments[h, i, o]` is E[competence ability; outcome o | area ability]. `rows_of` are the rows of each
    competence.
    """

    version: str
    framework: Framework
    prior: Prior
    tree: Tree
    items: tuple[Item, ...]
    index: Mapping[ItemId, int]
    tables: Floats
    know: Floats
    skill_know: Floats
    if_known: Floats
    if_unknown: Floats
    area_tables: Floats
    area_moments: Floats
    rows_of: tuple[Positions, ...]
    skill: Positions
    tube: Positions
    competence: Positions
    area: Positions
    level: Positions
    group: Positions
    skill_competence: Positions

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bank) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)

    def __repr__(self) -> str:
        return f"Bank(version={self.version!r}, items={len(self.items)})"

    def position(self, item: ItemId) -> int:
        """Give the row of an item. Raises UnknownItem."""
        if item not in self.index:
            raise UnknownItem(f"the bank {self.version} has no item {item}")
        return self.index[item]

    def outcomes(self, item: int, aid: Aid, channel: Channel | None = None) -> Floats:
        """Give P(outcome | ability) under this aid and on this channel: three rows over the grid."""
        h = AID_STRENGTH[aid]
        table = self.tables[item]
        shift = dict(self.items[item].channel_shift).get(channel) if channel is not None else None
        if shift:
            a, b = _parameters(self.framework, self.items[item])
            table = _table(_know(a, b + shift, self.prior.sd_tube), self.if_known[item], self.if_unknown[item])
        aided: Floats = (1.0 - h) * table + h * self.if_known[item][:, None]
        return aided


def is_informative(evidence: Evidence, aid: Aid) -> bool:
    """Tell whether an answer says anything about the person: unheard, or done by the helper, it does not."""
    return len(set(evidence.likelihoods())) > 1 and aid is not Aid.DONE_FOR_THEM


def weights(evidence: Evidence) -> Floats:
    """Give the evidence in the order of `Outcome`, scaled to a maximum of 1."""
    values = np.array(evidence.likelihoods())
    scaled: Floats = values / values.max()
    return scaled


def compile_bank(spec: FrameworkSpec, items: Sequence[Item], prior: Prior = Prior()) -> Bank:  # noqa: B008 - frozen value
    """Give the bank of a framework and its items, in any order.

    Raises InvalidFramework for a faulty framework, an empty bank, a duplicate item, an unknown skill or a parameter
    out of range.
    """
    framework = compile_framework(spec)
    ordered = tuple(sorted(items, key=lambda item: item.id))
    _check_items(framework, ordered)
    skill = np.array([framework.position[item.skill] for item in ordered], dtype=np.intp)
    competence = np.array([framework.competence_of[item.skill] for item in ordered], dtype=np.intp)
    level = np.array([framework.level_of[item.skill] for item in ordered], dtype=np.intp)
    know = np.stack([_know(*_parameters(framework, item), prior.sd_tube) for item in ordered])
    if_known = np.array([[1.0 - item.slip, item.slip, 0.0] for item in ordered])
    if_unknown = np.array([_unknowing(item.options, prior.dont_know) for item in ordered])
    tables = _table(know, if_known, if_unknown)
    tree = build_tree(framework, prior)
    up = tree.to_competence.swapaxes(-1, -2)[:, None]
    arrays = {
        "tables": tables,
        "know": know,
        "skill_know": _skill_know(framework, ordered, know, prior),
        "if_known": if_known,
        "if_unknown": if_unknown,
        "area_tables": tables @ up,
        "area_moments": (tables * grid()) @ up,
    }
    tube_numbers = {tube: number for number, tube in enumerate(dict.fromkeys(framework.tube_of.values()))}
    places = {
        "skill": skill,
        "tube": np.array([tube_numbers[framework.tube_of[item.skill]] for item in ordered], dtype=np.intp),
        "competence": competence,
        "area": np.array(framework.area_of_competence, dtype=np.intp)[competence],
        "level": level,
        "group": np.unique(competence * (MAX_LEVEL + 1) + level, return_inverse=True)[1],
        "skill_competence": np.array([framework.competence_of[other] for other in framework.skills], dtype=np.intp),
    }
    for array in (*arrays.values(), *places.values()):
        array.flags.writeable = False
    return Bank(
        version=_version(spec, ordered, prior),
        framework=framework,
        prior=prior,
        tree=tree,
        items=ordered,
        index=MappingProxyType({item.id: row for row, item in enumerate(ordered)}),
        rows_of=tuple(np.flatnonzero(competence == row) for row in range(len(framework.competences))),
        **arrays,
        **places,
    )


def _check_items(framework: Framework, items: Sequence[Item]) -> None:
    if not items:
        raise InvalidFramework("a bank needs at least one item")
    for before, item in zip((None, *items), items, strict=False):
        if before is not None and before.id == item.id:
            raise InvalidFramework(f"item {item.id} is there twice")
        if item.skill not in framework.level_of:
            raise InvalidFramework(f"item {item.id} belongs to an unknown skill: {item.skill}")
        if item.options < 0 or item.options == 1:
            raise InvalidFramework(f"item {item.id} needs two options or more (0: no guessing), not {item.options}")
        if item.difficulty is not None and not math.isfinite(item.difficulty):
            raise InvalidFramework(f"item {item.id} has no usable difficulty: {item.difficulty}")
        if not 0.0 < item.discrimination < math.inf:
            raise InvalidFramework(f"item {item.id} needs a positive discrimination, not {item.discrimination}")
        if not all(math.isfinite(shift) for _, shift in item.channel_shift):
            raise InvalidFramework(f"item {item.id} has an unusable shift of a channel: {item.channel_shift}")
        if not 0.0 <= item.slip < _MAX_SLIP:
            raise InvalidFramework(f"the slip of item {item.id} must be at least 0 and below {_MAX_SLIP}: {item.slip}")


def _parameters(framework: Framework, item: Item) -> tuple[float, float]:
    expert = expert_difficulty(framework.level_of[item.skill])
    return item.discrimination, expert if item.difficulty is None else item.difficulty


def _know(a: float, b: float, sd_tube: float) -> Floats:
    """Give K over the grid."""
    nodes, masses = np.polynomial.hermite_e.hermegauss(QUADRATURE_NODES)
    logits = a * (grid()[:, None] + sd_tube * nodes[None, :] - b)
    curve = (0.5 * (1.0 + np.tanh(0.5 * logits))) @ (masses / masses.sum())
    clipped: Floats = np.clip(curve, _CERTAINTY, 1.0 - _CERTAINTY)
    return clipped


def _table(know: Floats, if_known: Floats, if_unknown: Floats) -> Floats:
    """Give P(outcome | ability) [..., O, G] from K [..., G] and the two rows of outcomes [..., O]."""
    table: Floats = know[..., None, :] * if_known[..., None] + (1.0 - know[..., None, :]) * if_unknown[..., None]
    return table


def _unknowing(options: int, dont_know: float) -> tuple[float, float, float]:
    chance = 1.0 / options if options else 0.0
    return (1.0 - dont_know) * chance, (1.0 - dont_know) * (1.0 - chance), dont_know


def _skill_know(framework: Framework, items: Sequence[Item], know: Floats, prior: Prior) -> Floats:
    rows: dict[str, list[int]] = {}
    for row, item in enumerate(items):
        rows.setdefault(item.skill, []).append(row)
    expert = {
        level: _know(EXPERT_DISCRIMINATION, expert_difficulty(level), prior.sd_tube) for level in range(MAX_LEVEL + 1)
    }
    return np.stack(
        [
            know[rows[skill]].mean(axis=0) if skill in rows else expert[framework.level_of[skill]]
            for skill in framework.skills
        ]
    )


def _version(spec: FrameworkSpec, items: Sequence[Item], prior: Prior) -> str:
    content = {
        "model": MODEL_VERSION,
        "outcomes": [outcome.name for outcome in Outcome],
        "aids": {aid.name: strength for aid, strength in AID_STRENGTH.items()},
        "framework": asdict(spec),
        "items": [asdict(item) for item in items],
        "prior": asdict(prior),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
