"""A document looked at from outside: by two accessibility checkers, as a picture, as text.

The checkers have different authors and rule sets: outloud (31 checkpoints of the Matterhorn protocol, and more)
and pdfua (16 rules of veraPDF's PDF/UA-1 profile). Both read files through pikepdf; neither is a certificate.
"""

from __future__ import annotations

from pathlib import Path

import outloud
import pdfua
import pypdfium2
import zxingcpp

PRINTED_DPI = 150
POINTS_AN_INCH = 72
HYPHEN_AT_LINE_END = "\ufffe"
"""What PDFium gives for it."""


def faults(file: Path) -> list[str]:
    """Give what either checker has against the file, warnings too."""
    heard = outloud.check(str(file))
    assert heard.error is None, heard.error
    assert heard.stats["tagged"]
    by_profile = pdfua.validate(str(file))
    return [
        *(f"outloud {each.rule}: {each.message}" for each in heard.findings),
        *(f"pdfua {each.rule_id}: {each.message}" for each in by_profile.findings),
    ]


def squares(file: Path, dpi: int = PRINTED_DPI) -> list[str]:
    """Give what the QR codes hold, read from the rendered pages."""
    with pypdfium2.PdfDocument(file) as document:
        pages = [page.render(scale=dpi / POINTS_AN_INCH).to_pil() for page in document]
        return [code.text for page in pages for code in zxingcpp.read_barcodes(page)]


def text(file: Path) -> str:
    """Give the words of all pages, line ends and spaces made one space."""
    with pypdfium2.PdfDocument(file) as document:
        told = " ".join(page.get_textpage().get_text_range() for page in document)
    return " ".join(told.replace(HYPHEN_AT_LINE_END, "-").split())


def fonts(file: Path) -> set[str]:
    """Give the names of the fonts that letters are set in."""
    with pypdfium2.PdfDocument(file) as document:
        return {
            letters.get_font().get_base_name().partition("+")[2]
            for page in document
            for letters in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT])
        }


def sizes(file: Path) -> list[tuple[int, int]]:
    """Give each page's width and height in millimetres."""
    with pypdfium2.PdfDocument(file) as document:
        return [
            (round(width * 25.4 / POINTS_AN_INCH), round(height * 25.4 / POINTS_AN_INCH))
            for width, height in (page.get_size() for page in document)
        ]
