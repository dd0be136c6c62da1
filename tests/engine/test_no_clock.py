"""No field, argument or name of the engine carries a duration or a point in time: results depend on answers only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[2] / "engine"
FORBIDDEN = frozenset(
    {
        *("time", "times", "timer", "timing", "timestamp", "timestamps", "timeout", "date", "dates", "datetime"),
        *("duration", "durations", "elapsed", "clock", "clocks", "deadline", "deadlines", "latency"),
        *("second", "seconds", "sec", "secs", "minute", "minutes", "hour", "hours", "day", "days", "month", "months"),
        *("year", "years", "ms", "millis", "milliseconds", "microseconds", "ns"),
        *("now", "today", "when", "since"),
    }
)


def words(name: str) -> set[str]:
    """The words of an identifier: `responseTime_ms` gives response, time, ms."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=alias):
                yield from (name, alias or "")
            case ast.ImportFrom(module=str(name)):
                yield name


def offenders(source: str) -> list[str]:
    return sorted({name for name in names(ast.parse(source)) if words(name) & FORBIDDEN})


@pytest.mark.parametrize("path", sorted(ENGINE.rglob("*.py")), ids=lambda path: path.relative_to(ENGINE).as_posix())
def test_engine_has_no_clock(path: Path) -> None:
    assert offenders(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time", ["time"]),
        ("from datetime import UTC", ["datetime"]),
        ("class A:\n    response_ms: int", ["response_ms"]),
        ("def f(elapsedSeconds): ...", ["elapsedSeconds"]),
        ("f(deadline=1)", ["deadline"]),
        ("x.started_date", ["started_date"]),
        ("update(candidates, runtime_policy)", []),
    ],
)
def test_a_clock_would_be_found(source: str, found: list[str]) -> None:
    assert offenders(source) == found
