"""What all commands share: where they write, how they fail, how they show progress."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from audio_content.errors import ContentError
from engine.errors import EngineError
from voice_app.errors import VoiceAppError
from voice_app.settings import Settings, load_settings

Result = TypeVar("Result")

console = Console()
"""For people. What a program reads goes through `print_json`."""
messages = Console(stderr=True)


def print_json(value: Any) -> None:
    """Write one line of JSON on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


@contextmanager
def failures_told() -> Iterator[None]:
    """Turn the families' own errors into one sentence and exit code 1. Other faults are ours: they keep their trace."""
    try:
        yield
    except (VoiceAppError, ContentError, EngineError) as fault:
        messages.print(f"{fault.code}: {fault}", style="bold red", highlight=False, markup=False)
        raise typer.Exit(1) from fault


def settings_here() -> Settings:
    """Give the settings of this process; a bad one ends the command."""
    with failures_told():
        return load_settings()


def run(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run an asynchronous command to its end, its failures told."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    with failures_told():
        return asyncio.run(work())


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function (done, total) that moves a progress bar on standard error; a plain line when nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=messages, disable=not messages.is_terminal) as bar:
        task = bar.add_task(title, total=None)

        def move(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield move
