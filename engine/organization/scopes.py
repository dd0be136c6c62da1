"""What a program may do through the API: scopes, and whose organisations it reaches. Knows neither tokens nor HTTP.

| scope | opens |
|---|---|
| organization:read, organization:write | name, kind, tags, legal id of the organisation; change them |
| members:read, members:write | the team; invite, change roles, take access away |
| campaigns:read, campaigns:write | campaigns with their counts; create and archive |
| participations:read | that somebody began, completed, shared, and when: no person, no result |
| figures:read | what the results of a campaign add up to |
| results:read | results that their persons shared, frozen as they were shared |
| exports:read | the same as CSV and JSON files, and their entry in the audit log |
| webhooks:read, webhooks:write | addresses that are told of participations; add, stop, change the secret, remove |
| accreditation:read, accreditation:write | the file for becoming an accredited centre; keep it |
| sittings:read, sittings:write | sittings, their places as mediators see them; open, help, note, end |
| tokens:read, tokens:write | the organisation's tokens; make one with some of its own scopes, revoke |
| log:read | who did what in the organisation |
| retention:read, retention:write | for how many months results are kept; set it |
| phone:read, phone:write | who takes over callers, and when; name somebody, or nobody |

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
    ORGANIZATION_WRITE = "organization:write"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    PARTICIPATIONS_READ = "participations:read"
    FIGURES_READ = "figures:read"
    RESULTS_READ = "results:read"
    EXPORTS_READ = "exports:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    ACCREDITATION_READ = "accreditation:read"
    ACCREDITATION_WRITE = "accreditation:write"
    SITTINGS_READ = "sittings:read"
    SITTINGS_WRITE = "sittings:write"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    LOG_READ = "log:read"
    RETENTION_READ = "retention:read"
    RETENTION_WRITE = "retention:write"
    PHONE_READ = "phone:read"
    PHONE_WRITE = "phone:write"


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
