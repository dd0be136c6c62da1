"""What is said in a turn: prompts, in their order, and from where on the voice may interrupt.

Rules of the ear (content notes, 2.1 and 2.3): the instruction comes before the options, the last thing heard is the
last option, the number follows the action while it is fresh; a silence of 600 ms after the question and 350 ms between
options; the short sound of a place comes before its option. The first questions, and every repetition that helps, use
the full form ("Pour ..., dites réponse un"), the others the tapered one ("Réponse un : ..."). When nobody listens to
the voice, every instruction names the key instead: what is said is true.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from audio_content.model import ItemKind, OptionId, PromptId
from engine.model import Channel
from engine.organization.campaigns import CampaignKind
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.lessons import offer
from voice_app.dialogue.messages import (
    Earcon,
    Fill,
    ItemField,
    ItemWords,
    NodeName,
    OptionWords,
    Part,
    Pause,
    Phrase,
    Spelled,
    Verbatim,
)
from voice_app.dialogue.numbers import number_prompt
from voice_app.dialogue.open_answers import kind_asked, word_awaited
from voice_app.dialogue.own_number import label
from voice_app.dialogue.paths import QUICK
from voice_app.dialogue.profile import result_phrases
from voice_app.dialogue.reaction import Form
from voice_app.dialogue.state import ClaimStep, DialogueState, Doubt, Phase, Session
from voice_app.dialogue.turn import Choice, choices, is_asked_whether_sure, may_gather
from voice_app.hearing import MeaningId

_RESULT_PAUSE_MS = 600
OWN_DATA = ("topic.data", "topic.voice", "topic.sharing")
"""What is said of one's data, before what can be done with it."""
SHARING_QUESTION, GATHERED_QUESTION = "sharing.ask", "sharing.ask_together"
ASSISTANCE_QUESTION = "assist.ask"
"""The prompts that ask for consent; their ids are kept with the answer."""


@dataclass(frozen=True, slots=True)
class Script:
    """What is said. `voice_bargein_from` counts in `parts`."""

    parts: tuple[Part, ...]
    voice_bargein_from: int | None


def script(context: DialogueContext, state: DialogueState, lead: tuple[Part, ...], form: Form) -> Script:
    """Give what is said in this turn after `lead`; with LEAD_ONLY nothing else."""
    if form is Form.LEAD_ONLY:
        return Script(lead, 0)
    rules = context.rules
    offered = _options(context, state, form)
    opening = lead if form is Form.OPTIONS and offered else (*lead, *stem(context, state, form))
    if not offered:
        return Script(opening, max(0, len(opening) - 1))
    pause = (Pause(rules.stem_pause_ms),) if opening else ()
    parts = (*opening, *pause, *offered)
    return Script(parts, len(opening) + len(pause))


def stem(context: DialogueContext, state: DialogueState, form: Form = Form.FULL) -> tuple[Part, ...]:
    """Give the turn without its options: what it is about, and how to answer where that must be said first."""
    if state.doubt is not None:
        return _doubt_stem(context, state, state.doubt)
    match state.phase:
        case Phase.WELCOME:
            return _welcome_stem(context, state)
        case Phase.CODE_ENTRY:
            return _code_stem(state)
        case Phase.PATHS:
            return (_phrase(keyed(state, "paths.intro")),)
        case Phase.THEMES | Phase.LESSONS:
            return (offer(context, state),)
        case Phase.CONSENT:
            return (_phrase(f"consent.{state.calling}"),)
        case Phase.COMEBACK:
            return (_phrase("comeback.intro"),)
        case Phase.RECOGNITION:
            return (_phrase("recognition.intro"),)
        case Phase.PACE:
            return (_phrase("pace.intro"),)
        case Phase.PRACTICE:
            wording = "practice.simpler" if state.simpler else "practice.stem"
            return (_phrase("practice.intro"), _phrase(keyed(state, "practice.teach")), _phrase(wording))
        case Phase.QUESTION:
            return _question_stem(context, state, form)
        case Phase.PAUSED:
            return _pause_stem(state)
        case Phase.SITTING:
            return _sitting_stem(context, state)
        case Phase.RESULT:
            return _spaced((*result_phrases(context, state.session), *_sharing_to_come(state.session)))
        case Phase.OWN_NUMBER:
            return _own_number_stem(state)
        case Phase.SHARING:
            return _sharing_stem(state)
        case Phase.ASSISTANCE:
            return _assistance_stem(state)
        case Phase.INFO:
            return (_phrase(keyed(state, "info.intro")),)
        case Phase.DATA:
            return _spaced(tuple(_phrase(prompt) for prompt in OWN_DATA))
        case Phase.ERASURE:
            return (_phrase("erasure.ask"),)
        case Phase.CLAIM:
            return (_phrase("claim.found"),)
        case Phase.ACCOUNT:
            return _account_stem(context, state)
        case Phase.GOODBYE:
            return (*_goodbye_code(state), _phrase("goodbye.words"))
        case Phase.LANGUAGE | Phase.CLOSED:
            return ()


def keyed(state: DialogueState, prompt: str) -> str:
    """Give the prompt's variant for keys when the voice cannot be heard."""
    return prompt if state.listening else f"{prompt}_keys"


def by_channel(state: DialogueState, prompt: str) -> str:
    """Give the prompt's variant for the telephone, where nobody stands near."""
    return f"{prompt}_phone" if state.channel is Channel.PHONE else prompt


def question_number(state: DialogueState) -> str:
    """Give the prompt id of the number of the question that is asked."""
    return number_prompt(len(state.session.answers) + 1)


def sharing_question(session: Session) -> str:
    """Give the prompt that asks whether this session's result, or the results put together, may be sent."""
    return SHARING_QUESTION if session.gathered is None else GATHERED_QUESTION


def name_of(context: DialogueContext, state: DialogueState, meaning: MeaningId) -> Fill:
    """Give how a half-heard meaning is said back."""
    for choice in choices(context, state):
        if choice.meaning == meaning:
            return choice.label if isinstance(choice.label, OptionWords) else str(choice.label.prompt)
    kind, _, name = meaning.partition(".")
    if kind == "option" and state.session.asked is not None:
        return OptionWords(state.session.asked.item, OptionId(name))
    return f"command.{name}" if kind == "menu" else str(meaning)  # what a turn understands beside its choices


def _phrase(prompt: str, **fill: Fill) -> Phrase:
    return Phrase(PromptId(prompt), fill)


def _welcome_stem(context: DialogueContext, state: DialogueState) -> tuple[Part, ...]:
    number = number_prompt(context.most)
    offer = state.offer
    if offer is None:
        return (*_path_told(context, number), _phrase("welcome.privacy"))
    own_words, organization = offer.welcome.get(state.locale, ""), Verbatim(offer.organization)
    recording = offer.recordings.get(state.locale)
    intro = "campaign.profile" if offer.kind is CampaignKind.PROFILE else "campaign.intro"
    return (
        *((replace(_phrase("campaign.welcome", words=Verbatim(own_words)), recording=recording),) if own_words else ()),
        _phrase(intro, organization=organization, number=number),
        *_how_it_goes(context),
        _phrase("welcome.privacy"),
        _phrase("campaign.privacy" if offer.shares else "campaign.private", organization=organization),
    )


def _path_told(context: DialogueContext, number: str) -> tuple[Part, ...]:
    name = context.policy.name
    how = _how_it_goes(context)
    return (_phrase("welcome.intro" if name == QUICK else f"path.intro_{name}", number=number), *how)


def _how_it_goes(context: DialogueContext) -> tuple[Part, ...]:
    """Give what is told of a long path before it begins: its sittings, and that nobody helps where nobody may."""
    policy, told = context.policy, []
    if policy.per_sitting is not None and policy.per_sitting < context.most:
        told.append(_phrase("path.sittings", number=number_prompt(policy.per_sitting)))
    if not policy.aid_allowed:
        told.append(_phrase("path.no_aid"))
    return tuple(told)


def _sitting_stem(context: DialogueContext, state: DialogueState) -> tuple[Part, ...]:
    answered = number_prompt(len(state.session.answers))
    most = context.most if state.session.started is None else state.session.started.max_items
    told = (_phrase("sitting.over", number=answered, most=number_prompt(most)),)
    if state.code is None:
        return (*told, _phrase("sitting.ask"))
    code = Spelled(state.code)
    return (*told, _phrase("pause.code", code=code), _phrase("pause.code_again", code=code), _phrase("sitting.ask"))


def _sharing_to_come(session: Session) -> tuple[Phrase, ...]:
    if session.campaign is None or not session.sharing_open:
        return ()
    return (_phrase("sharing.soon", organization=Verbatim(session.campaign.organization)),)


def _sharing_stem(state: DialogueState) -> tuple[Part, ...]:
    campaign, number = state.session.campaign, state.number
    if campaign is None:
        return ()
    return (
        _phrase(sharing_question(state.session), organization=Verbatim(campaign.organization)),
        _phrase("sharing.what" if state.session.gathered is None else "sharing.what_together"),
        *((_phrase("sharing.with_number", label=label(state), digits=Spelled(number)),) if number else ()),
        _phrase("sharing.free"),
    )


def _own_number_stem(state: DialogueState) -> tuple[Part, ...]:
    if state.digits:
        return (_phrase("own.begun", digits=Spelled(state.digits)),)
    return (_phrase(keyed(state, "own.ask"), label=label(state)),)


def _assistance_stem(state: DialogueState) -> tuple[Part, ...]:
    if state.seat is None:
        return ()
    organization = Verbatim(state.seat.organization)
    return (_phrase(ASSISTANCE_QUESTION, organization=organization), _phrase("assist.what"))


def _question_stem(context: DialogueContext, state: DialogueState, form: Form) -> tuple[Part, ...]:
    asked = state.session.asked
    if asked is None:
        return ()
    field = ItemField.SIMPLER if asked.item in state.session.explained else ItemField.STEM
    words = ItemWords(asked.item, field)
    manner = _manner(context, state)
    if manner is None:
        return (words,)
    if not state.listening:
        return (_phrase(f"{manner}_keys"), words)
    return (_phrase(manner if _is_full(context, state, form) else f"{manner}_short"), words)


def _manner(context: DialogueContext, state: DialogueState) -> str | None:
    """Give the prompt that tells how this question is answered, for those whose answers are not told."""
    match kind_asked(context, state):
        case ItemKind.YES_NO:
            return "question.yes_no"
        case ItemKind.NUMBER:
            return "question.figure"
        case ItemKind.WORD if word_awaited(context, state):
            return "question.word"
        case _:
            return None


def _doubt_stem(context: DialogueContext, state: DialogueState, doubt: Doubt) -> tuple[Part, ...]:
    plain = replace(state, doubt=None)
    return (
        _phrase("confirm.ask", heard=name_of(context, plain, doubt.candidates[0])),
        _phrase(keyed(state, "confirm.how")),
    )


def _account_stem(context: DialogueContext, state: DialogueState) -> tuple[Part, ...]:
    account = state.account
    if account is None:
        return ()
    if state.claim is not None and is_asked_whether_sure(state):
        return (_phrase(f"account.{state.claim.step.value}"),)
    number = Spelled(account.number, by=3)
    names = context.content.skill_map.names
    kept = [skill for skill in account.kept if skill in names][: context.rules.strengths_said]
    told: list[Phrase] = []
    if account.is_new:
        told += [_phrase("account.number", code=number), _phrase("account.number_again", code=number)]
    told.append(
        _phrase("account.count", number=number_prompt(account.results)) if account.results else _phrase("account.empty")
    )
    for place, skill in enumerate(kept):
        told.append(_phrase("result.strength.next" if place else "result.strength.first", skill=NodeName(skill)))
    told += [
        _phrase("account.in_spite", skill=NodeName(skill)) for skill in account.kept_in_spite[:1] if skill in names
    ]
    told.append(_phrase("result.honest"))
    if state.offer is not None and may_gather(state):
        told.append(_phrase("account.may_send", organization=Verbatim(state.offer.organization)))
    return _spaced(tuple(told))


def _code_stem(state: DialogueState) -> tuple[Part, ...]:
    if state.claim is not None:
        if state.digits and state.claim.step is ClaimStep.NUMBER:
            return (_phrase("code.begun", digits=Spelled(state.digits, by=3)),)
        return (_phrase(keyed(state, f"claim.{state.claim.step.value}")),)
    if state.digits:
        return (_phrase("code.begun", digits=Spelled(state.digits)),)
    return (_phrase(keyed(state, "code.ask")),)


def _pause_stem(state: DialogueState) -> tuple[Part, ...]:
    if state.session.started is None:
        return (_phrase("pause.start_unsaved"),)
    if state.code is None:
        return (_phrase("pause.start"),)
    code = Spelled(state.code)
    return (
        _phrase("pause.start"),
        _phrase("pause.code", code=code),
        Pause(_RESULT_PAUSE_MS),
        _phrase("pause.code_again", code=code),
    )


def _goodbye_code(state: DialogueState) -> tuple[Part, ...]:
    if state.code is None:
        return ()
    code = Spelled(state.code)
    return (
        _phrase("goodbye.code", code=code),
        Pause(_RESULT_PAUSE_MS),
        _phrase("pause.code_again", code=code),
    )


def _spaced(phrases: tuple[Phrase, ...]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for phrase in phrases:
        parts += [phrase, Pause(_RESULT_PAUSE_MS)]
    return tuple(parts[:-1])


def _options(context: DialogueContext, state: DialogueState, form: Form) -> tuple[Part, ...]:
    if state.doubt is not None or _is_yes_no(context, state):
        return ()
    parts: list[Part] = []
    for choice in choices(context, state):
        if parts:
            parts.append(Pause(context.rules.option_pause_ms))
        parts += [Earcon(f"place.{choice.place}"), _offer(context, state, choice, form)]
    return tuple(parts)


def _offer(context: DialogueContext, state: DialogueState, choice: Choice, form: Form) -> Phrase:
    if choice.invite is not None:
        manner = "say" if state.listening else "keys"
        return Phrase(PromptId(f"{choice.invite}_{manner}"), locale=choice.locale)
    spoken = "full" if _is_full(context, state, form) else "short"
    shape = spoken if state.listening else "keys"
    return _phrase(f"option.{shape}.{choice.place}", option=name_of(context, state, choice.meaning))


def _is_full(context: DialogueContext, state: DialogueState, form: Form) -> bool:
    beginner = len(state.session.settled) < context.rules.full_form_items
    return beginner or form in (Form.FULL, Form.OPTIONS)


def _is_yes_no(context: DialogueContext, state: DialogueState) -> bool:
    asked = state.session.asked
    if state.phase is not Phase.QUESTION or asked is None:
        return False
    return context.content.items[asked.item].kind is ItemKind.YES_NO
