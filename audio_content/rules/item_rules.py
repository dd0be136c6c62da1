"""The rules of one item in one language: lengths, options, sight, words, figures, brands.

Each rule is a function that yields a message for each thing it finds; `ITEM_RULES` names and grades them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, permutations

from audio_content.forms import said_form, sentences, tokens, words
from audio_content.model import ContentItem, ItemKind, ItemText, Vocabulary
from audio_content.pronunciation import Lexicon
from audio_content.rules.finding import Severity
from audio_content.rules.style import Style, found

STEM_WORDS = 26
"""About 11 to 12 seconds at 140 words a minute."""
SENTENCE_WORDS = 15
OPTION_WORDS = 8
SHORT_OPTION_WORDS = 4
FEWEST_OPTIONS, MOST_OPTIONS = 2, 4
FEEDBACK_WORDS = 26
FIGURES_PER_STEM = 1

_ACRONYM = re.compile(r"(?<![\w-])[A-Z]{2,}(?![a-zà-ÿ])")
_QUOTED = re.compile(r"«[^»]*»|“[^”]*”|\"[^\"]*\"")


@dataclass(frozen=True, slots=True)
class Reading:
    """One item in one language, with what its rules need to know. `vocabulary` None: not written yet."""

    item: ContentItem
    locale: str
    text: ItemText
    style: Style
    lexicon: Lexicon
    vocabulary: Vocabulary | None
    level: int = 1

    @property
    def is_choice(self) -> bool:
        return self.item.kind is ItemKind.CHOICE

    def forms(self) -> dict[str, list[str]]:
        """Give, for each option, every way to say it; empty for a yes/no item, whose words are the vocabulary's."""
        if self.item.kind is ItemKind.YES_NO:
            return {}
        return {
            option.id: list(dict.fromkeys(said_form(form) for form in (option.text, *option.synonyms)))
            for option in self.text.options
        }

    def every_text(self) -> Iterator[tuple[str, str]]:
        """Give each text with the name of its field."""
        yield "stem", self.text.stem
        yield "simpler", self.text.simpler
        for option in self.text.options:
            if self.item.kind is not ItemKind.NUMBER:
                yield f"option {option.id}", option.text
            for synonym in option.synonyms:
                yield f"synonym of {option.id}", synonym
        yield "feedback", self.text.feedback


Rule = Callable[[Reading], Iterable[str]]


def stem_length(reading: Reading) -> Iterator[str]:
    for name in ("stem", "simpler"):
        count = len(words(getattr(reading.text, name)))
        if count > STEM_WORDS:
            yield f"the {name} has {count} words; at most {STEM_WORDS}"


def sentence_length(reading: Reading) -> Iterator[str]:
    for name in ("stem", "simpler"):
        for sentence in sentences(getattr(reading.text, name)):
            if len(words(sentence)) > SENTENCE_WORDS:
                yield f"a sentence of the {name} has {len(words(sentence))} words; at most {SENTENCE_WORDS}"


def question_last(reading: Reading) -> Iterator[str]:
    for name in ("stem", "simpler"):
        text = getattr(reading.text, name).rstrip(' »"”')
        if not text.endswith("?"):
            yield f"the {name} does not end with its question"


def question_single(reading: Reading) -> Iterator[str]:
    for name in ("stem", "simpler"):
        if _QUOTED.sub("", getattr(reading.text, name)).count("?") > 1:
            yield f"the {name} asks more than one question"


def simpler_differs(reading: Reading) -> Iterator[str]:
    if said_form(reading.text.simpler) == said_form(reading.text.stem):
        yield "the simpler wording is the stem itself; say it in easier words"


def option_count(reading: Reading) -> Iterator[str]:
    count = len(reading.text.options)
    if reading.item.kind is ItemKind.NUMBER:
        return
    if not FEWEST_OPTIONS <= count <= MOST_OPTIONS:
        yield f"{count} options; from {FEWEST_OPTIONS} to {MOST_OPTIONS}"
    elif count == MOST_OPTIONS and any(len(words(o.text)) > SHORT_OPTION_WORDS for o in reading.text.options):
        yield f"four options only if each has at most {SHORT_OPTION_WORDS} words"


def option_length(reading: Reading) -> Iterator[str]:
    for option in reading.text.options:
        if (count := len(words(option.text))) > OPTION_WORDS:
            yield f"option {option.id} has {count} words; at most {OPTION_WORDS}"


def option_catch_all(reading: Reading) -> Iterator[str]:
    for option in reading.text.options if reading.is_choice else ():
        for phrase in found(reading.style.catch_all, option.text):
            yield f"option {option.id} answers for all or for none ({phrase!r})"


def option_negated(reading: Reading) -> Iterator[str]:
    for option in reading.text.options if reading.is_choice else ():
        said = set(tokens(option.text))
        for word in reading.style.negation:
            if word in said:
                yield f"option {option.id} says what is not done ({word!r}); say what is done"


def option_contained(reading: Reading) -> Iterator[str]:
    if reading.item.kind is ItemKind.NUMBER:
        return
    for inner, outer in permutations(reading.text.options, 2):
        if f" {said_form(inner.text)} " in f" {said_form(outer.text)} ":
            yield f"option {inner.id} is contained in option {outer.id}"


def wordings_disjoint(reading: Reading) -> Iterator[str]:
    for (one, own), (other, others) in combinations(reading.forms().items(), 2):
        for form in own:
            if form in others:
                yield f"{form!r} is said for option {one} and for option {other}"


def wordings_against_vocabulary(reading: Reading) -> Iterator[str]:
    if reading.vocabulary is None:
        return
    taken = _taken(reading.locale, reading.vocabulary, reading.item.kind is not ItemKind.NUMBER)
    for option, forms in reading.forms().items():
        for form in forms:
            if form in taken:
                yield f"{form!r} of option {option} is also said for {taken[form]}"


def wordings_sayable(reading: Reading) -> Iterator[str]:
    for option, forms in reading.forms().items():
        for form in forms:
            if not form or any(character.isdigit() for character in form):
                yield f"{form!r} of option {option} cannot be listened for; write figures as words"


def figures(reading: Reading) -> Iterator[str]:
    count = count_figures(reading.text.stem, reading.lexicon, reading.style)
    if count > FIGURES_PER_STEM:
        yield f"the stem has {count} figures; at most {FIGURES_PER_STEM}"


def sight(reading: Reading) -> Iterator[str]:
    if reading.item.requires_sight:
        return
    allowed = reading.style.allowed.get(reading.item.skill, ())
    visual = tuple(phrase for phrase in reading.style.visual if phrase not in allowed)
    for name, text in reading.every_text():
        for phrase in found(visual, text):
            yield f"{name} says {phrase!r}: find a wording that does not need sight"


def feedback_length(reading: Reading) -> Iterator[str]:
    if (count := len(words(reading.text.feedback))) > FEEDBACK_WORDS:
        yield f"the feedback has {count} words; at most {FEEDBACK_WORDS}"


def feedback_kind(reading: Reading) -> Iterator[str]:
    for phrase in found(reading.style.harsh, reading.text.feedback):
        yield f"the feedback says {phrase!r}; say the right action and why"


def acronyms(reading: Reading) -> Iterator[str]:
    for name, text in reading.every_text():
        for acronym in unknown_acronyms(text, reading.lexicon):
            yield f"{name}: {acronym!r} is not in the lexicon; add how it is said"


def brands(reading: Reading) -> Iterator[str]:
    asked = " ".join((reading.text.stem, *(option.text for option in reading.text.options)))
    free = reading.style.free_brands
    every = tuple(dict.fromkeys((*reading.style.brands, *free)))
    for text in (asked, reading.text.simpler, reading.text.feedback):
        named = found(every, text, exact_case=True)
        if len(named) == 1:
            yield f"{named[0]!r} is named alone; name a product of another kind beside it, or none"
        elif named and len({name in free for name in named}) == 1:
            lacking = "paid" if named[0] in free else "free"
            yield f"{' and '.join(named)}: no {lacking} product is named beside them; name one, or none of them"


ITEM_RULES: tuple[tuple[str, Severity, Rule], ...] = (
    ("stem-length", Severity.ERROR, stem_length),
    ("sentence-length", Severity.ERROR, sentence_length),
    ("question-last", Severity.ERROR, question_last),
    ("question-single", Severity.WARNING, question_single),
    ("simpler-differs", Severity.ERROR, simpler_differs),
    ("option-count", Severity.ERROR, option_count),
    ("option-length", Severity.ERROR, option_length),
    ("option-catch-all", Severity.ERROR, option_catch_all),
    ("option-negated", Severity.ERROR, option_negated),
    ("option-contained", Severity.ERROR, option_contained),
    ("wordings-disjoint", Severity.ERROR, wordings_disjoint),
    ("wordings-vocabulary", Severity.ERROR, wordings_against_vocabulary),
    ("wordings-sayable", Severity.ERROR, wordings_sayable),
    ("figures", Severity.ERROR, figures),
    ("sight", Severity.ERROR, sight),
    ("feedback-length", Severity.ERROR, feedback_length),
    ("feedback-kind", Severity.ERROR, feedback_kind),
    ("acronym", Severity.ERROR, acronyms),
    ("brand-alone", Severity.ERROR, brands),
)


# --- what several rules need ------------------------------------------------------------------------------------


def vocabulary_wordings(vocabulary: Vocabulary, *, places: bool = True) -> dict[str, str]:
    """Give every wording that is not an option's, with what it is said for; the first owner keeps it.

    `places` False: a turn in which nothing is chosen by its place, as when a number is asked.
    """
    taken: dict[str, str] = {}
    for command, forms in vocabulary.commands.items():
        for form in forms:
            taken.setdefault(said_form(form), f"the command {command!r}")
    for place, forms in enumerate(vocabulary.places if places else (), start=1):
        for form in forms:
            taken.setdefault(said_form(form), f"place {place}")
    for form in vocabulary.yes:
        taken.setdefault(said_form(form), "yes")
    for form in vocabulary.no:
        taken.setdefault(said_form(form), "no")
    return taken


_TAKEN: dict[tuple[str, bool], tuple[Vocabulary, dict[str, str]]] = {}
"""The wordings of the vocabulary that was met last, per language: the same for all the items of a bank."""


def _taken(locale: str, vocabulary: Vocabulary, places: bool) -> dict[str, str]:
    known = _TAKEN.get((locale, places))
    if known is None or known[0] is not vocabulary:
        known = _TAKEN[locale, places] = (vocabulary, vocabulary_wordings(vocabulary, places=places))
    return known[1]


def count_figures(text: str, lexicon: Lexicon, style: Style) -> int:
    """Count the numbers to remember in a text, written in digits or in words; "two" and "twenty-one" are one each."""
    said = lexicon.numbers
    small = {part for word in said.cardinals if " " not in word for part in word.split("-")}
    big = {said.hundred, said.hundreds, said.thousand}
    count = 0
    run: list[str] = []
    listed = tokens(text.replace("-", " "))
    for before, token, after in zip(("", *listed), (*listed, ""), (*listed[1:], "", ""), strict=True):
        joins = f"{before} {token} {after}" in said.cardinals or (token == said.conjunction and before in big)
        if token in small | big or token.isdecimal():
            run.append(token)
        elif not joins:
            count += any(word not in style.not_figures for word in run)
            run = []
    return count


def unknown_acronyms(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Give the words in capitals that the lexicon does not know, in order."""
    return tuple(found for found in _ACRONYM.findall(text) if found not in lexicon.words)
