"""Bundles sealed: readable for the other side only, and certainly from the other side.

Encryption is ChaCha20-Poly1305 in pieces, as `age` does it (STREAM; Hoang, Reyhanitabar, Rogaway and Vizár, "Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015): each piece's nonce is its number and whether it
is the last one, so that pieces can be neither swapped nor cut off. The key of a bundle comes from the key that site and
hub share and a random salt (HKDF-SHA-256). The signature (Ed25519) covers the head and the digest of all pieces.

Keys are made when a site is enrolled and travel in its ticket: a shared key, and for each side a key pair of which it
holds the private half.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from voice_app.sync.ports import SyncError

MAGIC = b"voice-app bundle 1\n"
INFO = b"voice-app bundle"
SALT_BYTES, KEY_BYTES, SIGNATURE_BYTES, TAG_BYTES = 16, 32, 64, 16
PIECE_BYTES = 256 * 1024
_LENGTH = struct.Struct(">I")


class BadBundle(SyncError):
    """A file that is no bundle for this side: damaged, cut short, from or for somebody else."""

    code = "sync.bad_bundle"
    retryable = False


@dataclass(frozen=True, slots=True)
class Keys:
    """What one side holds: the shared key, its own signing key, the other's verifying key."""

    shared: bytes
    signing: bytes
    verifying: bytes

    def to_text(self) -> str:
        return ".".join(base64.urlsafe_b64encode(key).decode() for key in (self.shared, self.signing, self.verifying))

    @classmethod
    def from_text(cls, text: str) -> Keys:
        """Read keys. Raises BadBundle."""
        try:
            parts = [base64.urlsafe_b64decode(part) for part in text.split(".")]
        except (binascii.Error, ValueError) as fault:
            raise BadBundle("the keys of this site cannot be read; join the hub anew") from fault
        if [len(part) for part in parts] != [KEY_BYTES] * 3:
            raise BadBundle("the keys of this site are not complete; join the hub anew")
        return cls(*parts)


def new_keys() -> tuple[Keys, Keys]:
    """Give the keys of a site and those of its hub."""
    shared = secrets.token_bytes(KEY_BYTES)
    site, hub = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    return (
        Keys(shared, site.private_bytes_raw(), hub.public_key().public_bytes_raw()),
        Keys(shared, hub.private_bytes_raw(), site.public_key().public_bytes_raw()),
    )


def write_bundle(file: Path, keys: Keys, name: str, records: Iterable[bytes]) -> int:
    """Write records into a new file and give its size. `name` says to a reader whose bundle this is (UTF-8, short)."""
    salt = secrets.token_bytes(SALT_BYTES)
    label = name.encode()[:255]
    head = MAGIC + bytes([len(label)]) + label + salt
    cipher, digest = ChaCha20Poly1305(_key(keys, salt)), hashlib.sha256(head)
    part = file.with_name(file.name + ".tmp")
    with part.open("wb") as out:
        out.write(head)
        for number, (piece, last) in enumerate(_pieces(records)):
            sealed = cipher.encrypt(_nonce(number, last=last), piece, head)
            digest.update(sealed)
            out.write(sealed)
        out.write(Ed25519PrivateKey.from_private_bytes(keys.signing).sign(digest.digest()))
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
    return file.stat().st_size


def label_of(file: Path) -> str:
    """Give the name on a bundle, which anybody may read. Raises BadBundle."""
    with file.open("rb") as body:
        return _head(body.read(len(MAGIC) + 1 + 255))[0]


def read_bundle(file: Path, keys: Keys) -> Iterator[bytes]:
    """Give the records of a bundle; nothing of it before its signature was checked. Raises BadBundle."""
    size = file.stat().st_size
    with file.open("rb") as body:
        begun = body.read(len(MAGIC) + 1 + 255 + SALT_BYTES)
        _, length = _head(begun)
        head = begun[:length]
        end = size - SIGNATURE_BYTES
        if len(head) < length or end <= length:
            raise BadBundle("this bundle was cut short")
        _check_signature(body, keys, head, end)
        body.seek(length)
        yield from _records(_opened(body, keys, head, end - length))


def _check_signature(body: BinaryIO, keys: Keys, head: bytes, end: int) -> None:
    digest = hashlib.sha256(head)
    body.seek(len(head))
    left = end - len(head)
    while left:
        piece = body.read(min(PIECE_BYTES, left))
        if not piece:
            raise BadBundle("this bundle was cut short")
        digest.update(piece)
        left -= len(piece)
    signature = body.read(SIGNATURE_BYTES)
    try:
        Ed25519PublicKey.from_public_bytes(keys.verifying).verify(signature, digest.digest())
    except InvalidSignature as fault:
        raise BadBundle("this bundle is damaged, or from somebody else") from fault


def _opened(body: BinaryIO, keys: Keys, head: bytes, left: int) -> Iterator[bytes]:
    cipher = ChaCha20Poly1305(_key(keys, head[-SALT_BYTES:]))
    number = 0
    while left:
        piece = body.read(min(PIECE_BYTES + TAG_BYTES, left))
        left -= len(piece)
        try:
            yield cipher.decrypt(_nonce(number, last=not left), piece, head)
        except InvalidTag as fault:
            raise BadBundle("this bundle cannot be opened with the keys of this site") from fault
        number += 1


def _records(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting = b""
    for piece in pieces:
        waiting += piece
        while len(waiting) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(waiting)
            if len(waiting) < _LENGTH.size + length:
                break
            yield waiting[_LENGTH.size : _LENGTH.size + length]
            waiting = waiting[_LENGTH.size + length :]
    if waiting:
        raise BadBundle("this bundle ends in the middle of a record")


def _pieces(records: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Give what is encrypted at once, with whether it is the last one."""
    waiting = b""
    for record in records:
        waiting += _LENGTH.pack(len(record)) + record
        while len(waiting) > PIECE_BYTES:
            yield waiting[:PIECE_BYTES], False
            waiting = waiting[PIECE_BYTES:]
    yield waiting, True


def _head(begun: bytes) -> tuple[str, int]:
    """Give the label and the length of the head."""
    if not begun.startswith(MAGIC) or len(begun) <= len(MAGIC):
        raise BadBundle("this file is no bundle")
    length = begun[len(MAGIC)]
    start = len(MAGIC) + 1
    return begun[start : start + length].decode(errors="replace"), start + length + SALT_BYTES


def _key(keys: Keys, salt: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=INFO).derive(keys.shared)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
