"""`voice-app kit` and `voice-app report`, as somebody types them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner, Result

from tests.voice_app.test_session_report import kept
from voice_app.cli import app
from voice_app.store.sql_store import SqlStore


def run(folder: Path, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"VOICE_APP_DATA_FOLDER": str(folder), **environment})


async def code_of_a_finished_session(folder: Path) -> str:
    store = await SqlStore.open(f"sqlite+aiosqlite:///{folder / 'events.sqlite'}")
    try:
        return await kept(store, questions=15)
    finally:
        await store.close()


def test_kit_is_six_files(tmp_path: Path) -> None:
    told = run(tmp_path, "kit", str(tmp_path / "kit"), "--name", "Mairie", "--phone", "01 23 45 67 89", "--json")

    files = [Path(file) for file in json.loads(told.stdout)["files"]]
    assert len(files) == 6
    assert all(file.read_bytes().startswith(b"%PDF") for file in files)


def test_a_mistyped_code_is_told_before_anything_is_written(tmp_path: Path) -> None:
    told = run(tmp_path, "kit", str(tmp_path / "kit"), "--name", "Mairie", "--phone", "01", "--code", "900 000 122")

    assert told.exit_code == 1
    assert "documents.invalid_kit" in told.stderr
    assert not (tmp_path / "kit").exists()


def test_a_language_that_is_not_spoken_is_bad_usage(tmp_path: Path) -> None:
    told = run(tmp_path, "kit", str(tmp_path / "kit"), "--name", "Mairie", "--phone", "01", "--lang", "de")

    assert told.exit_code == 2


def test_report_of_an_unknown_code_is_told(tmp_path: Path) -> None:
    told = run(tmp_path, "report", "12 34 56 74", str(tmp_path / "report.pdf"))

    assert told.exit_code == 1
    assert "documents.unknown_code" in told.stderr
    assert not (tmp_path / "report.pdf").exists()


def test_a_finished_session_is_attested_and_signed(tmp_path: Path) -> None:
    code = asyncio.run(code_of_a_finished_session(tmp_path))
    key = tmp_path / "key.pem"
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    asked = ("attestation", code, str(tmp_path / "out"), "--name", "Mairie", "--with-skills", "--json")

    told = run(tmp_path, *asked, VOICE_APP_DOCUMENTS_BADGE_KEY=str(key))

    assert json.loads(told.stdout)["signed"] is True
    badge = json.loads((tmp_path / "out" / "badge.json").read_text())
    assert len(badge["credentialSubject"]["achievement"]["alignment"]) > 1
    assert (tmp_path / "out" / "badge.jwt").read_text().count(".") == 2
    assert (tmp_path / "out" / "attestation-fr.pdf").read_bytes().startswith(b"%PDF")
