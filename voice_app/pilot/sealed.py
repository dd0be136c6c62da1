"""Sounds of people on the disk: each file is encrypted with a key that lies beside the pilot's folder, never in it.

ChaCha20-Poly1305 (RFC 8439) with a random nonce of 96 bits a file. Whose sound it is and which one is authenticated
with it, so that no file can be put in the place of another. The key protects copies of the folder, and what a disk
still holds after the pilot was erased with its key; it does not protect a whole stolen machine.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from voice_app.audio import Sound, wav_bytes
from voice_app.errors import SoundUnreadable
from voice_app.speech.wav import parse_wav

NONCE_BYTES = 12


class SealedSounds:
    """Writes and reads sounds with the key of a file, which is made with the first sound. Every call blocks."""

    def __init__(self, key: Path) -> None:
        self._key = key

    def write(self, path: Path, name: str, sound: Sound) -> None:
        """Write a sound; `name` says whose it is and which one. Raises OSError."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        path.write_bytes(nonce + ChaCha20Poly1305(self._made()).encrypt(nonce, wav_bytes(sound), name.encode()))

    def read(self, path: Path, name: str) -> Sound:
        """Give a sound back. Raises SoundUnreadable when it was changed, or the key is another one; OSError."""
        body = path.read_bytes()
        try:
            plain = ChaCha20Poly1305(self._key.read_bytes()).decrypt(
                body[:NONCE_BYTES], body[NONCE_BYTES:], name.encode()
            )
        except (InvalidTag, ValueError) as fault:
            raise SoundUnreadable(
                f"{name} cannot be opened: it was changed, or {self._key.name} is another key"
            ) from fault
        return parse_wav(plain, name)

    def forget(self) -> None:
        """Destroy the key: what was sealed with it opens no more, wherever a copy lies."""
        self._key.unlink(missing_ok=True)

    def _made(self) -> bytes:
        try:
            descriptor = os.open(self._key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return self._key.read_bytes()
        with os.fdopen(descriptor, "wb") as file:
            file.write(ChaCha20Poly1305.generate_key())
        return self._key.read_bytes()
