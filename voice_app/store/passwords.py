"""Passwords: argon2id (RFC 9106), hashed in a thread of its own. The one door to argon2."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """Hashes and compares. `memory_kib` and `passes` are the costs of argon2id."""

    def __init__(self, memory_kib: int, passes: int) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._nobodys: str | None = None

    async def hashed(self, password: str) -> str:
        """Give the hash to keep."""
        return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, hashed: str | None, password: str) -> bool:
        """Tell whether the password is the one of this hash; None takes as long, and never fits."""
        return await asyncio.to_thread(self._fits, hashed, password)

    def _fits(self, hashed: str | None, password: str) -> bool:
        if hashed is None:
            self._nobodys = self._nobodys or self._hasher.hash("nobody's")
        try:
            return self._hasher.verify(hashed or self._nobodys or "", password) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False
