from __future__ import annotations

from pathlib import Path

import pytest

from audio_content.errors import InvalidRecordings
from audio_content.recordings import find_recording

INDEX = """
speaker: "Amina B."
consent: "written, 2 March 2026"
recordings:
- {text: "Prenez votre temps.", file: temps.wav}
- {text: "C'est l'heure.", file: heure.ogg}
"""


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    french = tmp_path / "recordings" / "fr"
    french.mkdir(parents=True)
    (french / "recordings.yaml").write_text(INDEX, encoding="utf-8")
    for name in ("temps.wav", "heure.ogg"):
        (french / name).write_bytes(b"sound")
    return tmp_path / "recordings"


def test_recorded_text_gives_its_file(recordings: Path) -> None:
    assert find_recording("Prenez votre temps.", "fr-FR", folder=recordings) == recordings / "fr" / "temps.wav"


def test_typographic_apostrophe_and_spaces_do_not_matter(recordings: Path) -> None:
    assert find_recording("C’est\u00a0l’heure. ", "fr", folder=recordings) == recordings / "fr" / "heure.ogg"


def test_changed_text_has_no_recording(recordings: Path) -> None:
    assert find_recording("Prenez bien votre temps.", "fr", folder=recordings) is None


def test_language_without_recordings_has_none(recordings: Path) -> None:
    assert find_recording("Prenez votre temps.", "en", folder=recordings) is None


def test_index_prepared_for_later_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "fr").mkdir()
    (tmp_path / "fr" / "recordings.yaml").write_text("recordings: []")

    assert find_recording("Prenez votre temps.", "fr", folder=tmp_path) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("temps.wav", "gone.wav", "'gone.wav' is missing"),
        ("temps.wav", "../../../etc/passwd", "lies outside the folder"),
        ("temps.wav", "temps.txt", "is not a sound file"),
        ("C'est l'heure.", "Prenez  votre temps.", "has two recordings"),
        ('speaker: "Amina B."\n', "", "'speaker' is missing"),
        ('consent: "written, 2 March 2026"\n', "", "'consent' is missing"),
        ("recordings:", "sounds:", "unknown field 'sounds'"),
    ],
)
def test_index_that_lies_is_refused(recordings: Path, old: str, new: str, message: str) -> None:
    assert old in INDEX
    (recordings / "fr" / "recordings.yaml").write_text(INDEX.replace(old, new), encoding="utf-8")

    with pytest.raises(InvalidRecordings, match=message):
        find_recording("Prenez votre temps.", "fr", folder=recordings)


def test_recordings_of_the_service_are_in_order() -> None:
    assert find_recording("a text that nobody recorded", "fr") is None
    assert find_recording("a text that nobody recorded", "en") is None
