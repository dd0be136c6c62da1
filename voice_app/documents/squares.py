"""The squares that people photograph: what they hold, and their drawing (QR, ISO/IEC 18004)."""

from __future__ import annotations

from io import BytesIO

import segno

CODE_IN_ADDRESS = "#code="
"""After this sign a browser keeps the rest to itself: the code reaches no log of a web server."""
QUIET_MODULES = 4
"""White border, in modules."""


def page_with_code(address: str, code: str) -> str:
    """Give the address that opens the page with this code; without a code the page alone."""
    return f"{address.rstrip('/')}/{CODE_IN_ADDRESS}{code}" if code else address


def call_of(phone: str) -> str:
    """Give what makes a telephone dial this number (RFC 3966), signs between the digits left out."""
    return "tel:" + "".join(sign for sign in phone if sign.isascii() and (sign.isdigit() or sign == "+"))


def qr_drawing(text: str, scale: int = 1) -> str:
    """Give a QR code as SVG, a module `scale` units wide. Level H: still read when nearly a third is worn or dirty."""
    drawn = BytesIO()
    segno.make_qr(text, error="h").save(drawn, kind="svg", scale=scale, border=QUIET_MODULES)
    return drawn.getvalue().decode()
