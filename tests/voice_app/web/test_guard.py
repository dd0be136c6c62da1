"""Who may open a websocket."""

import pytest

from voice_app.web.guard import POLICY, may_connect


@pytest.mark.parametrize(
    "origin", [None, "http://kiosk.test:8080", "https://kiosk.test:8080", "http://KIOSK.test:8080"]
)
def test_our_own_pages_and_programs_may_connect(origin):
    assert may_connect(origin, "kiosk.test:8080")


@pytest.mark.parametrize(
    "origin",
    [
        "http://elsewhere.test",
        "http://kiosk.test",
        "http://kiosk.test:8081",
        "null",
        "",
        "file://",
        "http://[",
        "data:x",
    ],
)
def test_pages_of_another_site_may_not(origin):
    assert not may_connect(origin, "kiosk.test:8080")


def test_a_named_origin_may_connect():
    assert may_connect("https://front.test", "kiosk.test", ["https://front.test"])


def test_the_policy_allows_neither_inline_code_nor_other_hosts():
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
