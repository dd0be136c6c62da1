"""What a program may do, and whose organisations it reaches."""

from __future__ import annotations

import pytest

from engine.organization.scopes import PARTNER_SCOPES, InvalidScope, Scope, reaches, read_scopes


def test_scopes_are_read_by_name() -> None:
    assert read_scopes(["results:read", "campaigns:read"]) == {Scope.RESULTS_READ, Scope.CAMPAIGNS_READ}


@pytest.mark.parametrize(
    ("names", "allowed", "told"),
    [
        (["results:write"], tuple(Scope), "there is no scope"),
        (["members:read"], tuple(PARTNER_SCOPES), "not for this holder"),
        ([], tuple(Scope), "could do nothing"),
    ],
)
def test_a_scope_that_cannot_be_is_refused(names: list[str], allowed: tuple[Scope, ...], told: str) -> None:
    with pytest.raises(InvalidScope, match=told):
        read_scopes(names, allowed)


def test_a_partner_never_learns_who_the_members_are() -> None:
    assert not any(scope.startswith("members") or scope.endswith("write") for scope in PARTNER_SCOPES)


@pytest.mark.parametrize(
    ("jurisdiction", "tags", "reached"),
    [
        ({"region-x"}, {"region-x", "library"}, True),
        ({"region-x"}, {"library"}, False),
        ({"region-x"}, set(), False),
        (set(), {"library"}, False),
        (set(), set(), False),
    ],
)
def test_a_jurisdiction_is_a_set_of_tags(jurisdiction: set[str], tags: set[str], reached: bool) -> None:
    assert reaches(jurisdiction, tags) is reached
