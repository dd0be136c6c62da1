"""What the works of the API share: the organisation that was let in, the program that asks, where a feed goes on."""

from __future__ import annotations

from voice_app.feeds import Cursor
from voice_app.organizations import Campaign, Organizations, Program, ShownOrganization
from voice_app.web.api.feed_models import PageQuery
from voice_app.web.api.gate import Call, not_found
from voice_app.web.api.problems import Problem


def here_of(call: Call) -> ShownOrganization:
    """Give the organisation that the gate has let in."""
    if call.organization is None:
        raise not_found()
    return call.organization


def program_of(call: Call) -> Program:
    """Give the program that asks."""
    if call.caller is None:
        raise not_found()
    return call.caller.program


def since_of(query: PageQuery) -> Cursor | None:
    """Give the place in a feed that is asked for; None: its beginning. Raises Problem."""
    if query.since is None:
        return None
    try:
        return Cursor.read(query.since)
    except ValueError as fault:
        raise wrong_field("since", str(fault)) from fault


async def campaign_of(organizations: Organizations, call: Call, campaign: str) -> Campaign:
    """Give a campaign of the organisation that was let in. Raises Problem."""
    found = await organizations.campaign(here_of(call).organization.id, campaign)
    if found is None:
        raise not_found()
    return found


def wrong_field(field: str, reason: str, code: str = "api.invalid") -> Problem:
    """Give the problem of a field that is not as it must be."""
    return Problem(400, code, "the request is not as described", errors=[{"field": field, "reason": reason}])
