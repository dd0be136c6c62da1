"""UUID version 7: ids that sort by the moment of their making (RFC 9562, section 5.7)."""

from __future__ import annotations

import secrets
import uuid


def uuid7(unix_ms: int) -> str:
    """Give a UUIDv7 for this moment: 48 bits of Unix milliseconds, version and variant, 74 random bits."""
    value = (unix_ms & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return str(uuid.UUID(int=value))
