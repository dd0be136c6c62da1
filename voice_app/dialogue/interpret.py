"""From keys and sounds to one meaning: here voice and key meet, and never part again.

Evidence, in plain words. A recogniser says how well the sound fits each meaning. The engine wants to know how well it
fits each *outcome*: the key option (correct), the other options together (their mean: who does not know picks any of
them; of many numbers only a few are likely to be given, so their sum is divided by no more than `LIKELY_OTHERS`), and
"I don't know". A part of the sound that fits nothing in the grammar fits the three alike and is spread over them, so
that a poor hearing moves the estimate less. A key, a button and a confirmed answer are certain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from audio_content.model import ContentItem, ItemKind, OptionId
from engine.model import UNHEARD, Evidence, InputMode, Outcome
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import option_meaning
from voice_app.dialogue.open_answers import kind_asked, number_awaited, word_awaited
from voice_app.dialogue.state import DialogueState, Phase
from voice_app.dialogue.turn import (
    BACK,
    CONTINUE,
    DONT_KNOW,
    ENTER,
    ERASE,
    EXPLAIN,
    FASTER,
    HELP,
    LEAVE_CODE,
    LESSONS,
    LIST,
    LOUDER,
    NO,
    PAUSE,
    QUIETER,
    REPEAT,
    SKIP,
    SLOWER,
    STAR,
    WAIT,
    YES,
    choices,
    digit,
    grammar,
    skip_offered,
    turn_locale,
)
from voice_app.dialogue.understanding import read
from voice_app.hearing import HearingOutcome, MeaningId, Recognition, Scored

_KEYS = {
    "*": REPEAT,
    "#": DONT_KNOW,
    "0": HELP,
    "5": EXPLAIN,
    "6": PAUSE,
    "7": SLOWER,
    "8": FASTER,
    "9": BACK,
    "+": LOUDER,
    "-": QUIETER,
    "h": HELP,
    "e": EXPLAIN,
    "p": PAUSE,
    "s": SLOWER,
    "f": FASTER,
    "b": BACK,
}
"""The letters are buttons of a page, where the digits are taken by a number."""
LIKELY_OTHERS = 3
"""Wrong answers that somebody may give to a question without a list; a choice has no more either."""
READ_RIGHT = 0.95
"""Share of right ones among sentences whose reading is acted on unasked (scripts/bench_sentences.py); rounded down."""
DIGIT_BY_DIGIT = frozenset({Phase.CODE_ENTRY, Phase.OWN_NUMBER})
"""Where the digits of a code or of a number are entered."""
HARMLESS = frozenset({REPEAT, HELP, SLOWER, FASTER, LOUDER, QUIETER, WAIT})
"""Commands that a doubtful hearing carries out at once: asking about them would cost more than doing them."""


@dataclass(frozen=True, slots=True)
class Meant:
    """Something was meant. `recognition` None: a key or button, certain. `confirmed`: the person said yes to it."""

    meaning: MeaningId
    input_mode: InputMode
    recognition: Recognition | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Something was half heard; these are worth asking about, likeliest first."""

    candidates: tuple[MeaningId, ...]
    recognition: Recognition


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Something was said that fits nothing."""


@dataclass(frozen=True, slots=True)
class NotAChoice:
    """A key that has no meaning in this turn."""


Intent = Meant | Doubtful | NotUnderstood | NotAChoice


def intent_of_key(context: DialogueContext, state: DialogueState, key: str, input_mode: InputMode) -> Intent:
    """Give what a key or button means in this turn."""
    meaning = _meaning_of_key(context, state, key)
    return NotAChoice() if meaning is None else Meant(meaning, input_mode)


def intent_of_voice(
    context: DialogueContext, state: DialogueState, recognition: Recognition, known: frozenset[MeaningId]
) -> Intent:
    """Give what an utterance means in this turn. `known` are the meanings of its grammar."""
    best = recognition.best
    if recognition.words and state.phase not in DIGIT_BY_DIGIT:
        intent = _intent_of_sentence(context, state, recognition, known)
        if intent is not None:
            return intent
    if recognition.outcome in (HearingOutcome.NO_MATCH, HearingOutcome.NO_INPUT) or best is None or best not in known:
        return NotUnderstood()
    if recognition.outcome is HearingOutcome.MATCH:
        return Meant(best, InputMode.VOICE, recognition)
    if state.phase is Phase.PAUSED and state.quiet:
        return Meant(CONTINUE, InputMode.VOICE)  # whatever it was, the person is there
    settled_later = (
        best in HARMLESS
        or state.phase in DIGIT_BY_DIGIT  # every digit is said back, and all of them before they count
        or (state.doubt is not None and best in (YES, NO))
    )
    if settled_later:
        return Meant(best, InputMode.VOICE, recognition)
    runners_up = (
        scored.meaning
        for scored in recognition.ranked[1:2]
        if scored.likelihood >= context.rules.second_guess_min
        and scored.meaning in known
        and scored.meaning not in HARMLESS | {YES, NO}
    )
    return Doubtful((best, *runners_up), recognition)


def taken_for(context: DialogueContext, state: DialogueState, recognition: Recognition) -> MeaningId | None:
    """Give what an utterance is taken for in this turn, at once or by asking about it first; None: for nothing."""
    known = frozenset(meaning.id for meaning in grammar(context, state).meanings)
    match intent_of_voice(context, state, recognition, known):
        case Meant(meaning):
            return meaning
        case Doubtful(candidates):
            return candidates[0]
        case _:
            return None


def _intent_of_sentence(
    context: DialogueContext, state: DialogueState, recognition: Recognition, known: frozenset[MeaningId]
) -> Intent | None:
    """Give what a sentence means that was written down; None where its words say no more than its sound.

    What the words say is acted on when the sound says it too, when it does no harm, or when a long wording stands there
    word for word; everything else is asked about.
    """
    vocabulary = context.content.vocabularies[turn_locale(state)]
    reading = read(recognition.words, grammar(context, state), vocabulary)
    best = recognition.best
    matched = recognition.outcome is HearingOutcome.MATCH and best in known
    if not reading.candidates:
        return Doubtful((best,), recognition) if matched and best is not None and best not in HARMLESS else None
    first = reading.candidates[0]
    if matched and reading.sure and first == best:
        return Meant(first, InputMode.VOICE, recognition)
    likelihood = {scored.meaning: scored.likelihood for scored in recognition.ranked}
    by_sound = likelihood.get(first, 0.0) >= context.rules.second_guess_min and not matched
    if reading.sure and (first in HARMLESS or by_sound or (reading.literal and not matched)):
        return Meant(first, InputMode.VOICE, _as_read(recognition, first))
    rivals = (*reading.candidates[1:], *((best,) if matched and best is not None else ()))
    others = tuple(each for each in dict.fromkeys(rivals) if each != first and each not in HARMLESS | {YES, NO})
    return Doubtful((first, *others[:1]), recognition)


def _as_read(recognition: Recognition, meaning: MeaningId) -> Recognition:
    """Give the recognition with the likelihoods of a sentence that was read: `READ_RIGHT` for what it says."""
    others = [scored.meaning for scored in recognition.ranked if scored.meaning != meaning]
    share = (1.0 - READ_RIGHT) / (len(others) + 1)
    ranked = (Scored(meaning, READ_RIGHT), *(Scored(other, share) for other in others))
    return replace(recognition, outcome=HearingOutcome.MATCH, ranked=ranked, none_of_these=share)


def evidence_of(item: ContentItem, option: OptionId | None, meant: Meant) -> Evidence:
    """Give what an answer tells the engine. `option` None is "I don't know"."""
    if meant.recognition is None or meant.confirmed:
        if option is None:
            return Evidence.certain(Outcome.DONT_KNOW)
        return Evidence.certain(Outcome.CORRECT if option == item.key else Outcome.INCORRECT)
    likelihood = {scored.meaning: scored.likelihood for scored in meant.recognition.ranked}
    spread = meant.recognition.none_of_these / len(Outcome)
    distractors = [likelihood.get(option_meaning(each), 0.0) for each in item.option_ids if each != item.key]
    fits = (
        likelihood.get(option_meaning(item.key), 0.0) + spread,
        sum(distractors) / min(len(distractors), LIKELY_OTHERS) + spread,
        likelihood.get(DONT_KNOW, 0.0) + spread,
    )
    return Evidence(*fits) if any(fits) else UNHEARD


def weighed_by_yes(doubted: Recognition, candidate: MeaningId, reply: Recognition) -> Recognition:
    """Give what was half heard, weighed by a "yes" that was itself half heard.

    The reply is as likely under the candidate as the sound is under "yes", and under anything else as under "no".
    """
    spread = reply.none_of_these / 2
    likelihood = {scored.meaning: scored.likelihood for scored in reply.ranked}
    if_yes, if_no = likelihood.get(YES, 0.0) + spread, likelihood.get(NO, 0.0) + spread
    return replace(
        doubted,
        ranked=tuple(
            Scored(each.meaning, each.likelihood * (if_yes if each.meaning == candidate else if_no))
            for each in doubted.ranked
        ),
        none_of_these=doubted.none_of_these * if_no,
    )


def _meaning_of_key(context: DialogueContext, state: DialogueState, key: str) -> MeaningId | None:
    if state.phase is Phase.CODE_ENTRY:
        if key.isascii() and key.isdigit() and len(key) == 1:
            return digit(int(key))
        if key in ("*", "#"):
            return ERASE if key == "*" else LEAVE_CODE if state.digits or state.claim is not None else LESSONS
    if state.phase is Phase.OWN_NUMBER:
        if key.isascii() and key.isdigit() and len(key) == 1:
            return digit(int(key))
        if key in ("*", "#"):
            return ENTER if key == "#" else ERASE if state.digits else HELP
    if number_awaited(context, state):
        a_person = state.more and (state.person_reachable or state.callback_possible)
        if key == "0" and a_person and not state.digits:  # as the help has just told
            return HELP
        if key.isascii() and key.isdigit() and len(key) == 1:
            return digit(int(key))
        if key in ("*", "#") and state.digits:
            return ERASE if key == "*" else ENTER
        if key == "*":
            return STAR
    if kind_asked(context, state) is ItemKind.NUMBER and key in ("*", "#") and not number_awaited(context, state):
        return STAR if key == "*" else REPEAT
    if word_awaited(context, state) and key in ("1", "2", "3", "4"):
        return LIST
    for choice in choices(context, state):
        if key == str(choice.place):
            return choice.meaning
    if key == "#" and skip_offered(state):
        return SKIP
    return _KEYS.get(key)
