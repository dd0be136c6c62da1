"""The national schema as it is really written: what is put right, what is rejected, and why."""

from __future__ import annotations

import pytest

from audio_content.referral.cleaning import iso_date, listed, phone_numbers, point, postal_code
from audio_content.referral.lamednum import COLUMNS, Read, read_lamednum
from audio_content.referral.place import Access, Special
from audio_content.referral.shelf import demonstration
from audio_content.referral.territory import Territory

ROW = {
    "id": "p1",
    "pivot": "43493312300029",
    "nom": "Anonymal",
    "commune": "Reims",
    "code_postal": "51100",
    "code_insee": "51454",
    "adresse": "12 BIS RUE DE LECLERCQ",
    "latitude": "49.25",
    "longitude": "4.03",
    "telephone": "+33326000000",
    "date_maj": "2026-04-02",
}


def table(*rows: dict[str, str], mark: str = ",", encoding: str = "utf-8") -> bytes:
    lines = [mark.join(COLUMNS)]
    lines += [mark.join(f'"{(ROW | row).get(name, "")}"' for name in COLUMNS) for row in rows]
    return "\n".join(lines).encode(encoding)


def only(read: Read):
    (place,) = read.places
    return place


def test_a_clean_row_is_kept_as_it_is(territory: Territory) -> None:
    read = read_lamednum(table({}), territory)

    place = only(read)
    assert (place.name, place.commune, place.insee, place.postal_code) == ("Anonymal", "Reims", "51454", "51100")
    assert (place.point, place.phones, place.verified) == ((49.25, 4.03), ("03 26 00 00 00",), "2026-04-02")
    assert read.rejected == read.mended == ()


@pytest.mark.parametrize("mark", ["|", ";", " | "])
def test_both_marks_separate_values(territory: Territory, mark: str) -> None:
    place = only(
        read_lamednum(table({"prise_en_charge_specifique": f"Illettrisme{mark}Déficience visuelle"}), territory)
    )

    assert place.specials == (Special.LITERACY, Special.SIGHT)
    assert place.prepared


def test_semicolons_stay_inside_opening_hours(territory: Territory) -> None:
    hours = "Mo-Fr 09:00-12:00; Sa 08:30-12:00"

    assert only(read_lamednum(table({"horaires": hours}), territory)).opening_hours == hours


@pytest.mark.parametrize("label", ["Étapes numériques(La Poste)", "Étapes numériques (La Poste)"])
def test_both_spellings_of_a_label_are_one(territory: Territory, label: str) -> None:
    assert only(read_lamednum(table({"formations_labels": label}), territory)).labels == ("etapes-numeriques-la-poste",)


def test_the_label_against_illiteracy_prepares_a_place(territory: Territory) -> None:
    place = only(read_lamednum(table({"formations_labels": "Formé à « DUPLEX » (illettrisme)"}), territory))

    assert place.prepared


def test_a_place_without_public_is_known_as_such(territory: Territory) -> None:
    place = only(read_lamednum(table({"modalites_acces": "Ce lieu n'accueille pas de public"}), territory))

    assert place.access == (Access.CLOSED,)
    assert not place.open_to_public


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"code_insee": "75112", "code_postal": "75012", "commune": "Paris"}, "INSEE code is not of today"),
        ({"code_insee": "99999"}, "INSEE code is unknown"),
        ({"latitude": "4.03", "longitude": "49.25"}, "latitude and longitude are exchanged"),
        ({"latitude": "0", "longitude": "0"}, "coordinates are zero"),
        ({"latitude": "12.0", "longitude": "100.0"}, "coordinates lie outside France"),
        ({"latitude": "x", "longitude": "y"}, "coordinates are not numbers"),
        ({"telephone": "demander Paul"}, "telephone is no number"),
        ({"date_maj": "bientôt"}, "date is not a date"),
        ({"code_postal": "51"}, "postal code is not five digits"),
        ({"modalites_acces": "En montgolfière"}, "modalites_acces has an unknown value"),
        ({"code_insee": "", "commune": "Quartier Nord"}, "commune found by its postal code alone"),
    ],
)
def test_what_is_put_right_is_told(territory: Territory, fields: dict[str, str], note: str) -> None:
    read = read_lamednum(table(fields), territory)

    assert [row.what for row in read.mended] == [note]
    assert len(read.places) == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": ""}, "id is empty"),
        ({"nom": " "}, "nom is empty"),
        ({"commune": ""}, "commune is empty"),
        ({"commune": "Nulle part", "code_insee": "", "code_postal": "?"}, "neither commune nor postal code is known"),
    ],
)
def test_what_is_rejected_has_its_reason_and_line(territory: Territory, fields: dict[str, str], reason: str) -> None:
    read = read_lamednum(table({"id": "p0"}, fields), territory)

    (row,) = read.rejected
    assert (row.line, row.what) == (3, reason)
    assert [place.id for place in read.places] == ["p0"]


def test_of_two_rows_with_one_id_the_newer_is_kept(territory: Territory) -> None:
    rows = ({"nom": "Ancien", "date_maj": "2024-01-01"}, {"nom": "Nouveau"}, {"nom": "Vieux", "date_maj": "2020-01-01"})

    read = read_lamednum(table(*rows), territory)

    assert only(read).name == "Nouveau"
    assert len(read.rejected) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";"])
def test_encodings_and_column_marks(territory: Territory, encoding: str, mark: str) -> None:
    place = only(read_lamednum(table({"nom": "Médiathèque"}, mark=mark, encoding=encoding), territory))

    assert place.name == "Médiathèque"


def test_another_table_is_refused(territory: Territory) -> None:
    with pytest.raises(ValueError, match="not a table of places"):
        read_lamednum(b"a,b\n1,2\n", territory)


def test_without_territory_the_commune_is_as_written() -> None:
    assert only(read_lamednum(table({}), None)).commune == "Reims"


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("+33326000000", ("03 26 00 00 00",)),
        ("0326000000 / 03.26.00.00.01", ("03 26 00 00 00", "03 26 00 00 01")),
        ("+33 (0)3 26 00 00 00", ("03 26 00 00 00",)),
        ("326000000", ("03 26 00 00 00",)),
        ("+262262000021", ("02 62 00 00 21",)),
        ("+687123456", ("12 34 56",)),
        ("+4412345678", ()),
        ("aucun", ()),
    ],
)
def test_phone_numbers_are_national_pairs(written: str, numbers: tuple[str, ...]) -> None:
    assert phone_numbers(written) == numbers


def test_small_mendings() -> None:
    assert postal_code("1 004") == "01004"
    assert iso_date("02/04/2026") == iso_date("2026-04-02T10:00:00") == "2026-04-02"
    assert iso_date("2026-02-31") is None
    assert point("43,52", "5,41") == ((43.52, 5.41), None)
    assert listed("a|b;a", semicolons=False) == ("a", "b;a")


def test_the_demonstration_is_clean_and_says_what_it_is() -> None:
    places = demonstration(None)

    assert len(places) == 12
    assert all(place.invented and place.id.startswith("invente") for place in places)
