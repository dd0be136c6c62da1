"""Which device somebody signs in from, as they would call it: "Firefox, Windows". Nothing finer is kept."""

from __future__ import annotations

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chromium", "Chromium"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""What a browser's `User-Agent` contains, the more particular first: Edge says Chrome, Chrome says Safari."""
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """Give browser and system, as far as they are known; empty when neither is."""
    known = (next((name for part, name in table if part in user_agent), "") for table in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, known))
