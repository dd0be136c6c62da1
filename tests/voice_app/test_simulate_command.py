"""`voice-app simulate`, as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from voice_app.cli import app

KEYS = {"exact", "within_one", "three_failures", "mean_questions", "coverage80"}


def simulated(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["simulate", *arguments])


def test_one_line_of_json_with_the_figures_repeated_by_its_seed() -> None:
    arguments = ("--max-items", "8", "--learners", "40", "--seed", "3", "--asr-error", "0.1", "--json")
    first, twin = simulated(*arguments), simulated(*arguments)

    figures = json.loads(first.stdout)
    assert first.stdout == twin.stdout
    assert figures.keys() >= KEYS
    assert all(0.0 <= figures[key] <= 1.0 for key in KEYS - {"mean_questions"})
    assert 3 <= figures["mean_questions"] <= 8
    assert figures["asked_again"] > 0


@pytest.mark.parametrize("policy", ["pix_rules", "rehearsal"])
def test_other_policies_play_the_questions_of_the_service(policy: str) -> None:
    result = simulated("--policy", policy, "--bank", "content", "--max-items", "5", "--learners", "10", "--json")

    assert json.loads(result.stdout)["mean_questions"] == 5


def test_page_shows_the_curves_and_the_numbers(tmp_path: Path) -> None:
    page = tmp_path / "page.html"

    result = simulated("--learners", "30", "--report", str(page))

    text = page.read_text(encoding="utf-8")
    assert "80 % ability band covers" in result.stdout
    assert text.count("<svg") == text.count("<details>") == 4
    assert "<script" not in text


@pytest.mark.parametrize(
    "wrong", [("--policy", "nothing"), ("--population", "nobody"), ("--max-items", "0"), ("--bank", "x")]
)
def test_bad_usage_has_exit_code_two(wrong: tuple[str, str]) -> None:
    assert simulated(*wrong).exit_code == 2


def test_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    assert simulated("--learners", "5", "--report", str(tmp_path / "no" / "page.html")).exit_code == 2


def test_unknown_path_is_told() -> None:
    assert simulated("--bank", "content", "--path", "nowhere").exit_code == 1
