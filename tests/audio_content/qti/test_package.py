"""QTI 3: what goes out comes back the same, and what does not fit is told."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from audio_content.errors import ContentError
from audio_content.item_writer import bank_file
from audio_content.model import Content
from audio_content.qti.names import OWN, qti
from audio_content.qti.package import export_package, import_package
from audio_content.qti.structure import problems
from tests.audio_content.conftest import Folder
from tests.audio_content.test_item_files import NUMBER, SIGHT, WORD


def contents(folder: Folder, text: str) -> Content:
    folder.write("items/b.yaml", text)
    return folder.load()


@pytest.mark.parametrize("more", [NUMBER, WORD, SIGHT])
def test_every_kind_of_item_comes_back_the_same(folder: Folder, tmp_path: Path, more: str) -> None:
    content = contents(folder, more)
    exported = export_package(content, tmp_path / "p.zip")

    imported = import_package(tmp_path / "p.zip")

    assert {item.id: item for item in imported.items} == dict(content.items)
    assert imported.notes == ()
    assert (exported.items, exported.documents) == (len(content.items), 2 * len(content.items))


def test_the_bank_comes_back_the_same(bank: Content, tmp_path: Path) -> None:
    items = [item for place, item in enumerate(bank.items.values()) if place % 7 == 0]
    export_package(bank, tmp_path / "p.zip", items)

    assert list(import_package(tmp_path / "p.zip").items) == items


@pytest.mark.parametrize("more", [NUMBER, WORD, SIGHT])
def test_items_written_as_a_bank_file_come_back_the_same(folder: Folder, more: str) -> None:
    content = contents(folder, more)
    folder.write("items/a.yaml", bank_file(content.items.values()))
    (folder.root / "items/b.yaml").unlink()

    assert folder.load().items == content.items


def test_the_same_content_gives_the_same_bytes(folder: Folder, tmp_path: Path) -> None:
    content = folder.load()
    for name in ("a.zip", "b.zip"):
        export_package(content, tmp_path / name)

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def documents(file: Path) -> dict[str, ET.Element]:
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.startswith("items/")]
        return {name: ET.fromstring(archive.read(name)) for name in names}  # noqa: S314 - made by the test


def test_every_document_is_built_as_qti_wants(bank: Content, tmp_path: Path) -> None:
    export_package(bank, tmp_path / "p.zip", list(bank.items.values())[:40])

    found = documents(tmp_path / "p.zip")

    assert len(found) == 80
    assert {name: list(problems(root)) for name, root in found.items() if list(problems(root))} == {}


def test_a_document_speaks_and_explains(bank: Content, tmp_path: Path) -> None:
    item = bank.items[sorted(bank.items)[0]]
    export_package(bank, tmp_path / "p.zip", [item])

    root = documents(tmp_path / "p.zip")[f"items/fr/{item.id}.xml"]

    cards = {card.get("support"): card for card in root.iter(qti("qti-card"))}
    assert set(cards) == {"spoken", "linguistic-guidance"}
    href = cards["spoken"].findtext(f".//{qti('qti-file-href')}")
    assert href == f"../../ssml/fr/{item.id}.ssml"
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        spoken = ET.fromstring(archive.read(f"ssml/fr/{item.id}.ssml"))  # noqa: S314 - made by the test
    assert item.texts["fr"].simpler in "".join(cards["linguistic-guidance"].itertext())
    assert "".join(spoken.itertext()).startswith(item.texts["fr"].stem)


def rewritten(source: Path, target: Path, old: str, new: str) -> Path:
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).decode().replace(old, new))
    return target


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("<qti-value>b</qti-value>", "<qti-value>z</qti-value>", "not one of the choices"),
        ('response-identifier="RESPONSE"', 'response-identifier="OTHER"', "not declared"),
        ('identifier="it.web.search.0.a"', "", "has no identifier"),
        ('support="spoken"', 'support="sung"', "unknown support"),
        ("qti-item-body", "qti-item-corpse", "cannot stand in an item"),
        ('data-catalog-idref="stem"', 'data-catalog-idref="none"', "which is not there"),
        ("<qti-assessment-item", "<!DOCTYPE a [<!ENTITY b 'c'>]><qti-assessment-item", "document type|not readable"),
        ("</qti-assessment-item>", "", "not readable as XML"),
        ('max-choices="1"', 'max-choices="3"', "no interaction that can be spoken"),
    ],
)
def test_a_faulty_document_is_told(folder: Folder, tmp_path: Path, old: str, new: str, problem: str) -> None:
    export_package(folder.load(), tmp_path / "p.zip")

    with pytest.raises(ContentError, match=problem):
        import_package(rewritten(tmp_path / "p.zip", tmp_path / "q.zip", old, new))


def test_what_is_no_package_is_told(tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_bytes(b"nothing of the kind")
    with zipfile.ZipFile(tmp_path / "q.zip", "w") as archive:
        archive.writestr("a.txt", "a")

    for name, problem in (("p.zip", "not readable as a package"), ("q.zip", "not in the package")):
        with pytest.raises(ContentError, match=problem):
            import_package(tmp_path / name)


def test_a_package_of_another_system_is_read_as_far_as_it_goes(folder: Folder, tmp_path: Path) -> None:
    content = folder.load()
    export_package(content, tmp_path / "p.zip")
    foreign = rewritten(tmp_path / "p.zip", tmp_path / "q.zip", OWN, "urn:somebody:else")

    imported = import_package(foreign)

    item = next(item for item in imported.items if item.id == "it.web.search.0.a")
    original = content.items[item.id]
    assert item.texts["fr"].stem == original.texts["fr"].stem
    assert [option.synonyms for option in item.texts["fr"].options] == [(), ()]
    assert any("no skill" in note for note in imported.notes)


def test_languages_that_disagree_are_told(folder: Folder, tmp_path: Path) -> None:
    content = folder.load()
    export_package(content, tmp_path / "p.zip")
    with zipfile.ZipFile(tmp_path / "p.zip") as before, zipfile.ZipFile(tmp_path / "q.zip", "w") as after:
        for name in before.namelist():
            text = before.read(name).decode()
            changed = text.replace("<qti-value>b</qti-value>", "<qti-value>a</qti-value>")
            after.writestr(name, changed if name.startswith("items/en") else text)

    with pytest.raises(ContentError, match="do not agree"):
        import_package(tmp_path / "q.zip")


def test_an_item_in_one_language_is_noted(folder: Folder, tmp_path: Path) -> None:
    content = folder.load()
    half = [replace(item, texts={"fr": item.texts["fr"]}, assistant=None) for item in content.items.values()]
    export_package(content, tmp_path / "p.zip", half)

    assert any("no text in 'en'" in note for note in import_package(tmp_path / "p.zip").notes)
