"""The result goes to a campaign's organisation only by the person's own act, asked aloud after the result.

No is what silence, hanging up, a pause and a half-heard word amount to: nothing is sent. A yes by voice is asked about
once more, because a result that was sent cannot be fetched back; a key or a button is certain. What is sent is frozen
here, in the very step that keeps the consent.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from audio_content.model import PromptId
from engine.adaptive import Report
from engine.model import Aid, Outcome, SkillId
from engine.organization.consent import Purpose
from engine.organization.snapshot import AreaResult, Snapshot
from voice_app.dialogue import own_number
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.interpret import Meant
from voice_app.dialogue.messages import Phrase, Verbatim
from voice_app.dialogue.pausing import goodbye
from voice_app.dialogue.profile import profile_of
from voice_app.dialogue.reaction import Reaction, calm
from voice_app.dialogue.records import ConsentAnswered, ResultShared
from voice_app.dialogue.script import sharing_question
from voice_app.dialogue.state import DialogueState, Doubt, Phase, Session
from voice_app.dialogue.turn import YES


def ask(state: DialogueState) -> Reaction:
    """Give the reaction that goes from the result to the question of sharing; to the end when it is settled."""
    if not state.session.sharing_open:
        return goodbye(state)
    if own_number.is_asked_for(state):
        return own_number.ask(state)
    return Reaction(replace(calm(state), phase=Phase.SHARING))


def decide(context: DialogueContext, state: DialogueState, meant: Meant) -> Reaction:
    """Give the reaction to yes or no: kept, and only after a certain yes the result is shared."""
    session = state.session
    campaign, agreed = session.campaign, meant.meaning == YES
    if campaign is None or not session.sharing_open:
        return goodbye(state)
    if agreed and meant.recognition is not None and not meant.confirmed:
        return Reaction(replace(state, doubt=Doubt((YES,), meant.recognition)))
    answer = ConsentAnswered(
        purpose=Purpose.SHARE_RESULT,
        recipient=campaign.campaign,
        agreed=agreed,
        wording=sharing_question(session),
        locale=state.locale,
        input_mode=meant.input_mode,
    )
    reaction = goodbye(state).keep(context, answer)
    if not agreed:
        return reaction.saying("sharing.kept")
    reaction = reaction.keep(context, ResultShared(campaign.campaign, snapshot_of(context, state), state.number or ""))
    return reaction.saying(Phrase(PromptId("sharing.done"), {"organization": Verbatim(campaign.organization)}))


def snapshot_of(context: DialogueContext, state: DialogueState) -> Snapshot:
    """Give what the organisation will see of this session. Raises ValueError before the session began."""
    session = state.session
    if session.assessment is None or session.started is None:
        raise ValueError("a session that has not begun has no result")
    if session.gathered is not None:
        return session.gathered
    report = session.assessment.report()
    answers = [each.answer for each in session.answers if each.answer is not None]
    next_steps = [skill for skill in report.next_steps if skill in context.content.skill_map.names]
    return Snapshot(
        path=session.started.path,
        locale=session.locale,
        channel=state.channel.value,
        profile=profile_of(report).value,
        helped=sum(answer.aid is not Aid.NONE for answer in answers),
        answers=dict(sorted(Counter(answer.input_mode.value for answer in answers).items())),
        areas=_areas(context, session, report),
        next_step=next_steps[0] if next_steps else None,
    )


def _areas(context: DialogueContext, session: Session, report: Report) -> dict[str, AreaResult]:
    """Give the skills by area: mastered as the report says, to learn where an answer showed it."""
    skill_map, items = context.content.skill_map, context.content.items
    mastered = set(report.strengths)
    missed = {
        items[entry.item].skill
        for entry in report.trail
        if entry.outcome in (Outcome.INCORRECT, Outcome.DONT_KNOW) and entry.item in items
    } - mastered
    asked = Counter(skill_map.area_of[items[each.asked.item].skill] for each in session.answers)

    def of_area(skills: set[SkillId], area: str) -> tuple[str, ...]:
        return tuple(skill for skill in skill_map.area_of if skill in skills and skill_map.area_of[skill] == area)

    return {
        area: AreaResult(asked[area], of_area(mastered, area), of_area(missed, area)) for area in map(str, report.areas)
    }
