"""What can be meant in a turn: the choices with their places, and every wording the ear must know.

One list of choices serves the voice, the keys, the script and the page, so that they never disagree.

The grammar, and why it is what it is (`research: short words are fragile`):

- choice: the option's own words and its place ("réponse deux", "la deuxième", the bare "deux"), and ten commands at
  every moment; reason: nothing must be remembered about where a command is allowed; price: more meanings to tell apart,
  so each has one to four wordings, far apart by ear.
- choice: "stop" and "pause" are one meaning, as are "help" and "a person"; reason: both pairs lead to the same place,
  and one-syllable words must not decide between two; price: stopping takes one more word ("terminer").
- choice: a number is asked without places, whose words are numbers; a word without places as long as nothing is listed.
- choice: yes/no questions know no places; reason: "un" and "oui" are near, and one way is enough.
- choice: "the last one" and "the middle one" are wordings of the option that stands there; reason: people answer so.
- letters never appear beside numbers. A wording that two choices share belongs to neither: it cannot decide.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from audio_content.forms import said_form
from audio_content.model import CommandId, ItemKind, OptionId, PromptId, Vocabulary
from engine.model import ItemId
from engine.organization.campaigns import CampaignKind
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.levels import has_details
from voice_app.dialogue.messages import OptionWords, Phrase, option_meaning
from voice_app.dialogue.open_answers import kind_asked, number_awaited, word_awaited
from voice_app.dialogue.other_paths import are_offered
from voice_app.dialogue.profile import next_lesson
from voice_app.dialogue.state import ClaimStep, DialogueState, Phase
from voice_app.hearing import Grammar, Meaning, MeaningId

YES, NO = MeaningId("yes"), MeaningId("no")


def command(name: str) -> MeaningId:
    """Give the meaning of a command."""
    return MeaningId(f"command.{name}")


def menu(name: str) -> MeaningId:
    """Give the meaning of a choice that only one menu has."""
    return MeaningId(f"menu.{name}")


def digit(value: int) -> MeaningId:
    """Give the meaning of a digit of a code."""
    return MeaningId(f"digit.{value}")


REPEAT, SLOWER, FASTER = command("repeat"), command("slower"), command("faster")
LOUDER, QUIETER, EXPLAIN = command("louder"), command("quieter"), command("explain")
DONT_KNOW, BACK, PAUSE, HELP = command("dont_know"), command("back"), command("pause"), command("help")
SKIP, ERASE, LEAVE_CODE = command("skip"), command("erase"), command("leave_code")
WAIT = command("wait")
LIST, ENTER, STAR, NO_NUMBER = command("list"), command("enter"), command("star"), command("no_number")
"""The possible words to choose from; the end of a number; the star key in a number question; no number to give."""
OTHERS, QUICK_PATH = menu("others"), menu("quick_path")
POSITIONING_PATH, REHEARSAL = menu("positioning_path"), menu("rehearsal")
FRENCH, ENGLISH = menu("french"), menu("english")
BEGIN, HAVE_CODE, PACE_OK = menu("begin"), menu("have_code"), menu("pace_ok")
TEA, COFFEE = menu("practice_one"), menu("practice_two")
CONTINUE, FINISH, LESSON = menu("continue"), menu("finish"), menu("lesson")
ALONE, KEEP, RETAKE, DETAILS = menu("alone"), menu("keep"), menu("retake"), menu("details")
NEW_ACCOUNT, HAVE_ACCOUNT = menu("new_account"), menu("have_account")
TAKE_OUT, ERASE_ACCOUNT = menu("take_out"), menu("erase_account")
LESSONS, TAKE, NEXT, HEAR = menu("lessons"), menu("take"), menu("next"), menu("hear")
INFO_COST, INFO_DATA, INFO_WORTH, INFO_TOOLS = (menu(f"info_{name}") for name in ("cost", "data", "worth", "tools"))
ERASE_ALL = menu("erase_all")

LAST_RUNG = 3
"""Silences or misunderstandings in one turn after which passing, a pause and help are offered."""

EVERYWHERE = (REPEAT, SLOWER, FASTER, LOUDER, QUIETER, EXPLAIN, DONT_KNOW, BACK, PAUSE, HELP, WAIT)
"""The commands that are valid at every moment."""

MIDDLE_OF = 3
"""Only of three choices one is the middle one."""

LANGUAGES = {FRENCH: "fr", ENGLISH: "en"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of at most four things to choose. `place` counts from 1 and is its key. `invite` is the prompt that offers it
    (its variant for keys ends in "_keys"), None for an item's option, whose form depends on the turn."""

    place: int
    meaning: MeaningId
    label: Phrase | OptionWords
    invite: str | None = None
    locale: str | None = None


Offered = tuple[tuple[MeaningId, str], ...]
"""Choices of a menu: what each means, and the prompt that names it."""

_MENUS: dict[Phase, Offered] = {
    Phase.WELCOME: ((BEGIN, "welcome.begin"), (HAVE_CODE, "welcome.have_code")),
    Phase.PATHS: (
        (QUICK_PATH, "paths.quick"),
        (POSITIONING_PATH, "paths.positioning"),
        (REHEARSAL, "paths.rehearsal"),
    ),
    Phase.THEMES: ((TAKE, "lessons.take"), (NEXT, "lessons.next_theme")),
    Phase.LESSONS: ((HEAR, "lessons.hear"), (NEXT, "lessons.next")),
    Phase.CONSENT: ((YES, "consent.yes"), (NO, "consent.no")),
    Phase.COMEBACK: ((CONTINUE, "comeback.continue"), (BEGIN, "comeback.begin")),
    Phase.RECOGNITION: ((YES, "recognition.yes"), (NO, "recognition.no")),
    Phase.PACE: ((PACE_OK, "pace.ok"), (SLOWER, "pace.slower"), (FASTER, "pace.faster")),
    Phase.PAUSED: ((CONTINUE, "pause.continue"), (FINISH, "pause.finish")),
    Phase.SITTING: ((CONTINUE, "sitting.continue"), (FINISH, "sitting.finish")),
    Phase.INFO: (
        (INFO_COST, "info.cost"),
        (INFO_DATA, "info.data"),
        (INFO_WORTH, "info.worth"),
        (INFO_TOOLS, "info.tools"),
    ),
    Phase.DATA: ((CONTINUE, "info.back"), (ERASE_ALL, "erasure.offer")),
    Phase.ERASURE: ((YES, "erasure.yes"), (NO, "erasure.no")),
    Phase.RESULT: ((REPEAT, "result.again"), (FINISH, "result.finish")),
    Phase.SHARING: ((YES, "sharing.yes"), (NO, "sharing.no")),
    Phase.ASSISTANCE: ((YES, "assist.yes"), (NO, "assist.no")),
    Phase.CLAIM: ((NEW_ACCOUNT, "claim.new"), (HAVE_ACCOUNT, "claim.have")),
    Phase.ACCOUNT: (
        (REPEAT, "account.again"),
        (FINISH, "account.finish"),
        (TAKE_OUT, "account.take_out"),
        (ERASE_ACCOUNT, "account.erase"),
    ),
}
_ONWARD = Phrase(PromptId("result.onward"))
"""Who says "finish" after a campaign's result goes on too: the one question that is left comes first."""
_RESULT_TO_SHARE = ((REPEAT, "result.again"), (CONTINUE, "result.onward"))
_DETAILS_FIRST = ((DETAILS, "result.details"),)
"""In place of "repeat", which can be said and pressed at every moment anyway."""
_ACCOUNT_TO_SEND = ((REPEAT, "account.again"), (CONTINUE, "result.onward"))
_RESULT_TO_RETAKE = ((RETAKE, "result.retake"), (FINISH, "result.finish"))
"""Who may take the campaign again can still have the result repeated, as everything at every moment."""
_SURE = ((YES, "account.yes"), (NO, "account.no"))
_PRACTICE = ((TEA, "practice.option.one"), (COFFEE, "practice.option.two"))


def choices(context: DialogueContext, state: DialogueState) -> tuple[Choice, ...]:
    """Give what can be chosen now, in the order of their places; empty while a code is entered and after the end."""
    if state.doubt is not None:
        return (
            Choice(1, YES, Phrase(PromptId("option.yes"))),
            Choice(2, NO, Phrase(PromptId("option.no"))),
        )
    if state.phase is Phase.LANGUAGE:
        return tuple(
            Choice(place, meaning, Phrase(PromptId("language.name"), locale=locale), "language.invite", locale)
            for place, (meaning, locale) in enumerate(LANGUAGES.items(), start=1)
            if state.offer is None or not state.offer.locales or locale in state.offer.locales
        )
    if state.phase is Phase.PRACTICE:
        return tuple(
            Choice(place, meaning, Phrase(PromptId(label))) for place, (meaning, label) in enumerate(_PRACTICE, start=1)
        )
    if state.phase is Phase.QUESTION and state.session.asked is not None:
        asked = state.session.asked
        if kind_asked(context, state) is ItemKind.NUMBER or word_awaited(context, state):
            return ()
        return tuple(
            Choice(place, option_meaning(option), option_label(context, asked.item, option))
            for place, option in enumerate(asked.order, start=1)
        )
    offered = _menu(state)
    if state.phase is Phase.WELCOME and are_offered(context, state):
        offered = (*offered, (OTHERS, "welcome.others"))
    if state.phase is Phase.PAUSED and state.session.helper is not None:
        offered = (*offered, (ALONE, "pause.alone"))
    if state.phase is Phase.RESULT:
        offered = _with_more(context, state, offered)
    if state.phase is Phase.RESULT and state.session.gathered is None:
        offered = (*offered, (KEEP, f"result.keep_{len(offered) + 1}"))
    return tuple(
        Choice(place, meaning, Phrase(PromptId(label)), label)
        for place, (meaning, label) in enumerate(offered, start=1)
    )


def _with_more(context: DialogueContext, state: DialogueState, offered: Offered) -> Offered:
    """Give the choices at a result with what is told on demand: the levels in detail, a lesson; four places in all."""
    detailed = has_details(state.session)
    if detailed and offered[0][0] == REPEAT:
        offered = (*_DETAILS_FIRST, *offered[1:])
    elif detailed:
        return (*offered, (DETAILS, "result.details_3"))
    return offered if next_lesson(context, state.session) is None else (*offered, (LESSON, "result.lesson"))


def _menu(state: DialogueState) -> Offered:
    """Give the choices of a menu; after a campaign's result its question of sharing comes before the end."""
    if state.phase is Phase.RESULT and state.session.sharing_open:
        return _RESULT_TO_SHARE
    if state.phase is Phase.RESULT and state.again is not None:
        return _RESULT_TO_RETAKE
    if state.phase is Phase.ACCOUNT and is_asked_whether_sure(state):
        return _SURE
    if may_gather(state):
        return _ACCOUNT_TO_SEND
    return _MENUS.get(state.phase, ())


def is_asked_whether_sure(state: DialogueState) -> bool:
    """Tell whether somebody in their account is asked once more."""
    return state.claim is not None and state.claim.step in (ClaimStep.SURE_TAKE_OUT, ClaimStep.SURE_ERASE)


def may_gather(state: DialogueState) -> bool:
    """Tell whether somebody is in their account with results that the campaign they came for collects."""
    offer, account = state.offer, state.account
    collects = offer is not None and offer.kind is CampaignKind.PROFILE and state.session.started is None
    return state.phase is Phase.ACCOUNT and collects and account is not None and account.gathered is not None


def option_label(context: DialogueContext, item: ItemId, option: OptionId) -> Phrase | OptionWords:
    """Give the words of an option: the item's own, or the common "yes" and "no"."""
    if context.content.items[item].kind is ItemKind.YES_NO:
        return Phrase(PromptId(f"option.{option}"))
    return OptionWords(item, option)


def skip_offered(state: DialogueState) -> bool:
    """Tell whether passing the question was offered (third rung of help): then it says nothing about the person."""
    return state.phase is Phase.QUESTION and state.doubt is None and max(state.silences, state.misses) >= LAST_RUNG


def turn_locale(state: DialogueState) -> str:
    """Give the language of the turn: the session's, or the one half heard in the choice of the language."""
    if state.doubt is not None and state.phase is Phase.LANGUAGE:
        return LANGUAGES.get(state.doubt.candidates[0], state.locale)
    return state.locale


def grammar(context: DialogueContext, state: DialogueState) -> Grammar:
    """Give everything that may be said in this turn."""
    locale = turn_locale(state)
    words = context.content.vocabularies[locale]
    wordings: list[tuple[MeaningId, tuple[str, ...]]] = []
    if state.doubt is not None:
        wordings += [(YES, words.yes), (NO, words.no)]
    elif state.phase is Phase.CODE_ENTRY:
        wordings += [(digit(value), forms) for value, forms in enumerate(words.digits)]
        wordings += [_command_wordings(words, meaning) for meaning in (ERASE, LEAVE_CODE, LESSONS)]
    elif state.phase is Phase.OWN_NUMBER:
        wordings += [(digit(value), forms) for value, forms in enumerate(words.digits)]
        wordings += [_command_wordings(words, meaning) for meaning in (ERASE, ENTER, NO_NUMBER)]
    else:
        wordings += _choice_wordings(context, state, locale, words)
    if state.phase is Phase.WELCOME and state.doubt is None:
        wordings.append(_command_wordings(words, LESSONS))
    if skip_offered(state):
        wordings.append((SKIP, words.commands[CommandId("skip")]))
    wordings += [_command_wordings(words, meaning) for meaning in EVERYWHERE]
    return Grammar(locale, _disjoint(wordings))


def _choice_wordings(
    context: DialogueContext, state: DialogueState, locale: str, words: Vocabulary
) -> list[tuple[MeaningId, tuple[str, ...]]]:
    if state.phase in (Phase.SHARING, Phase.ASSISTANCE, Phase.ERASURE):
        return [(YES, words.yes), (NO, words.no)]
    offered = choices(context, state)
    asked = state.session.asked if state.phase is Phase.QUESTION else None
    if state.phase in (Phase.CONSENT, Phase.RECOGNITION):
        return [(YES, words.yes), (NO, words.no)]
    if state.phase is Phase.ACCOUNT and is_asked_whether_sure(state):
        return [(YES, words.yes), (NO, words.no)]
    if asked is None:
        return [
            (
                each.meaning,
                (
                    *words.commands[CommandId(each.meaning.partition(".")[2])],
                    *(words.commands[CommandId("finish")] if each.label == _ONWARD else ()),
                    *place_wordings(words, each.place, len(offered)),
                ),
            )
            for each in offered
        ]
    item = context.content.items[asked.item]
    if item.kind is ItemKind.YES_NO:
        return [(option_meaning(OptionId("yes")), words.yes), (option_meaning(OptionId("no")), words.no)]
    own = {
        option.id: tuple(dict.fromkeys(said_form(form) for form in (option.text, *option.synonyms)))
        for option in item.texts[locale].options
    }
    shared = Counter(form for forms in own.values() for form in forms)
    placed = len(asked.order) if offered else 0
    told = [
        (
            option_meaning(option),
            (
                *(form for form in own[option] if form and shared[form] == 1),
                *(place_wordings(words, place, placed) if placed else ()),
            ),
        )
        for place, option in enumerate(asked.order, start=1)
    ]
    if word_awaited(context, state):
        return [*told, _command_wordings(words, LIST)]
    if state.digits and number_awaited(context, state):
        return [*told, _command_wordings(words, ENTER), _command_wordings(words, ERASE)]
    return told


def _command_wordings(words: Vocabulary, meaning: MeaningId) -> tuple[MeaningId, tuple[str, ...]]:
    return meaning, words.commands[CommandId(meaning.partition(".")[2])]


def place_wordings(words: Vocabulary, place: int, offered: int) -> tuple[str, ...]:
    """Give how the choice at a place (from 1) of so many is called by where it stands."""
    forms = words.places[place - 1]
    if place == offered > 1:
        forms += words.commands[CommandId("choose_last")]
    elif offered == MIDDLE_OF and place == MIDDLE_OF // 2 + 1:
        forms += words.commands[CommandId("choose_middle")]
    return forms


def _disjoint(wordings: list[tuple[MeaningId, tuple[str, ...]]]) -> tuple[Meaning, ...]:
    """Merge the wordings of each meaning; a wording used twice stays with the first meaning that has it."""
    owner: dict[str, MeaningId] = {}
    for meaning, forms in wordings:
        for form in forms:
            owner.setdefault(form, meaning)
    by_meaning: dict[MeaningId, list[str]] = {}
    for form, meaning in owner.items():
        by_meaning.setdefault(meaning, []).append(form)
    return tuple(Meaning(meaning, tuple(forms)) for meaning, forms in by_meaning.items())
