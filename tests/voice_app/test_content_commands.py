"""The commands of the content, run as a person runs them, on a folder of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from audio_content.loader import load
from audio_content.manifest import utterances
from audio_content.recordings import read_index
from voice_app.audio import Sound
from voice_app.cli import app
from voice_app.speech.samples import to_sound
from voice_app.speech.wav import write_wav

run = CliRunner()


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_APP_DATA_FOLDER", str(tmp_path / "data"))


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def test_stats_are_one_line_of_json() -> None:
    (figures,) = lines(run.invoke(app, ["content", "stats", "--json"]))

    assert figures["items"] == len(load().items)
    assert {"items", "lessons", "skills_covered"} <= figures["languages"]["fr"].keys()


def test_coverage_draws_its_picture(tmp_path: Path) -> None:
    result = run.invoke(app, ["content", "coverage", "--svg", str(tmp_path / "a" / "map.svg"), "--json"])

    assert result.exit_code == 0
    assert (tmp_path / "a" / "map.svg").read_text().startswith("<svg")
    assert "1.1" in lines(result)[0]["cells"]


def test_items_leave_and_come_back(tmp_path: Path) -> None:
    package, bank = tmp_path / "p.zip", tmp_path / "items.yaml"
    out = run.invoke(app, ["content", "export-qti", str(package), "--path", "courriel", "--json"])

    back = run.invoke(app, ["content", "import-qti", str(package), "--out", str(bank), "--json"])

    (gone,), (come,) = lines(out), lines(back)
    assert gone["items"] == come["items"] == come["same_as_here"] > 0
    assert bank.read_text().startswith("items:\n- id: it.")


def test_an_unknown_path_is_told(tmp_path: Path) -> None:
    assert run.invoke(app, ["content", "export-qti", str(tmp_path / "p.zip"), "--path", "nowhere"]).exit_code == 2


def test_the_framework_is_exported(tmp_path: Path) -> None:
    run.invoke(app, ["content", "export-case", str(tmp_path / "case.json")])

    assert json.loads((tmp_path / "case.json").read_text())["CFDocument"]["caseVersion"] == "1.1"


def test_places_are_imported_and_found(tmp_path: Path) -> None:
    table = tmp_path / "places.csv"
    table.write_text(
        "id,nom,commune,code_postal,latitude,longitude,telephone,date_maj\n"
        "a,Le Comptoir,Reims,51100,49.25,4.03,0326000000,2026-01-01\n,Sans id,Reims,51100,,,,\n"
    )

    (told,) = lines(run.invoke(app, ["places", "import", str(table), "--json"]))
    (found,) = lines(run.invoke(app, ["places", "near", "--point", "49.26,4.03", "--json"]))

    assert told["places"] == 1
    assert told["rejected"] == {"id is empty": 1}
    assert [place["name"] for place in found["places"]] == ["Le Comptoir"]
    assert "zéro trois" in found["places"][0]["spoken"]


def test_a_table_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")

    assert run.invoke(app, ["places", "import", str(tmp_path / "x.csv")]).exit_code == 1
    assert run.invoke(app, ["places", "near"]).exit_code == 2
    assert run.invoke(app, ["places", "near", "--point", "north"]).exit_code == 2


def test_what_can_be_recorded_is_listed_with_its_file(tmp_path: Path) -> None:
    rows = lines(run.invoke(app, ["content", "record-list", "--begin", "le.", "--folder", str(tmp_path), "--json"]))

    assert len(rows) == 3 * len(load().lessons)
    assert rows[0]["file"].endswith(".idea.wav")


def test_recordings_are_checked_and_put_into_use(tmp_path: Path) -> None:
    import numpy as np

    folder = tmp_path / "recordings" / "fr"
    folder.mkdir(parents=True)
    first, second = list(utterances(load(), "fr"))[:2]
    time = np.arange(32_000) / 16_000
    tone = np.where((time > 0.5) & (time < 1.5), 0.2 * np.sin(2 * np.pi * 220 * time), 0.0)
    write_wav(folder / f"{first.id}.wav", to_sound(tone, 16_000))
    write_wav(folder / f"{second.id}.wav", Sound(bytes(32_000), 16_000))
    write_wav(folder / "nobody.wav", to_sound(tone, 16_000))
    arguments = ["content", "record-check", "--folder", str(folder.parent), "--no-listen", "--json"]

    result = run.invoke(app, [*arguments, "--speaker", "A", "--consent", "kept"])

    faults = {row["file"]: row["faults"] for row in lines(result)}
    assert result.exit_code == 1
    assert faults[f"{first.id}.wav"] == []
    assert faults[f"{second.id}.wav"] == ["nobody speaks in it"]
    assert "no text has this name" in faults["nobody.wav"][0]
    assert list(read_index(folder).values()) == [folder / f"{first.id}.wav"]
