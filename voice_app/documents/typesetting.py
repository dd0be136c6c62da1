"""The one door to Typst: plain data and a template become a tagged PDF.

Standards: PDF/UA-1 (ISO 14289-1) and PDF/A-2a. Typst refuses to make such a file when a drawing has no alternative
text, the document no title, or the headings a gap: what is not accessible is not made.

What people wrote (a name, an address) travels as JSON data and never as Typst source, so it comes out letter by letter.
Nothing is fetched: templates are ours, fonts come from the set-up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import typst

from voice_app.documents.fonts import font_folder
from voice_app.errors import VoiceAppError

TEMPLATES = Path(__file__).parent / "templates"
STANDARDS: tuple[Literal["ua-1", "a-2a"], ...] = ("ua-1", "a-2a")


class NotTypeset(VoiceAppError):
    """A document could not be made; the sentence is the typesetter's own, with the place in the template."""

    code = "documents.not_typeset"


def typeset(template: str, data: Mapping[str, Any], fonts: Path, *, templates: Path = TEMPLATES) -> bytes:
    """Give the PDF of a template (its name without ending) filled with JSON data.

    `fonts` is a folder of the service: the fonts are kept there in the form that Typst reads. Raises NotTypeset.
    """
    try:
        return typst.compile(
            str(templates / f"{template}.typ"),
            root=str(templates),
            font_paths=[str(font_folder(fonts))],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards=list(STANDARDS),
        )
    except (typst.TypstError, OSError) as fault:
        raise NotTypeset(f"the document {template} could not be made: {fault}") from fault
