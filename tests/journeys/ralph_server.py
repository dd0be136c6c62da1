"""The real Ralph LRS with its file-system back end, for the length of a `with` (scripts/make_ralph installs it)."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice_app.settings import load_settings

USER, PASSWORD = "voice-app", "learning"
START_LIMIT_S = 40.0
SERVE = """
import sys, uvicorn
from ralph.backends.data.base import BaseOperationType
from ralph.backends.data.fs import FSDataBackend
FSDataBackend.default_operation_type = BaseOperationType.APPEND
uvicorn.run("ralph.api:app", port=int(sys.argv[1]))
"""
"""Ralph 5.1.0 opens its file for creation only: as released, every request after the first gets 500 from this back end.
One attribute makes it append; everything else is as released."""


def ralph_python() -> Path:
    return load_settings().data_folder / "ralph/bin/python"


@dataclass
class Ralph:
    """A running LRS; `stop` and `start` make an outage."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/xAPI"

    def start(self) -> None:
        environment = {
            **os.environ,
            "RALPH_APP_DIR": str(self.folder),
            "RALPH_AUTH_FILE": str(self.folder / "auth.json"),
            "RALPH_RUNSERVER_AUTH_BACKENDS": "basic",
            "RALPH_RUNSERVER_BACKEND": "fs",
            "RALPH_BACKENDS__LRS__FS__DEFAULT_DIRECTORY_PATH": str(self.folder / "statements"),
            "RALPH_BACKENDS__LRS__FS__DEFAULT_LRS_FILE": "statements.jsonl",
        }
        command = [str(ralph_python()), "-c", SERVE, str(self.port)]
        with (self.folder / "ralph.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.5).close()
                return
            except OSError:
                assert self.process.poll() is None, (self.folder / "ralph.log").read_text()
                time.sleep(0.1)
        raise AssertionError("Ralph does not come up")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def statements(self) -> list[dict[str, Any]]:
        """Give all statements, oldest first, as the LRS gives them by its API."""
        found: list[dict[str, Any]] = []
        path = "/xAPI/statements?ascending=true&limit=500"
        while path:
            told = self.get(path)
            found += told["statements"]
            path = told.get("more") or ""
        return found

    def get(self, path: str) -> Any:
        secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "X-Experience-API-Version": "1.0.3"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own server
            return json.load(answer)


@contextmanager
def ralph(folder: Path) -> Iterator[Ralph]:
    """Run Ralph with one account that may read and write."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "statements").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    hashed = subprocess.run(
        [str(ralph_python()), "-c", f"import bcrypt; print(bcrypt.hashpw(b'{PASSWORD}', bcrypt.gensalt(4)).decode())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    agent = {"mbox": "mailto:operator@voice-app.example"}
    account = {"username": USER, "hash": hashed, "scopes": ["all"], "agent": agent}
    (folder / "auth.json").write_text(json.dumps([account]))
    running = Ralph(folder, port)
    running.start()
    try:
        yield running
    finally:
        running.stop()
