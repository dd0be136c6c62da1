"""Scripts, style, fonts and icon of the pages, read once into memory: they are few and small.

No file is open while a page is sent, so that a browser which leaves in the middle leaves none open behind it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from quart import Response, abort, request

FOLDER = Path(__file__).parent / "static"
KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
"""Said here and not by the machine's list of types: a script of another type is not run."""
ASK_AGAIN = "no-cache"
"""A browser keeps what it has and asks whether it is still the same: an update is seen at once."""


class StaticFiles:
    """What lies in a folder when the service starts, by its path with slashes."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    async def give(self, filename: str) -> Response:
        """Answer the request for a file; 304 if the browser has it already. Raises NotFound."""
        body = self._files.get(filename)
        if body is None:
            abort(404)
        kind = KINDS.get(Path(filename).suffix, "application/octet-stream")
        response = Response(body, mimetype=kind, headers={"Cache-Control": ASK_AGAIN})
        response.set_etag(hashlib.sha256(body).hexdigest()[:32])
        return await response.make_conditional(request)
