#!/usr/bin/env python3
"""Throws what nobody would send at the API of a running service: Schemathesis, all checks, by the API's description.

    .venv/bin/python scripts/fuzz_api.py --schemathesis PATH [--examples 100] [--postgresql URL]

Schemathesis is no dependency of the project: install it into an environment of its own and name its program. A service
is started on a folder of its own, with an organisation, a campaign and a webhook; half of the paths are real ones
(a true organisation, a true campaign), so that more than "not found" is met.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from engine.organization.scopes import Scope

ROOT = Path(__file__).parent.parent
LEAVING_S = 120
"""The service lets what is under way come to its end; a busy machine takes its time."""
CONFIG = """[parameters]
"path.token" = "{token}"
"""
"""Only a token that nobody uses is revoked: the one that asks is needed to the end."""
KNOWN_PATHS = """"path.organization" = "{organization}"
"path.campaign" = "{campaign}"
"path.webhook" = "{webhook}"
"path.sitting" = "{sitting}"
"path.member" = "{member}"
"path.paper" = "key-card"
"path.locale" = "fr"
"""
PASSWORD = "quatre mots faciles ici"  # noqa: S105 - of a service that lasts as long as the fuzzing


def main() -> None:
    """Start the service, fuzz it, tell the figures."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--schemathesis", default="schemathesis")
    asked.add_argument("--examples", type=int, default=100)
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--postgresql", default="")
    asked.add_argument("--known-paths", action="store_true", help="Only true organisations and campaigns.")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(_fuzz(Path(folder), options))


def _fuzz(folder: Path, options: argparse.Namespace) -> int:
    environment = {
        **os.environ,
        "VOICE_APP_DATA_FOLDER": str(folder / "data"),
        "VOICE_APP_ORGANIZATION_API_REQUESTS_PER_MINUTE": "1000000",
        "VOICE_APP_WEBHOOKS_ALLOW_PRIVATE": "true",
    }
    if options.postgresql:
        environment["VOICE_APP_STORE_DATABASE_URL"] = options.postgresql
    models = os.environ.get("VOICE_APP_DATA_FOLDER", str(ROOT / "var"))
    (folder / "data").mkdir()
    (folder / "data" / "models").symlink_to(Path(models) / "models")
    command = [sys.executable, "-m", "voice_app"]

    def told(*arguments: str) -> dict[str, str]:
        ran = subprocess.run(
            [*command, *arguments, "--json"], env=environment, capture_output=True, text=True, check=True, cwd=ROOT
        )
        made: dict[str, str] = json.loads(ran.stdout)
        return made

    created = told("org", "create", "la Maison Bleue", "ada@maison.example")
    organization = created["id"]
    scopes = [part for scope in Scope for part in ("--scope", scope)]
    token = told("org", "token", organization, "Fuzz", *scopes)["token"]
    with (folder / "log").open("w") as log:
        serving = subprocess.Popen(
            [*command, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT
        )
        try:
            address = (serving.stdout.readline() if serving.stdout else "").strip().rstrip("/")
            here = f"{address}/api/v1/organizations/{organization}"
            campaign = _made(f"{here}/campaigns", {"title": "Fuzz", "path": "abc_diag"}, token)["id"]
            webhook = _made(f"{here}/webhooks", {"url": "https://127.0.0.1:9/webhook"}, token)["webhook"]["id"]
            member = _joined(address, created["invitation"], here, token)
            sitting = _made(f"{here}/sittings", {"title": "Fuzz", "mediator": member}, token)["id"]
            other = _made(f"{here}/tokens", {"name": "Other", "scopes": ["log:read"]}, token)["listed"]["id"]
            config = CONFIG.format(token=other)
            if options.known_paths:
                config += KNOWN_PATHS.format(
                    organization=organization, campaign=campaign, webhook=webhook, sitting=sitting, member=member
                )
            (folder / "schemathesis.toml").write_text(config)
            arguments = ["--config-file", str(folder / "schemathesis.toml"), "run"]
            arguments += ["--seed", str(options.seed), "--max-examples", str(options.examples)]
            ran = subprocess.run(
                [
                    *(options.schemathesis, *arguments, f"{address}/api/v1/openapi.json"),
                    *("--header", f"Authorization: Bearer {token}"),
                    *("--checks", "all", "--continue-on-failure"),
                ],
                cwd=folder,
                check=False,
            )
        finally:
            serving.terminate()
            serving.wait(LEAVING_S)
    written = (folder / "log").read_text()
    print(f"token in the log: {token in written}; tracebacks in the log: {written.count('Traceback')}")
    if "Traceback" in written:
        print(written[written.index("Traceback") :][:3000])
    return ran.returncode


def _joined(address: str, invitation: str, here: str, token: str) -> str:
    """Let the first admin accept the invitation, and give the id of the member."""
    form = urllib.parse.urlencode({"name": "Ada", "password": PASSWORD}).encode()
    path = urllib.parse.urlsplit(invitation).path
    request = urllib.request.Request(f"{address}{path}", data=form, headers={"Origin": address})  # noqa: S310
    with urllib.request.urlopen(request, timeout=60):  # noqa: S310 - our own address
        pass
    asking = urllib.request.Request(f"{here}/members", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    with urllib.request.urlopen(asking, timeout=60) as answer:  # noqa: S310
        found: str = json.loads(answer.read())["items"][0]["id"]
    return found


def _made(address: str, asked: dict[str, Any], token: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own address
        address,
        data=json.dumps(asked).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        made: dict[str, Any] = json.loads(answer.read())
    return made


if __name__ == "__main__":
    main()
