"""`voice-app org`: from nothing to an invitation that opens."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from voice_app.cli import app


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["org", *arguments], env={"VOICE_APP_DATA_FOLDER": str(folder)})


def test_create_prints_the_address_of_an_invitation(tmp_path: Path) -> None:
    told = json.loads(run(tmp_path, "create", "la Maison Bleue", "ada@maison.example", "--json").stdout)
    listed = [json.loads(line) for line in run(tmp_path, "list", "--json").stdout.splitlines()]

    assert told["invitation"].startswith("/org/invitation/")
    assert listed == [{"id": told["id"], "name": "la Maison Bleue"}]
    assert run(tmp_path, "invite", told["id"], "bob@maison.example", "--role", "viewer").exit_code == 0


def test_what_cannot_be_is_told(tmp_path: Path) -> None:
    nameless = run(tmp_path, "create", " ", "ada@maison.example")
    nowhere = run(tmp_path, "invite", "nowhere", "ada@maison.example")
    nobody = run(tmp_path, "unlock", "nobody@maison.example")
    nobodys = run(tmp_path, "password", "nobody@maison.example", "--new", "quatre mots faciles ici")

    assert (nameless.exit_code, nowhere.exit_code, nobody.exit_code, nobodys.exit_code) == (1, 2, 1, 1)
    assert "organization.invalid_member" in nameless.stderr
