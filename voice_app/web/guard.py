"""What every answer of the web service carries, and who may open a websocket.

The page asks nothing of anybody else: the content security policy allows this service only, and inline code not at all.
Browsers send `Origin` with every websocket; a page of another site may therefore be told from ours. A client that is
not a browser sends none and carries nobody's cookies: it may come in.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

POLICY = "; ".join(
    (
        "default-src 'self'",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def may_connect(origin: str | None, host: str, allowed_origins: Collection[str] = ()) -> bool:
    """Tell whether a websocket with this `Origin` may be opened at this `Host`."""
    if origin is None or origin in allowed_origins:
        return True
    try:
        there = urlsplit(origin)
    except ValueError:
        return False
    return there.scheme in ("http", "https") and there.netloc.lower() == host.lower()
