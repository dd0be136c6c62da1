"""A place in words, as it is said: name, commune, what makes it fit, days and hours in words, phone digits in pairs.

The sentences are content (`places/words.yaml`). Short first: the name and how to reach it; an address is long to hear
and stands at the end. What is not known is said so, or left out; nothing is guessed.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from audio_content.model import LOCALES
from audio_content.referral.nearest import Near
from audio_content.referral.opening_hours import Days, Hours, Span, read_hours
from audio_content.referral.place import Place
from audio_content.sources import Node, read

FILE = "places/words.yaml"
_LISTS = ("days", "weeks", "contractions")
_NOON = 12 * 60
_CLOSE_KM = 2.0
_WEEK_DAYS = 7
_LAST_WEEK = 5


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences and words of one language."""

    sentences: Mapping[str, str]
    days: tuple[str, ...]
    weeks: tuple[str, ...]
    contractions: tuple[tuple[str, str], ...]

    def say(self, sentence: str, /, **gaps: str) -> str:
        """Give a sentence with its gaps filled."""
        said = self.sentences[sentence].format(**gaps)
        for written, spoken in self.contractions:
            said = said.replace(written, spoken)
        return said


@functools.cache
def place_words() -> Mapping[str, Words]:
    """Give the words per locale. Raises ContentError when the file cannot be read."""
    root = Node.of(read(files("audio_content").joinpath(*FILE.split("/")), FILE), FILE, "")
    root.only(*LOCALES)
    return {locale: _words(root.node(locale)) for locale in LOCALES}


def _words(node: Node) -> Words:
    sentences = {name: node.text(name) for name in node.fields if name not in _LISTS}
    pairs = (text.partition("|") for text in _kept_spaces(node, "contractions"))
    return Words(sentences, node.texts("days"), node.texts("weeks"), tuple((one, other) for one, _, other in pairs))


def _kept_spaces(node: Node, name: str) -> Iterator[str]:
    """Give a list of texts with the spaces at their ends, which matter here."""
    value = node.fields.get(name, [])
    yield from (text for text in value if isinstance(text, str)) if isinstance(value, list) else ()


def spoken_place(place: Place, locale: str, near: Near | None = None) -> tuple[str, ...]:
    """Give the sentences that tell a place, in the order to say them."""
    words = place_words()[locale]
    return tuple(_sentences(place, words, near))


def _sentences(place: Place, words: Words, near: Near | None) -> Iterator[str]:
    if place.invented:
        yield words.say("invented")
    yield words.say("name", name=place.name, commune=place.commune)
    if near is not None and near.distance_km is not None:
        close = near.distance_km < _CLOSE_KM
        yield words.say("near_one") if close else words.say("near", distance=str(round(near.distance_km)))
    if place.prepared:
        yield words.say("prepared")
    if place.accredited:
        yield words.say("accredited")
    elif "certification-pix" in place.programmes or "certification" in place.services:
        yield words.say("to_confirm")
    if "gratuit" in place.fees:
        yield words.say("fee")
    yield words.say("phone", phone=place.phones[0]) if place.phones else words.say("no_phone")
    if place.access_contact:
        yield words.say("access_contact", contact=place.access_contact)
    yield from _hours(place, words)
    if place.address:
        yield words.say("address", address=place.address)


def _hours(place: Place, words: Words) -> Iterator[str]:
    hours = read_hours(place.opening_hours) if place.opening_hours else None
    if hours is None:
        yield words.say("hours_unknown" if place.phones else "hours_unknown_no_phone")
    elif hours.always:
        yield words.say("always")
    else:
        yield words.say("hours", hours=spoken_hours(hours, words))
        if hours.closed_on_holidays:
            yield words.say("holidays")


def spoken_hours(hours: Hours, words: Words) -> str:
    """Give days and hours in words."""
    told = [
        f"{_days(group, words)}, {_joined([_span(span, words) for span in group.spans], words)}"
        for group in hours.groups
    ]
    return f", {words.say('then')} ".join(told)


def _days(group: Days, words: Words) -> str:
    names = [words.days[day] for day in group.days]
    if group.weeks:
        places = [words.weeks[min(week, _LAST_WEEK) - 1] for week in group.weeks]
        return words.say("week", week=_joined(places, words), day=names[0])
    if len(names) == _WEEK_DAYS:
        return words.say("day_each")
    in_a_row = group.days == tuple(range(group.days[0], group.days[-1] + 1))
    if in_a_row and len(names) > 2:
        return words.say("day_range", first=names[0], last=names[-1])
    return _joined([words.say("day_one", day=name) for name in names], words)


def _span(span: Span, words: Words) -> str:
    first, last = (_hour(minutes, words) for minutes in span)
    return words.say("span", first=first, last=last)


def _hour(minutes: int, words: Words) -> str:
    hour, rest = divmod(minutes, 60)
    if minutes == _NOON:
        return words.say("noon")
    return (
        words.say("hour_minutes", hour=str(hour), minutes=f"{rest:02d}") if rest else words.say("hour", hour=str(hour))
    )


def _joined(parts: Sequence[str], words: Words) -> str:
    head, last = parts[:-1], parts[-1]
    return f"{', '.join(head)} {words.say('and')} {last}" if head else last
