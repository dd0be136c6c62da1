"""Fetching Vosk models: from a list, checked, unpacked with care; here the list is served by this machine."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from voice_app.errors import ModelMissing
from voice_app.speech.models import ModelDamaged
from voice_app.speech.vosk_models import (
    ModelsUnreachable,
    install,
    install_archive,
    installed_models,
    list_models,
    vosk_folder,
    vosk_installed,
)

PARTS = {
    "am/final.mdl": b"acoustics",
    "conf/mfcc.conf": b"--use-energy=false\n--dither=1.0\n--high-freq=7600\n",
    "graph/Gr.fst": b"grammar",
    "graph/HCLr.fst": b"lexicon",
}


def archive(parts: dict[str, bytes], top: str = "vosk-model-small-fr-0.22/") -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as opened:
        for name, content in parts.items():
            opened.writestr(top + name, content)
    return body.getvalue()


class Site:
    """A small web site; `pages` maps a path to its bytes."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = site.pages.get(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.list_url = f"{self.address}/model-list.json"

    def offer(self, *entries: dict[str, Any]) -> None:
        self.pages["/model-list.json"] = json.dumps(entries).encode()

    def entry(self, name: str, body: bytes, **changes: Any) -> dict[str, Any]:
        self.pages[f"/{name}.zip"] = body
        return {
            "lang": "fr",
            "md5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
            "name": name,
            "obsolete": "false",
            "size": len(body),
            "type": "small",
            "url": f"{self.address}/{name}.zip",
        } | changes


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_list_gives_only_models_with_a_run_time_grammar(site: Site) -> None:
    site.offer(
        site.entry("vosk-model-small-fr-0.22", b"x"),
        site.entry("vosk-model-fr-0.22", b"x", type="big"),
        site.entry("vosk-model-small-fr-0.3", b"x", obsolete="true"),
    )

    assert [(model.name, model.licence) for model in list_models(list_url=site.list_url)] == [
        ("vosk-model-small-fr-0.22", "Apache-2.0")
    ]


def test_installing_makes_the_language_available_without_dither(site: Site, tmp_path: Path) -> None:
    site.offer(site.entry("vosk-model-small-fr-0.22", archive(PARTS)))

    model = install("fr", tmp_path, list_url=site.list_url)

    settings = (vosk_folder("fr", tmp_path) / "conf/mfcc.conf").read_text().splitlines()
    assert settings == ["--use-energy=false", "--high-freq=7600", "--dither=0.0"]
    assert (model.name, model.languages, model.licence) == ("vosk-model-small-fr-0.22", ("fr",), "Apache-2.0")
    assert installed_models(tmp_path) == (model,)
    assert [path.name for path in tmp_path.iterdir()] == ["vosk"]


def test_older_flat_layout_is_usable(site: Site, tmp_path: Path) -> None:
    flat = {name.rpartition("/")[2]: body for name, body in PARTS.items()}
    site.offer(site.entry("vosk-model-small-fr-0.22", archive(flat)))

    install("fr", tmp_path, list_url=site.list_url)

    assert "--dither=0.0" in (vosk_folder("fr", tmp_path) / "mfcc.conf").read_text()


def test_progress_reaches_the_size(site: Site, tmp_path: Path) -> None:
    body = archive(PARTS)
    site.offer(site.entry("vosk-model-small-fr-0.22", body))
    told: list[tuple[int, int]] = []

    install("fr", tmp_path, lambda done, total: told.append((done, total)), list_url=site.list_url)

    assert told[-1] == (len(body), len(body))


def test_language_without_country_takes_its_variety(site: Site, tmp_path: Path) -> None:
    site.offer(site.entry("vosk-model-small-en-us-0.15", archive(PARTS), lang="en-us"))

    install("en", tmp_path, list_url=site.list_url)

    assert vosk_installed("en", tmp_path)


def test_free_licence_is_preferred(site: Site, tmp_path: Path) -> None:
    site.offer(
        site.entry("vosk-model-small-fr-a-pguyot", archive(PARTS)),
        site.entry("vosk-model-small-fr-0.22", archive(PARTS)),
    )

    assert install("fr", tmp_path, list_url=site.list_url).name == "vosk-model-small-fr-0.22"


def test_language_that_the_list_lacks_is_told_with_what_it_has(site: Site, tmp_path: Path) -> None:
    site.offer(site.entry("vosk-model-small-fr-0.22", b"x"))

    with pytest.raises(ModelMissing, match="it has fr"):
        install("br", tmp_path, list_url=site.list_url)


def test_wrong_checksum_is_refused_and_leaves_nothing(site: Site, tmp_path: Path) -> None:
    site.offer(site.entry("vosk-model-small-fr-0.22", archive(PARTS), md5="0" * 32))

    with pytest.raises(ModelDamaged, match="MD5"):
        install("fr", tmp_path, list_url=site.list_url)

    assert list(tmp_path.iterdir()) == []


def test_unreachable_site_says_what_to_do_by_hand(tmp_path: Path) -> None:
    with pytest.raises(ModelsUnreachable, match="--archive"):
        install("fr", tmp_path, list_url="http://127.0.0.1:9/model-list.json")


@pytest.mark.parametrize("page", [b"<html>log in to the hotel</html>", b'{"a": 1}', b"[1, 2]", b'[{"type": "small"}]'])
def test_page_that_is_no_list_is_told(site: Site, page: bytes) -> None:
    site.pages["/model-list.json"] = page

    with pytest.raises(ModelsUnreachable, match="not a list"):
        list_models(list_url=site.list_url)


def test_vanished_archive_is_told(site: Site, tmp_path: Path) -> None:
    entry = site.entry("vosk-model-small-fr-0.22", archive(PARTS))
    site.offer(entry)
    site.pages.pop("/vosk-model-small-fr-0.22.zip")

    with pytest.raises(ModelsUnreachable, match="404"):
        install("fr", tmp_path, list_url=site.list_url)


def test_address_that_is_no_web_address_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[]")

    with pytest.raises(ModelsUnreachable, match="no web address"):
        list_models(list_url=(tmp_path / "list.json").as_uri())


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "..\\..\\evil", "C:\\evil\\a", "loose-file", "a/../../b"])
def test_archive_that_reaches_outside_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(archive({name: b"x"}, top=""))

    with pytest.raises(ModelDamaged, match="does not lie inside"):
        install_archive("fr", path, tmp_path / "models")

    assert not (tmp_path / "evil").exists()


def test_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as opened:
        link = zipfile.ZipInfo("model/am")
        link.external_attr = 0o120777 << 16
        opened.writestr(link, "/etc")

    with pytest.raises(ModelDamaged, match="does not lie inside"):
        install_archive("fr", path, tmp_path / "models")


def test_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(b"hello")

    with pytest.raises(ModelDamaged, match="cannot be unpacked"):
        install_archive("fr", path, tmp_path / "models")


def test_model_without_run_time_grammar_is_refused_and_the_present_one_stays(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(archive(PARTS))
    bad.write_bytes(archive({name: body for name, body in PARTS.items() if name != "graph/Gr.fst"}))
    install_archive("fr", good, tmp_path / "models")

    with pytest.raises(ModelDamaged, match=r"graph/Gr\.fst"):
        install_archive("fr", bad, tmp_path / "models")

    assert vosk_installed("fr", tmp_path / "models")
