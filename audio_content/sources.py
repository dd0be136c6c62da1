"""Reading the content files: YAML in, plain text values out. The only door to the YAML library.

Format. The files are YAML because writers edit them by hand: accents without escapes, comments, long lines folded,
little punctuation. The price of YAML is that a reader guesses types: `no` becomes False, `1.10` becomes 1.1, `3018` a
number and `12:30` seven hundred and fifty. In files full of the words "yes", "no", "on" and of numbers that are
spoken, each of these guesses would be a silent fault. So EVERY scalar is read as a string here, exactly as it is
written, and the few values that are not text are converted by name where they are used (`requires_sight: "false"`).
A key written twice, of which YAML silently keeps the last, is a fault. Text is brought to NFC, so that a wording
compares equal however its accents were typed.

`Node` walks such a tree and gives faults that name the file, the id and the remedy.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from audio_content.errors import ContentError

Tree = str | list["Tree"] | dict[str, "Tree"]


class _TextLoader(yaml.CBaseLoader):
    """YAML's plainest loader (lists, mappings and strings, nothing else) that refuses a repeated key.

    In its C form: the whole bank is read at each start, and the Python form takes seven times as long.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a plain word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is written twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def parse(text: str, name: str) -> Tree:
    """Give the tree of a YAML text; `name` is the file's name in faults. Raises ContentError when it is not YAML."""
    try:
        # Safe: BaseLoader builds strings, lists and mappings only, never an object.
        tree = yaml.load(unicodedata.normalize("NFC", text), Loader=_TextLoader)  # noqa: S506
    except yaml.YAMLError as error:
        what = " ".join(str(error).split())
        raise ContentError.of(name, "", f"not readable as YAML ({what})", "Correct the line named above") from error
    if tree is None or tree == "":
        raise ContentError.of(name, "", "the file is empty", "Write its content or remove the file")
    result: Tree = tree
    return result


def read(file: Traversable, name: str) -> Tree:
    """Give the tree of a YAML file. Raises ContentError when the file is missing, not UTF-8 or not YAML."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ContentError.of(name, "", "the file is missing", "Put it back or install the package again") from error
    except UnicodeDecodeError as error:
        raise ContentError.of(name, "", "the file is not UTF-8", "Save it again as UTF-8") from error
    return parse(text, name)


def yaml_files(folder: Traversable, name: str) -> Iterator[tuple[Traversable, str]]:
    """Give every .yaml file below `folder` with its name, in the order of names; nothing if there is no folder."""
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        entry_name = f"{name}/{entry.name}"
        if entry.is_dir():
            yield from yaml_files(entry, entry_name)
        elif entry.name.endswith(".yaml"):
            yield entry, entry_name


@dataclass(frozen=True, slots=True)
class Node:
    """A mapping inside a file, with its place: reads fields by name and complains clearly."""

    file: str
    where: str
    fields: Mapping[str, Tree]

    @classmethod
    def of(cls, tree: Tree, file: str, where: str) -> Node:
        """Give the mapping at this place. Raises ContentError when there is something else."""
        if not isinstance(tree, dict):
            raise ContentError.of(file, where, "expected named fields here", "Write `name: value` lines")
        return cls(file, where, tree)

    def fault(self, problem: str, remedy: str) -> ContentError:
        """Give an error of this place, to be raised."""
        return ContentError.of(self.file, self.where, problem, remedy)

    def named(self, where: str) -> Node:
        """Give the same mapping under its own id, for clearer faults."""
        return Node(self.file, where, self.fields)

    def only(self, *allowed: str) -> None:
        """Raise ContentError when there is a field that is not one of these."""
        for name in self.fields:
            if name not in allowed:
                raise self.fault(f"unknown field {name!r}", f"Use only: {', '.join(allowed)}")

    def text(self, name: str) -> str:
        """Give a field's text. Raises ContentError when it is missing, blank or not a text."""
        if name not in self.fields:
            raise self.fault(f"field {name!r} is missing", f"Add `{name}: ...`")
        return self._plain(name, self.fields[name])

    def text_or_none(self, name: str) -> str | None:
        """Give a field's text, None when it is absent."""
        return self.text(name) if name in self.fields else None

    def truth(self, name: str) -> bool:
        """Give a field written "true" or "false"; absent means false."""
        value = self.text_or_none(name) or "false"
        if value not in ("true", "false"):
            raise self.fault(f"{name!r} is {value!r}", 'Write "true" or "false"')
        return value == "true"

    def texts(self, name: str) -> tuple[str, ...]:
        """Give a field that is a list of texts; absent means empty."""
        return tuple(self._plain(name, value) for value in self._list(name))

    def nodes(self, name: str) -> tuple[Node, ...]:
        """Give a field that is a list of mappings; absent means empty."""
        return tuple(
            Node.of(value, self.file, f"{self.where} {name}[{place}]".strip())
            for place, value in enumerate(self._list(name), start=1)
        )

    def node(self, name: str) -> Node:
        """Give a field that is itself a mapping. Raises ContentError when it is missing."""
        if name not in self.fields:
            raise self.fault(f"field {name!r} is missing", f"Add `{name}:` and its fields")
        return Node.of(self.fields[name], self.file, f"{self.where} {name}".strip())

    def _list(self, name: str) -> list[Tree]:
        value = self.fields.get(name, [])
        if not isinstance(value, list):
            raise self.fault(f"{name!r} is not a list", f"Write `{name}: [first, second]` or one `- value` a line")
        return value

    def _plain(self, name: str, value: Tree) -> str:
        if not isinstance(value, str):
            raise self.fault(f"{name!r} holds a list or fields where a text is expected", "Put the text in quotes")
        if not value.strip():
            raise self.fault(f"{name!r} is empty", "Write its text or remove the line")
        return " ".join(value.split())
