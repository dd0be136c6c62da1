"""Which way to accreditation is open, and what the file still lacks."""

from __future__ import annotations

from engine.organization.accreditation import AccreditationFile, Partner, Way, checked, lacking, way_of

WHOLE = AccreditationFile("Ada", "acces@maison.example", "salle du rez-de-chaussée", ("extra_time",))


def test_a_training_organisation_asks_alone_and_another_one_in_a_network() -> None:
    assert (way_of(training=True), way_of(training=False)) == (Way.ALONE, Way.NETWORK)


def test_a_file_lacks_what_is_empty() -> None:
    assert lacking(AccreditationFile(), Way.ALONE) == ("referent", "access_contact", "places", "adjustments")
    assert lacking(WHOLE, Way.ALONE) == ()


def test_a_network_names_its_partners_and_one_trains() -> None:
    friend, school = Partner("le Relais"), Partner("GRETA", training=True)

    told = [
        lacking(AccreditationFile(*_fields(), partners=partners), Way.NETWORK)
        for partners in ((), (friend,), (friend, school))
    ]

    assert told == [("partners",), ("training_partner",), ()]


def test_what_is_typed_is_put_right_and_comes_back_the_same() -> None:
    typed = AccreditationFile(" Ada  L ", "", "x" * 900, ("quiet_room", "extra_time", "magic"), (Partner("  "),))

    kept = checked(typed)

    assert (kept.referent, len(kept.places)) == ("Ada L", 200)
    assert (kept.adjustments, kept.partners) == (("extra_time", "quiet_room"), ())
    assert AccreditationFile.from_data(kept.to_data()) == kept


def _fields() -> tuple[str, str, str, tuple[str, ...]]:
    return WHOLE.referent, WHOLE.access_contact, WHOLE.places, WHOLE.adjustments
