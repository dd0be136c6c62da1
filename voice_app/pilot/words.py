"""The words of a pilot: what each person is asked to say, and the turns in which each of them is listened to.

Fixed and short, two to three minutes a person: the numbers of answers alone and with "réponse", yes, no, six commands.
They come from the content's vocabulary; a person's list never changes once begun, because the words are kept with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from audio_content.model import CommandId, Vocabulary
from voice_app.dialogue.turn import EVERYWHERE
from voice_app.hearing import Grammar, Meaning, MeaningId

COMMANDS = ("repeat", "dont_know", "slower", "help", "pause", "continue")
ANSWERS = "answers"
"""One of four answers, and every command: a question as it is asked."""
NUMBERS = "numbers"
"""One of four answers, nothing else."""
YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class Word:
    """One thing to say. `meaning` is what it means in the turns of its sets."""

    text: str
    meaning: MeaningId
    sets: tuple[str, ...]


def words(vocabulary: Vocabulary) -> tuple[Word, ...]:
    """Give what a person says, in the order in which it is asked."""
    numbers = [
        Word(form, _place(place), (NUMBERS, ANSWERS))
        for position in (-1, 0)  # alone, then with its carrier
        for place, forms in enumerate(vocabulary.places, start=1)
        for form in (forms[position],)
    ]
    commands = [
        Word(vocabulary.commands[CommandId(name)][0], MeaningId(f"command.{name}"), (ANSWERS,)) for name in COMMANDS
    ]
    yes, no = (Word(forms[0], MeaningId(name), (YES_NO,)) for name, forms in _yes_no(vocabulary))
    return (*numbers[:4], yes, no, *commands, *numbers[4:])


def grammars(language: str, vocabulary: Vocabulary) -> dict[str, Grammar]:
    """Give the turns in which the words are listened to, by the name of their set."""
    places = [Meaning(_place(place), forms) for place, forms in enumerate(vocabulary.places, start=1)]
    names = dict.fromkeys([*(meaning.partition(".")[2] for meaning in EVERYWHERE), *COMMANDS])
    commands = [Meaning(MeaningId(f"command.{name}"), vocabulary.commands[CommandId(name)]) for name in names]
    yes_no = [Meaning(MeaningId(name), forms) for name, forms in _yes_no(vocabulary)]
    return {
        NUMBERS: Grammar(language, tuple(places)),
        ANSWERS: Grammar(language, (*places, *commands)),
        YES_NO: Grammar(language, (*yes_no, *commands)),
    }


def _place(place: int) -> MeaningId:
    return MeaningId(f"place.{place}")


def _yes_no(vocabulary: Vocabulary) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (("yes", vocabulary.yes), ("no", vocabulary.no))
