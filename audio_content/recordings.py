"""Human recordings: a person's voice for a text wins over synthesis. The folder's format is in `recordings/README.md`.

A recording belongs to a text, word for word: when a writer changes the text, the recording no longer fits and the
synthetic voice takes over until the sentence is recorded again. Nobody hears a sentence that was since corrected.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from audio_content.errors import ContentError, Fault, InvalidRecordings
from audio_content.pronunciation import language_of
from audio_content.sources import Node, read

RECORDINGS = Path(__file__).parent / "recordings"
INDEX = "recordings.yaml"
_SUFFIXES = frozenset({".wav", ".ogg", ".flac", ".mp3"})


def find_recording(text: str, locale: str, *, folder: Path = RECORDINGS) -> Path | None:
    """Give the sound file of a text, None when nobody recorded it. Raises InvalidRecordings when the index lies."""
    return read_index(folder / language_of(locale)).get(normalised(text))


def index_text(speaker: str, consent: str, entries: Mapping[str, str]) -> str:
    """Give the text of an index: file names by text, in the order given."""
    lines = [
        f"speaker: {json.dumps(speaker, ensure_ascii=False)}",
        f"consent: {json.dumps(consent, ensure_ascii=False)}",
    ]
    lines.append("recordings:")
    for text, file in entries.items():
        quoted = (json.dumps(value, ensure_ascii=False) for value in (text, file))
        lines.append("  - {{text: {}, file: {}}}".format(*quoted))
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def normalised(text: str) -> str:
    """Give the text as an index compares it: one line, straight apostrophes and plain spaces."""
    return " ".join(text.replace("\u2019", "'").replace("\u00a0", " ").replace("\u202f", " ").split())


@functools.lru_cache(maxsize=8)
def read_index(folder: Path) -> Mapping[str, Path]:
    """Give text -> sound file of one language; empty when the folder has no index. Read once a process.

    Raises InvalidRecordings: a file is missing, lies outside the folder, is no sound file, or a text stands twice.
    """
    name = f"recordings/{folder.name}/{INDEX}"
    if not (folder / INDEX).is_file():
        return MappingProxyType({})
    try:
        root = Node.of(read(folder / INDEX, name), name, "")
        root.only("speaker", "consent", "recordings")
        nodes = root.nodes("recordings")
        if nodes:
            root.text("speaker"), root.text("consent")
        entries = [(normalised(node.text("text")), node.text("file")) for node in nodes]
    except ContentError as error:
        raise InvalidRecordings(error.faults) from error
    faults = [fault for text, file in entries if (fault := _fault(folder, name, text, file))]
    texts = [text for text, _ in entries]
    faults += [
        Fault(name, text, "this text has two recordings", "Keep one of them")
        for text in sorted({text for text in texts if texts.count(text) > 1})
    ]
    if faults:
        raise InvalidRecordings(faults)
    return MappingProxyType({text: folder / file for text, file in entries})


def _fault(folder: Path, name: str, text: str, file: str) -> Fault | None:
    path = folder / file
    if not path.resolve().is_relative_to(folder.resolve()):
        return Fault(name, text, f"{file!r} lies outside the folder", "Put the sound file beside the index")
    if path.suffix.lower() not in _SUFFIXES:
        return Fault(name, text, f"{file!r} is not a sound file", f"Use one of {', '.join(sorted(_SUFFIXES))}")
    if not path.is_file():
        return Fault(name, text, f"{file!r} is missing", "Add the sound file or remove the entry")
    return None
