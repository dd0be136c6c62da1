"""Rendered speech on disk, found by what it is made of.

The key is a digest of everything that decides about the sound, so nothing in here is ever stale, and several processes
may share the folder. A file is a WAV that any player opens, with one more chunk: the digest of its samples. A file
that does not agree with its digest (power cut, full disk, bad sector) is removed and counts as absent. Files appear at
once and whole (written aside, then renamed).

The folder is bounded: when it grows over the limit, what was used longest ago goes first, down to nine tenths.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import struct
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NewType

from voice_app.audio import Sound, digest, wav_bytes
from voice_app.errors import SoundUnreadable
from voice_app.speech.wav import parse_wav

log = logging.getLogger(__name__)

SoundKey = NewType("SoundKey", str)
DEFAULT_LIMIT_BYTES = 2 * 1024**3
"""About 18 hours of sound: all content in two languages at several rates, and what is spoken on demand."""
KEPT_SHARE = 0.9
DIGEST_CHUNK = b"sha2"
DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides about the bytes of one utterance."""

    engine: str
    engine_version: str
    voice: str
    rate: float
    text: str
    processing: str
    pitch: float = 1.0
    formant: float = 1.0

    @property
    def key(self) -> SoundKey:
        body = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        return SoundKey(hashlib.sha256(body.encode()).hexdigest())


class AudioStore:
    """A folder of sounds. Blocking; safe between threads and processes."""

    def __init__(self, folder: Path, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._tidying = threading.Lock()
        self._used_bytes: int | None = None

    def get(self, key: SoundKey) -> Sound | None:
        """Give the sound of a key, or None when it is absent or damaged."""
        path = self.path_of(key)
        try:
            body = path.read_bytes()
        except OSError:
            return None
        sound = unpack(body)
        if sound is None:
            log.warning("damaged sound removed: %s", path.name)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return sound

    def put(self, key: SoundKey, sound: Sound) -> None:
        """Keep a sound; what was there is replaced. Raises OSError (full disk, no permission)."""
        path = self.path_of(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        body = pack(sound)
        handle, aside = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
            Path(aside).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(aside).unlink()
            raise
        self._bound(len(body))

    def path_of(self, key: SoundKey) -> Path:
        """Give where the sound of a key lies, or would lie."""
        return self._folder / key[:2] / f"{key}.wav"

    def _bound(self, added_bytes: int) -> None:
        with self._tidying:
            if self._used_bytes is None:
                self._used_bytes = sum(size for _, size, _ in self._inventory())
            else:
                self._used_bytes += added_bytes
            if self._used_bytes > self._limit_bytes:
                self._used_bytes = self._evict()

    def _evict(self) -> int:
        """Remove the longest unused and give the size of what stays."""
        inventory = sorted(self._inventory())
        used = sum(size for _, size, _ in inventory)
        for _, size, path in inventory:
            if used <= self._limit_bytes * KEPT_SHARE:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            used -= size
        return used

    def _inventory(self) -> list[tuple[int, int, Path]]:
        """Give time of last use, size and path of every file, half-written ones of dead processes included."""
        found: list[tuple[int, int, Path]] = []
        for path in self._folder.glob("??/*"):
            with contextlib.suppress(OSError):
                state = path.stat()
                found.append((state.st_mtime_ns, state.st_size, path))
        return found


def pack(sound: Sound) -> bytes:
    """Give the WAV file of a sound with the digest of its samples."""
    body = wav_bytes(sound)
    body += struct.pack("<4sI", DIGEST_CHUNK, DIGEST_BYTES) + digest(sound)
    return body[:4] + struct.pack("<I", len(body) - 8) + body[8:]


def unpack(body: bytes) -> Sound | None:
    """Give the sound of a packed file, or None when it is damaged."""
    try:
        sound = parse_wav(body)
    except SoundUnreadable:
        return None
    return sound if body[-DIGEST_BYTES:] == digest(sound) else None
