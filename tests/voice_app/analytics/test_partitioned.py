"""Calibration a day at a time, in processes: the same parameters as from one log in memory."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.adaptive import Bank
from engine.adaptive.bank_calibration import calibrate_bank
from engine.adaptive.calibration import CalibrationRules
from voice_app.analytics.parquet import COLUMNS, days, rows_of, write_day
from voice_app.analytics.partitioned import GROUPS, calibrate_folder, content_bank
from voice_app.commands.answer_log import collect

RULES = CalibrationRules(iterations=6)
PEOPLE_A_DAY, ANSWERS = 40, 8


def bank() -> Bank:
    return content_bank("abc_diag")


def made_up(items: Bank, day: int) -> list[tuple[Any, ...]]:
    """Give the answers of a day: people of different ability, by key, by voice, by telephone, some half heard."""
    draw = np.random.default_rng(day)
    rows: list[tuple[Any, ...]] = []
    for person in range(PEOPLE_A_DAY):
        channel, mode = [("kiosk", "key"), ("kiosk", "voice"), ("phone", "key")][person % 3]
        ability = draw.normal()
        for position, row in enumerate(draw.choice(len(items.items), ANSWERS, replace=False)):
            right = draw.random() < 1 / (1 + np.exp(-(ability + 0.5 - row / len(items.items))))
            sure = (float(right), float(not right), 0.0)
            evidence = sure if draw.random() < 0.8 else (0.7, 0.2, 0.1)
            item = items.items[row].id
            rows.append(
                (f"{day}-{person:03d}", item, "a", *evidence, 0, channel, mode, position, "abc_diag", "fr", "1", True)
            )
    return rows


@pytest.mark.slow
def test_the_parameters_are_those_of_one_log(tmp_path: Path) -> None:
    items = bank()
    folder = tmp_path / "files"
    folder.mkdir()
    everything = []
    for day in range(1, 4):
        rows = made_up(items, day)
        write_day(folder, f"2026-11-0{day}", rows)
        everything += rows
    lines = (dict(zip(COLUMNS, row, strict=True)) for row in everything)
    whole = calibrate_bank(items, collect(enumerate(lines, start=1), items, "log", GROUPS).log, RULES)

    parts = calibrate_folder(days(folder), partial(content_bank, "abc_diag"), RULES, processes=2)

    assert parts.iterations == whole.iterations
    np.testing.assert_allclose(parts.parameters.b, whole.parameters.b, atol=2e-4)
    np.testing.assert_allclose(parts.parameters.a, whole.parameters.a, atol=2e-4)
    np.testing.assert_allclose(parts.answers, whole.answers, atol=1e-3)


def test_a_day_comes_back_as_it_was_written(tmp_path: Path) -> None:
    rows = made_up(bank(), 1)
    write_day(tmp_path, "2026-11-01", rows)

    back = [tuple(row.values()) for row in rows_of(days(tmp_path)[0])]

    assert sorted(back) == sorted(rows)
