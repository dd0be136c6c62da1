"""Media streams: a call's sound as JSON over a WebSocket, in the shape that Twilio gave it.

From them: `connected`, `start` (streamSid, customParameters), `media` (base64 mu-law, 20 ms), `dtmf`, `mark`, `stop`;
numbers are strings. From us: `media`, and `clear`, which empties their buffer when somebody interrupts. They keep a
buffer, so we send a little ahead of time.

Who it is: their webhook and the upgrade are signed (`X-Twilio-Signature`: base64 of HMAC-SHA1, keyed with the account's
token, over the public URL and the form's fields in order of name), and the stream must bring the one-time token that
the webhook's answer gave it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from voice_app.g711 import Law, decode, encode
from voice_app.telephony.paced_leg import PacedLeg
from voice_app.telephony.tokens import TokenTable

LEAD_MS = 100
LARGEST_MESSAGE = 65_536
TOKEN = "token"  # noqa: S105 - the parameter's name


class BadStream(ValueError):
    """A message that is not one of a media stream, or a stream without our token."""


def signature(secret: str, url: str, fields: Mapping[str, str]) -> str:
    """Give the signature of a request to this URL with these form fields."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def signed(secret: str, url: str, fields: Mapping[str, str], given: str) -> bool:
    """Whether the signature given is the right one; never without a secret. A final slash may be there or not."""
    if not secret:
        return False
    return any(
        hmac.compare_digest(signature(secret, each, fields), given) for each in (url, url.rstrip("/"), f"{url}/")
    )


def answer(stream_url: str, token: str) -> str:
    """Give the webhook's answer: connect the call to our stream, with its token."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Connect>'
        f"<Stream url={quoteattr(stream_url)}><Parameter name={quoteattr(TOKEN)} value={quoteattr(token)}/></Stream>"
        "</Connect></Response>"
    )


class MediaStream:
    """One stream. Hand it each text message by `receive`; what it has to say goes to `send`, the end to `close`."""

    def __init__(
        self,
        tokens: TokenTable,
        accept: Callable[[PacedLeg, str, str], None],
        send: Callable[[str], None],
        close: Callable[[], None],
    ) -> None:
        self._tokens = tokens
        self._accept = accept
        self._send = send
        self._close = close
        self._sid = ""
        self._leg: PacedLeg | None = None

    def receive(self, text: str) -> None:
        """Take a message. Raises BadStream."""
        try:
            message: dict[str, Any] = json.loads(text)
            self._take(message)
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as fault:
            raise BadStream(str(fault)) from fault

    def ended(self) -> None:
        """The socket is gone."""
        if self._leg is not None:
            self._leg.ended()

    def _take(self, message: dict[str, Any]) -> None:
        match message["event"]:
            case "start":
                self._start(message["start"])
            case "media" if self._leg is not None:
                if message["media"].get("track", "inbound") == "inbound":
                    self._leg.hear(decode(base64.b64decode(message["media"]["payload"], validate=True), Law.MU))
            case "dtmf" if self._leg is not None:
                self._leg.key(str(message["dtmf"]["digit"]))
            case "stop":
                self.ended()

    def _start(self, start: dict[str, Any]) -> None:
        layout = start["mediaFormat"]
        if (layout["encoding"], int(layout["sampleRate"])) != ("audio/x-mulaw", 8000) or self._leg is not None:
            raise BadStream("a stream of another kind")
        known = self._tokens.redeem(str(start["customParameters"][TOKEN]))
        if known is None:
            raise BadStream("a stream without a token that we issued")
        self._sid = str(start["streamSid"])
        self._leg = PacedLeg(self._play, self._close, flush=self._flush, lead_ms=LEAD_MS)
        self._accept(self._leg, *known)

    def _play(self, pcm: bytes) -> None:
        payload = base64.b64encode(encode(pcm, Law.MU)).decode()
        self._send(json.dumps({"event": "media", "streamSid": self._sid, "media": {"payload": payload}}))

    def _flush(self) -> None:
        self._send(json.dumps({"event": "clear", "streamSid": self._sid}))
