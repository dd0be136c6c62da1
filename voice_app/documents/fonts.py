"""The low-vision fonts of the pages, in the form that a typesetter reads.

`scripts/fetch_web_assets` brings them for browsers (WOFF2); here they are unpacked once into a folder of the service's
data. Without them a document is set in a font that Typst brings along.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from fontTools.ttLib import TTFont

WEB_FONTS = Path(str(resources.files("voice_app.web"))) / "static" / "fonts"


def font_folder(folder: Path) -> Path:
    """Give the folder, the fonts in it. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for packed in sorted(WEB_FONTS.glob("*.woff2")):
        unpacked = folder / f"{packed.stem}.ttf"
        if not unpacked.is_file():
            _unpack(packed, unpacked)
    return folder


def _unpack(packed: Path, unpacked: Path) -> None:
    font = TTFont(packed)
    font.flavor = None
    beside = unpacked.with_suffix(".new")
    font.save(beside)
    beside.replace(unpacked)
