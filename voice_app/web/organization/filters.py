"""What a page of results is narrowed to, read from its address. What cannot be read narrows nothing, and is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from engine.model import Channel
from voice_app.results import ResultFilter


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter as it was asked for. `faults`: the fields that could not be read; `typed`: all fields as they were."""

    chosen: ResultFilter
    typed: Mapping[str, str]
    faults: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """Give the filter as the query of an address, "" for none."""
        return urlencode({name: value for name, value in self.typed.items() if value})


def read_filter(arguments: Mapping[str, str]) -> Asked:
    """Give what is asked for: `first` and `last` (ISO days), `channel`, `cohort`."""
    typed = {name: arguments.get(name, "").strip() for name in ("first", "last", "channel", "cohort")}
    faults = []
    days: dict[str, date | None] = {}
    for name in ("first", "last"):
        try:
            days[name] = date.fromisoformat(typed[name]) if typed[name] else None
        except ValueError:
            days[name] = None
            faults.append(name)
    channel = typed["channel"] if typed["channel"] in set(Channel) else None
    if typed["channel"] and channel is None:
        faults.append("channel")
    chosen = ResultFilter(days["first"], days["last"], channel, typed["cohort"] or None)
    return Asked(chosen, typed, tuple(faults))
