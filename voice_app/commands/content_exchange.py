"""`voice-app content export-qti | import-qti | export-case`: the bank and the framework for other systems."""

from __future__ import annotations

import json as json_lines
from pathlib import Path
from typing import Annotated

import typer

from audio_content.case import case_package
from audio_content.item_writer import bank_file
from audio_content.loader import load
from audio_content.model import LOCALES
from audio_content.qti.package import export_package, import_package
from voice_app.commands.terminal import console, failures_told, messages, print_json

Json = Annotated[bool, typer.Option("--json", help="One JSON line.")]


def export_qti(
    file: Annotated[Path, typer.Argument(help="Package to write, a ZIP.")],
    path: Annotated[str | None, typer.Option(help="Only the items of this path or module.")] = None,
    json: Json = False,
) -> None:
    """Write the items as a QTI 3 package, with their spoken forms; tell what QTI cannot carry."""
    with failures_told():
        content = load()
        if path is not None and path not in (*content.skill_map.paths, *content.skill_map.modules):
            raise typer.BadParameter(f"{path!r} is neither a path nor a module")
        exported = export_package(content, file, content.path_items(path) if path else None)
    if json:
        print_json(
            {
                "items": exported.items,
                "documents": exported.documents,
                "only_in_our_namespace": list(exported.beyond_qti),
                "left_out": list(exported.left_out),
            }
        )
        return
    messages.print(f"{exported.items} items, {exported.documents} documents: {file}", highlight=False)
    messages.print(f"QTI has no place for, carried in our own namespace: {', '.join(exported.beyond_qti)}")
    messages.print(f"left out: {', '.join(exported.left_out)}")


def import_qti(
    file: Annotated[Path, typer.Argument(help="QTI 3 package.", exists=True, dir_okay=False)],
    out: Annotated[Path | None, typer.Option(help="Bank file (YAML) to write; nothing is written without.")] = None,
    json: Json = False,
) -> None:
    """Read the items of a QTI 3 package; tell what they lack. `--out` writes them as a file for an author to finish."""
    with failures_told():
        imported = import_package(file)
        if out is not None:
            out.write_text(bank_file(imported.items), encoding="utf-8")
    known = load().items
    same = sum(known.get(item.id) == item for item in imported.items)
    if json:
        print_json({"items": len(imported.items), "same_as_here": same, "notes": list(imported.notes)})
        return
    for note in imported.notes:
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    languages = sum(len(item.texts) for item in imported.items)
    messages.print(
        f"{len(imported.items)} items, {languages} texts of {len(LOCALES)} languages; {same} are the same as here"
    )


def export_case(
    file: Annotated[Path, typer.Argument(help="JSON file to write.")],
    base: Annotated[str, typer.Option(help="Address under which this framework is offered.")] = "https://localhost",
) -> None:
    """Write the skill map as a CASE 1.1 package with its DigComp alignments."""
    with failures_told():
        package = case_package(load(), base)
        file.write_text(json_lines.dumps(package, ensure_ascii=False, indent=1), encoding="utf-8")
    counts = f"{len(package['CFItems'])} items, {len(package['CFAssociations'])} associations"
    messages.print(f"{file}: {counts}", highlight=False)
