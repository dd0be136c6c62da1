"""The figures: what is counted is told, what the dashboard asks for exists, several processes tell one sum."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from voice_app.operations.metrics import Metrics

DEPLOY = Path(__file__).parents[3] / "docs/deploy"
SERIES = re.compile(r"\b(?:voice_app|process)_[a-z_]+")


def dashboard_queries() -> list[str]:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
    told = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return told + [variable["query"] for variable in dashboard["templating"]["list"]]


def alert_queries() -> list[str]:
    groups = yaml.safe_load((DEPLOY / "prometheus-alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("queries", [dashboard_queries(), alert_queries()], ids=["dashboard", "alerts"])
def test_what_is_asked_for_is_told(queries: list[str]) -> None:
    asked = {name for query in queries for name in SERIES.findall(query)}

    assert len(asked) > 5
    assert asked - Metrics().names() == set()


def test_the_dashboard_shows_every_figure() -> None:
    asked = {name for query in dashboard_queries() for name in SERIES.findall(query)}
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in Metrics().names() if name.startswith("voice_app")}

    assert families - {re.sub(r"_(bucket|count|sum)$", "", name) for name in asked} == set()


def test_a_turn_is_told_by_stage() -> None:
    metrics = Metrics()

    metrics.turn.labels("kiosk", "reply").observe(0.12)

    assert b'voice_app_turn_seconds_bucket{channel="kiosk",le="0.15",stage="reply"} 1.0' in metrics.exposition()


COUNT_AND_STAY = """
import sys
from voice_app.operations.metrics import Metrics
metrics = Metrics()
metrics.begun.labels("kiosk").inc(3)
metrics.conversations.labels("kiosk").inc(2)
print("counted", flush=True)
sys.stdin.readline()
"""
TELL = "from voice_app.operations.metrics import Metrics; print(Metrics().exposition().decode())"


def test_processes_of_one_folder_tell_one_sum_without_the_dead(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    command = [sys.executable, "-c", COUNT_AND_STAY]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    counting = [subprocess.Popen(command, env=environment, text=True, **pipes) for _ in range(2)]
    for process in counting:
        assert process.stdout is not None
        assert process.stdout.readline() == "counted\n"
    counting[0].kill()
    counting[0].wait()

    told = subprocess.run([sys.executable, "-c", TELL], env=environment, capture_output=True, text=True, check=True)
    counting[1].communicate("\n")
    counting[0].communicate()

    assert 'voice_app_conversations_begun_total{channel="kiosk"} 6.0' in told.stdout
    assert 'voice_app_conversations{channel="kiosk"} 2.0' in told.stdout
