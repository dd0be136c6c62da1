"""`voice-app places`: bring places of help from open data, and hear which ones are near."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from audio_content.lexicon import spoken_form
from audio_content.referral.centres import read_centres
from audio_content.referral.lamednum import Read, read_lamednum
from audio_content.referral.nearest import Near, Origin, nearest
from audio_content.referral.shelf import demonstration, keep_places, kept_places
from audio_content.referral.spoken import place_words, spoken_place
from audio_content.referral.territory import Territory, load_territory
from voice_app.commands.terminal import console, messages, print_json, settings_here
from voice_app.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Places of digital mediation and centres: import, find, hear.")
Json = Annotated[bool, typer.Option("--json", help="One JSON line.")]


@app.command("import")
def import_places(
    file: Annotated[Path, typer.Argument(help="CSV file.", exists=True, dir_okay=False)],
    centres: Annotated[bool, typer.Option("--centres", help="A table of accredited centres.")] = False,
    json: Json = False,
) -> None:
    """Read a CSV of the national schema (lieux de médiation numérique, v1.0.2); tell every row that was rejected."""
    settings = settings_here()
    territory = _territory(settings)
    try:
        body = file.read_bytes()
        read = read_centres(body, territory, date.today()) if centres else read_lamednum(body, territory)
    except (OSError, ValueError) as error:
        messages.print(f"{file}: {error}", highlight=False, markup=False)
        raise typer.Exit(1) from error
    keep_places(settings.data_folder / "places", f"{'centres' if centres else 'places'}-{file.stem}", read.places)
    _tell(read, json)


def _tell(read: Read, json: bool) -> None:
    if json:
        print_json({"places": len(read.places), **read.counts()})
        return
    for row in read.rejected:
        console.print(f"line {row.line}: {row.id}: rejected: {row.what}", highlight=False, markup=False)
    for what, count in read.counts()["mended"].items():
        messages.print(f"{count} rows: {what}", highlight=False, markup=False)
    messages.print(f"{len(read.places)} places kept, {len(read.rejected)} rows rejected", highlight=False)


@app.command()
def near(
    commune: Annotated[str, typer.Option(help="INSEE code, postal code, or name.")] = "",
    point: Annotated[str, typer.Option(help='Latitude and longitude: "49.25,4.03".')] = "",
    lang: Annotated[str, typer.Option(help="Language, two letters.")] = "fr",
    count: Annotated[int, typer.Option(min=1, max=20, help="How many.")] = 2,
    demo: Annotated[bool, typer.Option("--demo", help="Use the invented places of the demonstration.")] = False,
    json: Json = False,
) -> None:
    """Say the nearest places, prepared ones first."""
    settings = settings_here()
    territory = _territory(settings)
    origin = _origin(territory, commune, point)
    places = demonstration(territory) if demo else tuple(kept_places(settings.data_folder / "places"))
    found = nearest(places, origin, territory, count)
    if json:
        print_json({"places": [_data(each, lang) for each in found]})
        return
    if not found:
        console.print(place_words()[lang].say("none"), highlight=False, markup=False)
    for each in found:
        console.print(" ".join(spoken_place(each.place, lang, each)), highlight=False, markup=False, soft_wrap=True)


def _data(found: Near, lang: str) -> dict[str, Any]:
    sentences = spoken_place(found.place, lang, found)
    return {
        "id": found.place.id,
        "name": found.place.name,
        "band": found.band,
        "distance_km": found.distance_km,
        "prepared": found.place.prepared,
        "text": " ".join(sentences),
        "spoken": " ".join(spoken_form(sentence, lang) for sentence in sentences),
    }


def _origin(territory: Territory | None, commune: str, point: str) -> Origin:
    where = None
    if point:
        try:
            north, east = (float(part) for part in point.split(","))
        except ValueError as error:
            raise typer.BadParameter('write latitude and longitude as "49.25,4.03"') from error
        where = (north, east)
    found = None
    if commune:
        if territory is None:
            raise typer.BadParameter("the communes are not installed: run scripts/fetch_territory, or use --point")
        of_code = territory.of_postal_code(commune) if commune.isdigit() else ()
        found = territory.commune(commune) or next(iter(of_code), None) or territory.named(commune)
        if found is None:
            raise typer.BadParameter(f"no commune {commune!r}, or several: give its code")
    if where is None and found is None:
        raise typer.BadParameter("say where: --commune or --point")
    return Origin(found, where)


def _territory(settings: Settings) -> Territory | None:
    file = settings.data_folder / "territory" / "territory.json"
    try:
        return load_territory(file)
    except (OSError, ValueError):
        messages.print("the communes are not installed (scripts/fetch_territory): only coordinates are compared")
        return None
