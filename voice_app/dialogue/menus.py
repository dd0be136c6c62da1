"""Everything around the questions: language, welcome, code, pace, practice, and the ladder of help outside a question.

Outside a question nothing is at stake, so the ladder never passes by: after its third rung it waits, without limit and
without talking to an empty or a loud room, until a key or a word is understood.
"""

from __future__ import annotations

from dataclasses import replace

from audio_content.model import PromptId
from engine.model import Channel
from engine.organization.campaigns import CampaignKind, Offer
from engine.organization.codes import CAMPAIGN_CODE_DIGITS, is_complete, is_valid_code
from engine.organization.participations import Again
from voice_app.dialogue import breaks, claiming
from voice_app.dialogue.asking import next_question
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.fold import resume
from voice_app.dialogue.messages import (
    BeginAnew,
    CampaignFound,
    FindCaller,
    FindSession,
    IssueCode,
    Phrase,
    RecogniseCaller,
    RefuseCalls,
    SessionFound,
    Spelled,
)
from voice_app.dialogue.reaction import Form, Reaction, calm
from voice_app.dialogue.records import (
    CampaignJoined,
    PracticeDone,
    PreferencesSet,
    SessionResumed,
    SessionStarted,
)
from voice_app.dialogue.script import by_channel, question_number
from voice_app.dialogue.state import DialogueState, Phase, Session
from voice_app.dialogue.turn import LAST_RUNG

TOO_MANY = PromptId("code.too_many")
"""After this no further code is asked for now."""


def first_menu(state: DialogueState) -> Reaction:
    """Give the reaction that begins: the session that waits for this caller is offered first."""
    if state.waiting_locale is None:
        return Reaction(replace(calm(state), phase=Phase.LANGUAGE))
    spoken = replace(state.session, locale=state.waiting_locale)
    return Reaction(replace(calm(state), session=spoken, phase=Phase.COMEBACK))


def consent(state: DialogueState, *, given: bool) -> Reaction:
    """Give the reaction of somebody whom we called: nothing is asked without their yes, and a no is for ever."""
    if given:
        return first_menu(state)
    return Reaction(replace(calm(state), phase=Phase.GOODBYE)).request(RefuseCalls()).saying("consent.declined")


def choose_language(state: DialogueState, locale: str) -> Reaction:
    """Give the reaction to the choice of the language."""
    session = replace(state.session, locale=locale)
    if state.claim is not None:
        return claiming.begin(replace(state, session=session), state.claim)
    if state.offer is not None:
        session = replace(session, locale=state.offer.locale_for(locale))
    phase = Phase.WELCOME if state.seat is None else Phase.ASSISTANCE
    return Reaction(replace(calm(state), session=session, phase=phase, aside=Phase.WELCOME))


def begin(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction to "begin": the session exists from here on, and has a code."""
    following = Phase.RECOGNITION if state.recognisable else Phase.PACE
    reaction = Reaction(replace(calm(state), phase=following)).keep(context, started(context, state))
    if state.offer is not None:
        reaction = reaction.keep(context, joining(state.offer))
    return with_preferences(context, state, reaction).request(IssueCode())


def started(context: DialogueContext, state: DialogueState) -> SessionStarted:
    """Give the first record of a session that begins here."""
    return SessionStarted(
        path=context.rules.path,
        bank_version=context.content.version,
        seed=state.seed,
        locale=state.locale,
        max_items=context.most,
        policy=context.policy.name,
    )


def with_preferences(context: DialogueContext, before: DialogueState, reaction: Reaction) -> Reaction:
    """Give the reaction that begins a session with the pace and loudness chosen before it, where they are not usual."""
    chosen = before.session
    preferences = PreferencesSet(chosen.locale, chosen.rate, chosen.gain_db)
    if preferences == PreferencesSet(chosen.locale, Session().rate, Session().gain_db):
        return reaction
    return reaction.keep(context, preferences)


def joining(offer: Offer, *, complete: bool = False) -> CampaignJoined:
    """Give the record that brings a session into a campaign. `complete`: it has its result already."""
    return CampaignJoined(
        offer.campaign,
        offer.organization,
        shares=offer.shares,
        number_label=offer.number_label if offer.shares else {},
        complete=complete,
        again=offer.again,
    )


def recognise(state: DialogueState, *, wished: bool) -> Reaction:
    """Give the reaction to whether the caller wants to be recognised by their number after a cut."""
    reaction = Reaction(replace(calm(state), phase=Phase.PACE, recognised=wished)).request(RecogniseCaller(wished))
    return reaction.saying("recognition.done" if wished else "recognition.declined")


def come_back(state: DialogueState) -> Reaction:
    """Give the reaction of a recognised caller who goes on with the session that was cut."""
    return Reaction(replace(calm(state), recognised=True), form=Form.SILENT).request(FindCaller())


def prefer(context: DialogueContext, state: DialogueState, *, rate: float, gain_db: float) -> Reaction:
    """Give the reaction that sets pace and loudness; kept once there is a session."""
    wish = PreferencesSet(state.session.locale, rate, gain_db)
    if state.session.started is not None:
        return Reaction(calm(state)).keep(context, wish)
    return Reaction(replace(calm(state), session=replace(state.session, rate=rate, gain_db=gain_db)))


def practised(context: DialogueContext, state: DialogueState, *, dont_know: bool = False) -> Reaction:
    """Give the reaction to the practice question: any answer is a good one; the first question follows."""
    reaction = Reaction(replace(calm(state), simpler=False)).keep(context, PracticeDone())
    reaction = reaction.saying("practice.done_dont_know" if dont_know else "practice.done")
    if state.channel is Channel.PHONE and state.code is not None and not state.recognised:
        code = Spelled(state.code)  # there is no page that tells it when the line is cut
        reaction = reaction.saying(
            Phrase(PromptId("phone.code"), {"code": code}), Phrase(PromptId("pause.code_again"), {"code": code})
        )
    return next_question(context, reaction)


def with_person(state: DialogueState, found: SessionFound | CampaignFound) -> DialogueState:
    """Give the state that knows whether somebody of the campaign's organisation answers a transfer."""
    reachable = state.person_reachable if found.person_reachable is None else found.person_reachable
    return replace(state, person_reachable=reachable)


# --- the code of a campaign or of a paused session --------------------------------------------------------------


def enter_digit(state: DialogueState, digit: str) -> Reaction:
    """Give the reaction to one digit: said back; the last one has the code looked up if it can be one."""
    if state.claim is not None:
        return claiming.enter_digit(state, state.claim, digit)
    here = calm(state)
    digits = (state.digits + digit)[:CAMPAIGN_CODE_DIGITS]
    if not is_complete(digits):
        echo = Phrase(PromptId("code.digit"), {"digits": Spelled(digit)})
        return Reaction(replace(here, digits=digits), (echo,), Form.LEAD_ONLY)
    if not is_valid_code(digits):
        return Reaction(replace(here, digits="")).saying("code.mistyped")
    return Reaction(replace(here, digits=digits), form=Form.SILENT).request(FindSession(digits))


def erase(state: DialogueState) -> Reaction:
    """Give the reaction to "erase": all digits go."""
    return Reaction(replace(calm(state), digits="")).saying("code.erased")


def erase_last(state: DialogueState) -> Reaction:
    """Give the reaction to "back" while a code is entered: the last digit goes, without digits back to the welcome."""
    if not state.digits:
        return leave_code(state)
    return Reaction(replace(calm(state), digits=state.digits[:-1])).saying("code.erased")


def leave_code(state: DialogueState) -> Reaction:
    """Give the reaction that goes back to the welcome without a code."""
    return Reaction(replace(calm(state), digits="", claim=None, phase=Phase.WELCOME), form=Form.OPTIONS)


def found(context: DialogueContext, state: DialogueState, event: SessionFound) -> Reaction:
    """Give the reaction to the records of the session that a code opened: greet, and go on where it stood.

    In a campaign that collects profiles the session is brought into it, unless it is another campaign's already.
    """
    resumed = resume(context, event.records)
    if resumed.session.started is None:
        return not_found(state, PromptId("code.unknown"))
    spoken = state.session.locale if state.phase is not Phase.LANGUAGE else resumed.session.locale
    here, offer = replace(resumed, phase=state.phase, turn=state.turn), state.offer
    if offer is None or offer.kind is not CampaignKind.PROFILE:
        return _go_on_with_what_is_left(context, here, state, spoken, event.again)
    campaign = here.session.campaign
    if campaign is not None and campaign.campaign != offer.campaign:
        return anew(state, offer, PromptId("campaign.elsewhere"))
    if campaign is not None:
        return _go_on_with_what_is_left(context, here, state, spoken, event.again)
    complete = here.session.finished is not None
    return go_on_with(context, here, state, spoken, (joining(offer, complete=complete),))


def _go_on_with_what_is_left(
    context: DialogueContext, resumed: DialogueState, here: DialogueState, locale: str, again: Offer | Again | None
) -> Reaction:
    """Give the reaction that goes on, with the campaign once more where the person may take it again."""
    reaction = go_on_with(context, resumed, here, locale)
    if isinstance(again, Offer):
        return reaction.at(again=again)
    return reaction.saying("campaign.again_later") if again is Again.TOO_SOON else reaction


def retake(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction to "take it again": a new session in the same campaign, with other questions where it can."""
    del context
    if state.again is None:
        return Reaction(calm(state), form=Form.FULL)
    return anew(state, state.again, None)


def anew(state: DialogueState, offer: Offer, lead: PromptId | None) -> Reaction:
    """Give the reaction that leaves the session that was found and begins another one in this campaign."""
    chosen = Session(locale=state.locale, rate=state.rate, gain_db=state.session.gain_db)
    fresh = replace(
        calm(state),
        session=chosen,
        phase=Phase.WELCOME,
        seed=state.seed + 1,
        code=None,
        digits="",
        offer=offer,
        again=None,
        number=None,
        recognised=False,
    )
    return Reaction(fresh, form=Form.SILENT).request(BeginAnew(offer, lead))


def go_on_with(
    context: DialogueContext,
    resumed: DialogueState,
    here: DialogueState,
    locale: str,
    kept: tuple[CampaignJoined, ...] = (),
) -> Reaction:
    """Give the reaction that takes a resumed session up in the place and language (`here`, `locale`) of the person.

    `kept`: records that come with it.
    """
    state = replace(
        resumed,
        phase=resumed.origin,
        channel=here.channel,
        microphone=here.microphone,
        hearing=here.hearing,
        recognisable=here.recognisable,
        recognised=here.recognised,
        person_reachable=here.person_reachable,
        callback_possible=here.callback_possible,
    )
    reaction = Reaction(state, form=Form.FULL).keep(context, SessionResumed(here.channel))
    for record in kept:
        reaction = reaction.keep(context, record)
    session = state.session
    if locale != session.locale:
        reaction = reaction.keep(context, PreferencesSet(locale, session.rate, session.gain_db))
    reaction = reaction.request(IssueCode()).saying("code.welcome_back")
    if state.phase is not Phase.QUESTION:
        return reaction
    if session.asked is None:
        return next_question(context, breaks.in_new_sitting(context, reaction))
    return reaction.saying(Phrase(PromptId("question.resume"), {"number": question_number(state)}))


def invited(state: DialogueState, event: CampaignFound) -> Reaction:
    """Give the reaction to the campaign that a code opened: its welcome. Before the language is chosen it waits.

    A campaign in one language needs no choice of it; who chose another one hears that.
    """
    offer = event.offer
    if state.phase is Phase.LANGUAGE and len(offer.locales) != 1:
        return Reaction(replace(state, offer=offer), form=Form.SILENT)
    locale = offer.locale_for(state.locale)
    reaction = Reaction(
        replace(
            calm(state),
            digits="",
            offer=offer,
            phase=Phase.WELCOME,
            doubt=None,
            session=replace(state.session, locale=locale),
        )
    )
    if locale != state.locale and state.phase is not Phase.LANGUAGE:
        reaction = reaction.saying("campaign.language")
    return reaction if event.lead is None else reaction.saying(Phrase(event.lead))


def not_found(state: DialogueState, prompt: PromptId) -> Reaction:
    """Give the reaction to a code that opens nothing."""
    if state.phase is Phase.COMEBACK:
        return Reaction(replace(calm(state), phase=Phase.LANGUAGE, doubt=None), (Phrase(prompt),))
    phase = Phase.WELCOME if prompt == TOO_MANY else Phase.CODE_ENTRY
    return Reaction(replace(calm(state), digits="", phase=phase, doubt=None), (Phrase(prompt),))


# --- help outside a question ------------------------------------------------------------------------------------


def silence(state: DialogueState) -> Reaction:
    """Give the reaction to a silence outside a question."""
    rung = state.silences + 1
    here = Reaction(replace(state, silences=rung))
    if state.phase is Phase.PAUSED or rung > LAST_RUNG:
        return here.in_form(Form.SILENT)
    if rung == 1:
        return here.saying("silence.first").in_form(Form.LEAD_ONLY)
    if rung == 2:
        return here.at(doubt=None).saying("silence.second")
    offer = by_channel(state, "silence.offer_menu")
    return replace(here.at(doubt=None).saying(offer).in_form(Form.LEAD_ONLY), quiet=True)


def not_understood(context: DialogueContext, state: DialogueState) -> Reaction:
    """Give the reaction to a sound that fits nothing outside a question."""
    rung = state.misses + 1
    here = Reaction(replace(state, misses=rung), quiet=state.quiet)
    replies = context.rules.pause_replies if state.phase is Phase.PAUSED else LAST_RUNG
    if rung > replies:
        return here.in_form(Form.SILENT)
    if state.phase is Phase.CODE_ENTRY:
        return here.saying("unheard.code").in_form(Form.LEAD_ONLY if rung == 1 else Form.USUAL)
    if rung == 1:
        return here.saying("unheard.first").in_form(Form.LEAD_ONLY)
    if rung == 2:
        return replace(here.at(doubt=None).saying("unheard.second").in_form(Form.OPTIONS), emphasised=True)
    return here.at(doubt=None).saying(by_channel(state, "unheard.offer_menu")).in_form(Form.LEAD_ONLY)
