"""What docs/deploy says is true: settings exist, commands exist, addresses of probes exist, files can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from voice_app.settings import Settings, list_settings

DEPLOY = Path(__file__).parents[1] / "docs/deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
COMMANDS = {"serve", "phone", "worker", "analytics"}
PROBES = {"/healthz", "/readyz", "/metrics"}


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(file: Path) -> None:
    known = {line.environment for line in list_settings(Settings())}
    named = set(re.findall(r"\bVOICE_APP_[A-Z0-9_]+\b", file.read_text(encoding="utf-8")))

    assert named - known == set()


@pytest.mark.parametrize("file", [file for file in FILES if file.suffix == ".yaml"], ids=lambda path: path.name)
def test_a_yaml_file_can_be_read(file: Path) -> None:
    assert all(yaml.safe_load_all(file.read_text(encoding="utf-8")))


def test_every_unit_starts_a_command_that_exists() -> None:
    started = {
        found
        for unit in (DEPLOY / "systemd").glob("*.service")
        for found in re.findall(r"^ExecStart=\S+/voice-app (\w+)", unit.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert started == COMMANDS


def test_every_container_starts_a_command_that_exists() -> None:
    documents = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))
    pods = [each["spec"]["template"]["spec"] for each in documents if "template" in each.get("spec", {})]

    assert {pod["containers"][0]["args"][0] for pod in pods} == {"serve", "worker", "phone"}


@pytest.mark.parametrize("name", ["haproxy.cfg", "haproxy-compose.cfg", "Caddyfile", "kubernetes.yaml", "compose.yaml"])
def test_probes_ask_addresses_that_exist(name: str) -> None:
    asked = set(re.findall(r"/(?:healthz|readyz|metrics|health|ready)\b", (DEPLOY / name).read_text(encoding="utf-8")))

    assert "/readyz" in asked
    assert asked <= PROBES
