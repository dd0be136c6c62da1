"""Parquet through DuckDB, the only door to it. Files are written whole or not at all; a folder is asked by SQL.

    FOLDER/answers/day=2026-11-27/answers.parquet      one row an answer that stands, people by pseudonym

Columns are those of a log of answers (`commands.answer_log`) and what one asks by: path, locale, bank version.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from voice_app.errors import VoiceAppError

COLUMNS = {
    "person": "VARCHAR",
    "item": "VARCHAR",
    "option": "VARCHAR",
    "correct": "DOUBLE",
    "incorrect": "DOUBLE",
    "dont_know": "DOUBLE",
    "aid": "TINYINT",
    "channel": "VARCHAR",
    "input_mode": "VARCHAR",
    "position": "SMALLINT",
    "path": "VARCHAR",
    "locale": "VARCHAR",
    "bank_version": "VARCHAR",
    "finished": "BOOLEAN",
}
"""What a row tells, and DuckDB's type of it; `position`: the answers of its person before it."""
ANSWERS = "answers"
ROWS_AT_ONCE = 10_000


class AnalyticsFault(VoiceAppError):
    """DuckDB is missing, a folder has no answers, or a question cannot be understood."""

    code = "analytics.fault"


def write_day(folder: Path, day: str, rows: Iterable[Sequence[Any]]) -> int:
    """Write the answers of a day, in the place of what was there; give how many. A day without any has no file.

    Raises AnalyticsFault, OSError.
    """
    target = folder / ANSWERS / f"day={day}" / "answers.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:  # beside the target: the move is one step
        lines = Path(scratch) / "answers.csv"
        with lines.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            count = 0
            for row in rows:
                writer.writerow(row)
                count += 1
        if not count:
            target.unlink(missing_ok=True)
            target.parent.rmdir()
            return 0
        made = Path(scratch) / "answers.parquet"
        types = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
        dialect = "header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = ''"
        source = f"read_csv('{lines}', {dialect}, columns = {{{types}}})"
        with _database() as database:
            database.execute(
                f"copy (select * from {source} order by person, position)"  # noqa: S608 - our own paths and names
                f" to '{made}' (format parquet, compression zstd)"
            )
        made.replace(target)
    return count


def written_days(folder: Path) -> set[str]:
    """Give the days that a folder has."""
    return {found.name.removeprefix("day=") for found in (folder / ANSWERS).glob("day=*")}


def days(folder: Path) -> list[Path]:
    """Give the files of a folder, oldest day first. Raises AnalyticsFault for none."""
    found = sorted((folder / ANSWERS).glob("day=*/*.parquet"))
    if not found:
        raise AnalyticsFault(f"{folder} holds no answers; voice-app analytics export writes them")
    return found


def rows_of(file: Path) -> Iterator[dict[str, Any]]:
    """Give the rows of one file, a person's answers together. Raises AnalyticsFault."""
    with _database() as database:
        asked = database.execute(
            "select * from read_parquet(?, hive_partitioning = false) order by person, position", [str(file)]
        )
        names = [each[0] for each in asked.description]
        while rows := asked.fetchmany(ROWS_AT_ONCE):
            yield from (dict(zip(names, row, strict=True)) for row in rows)


def ask(folder: Path, question: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Give the columns and rows of a question in SQL over the view `answers`. Raises AnalyticsFault.

    Nothing else can be read or written: the database closes the door to files once the view stands.
    """
    days(folder)
    pattern = folder.absolute() / ANSWERS / "*/*.parquet"
    with _database() as database:
        source = f"read_parquet('{pattern}', hive_partitioning = true)"
        database.execute(f"create view {ANSWERS} as select * from {source}")  # noqa: S608 - our own path
        database.execute("set allowed_directories = [?]", [str(folder.absolute() / ANSWERS)])
        database.execute("set enable_external_access = false")
        database.execute("set lock_configuration = true")
        try:
            asked = database.execute(question)
            return [each[0] for each in asked.description], asked.fetchall()
        except Exception as fault:
            raise AnalyticsFault(str(fault)) from fault


def _database() -> Any:
    try:
        import duckdb  # an extra: one machine does without
    except ModuleNotFoundError as missing:
        raise AnalyticsFault("Parquet needs DuckDB: pip install 'voice-app[analytics]'") from missing
    return duckdb.connect(":memory:")
