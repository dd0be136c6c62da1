#!/usr/bin/env python
"""Builds the engine as a package of its own, installs it with numpy alone in a throwaway environment, and uses it
there.

    scripts/engine_alone.py [WHEEL_FOLDER]

With a folder, the wheel is left there: `pip install WHEEL_FOLDER/assessment_engine-*.whl` is all that another product
needs. The check fails when anything but numpy and the standard library is imported.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = """
[build-system]
requires = ["setuptools>=69"]
build-backend = "setuptools.build_meta"

[project]
name = "assessment-engine"
version = "{version}"
description = "An adaptive measuring instrument for skills: belief, choice, report, calibration, simulation"
requires-python = ">=3.11"
license = {{ text = "Apache-2.0" }}
dependencies = ["numpy>=2"]

[tool.setuptools.packages.find]
include = ["engine", "engine.adaptive*"]

[tool.setuptools.package-data]
engine = ["py.typed", "adaptive/wordings/*.toml"]
"""

USE = """
import sys
from engine.adaptive import ABC_DIAG, Assessment, Choice
from engine.adaptive import bank_calibration, drift, metrics, unidimensional
from engine.adaptive.explanations import summary
from engine.adaptive.simulee import study_bank
from engine.model import Evidence, Observation, Outcome

spec, bank, _ = study_bank()
session = Assessment.start(bank, ABC_DIAG, seed=7)
while isinstance(choice := session.propose(), Choice):
    right = bank.framework.level_of[bank.items[bank.index[choice.item]].skill] <= 2
    outcome = Outcome.CORRECT if right else Outcome.DONT_KNOW
    session = session.record(Observation(choice.item, Evidence.certain(outcome)))
report = session.report()
assert Assessment.from_bytes(bank, session.to_bytes()) == session
print(summary(report, "en"))
places = {name.partition(".")[0]: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
foreign = sorted(name for name, place in places.items() if "site-packages" in place and not name.startswith("_"))
assert set(foreign) <= {"numpy", "engine"}, foreign
print(session.answered, "questions, level", report.overall.level, "band", report.overall.band, "with", foreign)
"""
"""A session from its first question to its report; fails when another package than numpy was imported."""


def build(folder: Path) -> Path:
    """Give the wheel of the engine, made in a folder."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    source = folder / "source"
    source.mkdir(parents=True)
    (source / "pyproject.toml").write_text(PROJECT.format(version=version), encoding="utf-8")
    ignored = shutil.ignore_patterns("__pycache__", "organization", "sync")
    shutil.copytree(ROOT / "engine", source / "engine", ignore=ignored)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        str(folder),
        str(source),
    ]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(folder)
        venv.create(folder / "venv", with_pip=False)
        python = str(folder / "venv" / "bin" / "python")
        subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "-q", str(wheel)], check=True)
        told = subprocess.run([python, "-I", "-c", textwrap.dedent(USE)], capture_output=True, text=True, check=False)
        print(told.stdout.strip() or told.stderr.strip())
        if told.returncode:
            sys.exit(1)
        if len(sys.argv) > 1:
            shutil.copy(wheel, sys.argv[1])


if __name__ == "__main__":
    main()
