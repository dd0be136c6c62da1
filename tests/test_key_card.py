"""The printable card of the keys: one page each, tagged for reading aloud, with today's words and keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_one_page_of_pdf_ua(locale: str) -> None:
    card = (DOCS / f"key-card-{locale}.pdf").read_bytes()

    assert len(re.findall(rb"/Type /Page\b", card)) == 1
    assert b"/StructTreeRoot" in card
    assert b"/Marked true" in card
    assert re.search(rb"pdfuaid:part[=>\"']*1", card)
    assert f"/Lang ({locale})".encode() in card
    assert len(re.findall(rb"/S /LI\b", card)) == 12
