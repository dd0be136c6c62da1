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


def test_a_token_is_made_listed_and_revoked(tmp_path: Path) -> None:
    here = json.loads(run(tmp_path, "create", "la Maison Bleue", "ada@maison.example", "--json").stdout)["id"]
    made = json.loads(run(tmp_path, "token", here, "Tableau", "--scope", "results:read", "--json").stdout)
    (before,) = [json.loads(line) for line in run(tmp_path, "tokens", here, "--json").stdout.splitlines()]

    assert run(tmp_path, "revoke-token", here, made["id"]).exit_code == 0
    assert made["token"].startswith("vapp_")
    assert (before["name"], before["scopes"], before["revoked"]) == ("Tableau", ["results:read"], False)
    assert made["token"] not in run(tmp_path, "tokens", here).stdout
    assert "revoked" in run(tmp_path, "tokens", here).stdout
    assert run(tmp_path, "revoke-token", here, "none").exit_code == 1


def test_a_partner_is_limited_by_tags(tmp_path: Path) -> None:
    here = json.loads(run(tmp_path, "create", "la Maison Bleue", "ada@maison.example", "--json").stdout)["id"]
    described = run(tmp_path, "describe", here, "--tag", "Nord", "--kind", "association", "--json")
    made = json.loads(run(tmp_path, "client", "Région", "--tag", "nord", "--json").stdout)

    assert json.loads(described.stdout)["tags"] == ["nord"]
    assert made["client_secret"] not in run(tmp_path, "clients").stdout
    assert "nord" in run(tmp_path, "clients").stdout
    assert run(tmp_path, "revoke-client", made["client_id"]).exit_code == 0
    assert run(tmp_path, "describe", "nowhere").exit_code == 2
