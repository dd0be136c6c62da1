"""The content read from its files: `load()` gives one `Content`, or tells every fault at once.

Files below the root (this package by default):
  framework/skills.yaml             the skill map
  items/**/*.yaml                   `items:` lists, in any number of files (fields: see `item_files`)
  lessons/**/*.yaml                 `lessons:` lists (fields: see `lesson_files`)
  prompts/fr.yaml, en.yaml          prompt id -> text, with {gap}s
  prompts/vocabulary.fr.yaml, ...   the words that may be said: commands, places, yes, no, digits

Every value is a text (why: see `sources`). The loader checks that the content holds together; whether it is well
written is judged by `check`.

Version. `Content.version` is a digest of the parsed trees of all these files, so that a comment or a line break changes
nothing and a comma that is spoken changes it.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import ParamSpec, TypeVar

from audio_content.errors import ContentError, Fault
from audio_content.item_files import read_item, twin_faults
from audio_content.lesson_files import read_lesson
from audio_content.model import (
    LOCALES,
    CommandId,
    Connectors,
    Content,
    ContentItem,
    Lesson,
    LessonId,
    PromptId,
    SkillMap,
    Vocabulary,
)
from audio_content.skill_map import read_skill_map
from audio_content.sources import Node, Tree, read, yaml_files
from engine.model import ItemId

VERSION_LENGTH = 16
"""Hexadecimal digits of the digest: 64 bits, far more than the number of versions there will ever be."""

PLACES = 4
DIGITS = 10
_PROMPT_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_Made = TypeVar("_Made")
_Given = ParamSpec("_Given")


def load(root: Path | None = None, *, partial: bool = False) -> Content:
    """Give the content below `root`, the package's own by default, which a process reads once.

    `partial` is for writers at work: missing prompt and vocabulary files are taken as absent locales.
    Raises ContentError with all the faults found.
    """
    if root is None and not partial:
        return _own()
    return _Loading(files("audio_content") if root is None else root, partial=partial).content()


@cache
def _own() -> Content:
    return _Loading(files("audio_content"), partial=False).content()


class _Loading:
    """One loading: the trees read so far (for the digest) and the faults met."""

    def __init__(self, root: Traversable, *, partial: bool) -> None:
        self._root = root
        self._partial = partial
        self._trees: dict[str, Tree] = {}
        self._faults: list[Fault] = []

    def content(self) -> Content:
        skill_map = self._tried(self._skill_map)
        vocabularies = {locale: made for locale in LOCALES if (made := self._tried(self._vocabulary, locale))}
        prompts = {locale: texts for locale in LOCALES if (texts := self._tried(self._prompts, locale))}
        items = self._items(skill_map, vocabularies) if skill_map is not None else {}
        lessons = self._lessons(skill_map) if skill_map is not None else {}
        if self._faults or skill_map is None:
            raise ContentError(self._faults)
        return Content(
            version=_digest(self._trees),
            skill_map=skill_map,
            items=items,
            prompts=prompts,
            vocabularies=vocabularies,
            lessons=lessons,
        )

    def _tried(self, make: Callable[_Given, _Made], *args: _Given.args, **kwargs: _Given.kwargs) -> _Made | None:
        """Give what `make` gives, or None after noting its faults."""
        try:
            return make(*args, **kwargs)
        except ContentError as error:
            self._faults.extend(error.faults)
            return None

    def _read(self, name: str) -> Tree:
        self._trees[name] = read(self._root.joinpath(*name.split("/")), name)
        return self._trees[name]

    def _absent(self, name: str) -> bool:
        return self._partial and not self._root.joinpath(*name.split("/")).is_file()

    def _skill_map(self) -> SkillMap:
        name = "framework/skills.yaml"
        return read_skill_map(self._read(name), name)

    def _vocabulary(self, locale: str) -> Vocabulary | None:
        name = f"prompts/vocabulary.{locale}.yaml"
        return None if self._absent(name) else read_vocabulary(self._read(name), name)

    def _prompts(self, locale: str) -> Mapping[PromptId, str] | None:
        name = f"prompts/{locale}.yaml"
        return None if self._absent(name) else read_prompts(self._read(name), name)

    def _items(self, skill_map: SkillMap, vocabularies: Mapping[str, Vocabulary]) -> dict[ItemId, ContentItem]:
        items: dict[ItemId, ContentItem] = {}
        for node in self._nodes("items"):
            item = self._tried(read_item, node, skill_map, vocabularies)
            if item is None:
                continue
            if item.id in items:
                self._faults.append(Fault(node.file, item.id, "this item is written twice", "Rename or remove one"))
            items[item.id] = item
        self._faults += twin_faults(items)
        return dict(sorted(items.items()))

    def _lessons(self, skill_map: SkillMap) -> dict[LessonId, Lesson]:
        lessons: dict[LessonId, Lesson] = {}
        for node in self._nodes("lessons"):
            lesson = self._tried(read_lesson, node, skill_map)
            if lesson is None:
                continue
            if lesson.id in lessons:
                self._faults.append(Fault(node.file, lesson.id, "this lesson is written twice", "Remove one"))
            lessons[lesson.id] = lesson
        return dict(sorted(lessons.items()))

    def _nodes(self, name: str) -> Iterator[Node]:
        """Give the entries of the lists called `name` in all the files of the folder of that name."""
        for file, file_name in yaml_files(self._root.joinpath(name), name):
            tree = self._tried(read, file, file_name)
            if tree is not None:
                self._trees[file_name] = tree
                yield from self._tried(_entries, tree, file_name, name) or ()


def _entries(tree: Tree, file: str, name: str) -> tuple[Node, ...]:
    root = Node.of(tree, file, "")
    root.only(name)
    return root.nodes(name)


def _digest(trees: Mapping[str, Tree]) -> str:
    body = json.dumps(trees, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()[:VERSION_LENGTH]


# --- prompts and vocabulary -------------------------------------------------------------------------------------


def read_prompts(tree: Tree, file: str) -> dict[PromptId, str]:
    """Give the prompts of one language. Raises ContentError for an id or a text that cannot be."""
    root = Node.of(tree, file, "")
    for name in root.fields:
        if not _PROMPT_ID.fullmatch(name):
            raise root.fault(f"{name!r} is not a prompt id", "Use small letters, digits, dots and underscores")
    return {PromptId(name): root.text(name) for name in root.fields}


def read_vocabulary(tree: Tree, file: str) -> Vocabulary:
    """Give the words that may be said in one language. Raises ContentError when a list is missing or badly written."""
    root = Node.of(tree, file, "")
    root.only("commands", "places", "yes", "no", "digits", "inside")
    commands = root.node("commands")
    return Vocabulary(
        commands={CommandId(name): _wordings(commands, name) for name in commands.fields},
        places=_lists(root, "places", PLACES),
        yes=_wordings(root, "yes"),
        no=_wordings(root, "no"),
        digits=_lists(root, "digits", DIGITS),
        inside=_connectors(root.node("inside")) if "inside" in root.fields else Connectors(),
    )


def _connectors(inside: Node) -> Connectors:
    inside.only("fillers", "corrections", "negations")
    return Connectors(*(_wordings(inside, kind) for kind in ("fillers", "corrections", "negations")))


def _lists(node: Node, name: str, count: int) -> tuple[tuple[str, ...], ...]:
    value = node.fields.get(name)
    if not isinstance(value, list) or len(value) != count:
        raise node.fault(f"{name!r} must have {count} lists of wordings", "Write one list for each, in order")
    parts = Node(node.file, name, {str(place): entry for place, entry in enumerate(value, start=1)})
    return tuple(_wordings(parts, place) for place in parts.fields)


def _wordings(node: Node, name: str) -> tuple[str, ...]:
    wordings = node.texts(name)
    if not wordings:
        raise node.fault(f"{name!r} has no wording", "List at least one, as it is said")
    for wording in wordings:
        if wording != unicodedata.normalize("NFC", wording).lower():
            raise node.fault(f"wording {wording!r} of {name!r} is not lower case", "Write it in small letters")
    return wordings
