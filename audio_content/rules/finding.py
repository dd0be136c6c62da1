"""What a rule has to say: the finding, and how grave it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps the content from being published; a warning wants a second reading; a note tells a limit."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to look at. `where`: the id and locale of the text; `rule`: the rule's short name."""

    severity: Severity
    where: str
    rule: str
    message: str
