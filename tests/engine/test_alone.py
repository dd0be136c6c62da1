"""The engine needs numpy and the standard library: it runs where nothing else of the project is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from scripts.engine_alone import USE

ROOT = Path(__file__).parents[2]
REFUSE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in {"audio_content", "voice_app", "scipy", "quart", "sqlmodel", "yaml", "typer", "rich", "vosk"}:
            raise ImportError(f"the engine must not need {name}")
sys.meta_path.insert(0, Refuse())
sys.path.insert(0, sys.argv[1])
"""


def test_a_whole_session_with_numpy_alone(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "organization", "sync")
    shutil.copytree(ROOT / "engine", tmp_path / "engine", ignore=ignored)

    told = subprocess.run(
        [sys.executable, "-I", "-c", REFUSE + USE, str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert told.returncode == 0, told.stderr
    assert "questions" in told.stdout
