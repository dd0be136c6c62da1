"""A number that must be dialled later, kept so that the database alone does not tell it.

HMAC-SHA256 in counter mode as a keystream over a random nonce, and a tag over all of it (encrypt, then authenticate),
with two keys drawn from the service's own (NIST SP 800-108). Standard library only; the key lives beside the database,
so this protects copies of the database, not a whole stolen machine.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_NONCE_BYTES = 16
_TAG_BYTES = 16
_PADDED = 24
"""Every number is as long as the longest: its length tells nothing."""


def seal(key: bytes, number: str) -> str:
    """Give the number sealed. Raises ValueError for one that is too long."""
    plain = number.encode().ljust(_PADDED, b"\0")
    if len(plain) > _PADDED:
        raise ValueError("a telephone number has at most 24 signs")
    nonce = secrets.token_bytes(_NONCE_BYTES)
    body = nonce + _stream(key, nonce, plain)
    return base64.b64encode(body + _tag(key, body)).decode()


def unseal(key: bytes, sealed: str) -> str:
    """Give the number back. Raises ValueError when it was sealed with another key, or changed."""
    body, tag = (data := base64.b64decode(sealed))[:-_TAG_BYTES], data[-_TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(key, body)):
        raise ValueError("a sealed number of another key, or a changed one")
    return _stream(key, body[:_NONCE_BYTES], body[_NONCE_BYTES:]).rstrip(b"\0").decode()


def mark_of(key: bytes, number: str) -> str:
    """Give the keyed hash of a number: tells that it is the same one, not which."""
    return hmac.new(key, number.encode(), hashlib.sha256).hexdigest()[:32]


def _stream(key: bytes, nonce: bytes, data: bytes) -> bytes:
    own = hmac.new(key, b"seal", hashlib.sha256).digest()
    blocks = (counter.to_bytes(4, "big") for counter in range(len(data) // 32 + 1))
    pad = b"".join(hmac.new(own, nonce + block, hashlib.sha256).digest() for block in blocks)
    return bytes(one ^ other for one, other in zip(data, pad, strict=False))


def _tag(key: bytes, body: bytes) -> bytes:
    return hmac.new(hmac.new(key, b"tag", hashlib.sha256).digest(), body, hashlib.sha256).digest()[:_TAG_BYTES]
