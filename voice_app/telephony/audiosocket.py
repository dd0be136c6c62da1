"""AudioSocket: Asterisk dials us over TCP and sends a call's sound (asterisk `res/res_audiosocket.c`).

A frame: kind (1 byte), length of the payload (2 bytes, big-endian), payload. Kinds: 0x00 hang up, 0x01 the UUID (16 raw
bytes, first), 0x03 a key (1 byte ASCII; builds before 2025 have none), 0x10 sound (s16le, 8 kHz), 0xff fault. Other
rates have kinds of their own, whose meaning changed between versions: only 8 kHz is spoken here.

Nothing but the UUID tells who it is, so it is a one-time token (`tokens`) and the port belongs on a private address.
Each frame is one write, for some builds misread a header that comes alone; nothing but sound and hang-up is sent, for
they take anything else as fatal.
"""

from __future__ import annotations

import asyncio
import logging
import struct
import uuid
from collections.abc import Callable

from voice_app.telephony.errors import CannotListen
from voice_app.telephony.leg import FRAME_BYTES
from voice_app.telephony.paced_leg import PacedLeg
from voice_app.telephony.tokens import TokenTable

log = logging.getLogger(__name__)

HANG_UP, IDENTITY, KEY, SOUND, FAULT = 0x00, 0x01, 0x03, 0x10, 0xFF
FIRST_FRAME_S = 2.0
SILENT_S = 60.0
MOST_SOCKETS = 500
_WRITE_LIMIT = 64 * FRAME_BYTES

Accept = Callable[[PacedLeg, str, str], None]
"""Takes an identified leg with the caller's number and the dialled one."""


class AudioSocketServer:
    """Waits for Asterisk."""

    def __init__(self, tokens: TokenTable, accept: Accept) -> None:
        self._tokens = tokens
        self._accept = accept
        self._server: asyncio.Server | None = None
        self._open = 0

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen; give the address. Raises CannotListen."""
        try:
            self._server = await asyncio.start_server(self._serve, host, port)
        except OSError as fault:
            raise CannotListen(f"AudioSocket cannot listen on {host}:{port}: {fault.strerror}") from fault
        address = self._server.sockets[0].getsockname()
        return str(address[0]), int(address[1])

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= MOST_SOCKETS:
                await self._call(reader, writer)
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as fault:
            log.debug("an AudioSocket ended: %s", fault)
        finally:
            self._open -= 1
            writer.close()

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(FIRST_FRAME_S):
            kind, payload = await _frame(reader)
        known = self._tokens.redeem(str(uuid.UUID(bytes=payload))) if kind == IDENTITY and len(payload) == 16 else None
        if known is None:
            log.warning("an AudioSocket without a token that we issued")
            writer.write(_packed(HANG_UP))
            return

        def send(pcm: bytes) -> None:
            if writer.transport.get_write_buffer_size() > _WRITE_LIMIT:
                writer.transport.abort()
            elif not writer.transport.is_closing():
                writer.write(_packed(SOUND, pcm))

        def end() -> None:
            if not writer.transport.is_closing():
                writer.write(_packed(HANG_UP))
                writer.close()

        leg = PacedLeg(send, end)
        self._accept(leg, *known)
        try:
            await self._hear(reader, leg)
        finally:
            leg.ended()

    async def _hear(self, reader: asyncio.StreamReader, leg: PacedLeg) -> None:
        odd = b""
        while True:
            async with asyncio.timeout(SILENT_S):
                kind, payload = await _frame(reader)
            if kind == SOUND:
                payload = odd + payload
                odd = payload[len(payload) // 2 * 2 :]
                leg.hear(payload[: len(payload) // 2 * 2])
            elif kind == KEY and len(payload) == 1:
                leg.key(payload.decode("ascii", "replace"))
            elif kind in (HANG_UP, FAULT):
                return


async def _frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind, length = struct.unpack("!BH", await reader.readexactly(3))
    return kind, await reader.readexactly(length)


def _packed(kind: int, payload: bytes = b"") -> bytes:
    return struct.pack("!BH", kind, len(payload)) + payload
