"""`voice-app calibrate`, on answers of simulated people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from voice_app.cli import app


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "answers.csv"
    typed("simulate", "--learners", "150", "--max-items", "8", "--asr-error", "0.05", "--log", str(path), "--json")
    return path


def test_a_line_an_item_and_one_for_the_whole(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"

    result = typed("calibrate", str(log), "--bank", "synthetic", "--iterations", "6", "--out", str(out), "--json")

    *items, whole = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0, result.output
    assert whole["people"] == 150
    assert whole["channels"] == ["voice"]
    assert sum(item["answers"] for item in items) == whole["answers"] > 900
    assert items[0].keys() >= {"item", "a", "b", "se_b", "outfit", "infit", "rmsd", "drift_z", "flags"}
    assert json.loads(out.read_text(encoding="utf-8"))["items"] == items


def test_helped_unheard_and_foreign_answers_are_left_out_and_counted(log: Path, tmp_path: Path) -> None:
    head, first, *_ = log.read_text(encoding="utf-8").splitlines()
    person, item = first.split(",")[:2]
    lines = [
        {"person": person, "item": item, "correct": 1, "incorrect": 0, "dont_know": 0},
        {"person": "b", "item": item, "correct": 0, "incorrect": 1, "dont_know": 0, "channel": "phone"},
        {"person": "b", "item": item, "correct": 1, "incorrect": 0, "dont_know": 0, "aid": 3},
        {"person": "b", "item": item, "correct": 1, "incorrect": 1, "dont_know": 1},
        {"person": "b", "item": "nowhere", "correct": 1, "incorrect": 0, "dont_know": 0},
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")

    result = typed("calibrate", str(path), "--bank", "synthetic", "--iterations", "3", "--json")

    whole = json.loads(result.stdout.splitlines()[-1])
    assert head.startswith("person,item")
    assert whole["answers"] == 2
    assert whole["channels"] == ["buttons", "phone"]
    assert whole["left_out"] == {"helped": 1, "unheard": 1, "unknown item": 1}


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"person": "a", "item": "x"}', '{"person":"a","item":"x","correct":-1,"incorrect":0,"dont_know":0}'],
    ids=["empty", "no json", "no evidence", "impossible"],
)
def test_a_log_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(text, encoding="utf-8")

    result = typed("calibrate", str(path), "--bank", "synthetic")

    assert result.exit_code == 1
    assert "engine.invalid_log" in result.stderr


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert typed("calibrate", str(tmp_path / "none.csv"), "--bank", "synthetic").exit_code == 1
