"""The words of the content: framework with names, items with their wordings, prompts, spoken vocabulary.

Plain frozen values; the loader makes them, the linter judges them, the dialogue refers to them by id.
Locales are language tags of two letters ("fr", "en"); French comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from engine.model import FrameworkSpec, Item, ItemId, SkillId

LOCALES = ("fr", "en")
OptionId = NewType("OptionId", str)
PromptId = NewType("PromptId", str)
CommandId = NewType("CommandId", str)


class ItemKind(StrEnum):
    CHOICE = "choice"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class OptionText:
    """One possible answer, with other ways to say it. A yes/no item has the options "yes" and "no" and no synonyms."""

    id: OptionId
    text: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemText:
    """An item in one language. `simpler` is the same question in easier words, for "explain"; it never hints."""

    stem: str
    simpler: str
    options: tuple[OptionText, ...]
    feedback: str


@dataclass(frozen=True, slots=True)
class ContentItem:
    """One question with all its wordings. `country` names facts that only hold there (ISO code), None if everywhere."""

    id: ItemId
    skill: SkillId
    kind: ItemKind
    key: OptionId
    texts: Mapping[str, ItemText]
    requires_sight: bool = False
    country: str | None = None

    @property
    def option_ids(self) -> tuple[OptionId, ...]:
        return tuple(option.id for option in next(iter(self.texts.values())).options)


@dataclass(frozen=True, slots=True)
class Names:
    """What one node of the skill map (area, competence, tube or skill) is called, per locale."""

    by_locale: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SkillMap:
    """The framework with names and learning paths. `areas_of`/`level_of` are derived for convenience.

    `names`: area code, competence code, tube id or skill id -> names. `paths`: path id ("abc_diag") -> skills in order.
    """

    version: str
    spec: FrameworkSpec
    names: Mapping[str, Names]
    paths: Mapping[str, tuple[SkillId, ...]]
    levels: Mapping[SkillId, int]
    area_of: Mapping[SkillId, str]
    competence_of: Mapping[SkillId, str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Spoken words accepted in one language, all lower case, digits as words.

    `commands`: command id ("repeat") -> wordings. `places`: wordings of the first to fourth option ("un", "réponse un",
    "la première"...). `yes`, `no`. `digits`: wordings of 0 to 9.
    """

    commands: Mapping[CommandId, tuple[str, ...]]
    places: tuple[tuple[str, ...], ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]
    digits: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that is said. `version` is a digest of all of it: the bank version written in every event."""

    version: str
    skill_map: SkillMap
    items: Mapping[ItemId, ContentItem]
    prompts: Mapping[str, Mapping[PromptId, str]]
    vocabularies: Mapping[str, Vocabulary]

    def engine_items(self, path: str) -> tuple[Item, ...]:
        """Give the items of a path as the engine sees them, in the order of their ids."""
        skills = set(self.skill_map.paths[path])
        return tuple(
            Item(id=item.id, skill=item.skill, options=len(item.option_ids))
            for _, item in sorted(self.items.items())
            if item.skill in skills
        )
