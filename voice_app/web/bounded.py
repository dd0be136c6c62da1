"""How large the body of a request may be, by where it goes: refused while it comes in, before anything reads it."""

from __future__ import annotations

import re
from typing import Any

from quart import Request

LARGEST_BODY = 1_048_576
"""A form of ours has a few kilobytes."""
LARGEST_OF_THE_API = 65_536
LARGEST_RECORDING = 8_388_608 + LARGEST_OF_THE_API
"""A recorded welcome (`speech.welcome_recordings`) and the form around it."""
RECORDING = re.compile(r"/(?:org|api/v1/organizations)/[^/]+/campaigns/[^/]+/recording(?:/[a-z]{2})?/?")
UPLOADS = ("/pilot/", "/sync/")
"""Where people record themselves, and where sites push their batches, which are measured there: the application's own
limit holds (16 MB by Quart's default)."""


class BoundedRequest(Request):
    """A request whose body has a limit of its own."""

    def __init__(
        self, method: str, scheme: str, path: str, *parts: Any, max_content_length: int | None = None, **more: Any
    ) -> None:
        limit = largest_body(path, max_content_length)
        super().__init__(method, scheme, path, *parts, max_content_length=limit, **more)


def largest_body(path: str, of_the_app: int | None) -> int | None:
    """Give the most bytes of a body that goes to this path."""
    if path.startswith(UPLOADS):
        return of_the_app
    if RECORDING.fullmatch(path):
        return LARGEST_RECORDING if of_the_app is None else min(LARGEST_RECORDING, of_the_app)
    limit = LARGEST_OF_THE_API if path.startswith("/api/") else LARGEST_BODY
    return limit if of_the_app is None else min(limit, of_the_app)
