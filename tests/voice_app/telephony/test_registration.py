"""Known to a registrar: by digest, refreshed, through 423, an old nonce and an outage; and a real one (SIPp)."""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from voice_app.telephony.sip.agent import UserAgent
from voice_app.telephony.sip.call import Call
from voice_app.telephony.sip.digest import Credentials
from voice_app.telephony.sip.registration import Registration

USER, PASSWORD, REALM = "assess", "s3cret", "pbx"
SIPP = shutil.which("sipp")


@dataclass
class Registrar(asyncio.DatagramProtocol):
    """A registrar that is told how to behave (a fake): `replies` makes each answer."""

    reply: Callable[[Registrar, str], str | None]
    requests: list[str] = field(default_factory=list)
    nonce: str = "one"
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = data.decode()
        self.requests.append(request)
        answer = self.reply(self, request)
        if answer is not None and self.transport is not None:
            self.transport.sendto(answer.encode(), addr)


def header(request: str, name: str) -> str:
    found = re.search(rf"(?im)^{name}:\s*(.*?)\s*$", request)
    return found[1] if found else ""


def answered(request: str, status: str, *headers: str) -> str:
    copied = [f"{name}: {header(request, name)}" for name in ("Via", "From", "To", "Call-ID", "CSeq")]
    return "\r\n".join([f"SIP/2.0 {status}", *copied, *headers, "Content-Length: 0", "", ""])


def challenge(registrar: Registrar, request: str, extra: str = "") -> str:
    line = f'WWW-Authenticate: Digest realm="{REALM}", nonce="{registrar.nonce}", algorithm=MD5, qop="auth"{extra}'
    return answered(request, "401 Unauthorized", line)


def is_signed(registrar: Registrar, request: str) -> bool:
    """RFC 7616 by hand."""
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', header(request, "Authorization")))
    if given.get("nonce") != registrar.nonce:
        return False

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - the protocol's

    secret, asked = md5(f"{USER}:{REALM}:{PASSWORD}"), md5(f"REGISTER:{given['uri']}")
    wanted = md5(":".join((secret, given["nonce"], given["nc"], given["cnonce"], "auth", asked)))
    return given["response"] == wanted


def granted(request: str, expires_s: int = 300) -> str:
    return answered(request, "200 OK", f"Contact: {header(request, 'Contact')};expires={expires_s}")


@dataclass
class Line:
    """An agent, the registrar it is told of, and its registration."""

    agent: UserAgent
    registrar: Registrar
    registration: Registration
    changes: list[bool]

    async def until(self, registered: bool, limit_s: float = 5.0) -> None:
        async with asyncio.timeout(limit_s):
            while self.registration.registered is not registered:  # noqa: ASYNC110 - two processes
                await asyncio.sleep(0.01)


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    lines: list[Line] = []

    async def started(reply: Callable[[Registrar, str], str | None], password: str = PASSWORD) -> Line:
        loop = asyncio.get_running_loop()
        transport, registrar = await loop.create_datagram_endpoint(
            lambda: Registrar(reply), local_addr=("127.0.0.1", 0)
        )
        port = transport.get_extra_info("sockname")[1]
        agent = UserAgent(refuse, lambda: True)
        await agent.transports.listen_udp("127.0.0.1", 0)
        changes: list[bool] = []
        one = Registration(
            agent,
            "sip:assess@127.0.0.1",
            f"sip:127.0.0.1:{port}",
            Credentials(USER, password),
            retry_s=(0.1, 0.2),
            answer_limit_s=0.3,
            on_change=changes.append,
        )
        one.start()
        lines.append(Line(agent, registrar, one, changes))
        return lines[-1]

    yield started
    for line in lines:
        await line.registration.close()
        await line.agent.close()
        if line.registrar.transport is not None:
            line.registrar.transport.close()


Start = Callable[..., Awaitable[Line]]


async def refuse(call: Call) -> None:
    call.refuse(486)


def usual(registrar: Registrar, request: str) -> str | None:
    return granted(request) if is_signed(registrar, request) else challenge(registrar, request)


def for_a_second(registrar: Registrar, request: str) -> str | None:
    return granted(request, 1) if is_signed(registrar, request) else challenge(registrar, request)


async def test_registers_by_digest_and_says_goodbye(start: Start) -> None:
    line = await start(usual)
    await line.until(True)

    await line.registration.close()

    assert header(line.registrar.requests[-1], "Expires") == "0"
    assert is_signed(line.registrar, line.registrar.requests[-1])
    assert len({header(request, "Call-ID") for request in line.registrar.requests}) == 1


async def test_a_wrong_password_is_not_tried_again_and_again(start: Start) -> None:
    line = await start(usual, "wrong")

    await asyncio.sleep(0.08)

    assert [bool(header(request, "Authorization")) for request in line.registrar.requests] == [False, True]
    assert not line.registration.registered


async def test_refreshed_before_it_ends(start: Start) -> None:
    line = await start(
        lambda registrar, request: (
            granted(request, 1) if is_signed(registrar, request) else challenge(registrar, request)
        )
    )
    await line.until(True)
    before = len(line.registrar.requests)

    await asyncio.sleep(1.3)

    assert len(line.registrar.requests) > before
    assert line.changes == [True]


async def test_423_asks_for_longer(start: Start) -> None:
    def reply(registrar: Registrar, request: str) -> str | None:
        if int(header(request, "Expires") or 0) < 3600 and header(request, "Expires") != "0":
            return answered(request, "423 Interval Too Brief", "Min-Expires: 3600")
        return usual(registrar, request)

    line = await start(reply)
    await line.until(True)

    assert header(line.registrar.requests[-1], "Expires") == "3600"


async def test_a_nonce_that_grew_old(start: Start) -> None:
    def reply(registrar: Registrar, request: str) -> str | None:
        if is_signed(registrar, request):
            registrar.nonce += "x"  # for one use only
            return granted(request, 1)
        return challenge(registrar, request, ", stale=true" if header(request, "Authorization") else "")

    line = await start(reply)
    await line.until(True)
    await asyncio.sleep(2.2)

    assert line.changes == [True]


async def test_an_outage_and_the_return(start: Start) -> None:
    away = {"now": False}

    def reply(registrar: Registrar, request: str) -> str | None:
        return (
            None
            if away["now"]
            else (granted(request, 1) if is_signed(registrar, request) else challenge(registrar, request))
        )

    line = await start(reply)
    await line.until(True)
    away["now"] = True
    await line.until(False)
    away["now"] = False
    await line.until(True)

    assert line.changes == [True, False, True]


SCENARIO = """<?xml version="1.0" encoding="UTF-8"?><scenario name="registrar">
<recv request="REGISTER"/>
<send><![CDATA[
SIP/2.0 401 Unauthorized
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
WWW-Authenticate: Digest realm="pbx", nonce="47ebe028cda119c35d4877b383027d28da013815", algorithm=MD5, qop="auth"
Content-Length: 0

]]></send>
<recv request="REGISTER"><action><verifyauth assign_to="1" username="assess" password="s3cret"/></action></recv>
<nop next="ok" test="1"/>
<send><![CDATA[
SIP/2.0 403 Forbidden
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
<label id="ok"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Contact:];expires=300
Content-Length: 0

]]></send>
</scenario>"""


@pytest.mark.skipif(SIPP is None, reason="needs SIPp (scripts/setup --test)")
async def test_a_real_registrar_accepts_our_digest(tmp_path: Path) -> None:
    (tmp_path / "registrar.xml").write_text(SCENARIO)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        str(SIPP),
        "-sf",
        "registrar.xml",
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        "-m",
        "1",
        "-nostdin",
        cwd=tmp_path,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    agent = UserAgent(refuse, lambda: True)
    await agent.transports.listen_udp("127.0.0.1", 0)
    changes: list[bool] = []
    one = Registration(
        agent, "sip:assess@127.0.0.1", f"sip:127.0.0.1:{port}", Credentials(USER, PASSWORD), on_change=changes.append
    )
    one.start()

    for _ in range(100):
        if changes:
            break
        await asyncio.sleep(0.1)
    one.registered = False  # SIPp has gone: no goodbye
    await one.close()
    await agent.close()
    process.terminate() if process.returncode is None else None
    await process.wait()

    assert changes == [True]
