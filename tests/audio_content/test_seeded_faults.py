"""Some twenty faults, one a rule, each put into the bank that people hear: every one is found, and only there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from audio_content.check import Finding, Severity, item_findings
from audio_content.model import Assistant, AssistantKind, Content, ContentItem, ItemKind, LessonId
from audio_content.rules.bank_rules import bank_findings
from audio_content.rules.ear import ear_findings
from audio_content.rules.lesson_rules import lesson_findings, untaught
from engine.model import ItemId

ITEM = ItemId("it.web.search.1.a")
NUMBER, WORD = ItemId("it.calc.read.1.d"), ItemId("it.web.navigate.1.d")


def findings(content: Content, item: ItemId | None) -> Iterator[Finding]:
    """Give what the linter says of one item, or of the bank as a whole."""
    if item is None:
        yield from bank_findings(content)
        yield from untaught(content)
        yield from lesson_findings(content)
        return
    alone = replace(content, items={item: content.items[item]})
    yield from item_findings(alone)
    yield from ear_findings(alone)


def changed(content: Content, change: Callable[[ContentItem], ContentItem], item: ItemId = ITEM) -> Content:
    return replace(content, items={**content.items, item: change(content.items[item])})


def worded(**texts: str) -> Callable[[ContentItem], ContentItem]:
    """Give a change of the French stem, simpler wording or feedback."""
    return lambda item: replace(item, texts={**item.texts, "fr": replace(item.texts["fr"], **texts)})


def options(*texts: str) -> Callable[[ContentItem], ContentItem]:
    """Give a change of the French options' texts, synonyms dropped."""

    def change(item: ContentItem) -> ContentItem:
        before = item.texts["fr"].options
        after = tuple(replace(option, text=text, synonyms=()) for option, text in zip(before, texts, strict=True))
        return replace(item, texts={**item.texts, "fr": replace(item.texts["fr"], options=after)})

    return change


def accepted_alone(item: ContentItem) -> ContentItem:
    """Let the right number alone be said with more words."""
    text = item.texts["fr"]
    made = tuple(
        replace(option, synonyms=(*option.synonyms, f"vers {option.text}")) if option.id == item.key else option
        for option in text.options
    )
    return replace(item, texts={**item.texts, "fr": replace(text, options=made)})


def one_other(item: ContentItem) -> ContentItem:
    return replace(item, texts={name: replace(text, options=text.options[:2]) for name, text in item.texts.items()})


def keys_moved_first(content: Content) -> Content:
    items = {
        item.id: replace(item, key=item.option_ids[0]) if item.kind is ItemKind.CHOICE else item
        for item in content.items.values()
    }
    return replace(content, items=items)


def keys_made_longest(content: Content) -> Content:
    def longer(item: ContentItem) -> ContentItem:
        texts = {}
        for locale, text in item.texts.items():
            made = tuple(
                replace(option, text=f"{option.text} et bien plus encore") if option.id == item.key else option
                for option in text.options
            )
            texts[locale] = replace(text, options=made)
        return replace(item, texts=texts)

    return replace(content, items={item.id: longer(item) for item in content.items.values()})


@dataclass(frozen=True)
class Fault:
    rule: str
    seed: Callable[[Content], Content]
    item: ItemId | None = ITEM


LONG = "Vous êtes chez vous, il pleut très fort, le chat dort et le facteur passe. Vous avez le temps. "
LONG += "Le soir arrive. Tout est calme. Que faites-vous ?"
FAULTS = [
    Fault("stem-length", lambda bank: changed(bank, worded(stem=LONG))),
    Fault("plain-words", lambda bank: changed(bank, worded(stem="Vous subodorez une réponse. Que cherchez-vous ?"))),
    Fault("figures", lambda bank: changed(bank, worded(stem="Il est 15 heures, le 8 mai. Que cherchez-vous ?"))),
    Fault("sight", lambda bank: changed(bank, worded(stem="Vous regardez la page. Que cherchez-vous ?"))),
    Fault("twin", lambda bank: changed(bank, lambda item: replace(item, requires_sight=True))),
    Fault("brand-alone", lambda bank: changed(bank, worded(stem="Vous ouvrez Chrome. Que cherchez-vous ?"))),
    Fault("country", lambda bank: changed(bank, worded(stem="Vous appelez le 3018. Que demandez-vous ?"))),
    Fault("option-contained", lambda bank: changed(bank, options("Une page", "Une page de photos", "Un moteur"))),
    Fault("wordings-disjoint", lambda bank: changed(bank, options("Un moteur", "Un moteur", "Une radio"))),
    Fault("ear", lambda bank: changed(bank, options("Couper", "Copier", "Une belle promenade"))),
    Fault(
        "number-range", lambda bank: changed(bank, lambda item: replace(item, key=item.option_ids[-1]), NUMBER), NUMBER
    ),
    Fault("number-accept", lambda bank: changed(bank, accepted_alone, NUMBER), NUMBER),
    Fault("word-others", lambda bank: changed(bank, one_other, WORD), WORD),
    Fault("word-given", lambda bank: changed(bank, worded(stem="Un navigateur, c'est quoi ?"), WORD), WORD),
    Fault("acronym", lambda bank: changed(bank, worded(stem="Le QZX est ouvert. Que cherchez-vous ?"))),
    Fault(
        "assistant",
        lambda bank: changed(
            bank,
            lambda item: replace(
                item, assistant=Assistant(AssistantKind.KEYBOARD, {"fr": "Ouvrez le QZX.", "en": "Open the QZX."})
            ),
        ),
    ),
    Fault("coverage", lambda bank: replace(bank, items={k: v for k, v in bank.items.items() if k != ITEM}), None),
    Fault("key-place", keys_moved_first, None),
    Fault("key-longest", keys_made_longest, None),
    Fault(
        "lesson-missing",
        lambda bank: replace(bank, lessons={k: v for k, v in bank.lessons.items() if k != "le.web.search.1"}),
        None,
    ),
    Fault(
        "lesson-length",
        lambda bank: replace(
            bank,
            lessons={
                LessonId("le.web.search.1"): replace(
                    (lesson := bank.lessons[LessonId("le.web.search.1")]),
                    texts={**lesson.texts, "fr": replace(lesson.texts["fr"], idea="Court.", example="Court.")},
                )
            },
        ),
        None,
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.rule)
def test_a_seeded_fault_is_found(bank: Content, fault: Fault) -> None:
    before = {finding.rule for finding in findings(bank, fault.item) if finding.severity is Severity.ERROR}

    after = {finding.rule for finding in findings(fault.seed(bank), fault.item) if finding.severity is Severity.ERROR}

    assert fault.rule not in before
    assert fault.rule in after


def test_there_is_one_fault_a_rule() -> None:
    rules = [fault.rule for fault in FAULTS]

    assert len(set(rules)) == len(rules) >= 15
