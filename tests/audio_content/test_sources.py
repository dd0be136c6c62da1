from __future__ import annotations

from pathlib import Path

import pytest

from audio_content.errors import ContentError, Fault
from audio_content.sources import Node, parse, read, yaml_files


@pytest.mark.parametrize("word", ["no", "yes", "on", "null", "~", "1.10", "3018", "12:30", "2024-05-12", "0x1F"])
def test_every_scalar_stays_the_text_that_was_written(word: str) -> None:
    assert parse(f"value: {word}", "a.yaml") == {"value": word}


def test_text_is_brought_to_one_form_of_accents() -> None:
    assert parse("value: e\u0301te\u0301", "a.yaml") == {"value": "\u00e9t\u00e9"}


def test_repeated_key_is_refused() -> None:
    with pytest.raises(ContentError, match="'stem' is written twice"):
        parse("stem: one\nstem: two", "a.yaml")


def test_key_that_is_a_list_is_refused() -> None:
    with pytest.raises(ContentError, match="a key must be a plain word"):
        parse("? [a, b]\n: c", "a.yaml")


@pytest.mark.parametrize("text", ["a: [1", "a: !!python/object:os.system x\n- b", "\ta: b"])
def test_what_is_not_yaml_names_the_file(text: str) -> None:
    with pytest.raises(ContentError, match=r"a\.yaml: not readable as YAML"):
        parse(text, "a.yaml")


def test_tag_builds_no_object() -> None:
    assert parse("a: !!python/object/apply:os.getcwd []", "a.yaml") == {"a": []}


def test_empty_file_is_refused() -> None:
    with pytest.raises(ContentError, match="empty"):
        parse("# only a comment\n", "a.yaml")


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"gone\.yaml: the file is missing"):
        read(tmp_path / "gone.yaml", "gone.yaml")


def test_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("a: été".encode("latin-1"))

    with pytest.raises(ContentError, match="not UTF-8"):
        read(tmp_path / "a.yaml", "a.yaml")


def test_files_are_listed_in_order_through_folders(tmp_path: Path) -> None:
    (tmp_path / "z").mkdir()
    for name in ("z/b.yaml", "a.yaml", "notes.txt"):
        (tmp_path / name).write_text("x: y")

    assert [name for _, name in yaml_files(tmp_path, "items")] == ["items/a.yaml", "items/z/b.yaml"]


def test_no_folder_means_no_files(tmp_path: Path) -> None:
    assert list(yaml_files(tmp_path / "gone", "items")) == []


def node(text: str) -> Node:
    return Node.of(parse(text, "a.yaml"), "a.yaml", "it.x")


def test_node_must_have_fields() -> None:
    with pytest.raises(ContentError, match="expected named fields"):
        node("- a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("b: x", "field 'a' is missing"),
        ("a: ' '", "'a' is empty"),
        ("a: [x]", "where a text is expected"),
    ],
)
def test_text_field_must_be_a_text(text: str, message: str) -> None:
    with pytest.raises(ContentError, match=message):
        node(text).text("a")


def test_folded_text_is_one_line() -> None:
    assert node("a: >\n  one\n  two").text("a") == "one two"


@pytest.mark.parametrize(("text", "value"), [("a: 'true'", True), ("a: false", False), ("b: x", False)])
def test_truth_is_written_true_or_false(text: str, value: bool) -> None:
    assert node(text).truth("a") is value


def test_other_truth_is_refused() -> None:
    with pytest.raises(ContentError, match='Write "true" or "false"'):
        node("a: maybe").truth("a")


def test_list_field_must_be_a_list() -> None:
    with pytest.raises(ContentError, match="'a' is not a list"):
        node("a: x").texts("a")


def test_absent_list_is_empty() -> None:
    assert node("b: x").texts("a") == ()


def test_missing_mapping_is_refused() -> None:
    with pytest.raises(ContentError, match="Add `fr:` and its fields"):
        node("b: x").node("fr")


def test_unknown_field_names_the_known_ones() -> None:
    with pytest.raises(ContentError, match=r"a\.yaml: it\.x: unknown field 'b'\. Use only: a"):
        node("b: x").only("a")


def test_error_needs_a_fault() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ContentError([])


def test_fault_of_a_whole_file_has_no_id() -> None:
    assert str(Fault("a.yaml", "", "it is empty", "Fill it")) == "a.yaml: it is empty. Fill it."
