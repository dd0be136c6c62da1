"""Calls that come over streams: AudioSocket as Asterisk speaks it, media streams as Twilio does. By hand."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from voice_app.g711 import Law, decode, encode
from voice_app.telephony.audiosocket import AudioSocketServer
from voice_app.telephony.leg import KeyHeard, LegEnded, LegEvent, LineHeard, MarkReached
from voice_app.telephony.media_streams import BadStream, MediaStream, signature, signed
from voice_app.telephony.paced_leg import PacedLeg
from voice_app.telephony.tokens import VALID_S, TokenTable
from voice_app.web.phone_lines import LineSecrets, phone_lines_app

LOUD = struct.pack("<160h", *[9000, -9000] * 80)


@dataclass
class Accepted:
    """The legs that were let in, with their numbers."""

    legs: list[tuple[PacedLeg, str, str]] = field(default_factory=list)
    come: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, leg: PacedLeg, number: str, dialled: str) -> None:
        self.legs.append((leg, number, dialled))
        self.come.set()

    async def first(self) -> PacedLeg:
        async with asyncio.timeout(5):
            await self.come.wait()
        return self.legs[0][0]


async def next_of(leg: PacedLeg, kind: type[LegEvent], *, loud: bool = False) -> LegEvent:
    async with asyncio.timeout(5):
        async for event in leg.events():
            if isinstance(event, kind) and (not loud or (isinstance(event, LineHeard) and any(event.pcm))):
                return event
    raise AssertionError(f"no {kind.__name__}")


# --- AudioSocket ----------------------------------------------------------------------------------------------------


@dataclass
class Asterisk:
    tokens: TokenTable
    accepted: Accepted
    port: int

    async def dial(self, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(struct.pack("!BH", 1, 16) + uuid.UUID(token).bytes)
        return reader, writer


@pytest.fixture
async def asterisk() -> AsyncIterator[Asterisk]:
    tokens, accepted = TokenTable(), Accepted()
    server = AudioSocketServer(tokens, accepted)
    _, port = await server.start("127.0.0.1", 0)
    yield Asterisk(tokens, accepted, port)
    for leg, _, _ in accepted.legs:
        leg.hang_up()
    await server.close()


async def frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind, length = struct.unpack("!BH", await reader.readexactly(3))
    return kind, await reader.readexactly(length)


async def test_a_call_of_asterisk(asterisk: Asterisk) -> None:
    reader, writer = await asterisk.dial(asterisk.tokens.issue("0612345678", "3000"))
    leg = await asterisk.accepted.first()

    leg.play(LOUD * 3)
    leg.mark(4)
    writer.write(struct.pack("!BH", 0x10, 320) + LOUD + struct.pack("!BH", 3, 1) + b"7")

    assert asterisk.accepted.legs[0][1:] == ("0612345678", "3000")
    assert await next_of(leg, LineHeard, loud=True) == LineHeard(LOUD)
    heard = [await frame(reader) for _ in range(5)]
    assert {(kind, len(sound)) for kind, sound in heard} == {(0x10, 320)}
    assert [sound for _, sound in heard].count(LOUD) == 3
    leg.hang_up()
    assert await frame(reader) == (0x00, b"") or (await reader.read()).endswith(b"\0\0\0")
    writer.close()


async def test_frames_cut_anywhere_and_a_key(asterisk: Asterisk) -> None:
    _, writer = await asterisk.dial(asterisk.tokens.issue(""))
    leg = await asterisk.accepted.first()

    for byte in struct.pack("!BH", 0x10, 320) + LOUD + struct.pack("!BH", 3, 1) + b"#":
        writer.write(bytes([byte]))
        await writer.drain()

    assert await next_of(leg, KeyHeard) == KeyHeard("#")
    writer.close()
    assert isinstance(await next_of(leg, LegEnded), LegEnded)


async def test_a_token_serves_once_and_nothing_else_opens(asterisk: Asterisk) -> None:
    token = asterisk.tokens.issue("")
    _, first = await asterisk.dial(token)
    await asterisk.accepted.first()

    for wrong in (token, str(uuid.uuid4())):
        reader, writer = await asterisk.dial(wrong)
        assert await reader.read() == b"\0\0\0"
        writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", asterisk.port)
    writer.write(struct.pack("!BH", 0x10, 2) + b"ab")
    assert await reader.read() == b"\0\0\0"
    writer.close()
    first.close()
    assert len(asterisk.accepted.legs) == 1


async def test_sound_is_paced(asterisk: Asterisk) -> None:
    reader, writer = await asterisk.dial(asterisk.tokens.issue(""))
    leg = await asterisk.accepted.first()
    leg.play(LOUD * 50)
    loop = asyncio.get_running_loop()

    await frame(reader)
    began = loop.time()
    for _ in range(25):
        await frame(reader)

    took = loop.time() - began
    writer.close()

    assert 0.4 < took < 0.8


def test_a_token_grows_old() -> None:
    now = [0.0]
    tokens = TokenTable(lambda: now[0])
    early, late = tokens.issue("1"), tokens.issue("2")

    assert tokens.redeem(early.upper()) == ("1", "")
    now[0] = VALID_S + 1
    assert tokens.redeem(late) is None


# --- media streams ----------------------------------------------------------------------------------------------------

SECRETS = LineSecrets(token="t" * 20, stream="secret", public_url="https://phone.test")


def start(token: str) -> str:
    layout = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    body = {"streamSid": "MZ1", "customParameters": {"token": token}, "mediaFormat": layout}
    return json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": body})


def media(pcm: bytes) -> str:
    payload = base64.b64encode(encode(pcm, Law.MU)).decode()
    return json.dumps({"event": "media", "streamSid": "MZ1", "media": {"track": "inbound", "payload": payload}})


def test_the_published_signature() -> None:
    # the worked example of the provider's page on validating requests
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }

    given = signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields)

    assert given == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert signed("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields, given)
    assert not signed("12345", "https://mycompany.com/myapp.php?foo=1&bar=3", fields, given)
    assert not signed("", "https://mycompany.com", {}, signature("", "https://mycompany.com", {}))


async def test_a_stream_speaks_hears_and_is_interrupted() -> None:
    tokens, accepted, sent = TokenTable(), Accepted(), []
    stream = MediaStream(tokens, accepted, sent.append, lambda: sent.append("closed"))
    stream.receive('{"event":"connected","protocol":"Call","version":"1.0.0"}')
    stream.receive(start(tokens.issue("+33612345678")))
    leg = await accepted.first()
    leg.play(LOUD * 100)
    leg.mark(9)

    stream.receive(media(LOUD))
    stream.receive('{"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"5"}}')

    heard = await next_of(leg, LineHeard, loud=True)
    assert heard == LineHeard(decode(encode(LOUD, Law.MU), Law.MU))
    leg.clear()
    assert await next_of(leg, MarkReached) == MarkReached(9)
    events = [json.loads(each) for each in sent]
    assert events[-1] == {"event": "clear", "streamSid": "MZ1"}
    assert base64.b64decode(events[0]["media"]["payload"]) == encode(LOUD, Law.MU)
    stream.receive('{"event":"stop","streamSid":"MZ1","stop":{}}')
    assert isinstance(await next_of(leg, LegEnded), LegEnded)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"event":"start"}', start("no-token"), start("x").replace("audio/x-mulaw", "audio/l16")],
)
async def test_what_is_no_stream_is_refused(text: str) -> None:
    stream = MediaStream(TokenTable(), Accepted(), lambda _text: None, lambda: None)

    with pytest.raises(BadStream):
        stream.receive(text)


async def test_the_webhook_gives_a_token_that_opens_the_socket() -> None:
    tokens, accepted = TokenTable(), Accepted()
    client = phone_lines_app(tokens, accepted, SECRETS).test_client()
    fields = {"From": "+33612345678", "To": "+33100000000"}
    good = signature("secret", "https://phone.test/media-stream/answer", fields)

    refused = await client.post("/media-stream/answer", form=fields, headers={"X-Twilio-Signature": "x"})
    answer = await client.post("/media-stream/answer", form=fields, headers={"X-Twilio-Signature": good})
    text = (await answer.get_data()).decode()
    token = text.partition('value="')[2].partition('"')[0]
    upgrade = {"X-Twilio-Signature": signature("secret", "wss://phone.test/media-stream", {})}
    async with client.websocket("/media-stream", headers=upgrade) as socket:
        await socket.send(start(token))
        leg = await accepted.first()
        leg.play(LOUD)
        sent = json.loads(await socket.receive())
    leg.hang_up()

    assert (refused.status_code, answer.status_code) == (403, 200)
    assert 'url="wss://phone.test/media-stream"' in text
    assert accepted.legs[0][1:] == ("+33612345678", "+33100000000")
    assert sent["event"] == "media"


async def test_audiosocket_tokens_need_the_bearer() -> None:
    tokens = TokenTable()
    client = phone_lines_app(tokens, Accepted(), SECRETS).test_client()

    refused = await client.post("/audiosocket/token", form={"number": "06"}, headers={"Authorization": "Bearer no"})
    answer = await client.post(
        "/audiosocket/token", form={"number": "06"}, headers={"Authorization": f"Bearer {SECRETS.token}"}
    )

    assert refused.status_code == 403
    assert tokens.redeem((await answer.get_data()).decode()) == ("06", "")
