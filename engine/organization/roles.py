"""Who may do what in an organisation: three roles and one table. Knows neither passwords nor pages.

| | see campaigns and results | run campaigns | export results | help in sittings | members, invitations, audit |
|---|---|---|---|---|---|
| viewer | yes | | | | |
| mediator | yes | yes | yes | yes | |
| admin | yes | yes | yes | yes | yes |

An organisation always keeps one admin (`leaves_an_admin`): nobody could invite the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What a member is in an organisation."""

    ADMIN = "admin"
    MEDIATOR = "mediator"
    VIEWER = "viewer"


class Permission(StrEnum):
    """One thing that may be done."""

    SEE = "see"
    RUN_CAMPAIGNS = "run_campaigns"
    EXPORT = "export"
    ASSIST = "assist"
    MANAGE_MEMBERS = "manage_members"


_ALLOWED = {
    Role.VIEWER: frozenset({Permission.SEE}),
    Role.MEDIATOR: frozenset({Permission.SEE, Permission.RUN_CAMPAIGNS, Permission.EXPORT, Permission.ASSIST}),
    Role.ADMIN: frozenset(Permission),
}


def allows(role: Role, permission: Permission) -> bool:
    """Tell whether a member with this role may do this."""
    return permission in _ALLOWED[role]


def leaves_an_admin(remaining: Iterable[Role]) -> bool:
    """Tell whether the active members that would remain can still manage the organisation."""
    return Role.ADMIN in remaining
