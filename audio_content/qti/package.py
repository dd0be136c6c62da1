"""The package: items, spoken forms and manifest in one ZIP, written and read."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from xml.etree import ElementTree as ET

from audio_content.errors import ContentError, Fault
from audio_content.model import LOCALES, Content, ContentItem, SkillMap
from audio_content.qti.item_reading import read_item_document
from audio_content.qti.item_xml import item_document
from audio_content.qti.metadata import CARRIED, with_metadata, write_metadata
from audio_content.qti.names import ITEM_TYPE, MANIFEST, document, own, packaged, under
from audio_content.qti.structure import problems
from audio_content.ssml import question_ssml
from engine.model import ItemId

MANIFEST_FILE = "imsmanifest.xml"
MOST_BYTES = 5_000_000
"""Of one document: far more than an item needs, and a bound for what a stranger's package may make us read."""
EPOCH = (2026, 1, 1, 0, 0, 0)
"""Time stamp of every file: the same content gives the same bytes."""

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Exported:
    """What went into a package. `beyond_qti`: fields that only our own namespace carries; `left_out`: what does not
    leave with the items."""

    items: int
    documents: int
    beyond_qti: tuple[str, ...] = CARRIED
    left_out: tuple[str, ...] = ("lessons", "prompts", "vocabulary")


@dataclass(frozen=True, slots=True)
class Imported:
    """What came out of a package. `notes` say what an item lacks because the package does not carry it."""

    items: tuple[ContentItem, ...]
    notes: tuple[str, ...]


def export_package(content: Content, file: Path, items: Iterable[ContentItem] | None = None) -> Exported:
    """Write the items (all by default) to a package. Raises OSError."""
    chosen = tuple(content.items.values()) if items is None else tuple(items)
    manifest = ET.Element(packaged("manifest"), {"identifier": f"voice-app-{content.version}"})
    about = under(manifest, packaged("metadata"))
    under(about, packaged("schema"), "QTI Package")
    under(about, packaged("schemaversion"), "3.0.0")
    under(manifest, packaged("organizations"))
    resources = under(manifest, packaged("resources"))
    count = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in chosen:
            for locale in sorted(item.texts):
                _add(archive, resources, item, locale, content.skill_map)
                count += 1
        _write(archive, MANIFEST_FILE, document(manifest))
    return Exported(len(chosen), count)


def _add(archive: zipfile.ZipFile, resources: ET.Element, item: ContentItem, locale: str, names: SkillMap) -> None:
    href, spoken = f"items/{locale}/{item.id}.xml", f"ssml/{locale}/{item.id}.ssml"
    title = names.names[item.skill].by_locale[locale] if item.skill in names.names else item.skill
    _write(archive, href, document(item_document(item, locale, title, f"../../{spoken}")))
    _write(archive, spoken, question_ssml(item, locale).encode())
    resource = under(resources, packaged("resource"), identifier=f"res-{locale}-{item.id}", type=ITEM_TYPE, href=href)
    metadata = under(resource, packaged("metadata"))
    write_metadata(metadata, item, locale)
    under(resource, packaged("file"), href=href)
    under(resource, packaged("file"), href=spoken)


def _write(archive: zipfile.ZipFile, name: str, body: bytes) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, body)


def import_package(file: Path) -> Imported:
    """Give the items of a package, languages put together again.

    Raises ContentError with every fault: no package, no manifest, a document that is not QTI, languages that disagree.
    """
    notes: list[str] = []
    try:
        with zipfile.ZipFile(file) as archive:
            halves = list(_halves(archive, file.name, notes))
    except (zipfile.BadZipFile, OSError) as error:
        raise ContentError.of(file.name, "", f"not readable as a package ({error})", "Give a ZIP file") from error
    faults: list[Fault] = []
    items: dict[ItemId, ContentItem] = {}
    for name, half in halves:
        before = items.get(half.id)
        if before is None:
            items[half.id] = half
        elif _agree(before, half):
            items[half.id] = _joined(before, half)
        else:
            faults.append(Fault(file.name, name, "the languages of this item do not agree", "Correct one of them"))
    if faults:
        raise ContentError(faults)
    for item in items.values():
        notes += [f"{item.id}: no text in {locale!r}" for locale in LOCALES if locale not in item.texts]
    return Imported(tuple(item for _, item in sorted(items.items())), tuple(notes))


def _halves(archive: zipfile.ZipFile, package: str, notes: list[str]) -> Iterator[tuple[str, ContentItem]]:
    manifest = _document(archive, MANIFEST_FILE, package)
    resources = [each for each in manifest.iter() if each.tag.rpartition("}")[2] == "resource"]
    if not manifest.tag.endswith("}manifest") or not resources:
        raise ContentError.of(package, MANIFEST_FILE, "no manifest with resources", f"Use a manifest of {MANIFEST}")
    for resource in resources:
        if not resource.get("type", "").startswith("imsqti_item"):
            notes.append(f"{resource.get('href')}: {resource.get('type')} is not an item and was left out")
            continue
        href = resource.get("href", "")
        root = _document(archive, href, package)
        wrong = list(problems(root))
        if wrong:
            raise ContentError([Fault(package, href, problem, "Correct the document") for problem in wrong])
        half, locale, lacking = read_item_document(root, href)
        found = resource.find(f".//{own('item')}")
        if found is not None:
            half = with_metadata(half, locale, found)
        else:
            lacking = (*lacking, "no skill, no synonyms, no variants: the package does not carry them")
        notes += [f"{half.id} {locale}: {each}" for each in lacking]
        yield href, half


def _document(archive: zipfile.ZipFile, name: str, package: str) -> ET.Element:
    try:
        entry = archive.getinfo(name)
    except KeyError as error:
        raise ContentError.of(package, name, "this file is not in the package", "Add it") from error
    if entry.file_size > MOST_BYTES:
        raise ContentError.of(package, name, f"{entry.file_size} bytes are no item", "Take it out")
    body = archive.read(entry)
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise ContentError.of(package, name, "a document type is declared", "Take the declaration out")
    try:
        return ET.fromstring(body)  # noqa: S314 - bounded in size, and refused above when it declares entities
    except ET.ParseError as error:
        raise ContentError.of(package, name, f"not readable as XML ({error})", "Correct the document") from error


def _agree(one: ContentItem, other: ContentItem) -> bool:
    same: Mapping[str, object] = {"texts": {}, "assistant": None}
    return replace(one, **same) == replace(other, **same) and one.option_ids == other.option_ids  # type: ignore[arg-type] # both are emptied


def _joined(one: ContentItem, other: ContentItem) -> ContentItem:
    assistant = one.assistant
    if assistant is not None and other.assistant is not None:
        assistant = replace(assistant, by_locale=_ordered({**assistant.by_locale, **other.assistant.by_locale}))
    return replace(one, texts=_ordered({**one.texts, **other.texts}), assistant=assistant)


def _ordered(by_locale: Mapping[str, _Value]) -> dict[str, _Value]:
    return {locale: by_locale[locale] for locale in (*LOCALES, *by_locale) if locale in by_locale}
