"""Models on this machine: put together whole and checked, or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from voice_app.errors import ModelMissing
from voice_app.speech import models
from voice_app.speech.models import ModelDamaged, assemble_whisper, require_whisper, whisper_installed

SMALL_FILES = {"config.json": b"{}", "tokenizer.json": b"[]", "vocabulary.txt": b"a\nb\n"}
HALVES = (b"first half, ", b"second half")
EXPECTED = {name: hashlib.sha256(body).hexdigest() for name, body in SMALL_FILES.items()} | {
    "model.bin": hashlib.sha256(b"".join(HALVES)).hexdigest()
}


@pytest.fixture
def packages(tmp_path: Path) -> tuple[Path, Path]:
    first, second = tmp_path / "one", tmp_path / "two"
    first.mkdir()
    second.mkdir()
    (first / "model.bin.part1").write_bytes(HALVES[0])
    (second / "model.bin.part2").write_bytes(HALVES[1])
    for name, body in SMALL_FILES.items():
        (first / name).write_bytes(body)
    return first, second


def test_parts_are_joined_in_order(tmp_path: Path, packages: tuple[Path, Path]) -> None:
    folder = assemble_whisper(tmp_path / "models", parts=packages, expected=EXPECTED)

    assert (folder / "model.bin").read_bytes() == b"first half, second half"


def test_progress_is_told(tmp_path: Path, packages: tuple[Path, Path]) -> None:
    told: list[int] = []

    assemble_whisper(tmp_path / "models", lambda done, _: told.append(done), parts=packages, expected=EXPECTED)

    assert told == [12, 23]


@pytest.mark.parametrize("name", ["model.bin.part1", "tokenizer.json"])
def test_wrong_bytes_are_refused_and_leave_nothing(tmp_path: Path, packages: tuple[Path, Path], name: str) -> None:
    (packages[0] / name).write_bytes(b"something else")

    with pytest.raises(ModelDamaged, match="expected"):
        assemble_whisper(tmp_path / "models", parts=packages, expected=EXPECTED)

    assert list((tmp_path / "models").iterdir()) == []


def test_missing_part_is_told(tmp_path: Path, packages: tuple[Path, Path]) -> None:
    (packages[1] / "model.bin.part2").unlink()

    with pytest.raises(ModelMissing, match=r"model\.bin\.part2"):
        assemble_whisper(tmp_path / "models", parts=packages, expected=EXPECTED)


def test_damaged_folder_is_replaced(tmp_path: Path, packages: tuple[Path, Path]) -> None:
    folder = assemble_whisper(tmp_path / "models", parts=packages, expected=EXPECTED)
    (folder / "model.bin").write_bytes(b"broken")

    assemble_whisper(tmp_path / "models", parts=packages, expected=EXPECTED)

    assert (folder / "model.bin").read_bytes() == b"first half, second half"
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["whisper-base"]


def test_missing_model_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="voice-app models install"):
        require_whisper(tmp_path)


@pytest.mark.audio
def test_embedded_model_is_assembled_from_its_packages_once(tmp_path: Path) -> None:
    folder = assemble_whisper(tmp_path)
    written = (folder / "model.bin").stat().st_mtime_ns

    again = assemble_whisper(tmp_path)

    assert whisper_installed(tmp_path)
    assert ((again / "model.bin").stat().st_mtime_ns, again) == (written, folder)
    assert models.whisper_folder(tmp_path) == folder


@pytest.mark.audio
def test_shortened_model_counts_as_not_installed(tmp_path: Path) -> None:
    folder = assemble_whisper(tmp_path)

    (folder / "model.bin").write_bytes(b"short")

    assert not whisper_installed(tmp_path)
