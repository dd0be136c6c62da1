"""A result says why, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from engine.adaptive import Assessment
from engine.adaptive.explanations import LOCALES, explain, summary
from engine.errors import InvalidState
from engine.model import UNHEARD, Aid, Evidence, ItemId, Observation, Outcome

Play = Callable[[Assessment, Iterable[Outcome]], Assessment]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_answer_that_says_something_has_its_sentence(fresh: Assessment, locale: str) -> None:
    session = fresh.record(Observation(ItemId("2.1.t.1/a"), UNHEARD))
    for item, outcome, aid in (("1.1.t.2/a", 0, Aid.NONE), ("1.2.t.3/a", 1, Aid.HINT), ("4.1.t.1/a", 2, Aid.NONE)):
        session = session.record(Observation(ItemId(item), Evidence.certain(Outcome(outcome)), aid))

    said = explain(session.report(), locale, lambda skill: f"<{skill}>")

    assert len(said) == 3
    assert all(f"<{skill}>" in " ".join(said) for skill in ("1.1.t.2", "1.2.t.3", "4.1.t.1"))
    assert "2.1.t.1" not in " ".join(said)
    helped = next(sentence for sentence in said if "<1.2.t.3>" in sentence)
    assert ("help" if locale == "en" else "aide") in helped


def test_the_most_telling_answer_comes_first(fresh: Assessment) -> None:
    session = fresh
    for item, outcome in (("1.1.t.0/a", Outcome.CORRECT), ("2.1.t.0/a", Outcome.DONT_KNOW)):
        session = session.record(Observation(ItemId(item), Evidence.certain(outcome)))

    assert "2.1.t.0" in explain(session.report(), "en", str)[0]


def test_an_early_end_is_said_as_a_band_and_a_full_one_as_a_level(fresh: Assessment, play: Play) -> None:
    early, full = play(fresh, [Outcome.INCORRECT] * 3), play(fresh, [Outcome.CORRECT] * 10)

    assert "between" in summary(early.report(), "en")
    assert f"is {full.report().overall.level} out of" in summary(full.report(), "en")


def test_unknown_language_is_told(fresh: Assessment) -> None:
    with pytest.raises(InvalidState):
        summary(fresh.report(), "xx")


def test_own_wordings_may_be_brought(fresh: Assessment) -> None:
    assert summary(fresh.report(), "xx", {"band": "{low}-{high}", "level": "{level}"}).count("-") == 1
