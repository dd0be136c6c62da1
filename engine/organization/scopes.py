"""What a program may do through the API: scopes, and whose organisations it reaches. Knows neither tokens nor HTTP.

| scope | opens |
|---|---|
| organization:read | name, kind, tags, legal id of the organisation |
| members:read, members:write | the team; invite, change roles, take access away |
| campaigns:read, campaigns:write | campaigns with their counts; create and archive |
| participations:read | that somebody began, completed, shared, and when: no person, no result |
| results:read | results that their persons shared, frozen as they were shared |
| exports:read | the same as CSV and JSON files, and their entry in the audit log |
| webhooks:read, webhooks:write | addresses that are told of participations; add, stop, change the secret, remove |

A token belongs to one organisation. A partner's client belongs to none: its jurisdiction is a set of tags, and it
reaches the organisations that carry at least one of them; without tags it reaches none. What is not reached is not
found, so that ids tell nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

from engine.errors import EngineError


class Scope(StrEnum):
    """One thing that a program may do."""

    ORGANIZATION_READ = "organization:read"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    PARTICIPATIONS_READ = "participations:read"
    RESULTS_READ = "results:read"
    EXPORTS_READ = "exports:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


PARTNER_SCOPES = frozenset(
    {Scope.ORGANIZATION_READ, Scope.CAMPAIGNS_READ, Scope.PARTICIPATIONS_READ, Scope.RESULTS_READ}
)
"""What a partner of many organisations may be given: it reads, and never who the members are."""


class InvalidScope(EngineError, ValueError):
    """A scope that is unknown, or that is not for this holder."""

    code = "organization.invalid_scope"


def read_scopes(names: Iterable[str], allowed: Collection[Scope] = tuple(Scope)) -> frozenset[Scope]:
    """Give the scopes of these names. Raises InvalidScope: unknown, not allowed, or none at all."""
    chosen = set()
    for name in names:
        try:
            scope = Scope(name)
        except ValueError as fault:
            raise InvalidScope(f"there is no scope {name!r}; there are {', '.join(Scope)}") from fault
        if scope not in allowed:
            raise InvalidScope(f"the scope {name} is not for this holder")
        chosen.add(scope)
    if not chosen:
        raise InvalidScope("a holder without scope could do nothing")
    return frozenset(chosen)


def reaches(jurisdiction: Collection[str], tags: Collection[str]) -> bool:
    """Tell whether an organisation with these tags is within this jurisdiction."""
    return not set(jurisdiction).isdisjoint(tags)
