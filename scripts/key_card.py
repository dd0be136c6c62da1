"""Writes the card of the telephone's keys as PDF; run by scripts/make_key_card, which brings WeasyPrint.

The page is a list in the order of the keypad, so that a screen reader reads what a finger finds; the grid is only how
it looks. Large print (18 points and more, keys 40), strong contrast, no meaning in colour alone.
"""

from __future__ import annotations

import html
import sys
from pathlib import Path

import weasyprint
import yaml

KEYPAD = (
    ("1", "card.answer 1"),
    ("2", "card.answer 2"),
    ("3", "card.answer 3"),
    ("4", "card.answer 4"),
    ("5", "command.explain"),
    ("6", "command.pause"),
    ("7", "command.slower"),
    ("8", "command.faster"),
    ("9", "command.back"),
    ("*", "command.repeat"),
    ("0", "card.person"),
    ("#", "command.dont_know"),
)
STYLE = """
@font-face { font-family: Card; src: url(FONT) }
@page { size: A4; margin: 12mm }
body { font: 20pt/1.2 Card, "Atkinson Hyperlegible", "DejaVu Sans", sans-serif; color: #000; margin: 0 }
h1 { font-size: 29pt; line-height: 1.1; margin: 0 0 5mm }
p { margin: 0 0 4mm }
.write { border-bottom: 1mm solid #000; padding-top: 6mm }
ul { list-style: none; margin: 0 0 5mm; padding: 0; display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 3mm }
li { border: 1mm solid #000; border-radius: 4mm; padding: 2mm; text-align: center; height: 28mm; font-size: 18.5pt;
     line-height: 1.1 }
li b { display: block; font-size: 40pt; line-height: 1.05 }
li.dot { border-width: 2.5mm }
"""


def page(locale: str, font: str) -> str:
    """Give the card as HTML."""
    words = yaml.safe_load(Path(f"audio_content/prompts/{locale}.yaml").read_text(encoding="utf-8"))

    def said(prompt: str) -> str:
        name, _, number = prompt.partition(" ")
        return html.escape(f"{words[name]} {number}".strip())

    keys = "".join(
        f'<li class="{"dot" if key == "5" else "plain"}"><b>{key}</b> {said(prompt)}</li>' for key, prompt in KEYPAD
    )
    return (
        f'<!doctype html><html lang="{locale}"><head><meta charset="utf-8"><title>{said("card.title")}</title>'
        f"<style>{STYLE.replace('FONT', font)}</style></head><body><h1>{said('card.title')}</h1>"
        f'<p class="write">{said("card.call")}</p><ul>{keys}</ul><p>{said("card.dot")}</p><p>{said("card.time")}</p>'
        f'<p class="write">{said("card.code")}</p></body></html>'
    )


def main() -> None:
    out = Path(sys.argv[1])
    fonts = sorted(Path("voice_app/web/static/fonts").glob("**/Luciole-Regular.woff2"))
    font = fonts[0].resolve().as_uri() if fonts else "none"
    for locale in ("fr", "en"):
        document = weasyprint.HTML(string=page(locale, font), base_url=".").render()
        assert len(document.pages) == 1, f"the card has {len(document.pages)} pages"
        document.write_pdf(out / f"key-card-{locale}.pdf", pdf_variant="pdf/ua-1", pdf_tags=True, uncompressed_pdf=True)


if __name__ == "__main__":
    main()
