"""Files that the hub gives and a site takes: the item bank (with human recordings) and rendered speech.

A file is known by the digest of its bytes. A folder's name in the list ("content", "speech") and the path below it say
where it belongs; a path that would lead out of the folder is never taken.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from engine.sync.manifests import Entry

CONTENT, SPEECH = "content", "speech"
LEFT_OUT = frozenset({"__pycache__"})
LEFT_OUT_ENDINGS = (".py", ".pyc", ".part", ".tmp")


class Shelf:
    """Folders by their names in the list. Blocking; digests are remembered as long as a file does not change."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = dict(folders)
        self._known: dict[Path, tuple[int, int, str]] = {}
        self._places: dict[str, Path] = {}
        self._lock = threading.Lock()

    def entries(self) -> list[Entry]:
        """Give all files, in order."""
        with self._lock:
            found = [each for name, folder in sorted(self._folders.items()) for each in self._of(name, folder)]
        return sorted(found)

    def find(self, digest: str) -> Path | None:
        """Give the file of a content address, among those that were listed last."""
        with self._lock:
            path = self._places.get(digest)
        return path if path is not None and path.is_file() else None

    def _of(self, name: str, folder: Path) -> Iterator[Entry]:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            parts = path.relative_to(folder).parts
            if path.name.endswith(LEFT_OUT_ENDINGS) or not LEFT_OUT.isdisjoint(parts) or not path.is_file():
                continue
            told = path.stat()
            known = self._known.get(path)
            if known is None or known[:2] != (told.st_size, told.st_mtime_ns):
                known = self._known[path] = (told.st_size, told.st_mtime_ns, digest_of_file(path))
            self._places[known[2]] = path
            yield Entry(name, PurePosixPath(*parts).as_posix(), known[2], told.st_size)


def digest_of_file(path: Path) -> str:
    """Give the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def place_below(folder: Path, name: str) -> Path | None:
    """Give the path of a name below a folder; None when it would lead out of it."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\\" in name:
        return None
    return folder.joinpath(*pure.parts)


def put(part: Path, target: Path) -> None:
    """Bring a complete file to its place, at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
