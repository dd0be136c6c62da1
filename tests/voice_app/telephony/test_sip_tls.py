"""SIP over TLS: a handshake with the certificate of the settings, then the same conversation as over TCP."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.voice_app.telephony.raw_caller import RawCaller, parse
from voice_app.telephony.errors import CannotListen, TelephonyError
from voice_app.telephony.gateway import Caller, Gateway
from voice_app.telephony.leg import Leg
from voice_app.telephony.rules import PhoneRules

RULES = PhoneRules(first_rtp_port=38_000, last_rtp_port=38_998)


async def nobody(leg: Leg, caller: Caller) -> None:
    return None


async def silent(_prompt: str) -> bytes:
    return bytes(320)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
async def test_options_over_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    await asyncio.to_thread(make_certificate, key, certificate)
    gateway = Gateway(replace(RULES, certificate=str(certificate), key=str(key)), nobody, silent, host="127.0.0.1")
    await gateway.start(("127.0.0.1", 0), ("127.0.0.1", 0))
    port = gateway.agent.transports.listening["TLS"][1]

    answer = await asyncio.to_thread(ask, port, certificate)
    await gateway.close()

    assert answer.startswith("SIP/2.0 200")


def make_certificate(key: Path, certificate: Path) -> None:
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )


def ask(port: int, certificate: Path) -> str:
    caller = RawCaller(port)
    context = ssl.create_default_context(cafile=str(certificate))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as stream,
    ):
        stream.sendall(caller.message("OPTIONS").replace("SIP/2.0/UDP", "SIP/2.0/TLS").encode())
        text = stream.recv(65_535).decode()
    caller.close()
    assert parse(text) is not None
    return text


async def test_a_certificate_that_cannot_be_read_is_named() -> None:
    gateway = Gateway(replace(RULES, certificate="nowhere.pem"), nobody, silent, host="127.0.0.1")

    with pytest.raises(TelephonyError, match=r"nowhere\.pem"):
        await gateway.start(("127.0.0.1", 0), ("127.0.0.1", 0))
    await gateway.close()


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        gateway = Gateway(RULES, nobody, silent, host="127.0.0.1")

        with pytest.raises(CannotListen, match=str(port)):
            await gateway.start(("127.0.0.1", port))
        await gateway.close()
