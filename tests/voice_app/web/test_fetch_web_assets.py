"""What scripts/fetch_web_assets puts in its place is what was reviewed, or nothing."""

import hashlib
import importlib.util
import io
import sys
import tarfile
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "fetch_web_assets"
BODY = b"font"


@pytest.fixture(scope="module")
def script():
    loader = SourceFileLoader("fetch_web_assets", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    sys.modules[loader.name] = module
    loader.exec_module(module)
    yield module
    del sys.modules[loader.name]


def package(script, folder, digest):
    pieces = (
        script.Piece("package/a.woff2", folder / "a.woff2", digest),
        script.Piece("package/LICENSE", folder / "licence.txt", None),
    )
    return script.Package("a@1", pieces)


def archive(folder, files):
    path = folder / "a.tgz"
    with tarfile.open(path, "w:gz") as bundle:
        for name, body in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            bundle.addfile(member, io.BytesIO(body))
    return path


def test_the_reviewed_file_and_its_licence_are_put_in_place(script, tmp_path):
    wanted = package(script, tmp_path / "fonts", hashlib.sha256(BODY).hexdigest())

    assert script.unpack(archive(tmp_path, {"package/a.woff2": BODY, "package/LICENSE": b"free"}), wanted)

    assert (tmp_path / "fonts" / "a.woff2").read_bytes() == BODY
    assert (tmp_path / "fonts" / "licence.txt").read_bytes() == b"free"
    assert all(script.is_right(piece) for piece in wanted.pieces)


def test_another_file_than_the_reviewed_one_is_left_out(script, tmp_path):
    wanted = package(script, tmp_path / "fonts", hashlib.sha256(b"reviewed").hexdigest())

    assert not script.unpack(archive(tmp_path, {"package/a.woff2": BODY, "package/LICENSE": b"free"}), wanted)

    assert not (tmp_path / "fonts").exists()


def test_without_npm_there_is_a_note_and_no_failure(script, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert not script.bring(package(script, tmp_path / "fonts", None))

    assert "npm is not installed" in capsys.readouterr().err


def test_what_is_there_is_left_alone(script, tmp_path, monkeypatch):
    wanted = package(script, tmp_path, hashlib.sha256(BODY).hexdigest())
    (tmp_path / "a.woff2").write_bytes(BODY)
    (tmp_path / "licence.txt").write_bytes(b"free")
    monkeypatch.setenv("PATH", "")

    assert script.bring(wanted)


def test_an_unknown_option_is_bad_usage(script):
    assert script.main(["--everything"]) == 2
