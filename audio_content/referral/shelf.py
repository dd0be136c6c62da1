"""Places kept between two runs: one JSON file for each import, read together; and the demonstration set."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from audio_content.referral.lamednum import read_lamednum
from audio_content.referral.place import Place, place_of
from audio_content.referral.territory import Territory

DEMONSTRATION = "places/demonstration.csv"


def keep_places(folder: Path, name: str, places: Iterable[Place]) -> Path:
    """Write the places of one import, in the place of an earlier one of the same name. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    beside = file.with_suffix(".new")
    body = json.dumps([place.data() for place in places], ensure_ascii=False)
    beside.write_text(body, encoding="utf-8")
    beside.replace(file)
    return file


def kept_places(folder: Path) -> Iterator[Place]:
    """Give the places of every import, in the order of their names. Raises ValueError for a file that is not ours."""
    for file in sorted(folder.glob("*.json")):
        try:
            listed = json.loads(file.read_text(encoding="utf-8"))
            yield from (place_of(each) for each in listed)
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(f"{file.name} does not hold places ({error}): import it again") from error


def demonstration(territory: Territory | None) -> tuple[Place, ...]:
    """Give the invented places of the demonstration; each says so when it is spoken."""
    body = files("audio_content").joinpath(*DEMONSTRATION.split("/")).read_bytes()
    return tuple(replace(place, invented=True) for place in read_lamednum(body, territory).places)
