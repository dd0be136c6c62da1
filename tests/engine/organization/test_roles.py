"""Who may do what."""

from __future__ import annotations

import pytest

from engine.organization.roles import Permission, Role, allows, leaves_an_admin


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, {Permission.SEE}),
        (Role.MEDIATOR, {Permission.SEE, Permission.RUN_CAMPAIGNS, Permission.EXPORT, Permission.ASSIST}),
        (Role.ADMIN, set(Permission)),
    ],
)
def test_a_role_may_do_what_the_table_says(role: Role, may: set[Permission]) -> None:
    assert {permission for permission in Permission if allows(role, permission)} == may


def test_an_organisation_keeps_an_admin() -> None:
    assert leaves_an_admin([Role.VIEWER, Role.ADMIN])
    assert not leaves_an_admin([Role.VIEWER, Role.MEDIATOR])
