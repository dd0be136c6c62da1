"""Numbers as prompts, for the gaps of other prompts: one to sixty, each a word of its own in each language."""

from __future__ import annotations

HIGHEST = 60
"""The questions of the longest path."""


def number_prompt(number: int) -> str:
    """Give the prompt id of a number word, for gaps; what lies outside is told by the nearest."""
    return f"number.{min(max(number, 1), HIGHEST)}"
