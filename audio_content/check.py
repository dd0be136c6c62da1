"""The linter of the content: are the questions fit to be heard, understood and answered by voice?

`check(content)` applies these rules; the content is published only without errors. Reasons and sources of the figures:
short-term memory for spoken lists, item writing for closed questions, plain language inspired by the FALC rules.

An item, in each language
  stem-length          stem and simpler wording: at most 26 words
  sentence-length      each of their sentences: at most 15 words
  question-last        they end with their question; (warning question-single) they ask only one, quotes aside
  simpler-differs      the simpler wording is not the stem itself
  option-count         2 to 4 options; 4 only if each has at most 4 words
  option-length        an option: at most 8 words
  option-catch-all     no "all of these", no "none of these"
  option-negated       an option says what is done, not what is not done
  option-contained     no option is contained in another one
  wordings-disjoint    no wording (text or synonym) belongs to two options
  wordings-vocabulary  no wording is also a command, a place ("one"), yes or no
  wordings-sayable     wordings are words: figures written out
  figures              at most one number to remember in a stem ("two" is free)
  sight                no visual word, unless the item requires sight (lists: framework/style.yaml)
  feedback-length      feedback: at most 26 words
  feedback-kind        feedback never judges: no "wrong", "mistake", "error", "bad"
  acronym              words in capitals have their pronunciation in the lexicon (prompts too)
  brand-alone          no brand named alone: a free product and a paid one together, or none
  ear, ear-synonym     options do not sound alike, nor any two ways to say them; the number that is right sounds like no
                       other of its range (phonemes of espeak-ng; a note when it is not installed)
  number-range         a number item listens for at most 32 numbers, some of them above the key
  number-accept        what may be said with the right number may be said with every number of the range
  word-others          a word item has at least two other words, for who wants to choose from a list
  word-given           the question of a word item does not say its answer
  twin                 an item that requires sight names its twin that does not
  country              services and numbers of France only (framework/style.yaml) go with `country: FR`
  assistant            the variant for an assistive technology: short, no unknown acronym
  plain-words          levels 0 to 4: everyday words, or words of the glossary (framework/glossary.yaml)
  reading-ease         levels 0 to 4: stem and simpler wording are easy to follow
  acronym-gloss        levels 0 to 4: an acronym of the stem stands in the glossary

A lesson, in each language
  lesson-length        70 to 120 words: 30 to 60 seconds
  and sentence-length (20 words), sight, acronym, brand-alone, plain-words as above

The bank, as a whole and (shares) on every path
  coverage             each skill: at least 3 items at levels 1 and 2, 2 at 3 and 4, 1 elsewhere
  first-items          each competence: at least 3 items of level 0
  lesson-missing       each skill of ABC Pix at levels 1 and 2 has its lesson
  yes-no-share         yes/no items: at most 20 %
  key-place            keys are spread evenly over the places
  key-longest          the key is the longest option in 25 to 40 % of the items
  spoken-name          names told in the result: at most 16 words, fit to stand inside a sentence

Prompts and vocabulary
  prompt-locale        prompts and vocabulary exist in every language
  prompt-gaps          with the same gaps, written {name}
  prompt-kind          what is said after an answer, a silence or at the result never judges the person
  command-locale       each command has wordings in every language
  vocabulary-ambiguous no wording is said for two things

Together, wordings-disjoint, wordings-vocabulary, wordings-sayable and vocabulary-ambiguous say that everything sayable
in a turn makes one valid grammar.

Guaranteed before, by the loader: the same key and option ids in every language, a simpler wording, known skills,
unique ids.
"""

from __future__ import annotations

from collections.abc import Iterator

from audio_content.model import LOCALES, Content, ContentItem
from audio_content.pronunciation import own_lexicon
from audio_content.rules.bank_rules import bank_findings
from audio_content.rules.ear import ear_findings
from audio_content.rules.finding import Finding, Severity
from audio_content.rules.item_rules import ITEM_RULES, Reading
from audio_content.rules.lesson_rules import lesson_findings, untaught
from audio_content.rules.open_rules import OPEN_RULES
from audio_content.rules.prompt_rules import prompt_findings
from audio_content.rules.style import styles
from audio_content.rules.variant_rules import VARIANT_RULES

__all__ = ["Finding", "Severity", "check"]


def check(content: Content) -> list[Finding]:
    """Give all findings, errors first, then by place and rule; the same content gives the same list."""
    findings = {
        *item_findings(content),
        *bank_findings(content),
        *prompt_findings(content),
        *ear_findings(content),
        *lesson_findings(content),
        *untaught(content),
    }
    order = list(Severity)
    return sorted(findings, key=lambda each: (order.index(each.severity), each.where, each.rule, each.message))


def item_findings(content: Content) -> Iterator[Finding]:
    """Give the findings of every item in every language."""
    for item in content.items.values():
        for locale in LOCALES:
            reading = _reading(content, item, locale)
            for name, severity, rule in (*ITEM_RULES, *OPEN_RULES, *VARIANT_RULES):
                for message in rule(reading):
                    yield Finding(severity, f"{item.id} {locale}", name, message)


def _reading(content: Content, item: ContentItem, locale: str) -> Reading:
    vocabulary, level = content.vocabularies.get(locale), content.skill_map.levels[item.skill]
    return Reading(item, locale, item.texts[locale], styles()[locale], own_lexicon(locale), vocabulary, level)
