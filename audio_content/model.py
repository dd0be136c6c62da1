"""The words of the content: framework with names, items with their wordings, prompts, spoken vocabulary.

Plain frozen values; the loader makes them, the linter judges them, the dialogue refers to them by id.
Locales are language tags of two letters ("fr", "en"); French comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NewType

from engine.model import Area, FrameworkSpec, Item, ItemId, SkillId

LOCALES = ("fr", "en")
OptionId = NewType("OptionId", str)
LessonId = NewType("LessonId", str)
PromptId = NewType("PromptId", str)
CommandId = NewType("CommandId", str)


class ItemKind(StrEnum):
    """How an item is answered. A number and a word are not chosen from a spoken list: what is listened for (the numbers
    of a range, the word and plausible others) are its options all the same, so that one grammar serves every kind."""

    CHOICE = "choice"
    YES_NO = "yes_no"
    NUMBER = "number"
    WORD = "word"


class AssistantKind(StrEnum):
    """Whom a variant of an item is for."""

    SCREEN_READER = "screen_reader"
    KEYBOARD = "keyboard"
    VOICE_ASSISTANT = "voice_assistant"
    MEDIATOR = "mediator"


@dataclass(frozen=True, slots=True)
class Assistant:
    """One sentence per locale: the item for a person with a screen reader, a keyboard or a voice assistant, or as a
    task to be done beside a mediator."""

    kind: AssistantKind
    by_locale: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OptionText:
    """One possible answer, with other ways to say it. A yes/no item has the options "yes" and "no" and no synonyms; a
    number item has one option for each number of its range, whose id is the figure."""

    id: OptionId
    text: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemText:
    """An item in one language. `simpler` is the same question in easier words, for "explain"; it never hints.

    `also`, of a number item: other ways to say every number of its range ("{} euros"). They are among the synonyms of
    the options already; kept so that the item can be written again.
    """

    stem: str
    simpler: str
    options: tuple[OptionText, ...]
    feedback: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContentItem:
    """One question with all its wordings. `country` names facts that only hold there (ISO code), None if everywhere.

    `difficulty`: expert value in level units, None for the usual one of its level. `twin`: for an item that requires
    sight, the item of the same skill that does not.
    """

    id: ItemId
    skill: SkillId
    kind: ItemKind
    key: OptionId
    texts: Mapping[str, ItemText]
    requires_sight: bool = False
    country: str | None = None
    difficulty: float | None = None
    twin: ItemId | None = None
    assistant: Assistant | None = None

    @property
    def option_ids(self) -> tuple[OptionId, ...]:
        return tuple(option.id for option in next(iter(self.texts.values())).options)


@dataclass(frozen=True, slots=True)
class LessonText:
    """A lesson in one language: one idea, one example of daily life, one thing to try with a helper."""

    idea: str
    example: str
    attempt: str

    @property
    def whole(self) -> str:
        """Give the three parts as one text, in the order in which they are spoken."""
        return f"{self.idea} {self.example} {self.attempt}"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is taught aloud about one skill, in about 30 to 60 seconds."""

    id: LessonId
    skill: SkillId
    texts: Mapping[str, LessonText]


@dataclass(frozen=True, slots=True)
class Names:
    """What one node of the skill map (area, competence, tube or skill) is called, per locale."""

    by_locale: Mapping[str, str]


CHOSEN = "set:"
"""What the name of a path begins with that is made of chosen competences: "set:1.1,4.1@3"."""


REHEARSAL_PATH, REHEARSED_PATH = "repetition", "positionnement"
"""The path that rehearses the certification, and the one whose skills it asks, without those outside the CRCN."""


def chosen_path(nodes: Sequence[str], level: int) -> str:
    """Give the name of the path of the skills of these competences and tubes, and of these skills, up to a level."""
    return f"{CHOSEN}{','.join(nodes)}@{level}"


def chosen_of(path: str) -> tuple[tuple[str, ...], int]:
    """Give the nodes of such a path and its highest level. Raises KeyError for another kind of path."""
    names, mark, level = path.removeprefix(CHOSEN).partition("@")
    if not path.startswith(CHOSEN) or not mark or not (level.isascii() and level.isdigit()):
        raise KeyError(path)
    return tuple(name for name in names.split(",") if name), int(level)


def tube_of(skill: str) -> str:
    """Give the tube of a skill: its id without the level."""
    return skill.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class SkillMap:
    """The framework with names and learning paths. `area_of`/`level_of` are derived for convenience.

    `spec` is the CRCN; `extension` the areas outside it, which only count on a path that draws from them. `names`: area
    code, competence code, tube id or skill id -> names. `paths`: path id ("abc_diag") -> skills in order; `modules`:
    module of ABC Pix ("courriel") -> skills in order. `statements`: the full wording of each node, as a framework has
    it. `digcomp`: competence -> numbers of DigComp's competences; `framework`: which editions the map stands on;
    `changed`: ISO date of its last change.
    """

    version: str
    spec: FrameworkSpec
    names: Mapping[str, Names]
    paths: Mapping[str, tuple[SkillId, ...]]
    levels: Mapping[SkillId, int]
    area_of: Mapping[SkillId, str]
    competence_of: Mapping[SkillId, str]
    extension: tuple[Area, ...] = ()
    modules: Mapping[str, tuple[SkillId, ...]] = field(default_factory=dict)
    statements: Mapping[str, Names] = field(default_factory=dict)
    digcomp: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    framework: str = ""
    changed: str = ""

    def skills_of(self, path: str) -> tuple[SkillId, ...]:
        """Give the skills of a path, of a module of ABC Pix, or of chosen nodes (`chosen_path`).

        Raises KeyError when there is none of this name."""
        if path.startswith(CHOSEN):
            return self._chosen(path)
        return self.paths[path] if path in self.paths else self.modules[path]

    def _chosen(self, path: str) -> tuple[SkillId, ...]:
        names, level = chosen_of(path)
        nodes = {skill: (str(competence), tube_of(skill), skill) for skill, competence in self.competence_of.items()}
        if not names or not set(names) <= {node for places in nodes.values() for node in places}:
            raise KeyError(path)
        wanted = set(names)
        return tuple(
            skill for skill, places in nodes.items() if not wanted.isdisjoint(places) and self.levels[skill] <= level
        )

    def spec_of(self, path: str) -> FrameworkSpec:
        """Give the framework that measures a path: the CRCN, and the areas outside it from which the path draws."""
        drawn = {self.area_of[skill] for skill in self.skills_of(path)}
        added = tuple(area for area in self.extension if area.id in drawn)
        return replace(self.spec, areas=(*self.spec.areas, *added)) if added else self.spec


@dataclass(frozen=True, slots=True)
class Connectors:
    """Small words of a sentence around what is meant: that mean nothing, that take back what came before them, and that
    turn away what comes after them."""

    fillers: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Spoken words accepted in one language, all lower case, digits as words.

    `commands`: command id ("repeat") -> wordings. `places`: wordings of the first to fourth option ("un", "réponse un",
    "la première"...). `yes`, `no`. `digits`: wordings of 0 to 9. `inside`: the small words of a sentence.
    """

    commands: Mapping[CommandId, tuple[str, ...]]
    places: tuple[tuple[str, ...], ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]
    digits: tuple[tuple[str, ...], ...]
    inside: Connectors = Connectors()


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that is said. `version` is a digest of all of it: the bank version written in every event."""

    version: str
    skill_map: SkillMap
    items: Mapping[ItemId, ContentItem]
    prompts: Mapping[str, Mapping[PromptId, str]]
    vocabularies: Mapping[str, Vocabulary]
    lessons: Mapping[LessonId, Lesson] = field(default_factory=dict)

    def path_items(self, path: str) -> tuple[ContentItem, ...]:
        """Give the items of a path or a module, in the order of their ids. Raises KeyError for an unknown path."""
        skills = set(self.skill_map.skills_of(path))
        return tuple(item for _, item in sorted(self.items.items()) if item.skill in skills)

    def engine_items(self, path: str) -> tuple[Item, ...]:
        """Give the items of a path as the engine sees them, in the order of ids: those that can be asked of
        everybody. An item that requires sight is left to its twin."""
        return tuple(
            Item(id=item.id, skill=item.skill, options=len(item.option_ids), difficulty=item.difficulty)
            for item in self.path_items(path)
            if not item.requires_sight
        )
