"""`voice-app pilot ...`: the figures of the recordings, and their erasing."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from audio_content.loader import load
from voice_app.commands.terminal import console, failures_told, messages, print_json, progress, run, settings_here
from voice_app.pilot.figures import Figures, listen
from voice_app.pilot.recordings import PilotFolder
from voice_app.settings import Settings
from voice_app.speech.recognizer import LocalRecognizer

app = typer.Typer(no_args_is_help=True, help="Voices recorded with consent: what the ear makes of them, and their end.")


@app.command("figures")
def figures(json: Annotated[bool, typer.Option("--json", help="One JSON line.")] = False) -> None:
    """Listen to every recording and tell how many are understood, by set, device and person."""
    settings = settings_here()
    run(lambda: _figures(settings, json))


async def _figures(settings: Settings, json: bool) -> None:
    folder, found = PilotFolder(settings.pilot_folder), Figures()
    vocabularies = load().vocabularies
    total = sum(len(person.recorded) for person in folder.people())
    recognizer = LocalRecognizer(settings.models_folder)
    heard_words: set[tuple[str, str]] = set()
    try:
        with progress("Recordings") as move:
            async for heard in listen(folder, recognizer, vocabularies, found):
                heard_words.add((heard.person, heard.word))
                move(len(heard_words), total)
    finally:
        await recognizer.close()
    if json:
        print_json({"people": len(folder.people()), "recordings": total, **found.as_json()})
        return
    console.print(f"{len(folder.people())} people, {total} recordings", highlight=False)
    console.print(_table(found))
    for (word, instead), count in found.confusions.most_common(10):
        console.print(f"{word} -> {instead or '-'}: {count}", highlight=False, markup=False)
    if found.unreadable:
        messages.print(f"{found.unreadable} recordings cannot be read", style="bold red")


def _table(found: Figures) -> Table:
    table = Table("", "said", "right", "95 %", "accepted right", "accepted wrong", "confirmed", "again")
    for name, row in found.as_json()["rows"].items():
        low, high = row["right_interval"]
        counts = (row["accepted_right"], row["accepted_wrong"], row["confirmed"], row["again"])
        table.add_row(name, str(row["said"]), str(row["right"]), f"{low}-{high}", *map(str, counts))
    return table


@app.command("erase")
def erase(
    person: Annotated[str, typer.Argument(help="Number of a person.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="The whole pilot.")] = False,
) -> None:
    """Delete the recordings of one person, or of all. There is no copy elsewhere, and no way back."""
    settings = settings_here()
    folder = PilotFolder(settings.pilot_folder)
    if bool(person) == everybody:
        raise typer.BadParameter("give the number of a person, or --all")
    with failures_told():
        if everybody:
            console.print(f"{folder.erase_all()} people erased", highlight=False)
        else:
            folder.erase(person)
            console.print(f"person {person} erased", highlight=False)


@app.command("list")
def list_all(json: Annotated[bool, typer.Option("--json", help="One JSON line a person.")] = False) -> None:
    """List the people of the pilot: number, language, device, words recorded, whether training is allowed."""
    for person in PilotFolder(settings_here().pilot_folder).people():
        if json:
            print_json(
                {
                    "number": person.number, "locale": person.locale, "device": person.device,
                    "recorded": len(person.recorded), "words": len(person.words),
                    "training_allowed": person.training_allowed,
                }
            )  # fmt: skip
            continue
        allowed = "training allowed" if person.training_allowed else "test only"
        recorded = f"{len(person.recorded)}/{len(person.words)}"
        console.print(f"{person.number}  {person.locale}  {person.device}  {recorded}  {allowed}", highlight=False)
