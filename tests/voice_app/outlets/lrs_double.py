"""A store of learning records behind real HTTP that answers as the specification says, or as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class LrsDouble:
    """`answers`: statuses for the next requests, in order; `loses`: keeps them and cuts the line before it answers."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    loses: int = 0
    refuses: set[str] = field(default_factory=set)
    statements: dict[str, Any] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)
    doubled: int = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/xAPI"

    def take(self, batch: list[dict[str, Any]]) -> int:
        """Keep a batch, all or none; give the status."""
        if self.answers:
            return self.answers.pop(0)
        for statement in batch:
            known = self.statements.get(statement["id"])
            if statement["id"] in self.refuses or (known is not None and known != statement):
                return 409
        self.doubled += sum(statement["id"] in self.statements for statement in batch)
        self.statements |= {statement["id"]: statement for statement in batch}
        return 200


@contextmanager
def lrs_double() -> Iterator[LrsDouble]:
    double = LrsDouble()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            batch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            double.requests.append({**self.headers, "path": self.path})
            status = double.take(batch)
            if double.loses:
                double.loses -= 1
                self.connection.close()
                return
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, format: str, *arguments: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
