"""Session descriptions: what the caller offers for sound, what we answer (RFC 4566, RFC 3264, RFC 4733).

One audio stream of G.711 over RTP/AVP is taken: the first audio line of the offer with a law that we know, in the
caller's order of preference. Every other stream is refused with port 0 in its place. Keys come on whatever payload type
the offer gives to telephone-event at 8 kHz. Hold is a direction (sendonly, inactive) or, in the old way, address 0.
"""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass, field

from aiosipua import Codec, MediaDescription, SdpMessage, parse_sdp

from voice_app.g711 import Law

CONTENT_TYPE = "application/sdp"
_KEYS_OFFERED = 101
_ANSWERS = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
_PTIMES = range(10, 61, 10)


class Unacceptable(ValueError):
    """The description cannot be read, or has no sound that we speak: 488."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What both sides agreed on. `remote` is where the caller wants our packets; `direction` is ours."""

    law: Law
    payload_type: int
    key_type: int | None
    remote: tuple[str, int]
    direction: str = "sendrecv"

    @property
    def sends(self) -> bool:
        return self.direction in ("sendrecv", "sendonly")

    @property
    def hears(self) -> bool:
        return self.direction in ("sendrecv", "recvonly")


@dataclass(slots=True)
class Describer:
    """Our side of one call's descriptions: its versions count up. `host` and `port` are what the caller must reach."""

    host: str
    port: int
    _session: int = field(default_factory=lambda: secrets.randbits(48))
    _version: int = 0

    def offer(self) -> str:
        """Give our own offer: both laws and keys."""
        lines = [f"m=audio {self.port} RTP/AVP 8 0 {_KEYS_OFFERED}"]
        lines += [
            "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:0 PCMU/8000",
            *_key_lines(_KEYS_OFFERED),
            "a=ptime:20",
            "a=sendrecv",
        ]
        return self._whole(lines)

    def answer(self, text: str) -> tuple[str, Sound]:
        """Give our answer to an offer, and what was agreed on. Raises Unacceptable."""
        offer = _read(text)
        chosen, sound = _choose(offer)
        lines: list[str] = []
        for media in offer.media:
            if media is chosen:
                lines += self._accepted(media, sound)
            else:
                formats = " ".join(media.formats) or "0"
                lines.append(f"m={media.media} 0 {media.proto} {formats}")
        return self._whole(lines), sound

    def _accepted(self, media: MediaDescription, sound: Sound) -> list[str]:
        types = f"{sound.payload_type}" + (f" {sound.key_type}" if sound.key_type is not None else "")
        lines = [f"m=audio {self.port} {media.proto} {types}", f"a=rtpmap:{sound.payload_type} {sound.law.value}/8000"]
        if sound.key_type is not None:
            lines += _key_lines(sound.key_type)
        wish = (media.attributes.get("ptime") or ["20"])[0].strip()
        ptime = int(wish) if wish.isdigit() and int(wish) in _PTIMES else 20
        return [*lines, f"a=ptime:{ptime}", f"a={sound.direction}"]

    def _whole(self, lines: list[str]) -> str:
        self._version += 1
        kind = "IP6" if ":" in self.host else "IP4"
        head = ["v=0", f"o=- {self._session} {self._version} IN {kind} {self.host}", "s=-", f"c=IN {kind} {self.host}"]
        return "\r\n".join([*head, "t=0 0", *lines, ""])


def read_answer(text: str) -> Sound:
    """Give what was agreed on from the answer to our offer. Raises Unacceptable."""
    return _choose(_read(text))[1]


def _read(text: str) -> SdpMessage:
    try:
        offer = parse_sdp(text)
    except (ValueError, IndexError, TypeError) as fault:
        raise Unacceptable(f"a description that cannot be read: {fault}") from fault
    if not offer.media or not text.lstrip().startswith("v="):
        raise Unacceptable("a description without streams")
    return offer


def _choose(offer: SdpMessage) -> tuple[MediaDescription, Sound]:
    for media in offer.media:
        if media.media != "audio" or not 0 < media.port < 65_536 or media.proto not in ("RTP/AVP", "RTP/AVPF"):
            continue
        connection = media.connection or offer.connection
        law = next((codec for codec in media.codecs if _law(codec) is not None), None)
        if connection is None or law is None:
            continue
        named = _law(law)
        if named is None:
            continue
        held = _is_zero(connection.address)
        direction = "inactive" if held else _ANSWERS[_direction(media, offer)]
        keys = next((codec.payload_type for codec in media.codecs if _is_keys(codec)), None)
        return media, Sound(named, law.payload_type, keys, (connection.address, media.port), direction)
    raise Unacceptable("no G.711 sound is offered")


def _direction(media: MediaDescription, offer: SdpMessage) -> str:
    for attributes in (media.attributes, offer.attributes):
        for direction in _ANSWERS:
            if direction in attributes:
                return direction
    return "sendrecv"


def _law(codec: Codec) -> Law | None:
    name = codec.encoding_name.upper()
    return Law(name) if name in tuple(Law) and codec.clock_rate == 8000 and 0 <= codec.payload_type < 128 else None


def _is_keys(codec: Codec) -> bool:
    return codec.encoding_name.lower() == "telephone-event" and codec.clock_rate == 8000


def _is_zero(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return False


def _key_lines(payload_type: int) -> list[str]:
    return [f"a=rtpmap:{payload_type} telephone-event/8000", f"a=fmtp:{payload_type} 0-15"]
