"""Turns what the dialogue names (prompts, item texts, gaps) into words, to be spoken or to be shown.

The only difference between the two is a code: spoken digit by digit in groups, written as digits in groups.
"""

from __future__ import annotations

from collections.abc import Callable

from audio_content.model import Content, PromptId
from audio_content.pronunciation import own_lexicon
from engine.organization.codes import grouped
from voice_app.dialogue.messages import (
    Button,
    Fill,
    ItemField,
    ItemWords,
    LessonPart,
    LessonWords,
    NodeName,
    OptionWords,
    Phrase,
    Show,
    Spelled,
    Verbatim,
)
from voice_app.ports import ShownButton, ShownView

Wordable = Phrase | ItemWords | LessonWords | OptionWords


class Wording:
    """The words of one content, in any of its locales. Raises KeyError for an id that the content check refuses."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def spoken(self, part: Wordable, locale: str) -> str:
        """Give the sentence as it is said."""
        return self._text(part, locale, self._digits_aloud)

    def written(self, part: Wordable, locale: str) -> str:
        """Give the sentence as it is shown."""
        return self._text(part, locale, _digits_in_groups)

    def shown(self, show: Show) -> ShownView:
        """Give a page fragment with all its words."""
        view, locale = show.view, show.locale
        return ShownView(
            turn=show.turn,
            locale=locale,
            screen=view.screen.value,
            heading=self.written(view.heading, locale),
            text=tuple(self.written(part, locale) for part in view.text),
            choices=tuple(self._button(button, locale) for button in view.choices),
            commands=tuple(self._button(button, locale) for button in view.commands),
            code=None if view.code is None else _digits_in_groups(view.code, locale, 2),
            progress=view.progress,
            talk=view.talk,
            writing=view.writing,
        )

    def _button(self, button: Button, locale: str) -> ShownButton:
        own_locale = button.label.locale if isinstance(button.label, Phrase) else None
        label = self.written(button.label, locale)
        return ShownButton(button.key, label, button.place, button.pictogram, own_locale or locale)

    def _text(self, part: Wordable, locale: str, digits: Callable[[str, str, int], str]) -> str:
        match part:
            case Phrase(prompt, fill, own_locale):
                tongue = own_locale or locale
                gaps = {name: self._fill(value, tongue, digits) for name, value in fill.items()}
                return self._content.prompts[tongue][prompt].format(**gaps)
            case ItemWords(item, field):
                texts = self._content.items[item].texts[locale]
                by_field = {
                    ItemField.STEM: texts.stem,
                    ItemField.SIMPLER: texts.simpler,
                    ItemField.FEEDBACK: texts.feedback,
                }
                return by_field[field]
            case LessonWords(lesson, lesson_part):
                taught = self._content.lessons[lesson].texts[locale]
                by_part = {
                    LessonPart.IDEA: taught.idea,
                    LessonPart.EXAMPLE: taught.example,
                    LessonPart.ATTEMPT: taught.attempt,
                }
                return by_part[lesson_part]
            case OptionWords(item, option):
                options = self._content.items[item].texts[locale].options
                return next(each.text for each in options if each.id == option)

    def _fill(self, value: Fill, locale: str, digits: Callable[[str, str, int], str]) -> str:
        match value:
            case OptionWords():
                return self._text(value, locale, digits)
            case NodeName(node):
                return self._content.skill_map.names[node].by_locale[locale]
            case Spelled(code, by):
                return digits(code, locale, by)
            case Verbatim(text):
                return text
            case str():
                return self._content.prompts[locale][PromptId(value)]

    def _digits_aloud(self, code: str, locale: str, by: int) -> str:
        """Each digit and letter by its name, a comma inside a group, a full stop between groups: the voice breathes."""
        digits, letters = self._content.vocabularies[locale].digits, own_lexicon(locale).letters

        def named(sign: str) -> str:
            return digits[int(sign)][0] if sign.isdigit() else letters.get(sign.lower(), sign)

        return ". ".join(", ".join(named(sign) for sign in group) for group in grouped(code, by))


def _digits_in_groups(code: str, _locale: str, by: int) -> str:
    return " ".join(grouped(code, by))
