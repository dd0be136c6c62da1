"""Prompts waiting to be fetched by a page: WAV bodies by the digest of their content, within a bounded memory.

The same sound always has the same address, so browsers may keep it for ever. The least recently used go first; a page
that comes too late gets 404 and goes on without that piece.
"""

from __future__ import annotations

from collections import OrderedDict

from voice_app.audio import Sound, digest, wav_bytes

DIGEST_CHARACTERS = 32


class SoundShelf:
    """Holds at most `room_bytes` of WAV bodies, always at least the newest one."""

    def __init__(self, room_bytes: int) -> None:
        self._room_bytes = room_bytes
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._held_bytes = 0

    def keep(self, sound: Sound) -> str:
        """Keep the sound and give its key."""
        key = digest(sound).hex()[:DIGEST_CHARACTERS]
        if key in self._bodies:
            self._bodies.move_to_end(key)
            return key
        body = wav_bytes(sound)
        self._bodies[key] = body
        self._held_bytes += len(body)
        while self._held_bytes > self._room_bytes and len(self._bodies) > 1:
            _, oldest = self._bodies.popitem(last=False)
            self._held_bytes -= len(oldest)
        return key

    def find(self, key: str) -> bytes | None:
        """Give the WAV body of a key, or None when it is not held."""
        body = self._bodies.get(key)
        if body is not None:
            self._bodies.move_to_end(key)
        return body
