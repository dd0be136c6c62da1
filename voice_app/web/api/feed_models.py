"""The shapes that all of the API is made of: what is asked, a page of a feed, a moment."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from voice_app.feeds import PAGE_AT_MOST, Piece

_NUMBER = re.compile(r"[+-]?[0-9.]+")


def _in_utc(moment: datetime) -> datetime:
    """Give the moment as the store keeps it. Raises ValueError for one outside the calendar."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as fault:
        raise ValueError("no such moment") from fault


def _written(value: Any) -> Any:
    """Give a day or a moment that is written as one. Raises ValueError for a number: seconds since 1970 are neither."""
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return value
    raise ValueError("a day or a moment is written as RFC 3339 says")


AskedDay = Annotated[date, BeforeValidator(_written)]
AskedMoment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_utc)]


class Asked(BaseModel):
    """What a program sends: nothing that we do not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageQuery(Asked):
    """Where to go on, and how many."""

    since: Annotated[
        str | None,
        Field(max_length=200, description="The `next` of an earlier page, or a moment (RFC 3339 with its time zone)."),
    ] = None
    limit: Annotated[int, Field(ge=1, le=PAGE_AT_MOST, description="Items of a page.")] = 100


class Page(BaseModel):
    """The end of a page of a feed."""

    next: Annotated[str | None, Field(description="Ask with `since` = this, now if there is `more`, or later.")]
    more: bool


def ends(piece: Piece[Any]) -> dict[str, Any]:
    """Give the end of a page: where to go on, and whether there is more."""
    return {"next": None if piece.next is None else piece.next.text(), "more": piece.more}


def told_moment(moment: datetime) -> datetime:
    """Give a moment as it is told: UTC, to the millisecond."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)
