"""`voice-app kit` and `voice-app report`, as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from voice_app.cli import app


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"VOICE_APP_DATA_FOLDER": str(folder)})


def test_kit_is_five_files(tmp_path: Path) -> None:
    told = run(tmp_path, "kit", str(tmp_path / "kit"), "--name", "Mairie", "--phone", "01 23 45 67 89", "--json")

    files = [Path(file) for file in json.loads(told.stdout)["files"]]
    assert len(files) == 5
    assert all(file.read_bytes().startswith(b"%PDF") for file in files)


def test_a_mistyped_code_is_told_before_anything_is_written(tmp_path: Path) -> None:
    told = run(tmp_path, "kit", str(tmp_path / "kit"), "--name", "Mairie", "--phone", "01", "--code", "900 000 122")

    assert told.exit_code == 1
    assert "documents.invalid_kit" in told.stderr
    assert not (tmp_path / "kit").exists()


def test_a_language_that_is_not_spoken_is_bad_usage(tmp_path: Path) -> None:
    told = run(tmp_path, "kit", str(tmp_path / "kit"), "--name", "Mairie", "--phone", "01", "--lang", "de")

    assert told.exit_code == 2


def test_report_of_an_unknown_code_is_told(tmp_path: Path) -> None:
    told = run(tmp_path, "report", "12 34 56 74", str(tmp_path / "report.pdf"))

    assert told.exit_code == 1
    assert "documents.unknown_code" in told.stderr
    assert not (tmp_path / "report.pdf").exists()
