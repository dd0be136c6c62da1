"""`voice-app analytics`: answers as Parquet files, asked by SQL, calibrated a day at a time."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.adaptive.calibration import CalibrationRules
from voice_app.analytics.export import export
from voice_app.analytics.parquet import ask, days
from voice_app.analytics.partitioned import calibrate_folder, content_bank
from voice_app.commands.simulate import BankName, bank_of
from voice_app.commands.terminal import console, failures_told, print_json, progress, run, settings_here
from voice_app.store.answer_history import AnswerHistory
from voice_app.store.database import open_database
from voice_app.store.sql_outlets import SqlOutlets

app = typer.Typer(help="Answers as Parquet files: written by day, asked by SQL, calibrated.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Where the files lie.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON line for programs.")]


@app.command("export")
def export_command(folder: Folder, json: Json = False) -> None:
    """Write the days in which something happened since the last export, people by pseudonym."""
    settings = settings_here()
    with progress("Days") as move:

        async def work() -> dict[str, int]:
            engine = await open_database(settings.database_url, settings.store)
            try:
                outlets = SqlOutlets(engine, settings.store)
                return dict(await export(outlets, AnswerHistory(engine), folder, move))
            finally:
                await engine.dispose()

        written = run(work)
    if json:
        print_json({"days": written, "answers": sum(written.values())})
        return
    for day, answers in written.items():
        console.print(f"{day}: {answers} answers", highlight=False)
    if not written:
        console.print("Nothing has happened since the last export.")


@app.command()
def sql(
    folder: Folder,
    question: Annotated[str, typer.Argument(help="SQL over the view `answers` (columns: docs/operations.md).")],
    json: Json = False,
) -> None:
    """Ask the files a question. It can read nothing else and write nothing."""
    with failures_told():
        names, rows = ask(folder, question)
    for row in rows:
        if json:
            print_json(dict(zip(names, map(str, row), strict=True)))
        else:
            console.print("  ".join(map(str, row)), highlight=False, markup=False, soft_wrap=True)


@app.command()
def calibrate(
    folder: Folder,
    path: Annotated[str, typer.Option(help="The path of the content bank.")] = "abc_diag",
    iterations: Annotated[int, typer.Option(min=1, max=500, help="EM steps at most.")] = 60,
    processes: Annotated[int, typer.Option(min=0, help="Processes; 0: one a processor.")] = 0,
    json: Json = False,
) -> None:
    """Fit item parameters to the files, a day at a time on all processors; prints them, publishes nothing."""
    with failures_told():
        _, bank, _ = bank_of(BankName.CONTENT, path)  # the same bank; says which paths there are
        rules = CalibrationRules(iterations=iterations)
        with progress("Calibrating") as move:
            fitted = calibrate_folder(
                days(folder),
                partial(content_bank, path),
                rules,
                progress=lambda done: move(done, iterations),
                processes=processes or os.cpu_count() or 1,
            )
            move(iterations, iterations)
    for row, item in enumerate(bank.items):
        line: dict[str, Any] = {
            "item": item.id,
            "answers": round(float(fitted.answers[row])),
            "a": round(float(fitted.parameters.a[row]), 4),
            "b": round(float(fitted.parameters.b[row]), 4),
            "se_b": round(float(fitted.se_b[row]), 4) if fitted.answers[row] else None,
        }
        if json:
            print_json(line)
        elif line["answers"]:
            console.print(
                f"{line['item']}: b {line['b']} (+/- {line['se_b']}), a {line['a']}, {line['answers']} answers",
                highlight=False,
            )
