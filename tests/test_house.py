"""The house rules that a program can read: size, documentation, no wording in code, documents that tell the truth."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

import pytest

from voice_app.channels import kiosk, kiosk_wire
from voice_app.settings import Settings, list_settings

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "audio_content", "voice_app")
MOST_LINES = 400
SENTENCE = re.compile(r"(?=.*\S\s+\S).*[àâçéèêëîïôùûœÀÂÇÉÈÊÎÔŒ]", re.DOTALL)
"""More than one word, with a French letter in it."""
PATTERN = re.compile(r"A-ZÀ|a-zà|\(\?")
"""A regular expression speaks about wording, it is none."""


def tracked(*patterns: str) -> list[Path]:
    """Give the files of the project; pytest may also run outside a git checkout, then all that lie there."""
    try:
        told = subprocess.run(
            ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return sorted(path for pattern in patterns for path in ROOT.rglob(pattern) if ".venv" not in path.parts)
    return sorted(path for name in told.stdout.split("\0") if name and (path := ROOT / name).is_file())


@cache
def modules() -> tuple[Path, ...]:
    return tuple(path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in PACKAGES)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def literals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Give every string of a module that is not a docstring, with its line."""
    documentation = {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in node.body
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


def links(text: str) -> list[str]:
    """Give the files that a document links to, examples in code left out."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    targets = (target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", prose) if ":" not in target)
    return [target for target in targets if target]


def documented_fields(rules: type) -> set[str]:
    """Give the fields of a class that have a docstring under them."""
    (body,) = ast.parse(inspect.getsource(rules)).body
    assert isinstance(body, ast.ClassDef)
    pairs = zip(body.body, body.body[1:], strict=False)
    return {
        first.target.id
        for first, second in pairs
        if isinstance(first, ast.AnnAssign)
        and isinstance(first.target, ast.Name)
        and isinstance(second, ast.Expr)
        and isinstance(second.value, ast.Constant)
    }


def rule_classes() -> list[type]:
    return [type(value) for field in fields(Settings) if is_dataclass(value := getattr(Settings(), field.name))]


def test_a_module_begins_with_what_it_is() -> None:
    silent = [name_of(path) for path in modules() if not ast.get_docstring(tree_of(path))]

    assert silent == []


def test_a_module_over_the_limit_says_why() -> None:
    long = [path for path in (*modules(), *tracked("scripts/*.py")) if len(lines_of(path)) > MOST_LINES]
    unexplained = [name_of(path) for path in long if "long" not in (ast.get_docstring(tree_of(path)) or "")]

    assert unexplained == []


def test_no_french_wording_in_code() -> None:
    found = [
        f"{name_of(path)}:{line}: {text}"
        for path in modules()
        for line, text in literals(tree_of(path))
        if SENTENCE.search(text) and not PATTERN.search(text)
    ]

    assert found == []


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in modules() if "migrations" not in path.parts}  # Alembic finds its own by folder

    assert [name_of(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize("rules", rule_classes(), ids=lambda rules: rules.__name__)
def test_every_setting_has_its_reason(rules: type) -> None:
    assert {field.name for field in fields(rules)} - documented_fields(rules) == set()


def test_settings_have_different_names_in_the_environment() -> None:
    names = [line.environment for line in list_settings(Settings())]

    assert len(names) == len(set(names))


def test_links_between_documents_lead_somewhere() -> None:
    dead = [
        f"{name_of(document)}: {target}"
        for document in tracked("*.md")
        for target in links(document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]

    assert dead == []


def test_the_protocol_names_every_message() -> None:
    described = set(
        re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/protocol.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    from_page = set(re.findall(r'case "(\w+)":', inspect.getsource(kiosk_wire.parse_message)))
    to_page = set(re.findall(r'write_message\(\s*"(\w+)"', inspect.getsource(kiosk) + inspect.getsource(kiosk_wire)))

    assert described == from_page | to_page


def test_what_begins_like_a_program_can_be_started() -> None:
    scripts = tracked("scripts/*")
    programs = {path for path in scripts if lines_of(path)[0].startswith("#!")}

    assert [name_of(path) for path in scripts if bool(path.stat().st_mode & 0o100) != (path in programs)] == []
