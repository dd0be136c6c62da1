"""The pages' files come from memory, are asked for again by their digest, and nothing else of the disk is given."""

import pytest
from quart import Quart

from voice_app.web.static_files import FOLDER, StaticFiles


@pytest.fixture
def client():
    app = Quart(__name__, static_folder=None)
    app.add_url_rule("/static/<path:filename>", "static", StaticFiles().give)
    return app.test_client()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("js/main.js", "text/javascript; charset=utf-8"),
        ("kiosk.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml; charset=utf-8"),
    ],
)
async def test_a_file_comes_whole_with_its_kind(client, name, kind):
    answer = await client.get(f"/static/{name}")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == kind
    assert await answer.get_data() == (FOLDER / name).read_bytes()


async def test_what_the_browser_has_already_is_not_sent_again(client):
    etag = (await client.get("/static/icon.svg")).headers["ETag"]

    again = await client.get("/static/icon.svg", headers={"If-None-Match": etag})
    changed = await client.get("/static/icon.svg", headers={"If-None-Match": '"other"'})

    assert (again.status_code, await again.get_data()) == (304, b"")
    assert changed.status_code == 200


@pytest.mark.parametrize("name", ["nothing.js", "../rules.py", "js/../../rules.py", "%2e%2e/rules.py", "js"])
async def test_nothing_else_of_the_disk_is_given(client, name):
    assert (await client.get(f"/static/{name}")).status_code == 404
