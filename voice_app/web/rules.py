"""What can be tuned on the web side."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebRules:
    """Limits of the web side."""

    largest_message_bytes: int = 65_536
    """A frame of 20 ms has less than 4 kB at any rate."""
    hello_limit_s: float = 15.0
    """A page says `hello` within this."""
    silence_limit_s: float = 30.0
    """The page sends a `ping` every 5 s; nothing at all for so long means that the line is cut."""
    farewell_s: float = 10.0
    """Time for a conversation to keep what is under way after the page has gone."""
    most_conversations: int = 100
    """Pages served at once; one more is told, and tries again by itself."""
    shelf_mb: int = 64
    """Memory for prompts waiting to be fetched: half an hour of speech."""
    public_address: str = ""
    """Where learners reach the kiosk (`https://...`), for QR codes; empty: the address of the request."""
    allowed_origins: str = ""
    """Further origins whose pages may connect (`https://...`, separated by spaces), for a page served elsewhere."""
    report_valid_s: float = 600.0
    """How long the address of a report holds when nobody fetches it."""
