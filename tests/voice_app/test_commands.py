"""The command line, as somebody types it: exit codes, one JSON line for programs, sentences for people."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from voice_app.cli import app
from voice_app.settings import load_settings

pytestmark = pytest.mark.audio


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env=environment)


def test_content_check_finds_nothing_to_repair() -> None:
    assert run("content", "check").exit_code == 0


def test_stats_is_one_line_of_json() -> None:
    figures = json.loads(run("content", "stats", "--json").stdout)

    assert figures["items"] >= 91
    assert figures["skills_covered"] >= 36


def test_settings_lists_the_environment() -> None:
    assert "VOICE_APP_SERVER_PORT=8080" in run("settings").stdout


def test_a_bad_setting_is_told_and_fails() -> None:
    result = run("settings", VOICE_APP_SERVER_PORT="eighty")

    assert result.exit_code == 1
    assert "VOICE_APP_SERVER_PORT" in result.stderr


def test_listen_without_answers_is_bad_usage(tmp_path: Path) -> None:
    file = tmp_path / "x.wav"
    file.write_bytes(b"")

    assert run("listen", str(file), "--options", " | ").exit_code == 2


def test_a_file_that_is_no_sound_is_told(tmp_path: Path) -> None:
    file = tmp_path / "x.wav"
    file.write_bytes(b"not a sound")

    result = run("listen", str(file), "--options", "un|deux", "--json")

    assert result.exit_code == 1
    assert "speech.sound_unreadable" in result.stderr


@pytest.mark.parametrize("channel", ["kiosk", "phone"])
def test_what_is_said_is_understood(tmp_path: Path, channel: str) -> None:
    file = tmp_path / "said.wav"
    data = str(load_settings().data_folder)
    said = run("say", "Réponse deux", str(file), "--channel", channel, VOICE_APP_DATA_FOLDER=data)
    heard = run(
        "listen", str(file), "--options", "réponse un|réponse deux|réponse trois", "--json", VOICE_APP_DATA_FOLDER=data
    )

    assert said.exit_code == 0
    line = json.loads(heard.stdout)
    assert line["choice"] == "réponse deux"
    assert {"outcome", "evidence", "engine", "ms"} <= line.keys()


def test_silence_is_no_input(tmp_path: Path) -> None:
    file = tmp_path / "silence.wav"
    run("say", "un", str(file))
    body = file.read_bytes()
    file.write_bytes(body[:44] + bytes(len(body) - 44))

    line = json.loads(run("listen", str(file), "--options", "un|deux", "--json").stdout)

    assert (line["choice"], line["outcome"]) == (None, "no_input")


def test_the_embedded_model_is_listed_as_installed() -> None:
    rows = [json.loads(line) for line in run("models", "list", "--json").stdout.splitlines()]

    assert any(row["state"] == "installed" and "whisper" in row["name"].lower() for row in rows)


def test_doctor_is_content_with_this_machine() -> None:
    result = run("doctor", "--json")
    findings = {row["name"]: row for row in map(json.loads, result.stdout.splitlines())}

    assert result.exit_code == 0
    assert findings["voice and ear"]["works"]


def test_a_backup_is_checked_and_brought_back(tmp_path: Path) -> None:
    here, there = {"VOICE_APP_DATA_FOLDER": str(tmp_path / "a")}, {"VOICE_APP_DATA_FOLDER": str(tmp_path / "b")}
    for folder in "ab":
        (tmp_path / folder).mkdir()
    copy = str(tmp_path / "copy.sqlite")

    assert run("db", "upgrade", **here).exit_code == 0
    assert json.loads(run("db", "backup", copy, "--json", **here).stdout)["faults"] == 0
    assert run("db", "backup", copy, **here).exit_code == 1
    assert "nothing missing" in run("db", "restore", copy, **there).stdout
    assert json.loads(run("db", "check", "--json", **there).stdout) == {
        "events": 0,
        "sites": 0,
        "sessions": 0,
        "faults": [],
    }


def test_a_changed_event_makes_the_check_fail(tmp_path: Path) -> None:
    here = {"VOICE_APP_DATA_FOLDER": str(tmp_path)}
    run("db", "upgrade", **here)
    with sqlite3.connect(tmp_path / "events.sqlite") as database:
        database.execute("insert into site (id, last_sequence, last_digest) values ('s', 1, 'x')")
    database.close()

    result = run("db", "check", **here)

    assert result.exit_code == 1
    assert "site s: event 1 was given" in result.stderr


def test_the_password_of_a_database_is_not_listed() -> None:
    listed = run("settings", VOICE_APP_STORE_DATABASE_URL="postgresql+psycopg://voice:secret@db/voice").stdout

    assert "postgresql+psycopg://voice:***@db/voice" in listed
    assert "secret" not in listed
