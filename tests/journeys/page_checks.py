"""What every page must keep, measured in the browser: axe-core at 7:1, sizes and distances, nothing cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "var" / "web" / "axe.min.js"
SMALLEST_TARGET_PX = 120
SMALLEST_GAP_PX = 24
SMALLEST_RING_PX = 6

_RUN_AXE = """async () => {
  const seven = { contrastRatio: { normal: { expected: 7 }, large: { expected: 7 } } };
  axe.configure({ checks: [{ id: "color-contrast-enhanced", options: seven }] });
  const { violations } = await axe.run(document, {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: { "color-contrast-enhanced": { enabled: true }, "target-size": { enabled: true } },
  });
  return violations.flatMap((each) => each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 120)}`));
}"""

_MEASURE = """({ target, gap }) => {
  const visible = (each) => each.checkVisibility() && each.getBoundingClientRect().width > 0;
  const targets = [...document.querySelectorAll("button, a[href], label.mode")].filter(visible);
  const name = (each) => each.textContent.trim().replace(/\\s+/g, " ").slice(0, 40);
  const boxes = targets.map((each) => each.getBoundingClientRect());
  const found = [];
  boxes.forEach((box, number) => {
    if (box.width < target - 0.5 || box.height < target - 0.5) {
      found.push(`${name(targets[number])}: ${Math.round(box.width)} x ${Math.round(box.height)} px`);
    }
    for (let other = number + 1; other < boxes.length; other++) {
      const next = boxes[other];
      const dx = Math.max(next.left - box.right, box.left - next.right, 0);
      const dy = Math.max(next.top - box.bottom, box.top - next.bottom, 0);
      const distance = Math.hypot(dx, dy);
      if (distance < gap - 0.5) {
        found.push(`${name(targets[number])} / ${name(targets[other])}: ${distance.toFixed(1)} px apart`);
      }
    }
  });
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) found.push(`the page is ${wide} px too wide`);
  for (const each of targets) {
    if (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1) {
      found.push(`${name(each)}: words are cut off`);
    }
  }
  if (targets.length === 0) found.push("nothing to press");
  return found;
}"""

_NUMERALS = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[0-9.]+/g).map(Number).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const fill = (each) => getComputedStyle(each).fill;
  return [...document.querySelectorAll(".emblem")].map((emblem) =>
    ratio(fill(emblem.querySelector(".numeral")), fill(emblem.querySelector(".shape"))));
}"""

_FOCUS = """() => {
  const style = getComputedStyle(document.activeElement);
  const element = document.activeElement;
  return {
    tag: element.tagName,
    key: element.dataset.key ?? element.id,
    ring: style.outlineStyle === "solid" ? parseFloat(style.outlineWidth) : 0,
    seen: (() => {
      const box = element.getBoundingClientRect();
      return box.bottom > 0 && box.top < innerHeight;
    })(),
  };
}"""


def axe_violations(page: Page) -> list[str]:
    """Give what axe-core finds, contrast of all text at least 7:1."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(_RUN_AXE)
    return found


def geometry_faults(page: Page) -> list[str]:
    """Give targets that are too small, too close or cut off, and a page that is too wide."""
    found: list[str] = page.evaluate(_MEASURE, {"target": SMALLEST_TARGET_PX, "gap": SMALLEST_GAP_PX})
    return found


def numeral_contrasts(page: Page) -> list[float]:
    """Give the contrast of each number with the shape it stands in (drawings, which axe does not judge)."""
    ratios: list[float] = page.evaluate(_NUMERALS)
    return ratios


def focus(page: Page) -> dict[str, Any]:
    """Tell where the focus is, how thick its ring is, and whether it can be seen."""
    state: dict[str, Any] = page.evaluate(_FOCUS)
    return state
