"""What is said between a site and its hub beside batches: reports, answers, events of shared sessions."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from engine.sync.batches import BadBatch, Head, Sealed, event_line, read_event, unpack
from engine.sync.sending import Answer
from engine.sync.sessions import Place

LARGEST_FEED = 8_000_000


@dataclass(frozen=True, slots=True)
class Report:
    """What a site says of itself with each batch. `oldest_at`: moment of the oldest event not sent, or empty."""

    last_sequence: int = 0
    backlog: int = 0
    oldest_at: str = ""
    app_version: str = ""
    bank_version: str = ""

    def behind(self, count: int) -> Report:
        """Give the report as it is once so many of the waiting events have arrived."""
        left = max(0, self.backlog - count)
        return replace(self, backlog=left, oldest_at=self.oldest_at if left else "")

    def to_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=True)

    @classmethod
    def from_text(cls, text: str) -> Report:
        """Read a report; an unreadable one is an empty one: it is for the eye."""
        try:
            data = json.loads(text or "{}")
            return cls(
                int(data.get("last_sequence", 0)),
                int(data.get("backlog", 0)),
                str(data.get("oldest_at", "")),
                str(data.get("app_version", ""))[:80],
                str(data.get("bank_version", ""))[:80],
            )
        except (ValueError, TypeError, AttributeError):
            return cls()


def answer_to_data(answer: Answer, hub_site: str) -> dict[str, Any]:
    """Give an answer as JSON data."""
    agreed = None if answer.agreed is None else [answer.agreed.sequence, answer.agreed.digest]
    return {
        "site": answer.site_id,
        "head": [answer.head.sequence, answer.head.digest],
        "after": answer.after,
        "agreed": agreed,
        "forked": answer.forked,
        "custody": list(answer.custody),
        "hub": hub_site,
    }


def answer_from_data(data: Any) -> Answer:
    """Read an answer. Raises BadBatch."""
    try:
        agreed = None if data["agreed"] is None else Head(int(data["agreed"][0]), str(data["agreed"][1]))
        head = Head(int(data["head"][0]), str(data["head"][1]))
        custody = tuple(int(each) for each in data["custody"])
        return Answer(str(data["site"]), head, int(data["after"]), agreed, bool(data["forked"]), custody)
    except (KeyError, TypeError, ValueError, IndexError) as fault:
        raise BadBatch(f"an answer of the hub cannot be read: {fault}") from fault


@dataclass(frozen=True, slots=True)
class Feed:
    """Events of sessions that are shared with other sites, with the places where they count.

    `hub_site` and `cursor` say where to go on; `more` that there is more at this moment.
    """

    hub_site: str
    cursor: int
    more: bool
    events: tuple[tuple[Sealed, Place], ...] = ()


def encode_feed(feed: Feed) -> bytes:
    """Give a feed as it travels: lines of JSON, compressed."""
    lines = [json.dumps({"hub": feed.hub_site, "cursor": feed.cursor, "more": feed.more}).encode()]
    for sealed, place in feed.events:
        lines.append(json.dumps([place.epoch, place.site_id, place.sequence]).encode())
        lines.append(event_line(sealed))
    return zlib.compress(b"\n".join(lines), 6)


def decode_feed(body: bytes) -> Feed:
    """Read a feed. Raises BadBatch."""
    lines = unpack(body, LARGEST_FEED).split(b"\n")
    try:
        header = json.loads(lines[0])
        events = tuple(_placed(lines[at], lines[at + 1]) for at in range(1, len(lines), 2))
        return Feed(str(header["hub"]), int(header["cursor"]), bool(header["more"]), events)
    except (KeyError, TypeError, ValueError, IndexError) as fault:
        raise BadBatch(f"a feed cannot be read: {fault}") from fault


def _placed(place: bytes, event: bytes) -> tuple[Sealed, Place]:
    epoch, site, sequence = json.loads(place)
    return read_event(event), Place(int(epoch), str(site), int(sequence))


def sites_in(events: Sequence[tuple[Sealed, Place]]) -> list[str]:
    """Give the sites that events were written at or count for."""
    return sorted({site for sealed, place in events for site in (sealed.envelope.site_id, place.site_id)})
