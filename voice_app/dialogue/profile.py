"""The result in plain words: a profile, two or three strengths, one next step, where to find help.

No score, no percentage, nothing that was not known: only what is there and what can come next.

The four profiles (content notes, 3.2: Grand débutant, Débutant accompagné, Presque autonome, Autonome) are read off the
overall level, 0 to 8, and its uncertainty band (about 80 %):

| profile | rule | why |
|---|---|---|
| beginner | mean below 1 | level 1 is "recognise a word, a safe reflex": not there yet |
| accompanied | mean below 2, or stopped after failures in a row | level 2 acts "alone, guidance when needed" |
| almost | the others | daily scenes alone, some procedures with help |
| autonomous | mean at least 3, and the band begins at 2 or higher | "on one's own", the doubt included |

Told is what the path's policy aims at: the profile and strengths of a quick diagnostic; what is known best and least
where every competence is measured, with the levels on demand (`levels`); strengths and the next step where somebody
learns, without a word about all the rest; levels reached in a rehearsal.

A session that stopped after failures is never called more than accompanied: the person has just met three questions in
a row that were too much, and a promise would send them home alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from audio_content.model import LessonId, PromptId
from engine.adaptive import Report, StopReason
from engine.adaptive.stopping import Target
from engine.model import MAX_LEVEL, SkillId
from engine.organization.snapshot import Snapshot
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.levels import summary
from voice_app.dialogue.messages import NodeName, Phrase
from voice_app.dialogue.state import Session

BEGINNER_BELOW = 1.0
ACCOMPANIED_BELOW = 2.0
AUTONOMOUS_FROM = 3.0
AUTONOMOUS_BAND_FROM = 2


class Profile(Enum):
    """Where a person stands, in the words of the prompts."""

    UNKNOWN = "unknown"
    BEGINNER = "beginner"
    ACCOMPANIED = "accompanied"
    ALMOST = "almost"
    AUTONOMOUS = "autonomous"


def profile_of(report: Report) -> Profile:
    """Give the plain profile of a report; UNKNOWN when no answer counts."""
    overall = report.overall
    if overall.questions == 0:
        return Profile.UNKNOWN
    if overall.mean < BEGINNER_BELOW:
        return Profile.BEGINNER
    if overall.mean < ACCOMPANIED_BELOW or report.stop is StopReason.FAILURES_IN_A_ROW:
        return Profile.ACCOMPANIED
    if overall.mean >= AUTONOMOUS_FROM and overall.band[0] >= AUTONOMOUS_BAND_FROM:
        return Profile.AUTONOMOUS
    return Profile.ALMOST


def result_phrases(context: DialogueContext, session: Session) -> tuple[Phrase, ...]:
    """Give what is said and shown as the result of a session, in order; empty before a session began."""
    if session.assessment is None:
        return ()
    if session.gathered is not None:
        return _gathered_phrases(context, session.gathered)
    policy, report = session.assessment.policy, session.assessment.report()
    profile = profile_of(report)
    intro = "result.intro_early" if report.stop is StopReason.FAILURES_IN_A_ROW else "result.intro"
    in_words, strengths = _phrase(f"result.profile.{profile.value}"), _strengths(context, report)
    after = (_next_step(context, report, profile), _phrase("result.place"), _phrase("result.honest"))
    if profile is Profile.UNKNOWN:
        return (_phrase(intro), in_words, *strengths, *after)
    match policy.target:
        case Target.COMPETENCE:
            return (_phrase(intro), in_words, *summary(context, policy, report), *after)
        case Target.CUT:
            return (_phrase("result.intro_rehearsal"), *summary(context, policy, report), *after)
        case Target.FRINGE:
            return (_phrase(intro), *strengths, *after)
        case _:
            return (_phrase(intro), in_words, *strengths, *after)


def _gathered_phrases(context: DialogueContext, told: Snapshot) -> tuple[Phrase, ...]:
    """Give the results of an account put together, in the words of every result."""
    names, levels = context.content.skill_map.names, context.content.skill_map.levels
    shown = sorted((SkillId(skill) for skill in told.mastered if skill in names), key=lambda skill: -levels[skill])
    following = _phrase(
        "result.next_step.unknown" if told.profile == Profile.UNKNOWN.value else "result.next_step.none"
    )
    if told.next_step is not None and told.next_step in names:
        following = Phrase(PromptId("result.next_step"), {"skill": NodeName(SkillId(told.next_step))})
    return (
        _phrase("gathered.intro"),
        _phrase(f"result.profile.{told.profile}"),
        *_named(shown[: context.rules.strengths_said]),
        following,
        _phrase("result.honest"),
    )


def next_lesson(context: DialogueContext, session: Session) -> LessonId | None:
    """Give the lesson that begins where the named next step does: its own, or the next one up its tube; None when
    there is none."""
    if session.assessment is None:
        return None
    report = session.assessment.report()
    named = [skill for skill in report.next_steps if skill in context.content.skill_map.names]
    if profile_of(report) is Profile.UNKNOWN or not named:
        return None
    tube, _, level = named[0].rpartition(".")
    lessons = (LessonId(f"le.{tube}.{higher}") for higher in range(int(level), MAX_LEVEL + 1))
    return next((lesson for lesson in lessons if lesson in context.content.lessons), None)


def _strengths(context: DialogueContext, report: Report) -> tuple[Phrase, ...]:
    named = [skill for skill in report.strengths if skill in context.content.skill_map.names]
    return _named(named[: context.rules.strengths_said])


def _named(shown: Sequence[SkillId]) -> tuple[Phrase, ...]:
    if not shown:
        return (_phrase("result.strength.none"),)
    first, *others = shown
    return (
        Phrase(PromptId("result.strength.first"), {"skill": NodeName(first)}),
        *(Phrase(PromptId("result.strength.next"), {"skill": NodeName(skill)}) for skill in others),
    )


def _next_step(context: DialogueContext, report: Report, profile: Profile) -> Phrase:
    if profile is Profile.UNKNOWN:
        return _phrase("result.next_step.unknown")
    named = [skill for skill in report.next_steps if skill in context.content.skill_map.names]
    if not named:
        return _phrase("result.next_step.none")
    return Phrase(PromptId("result.next_step"), {"skill": NodeName(named[0])})


def _phrase(prompt: str) -> Phrase:
    return Phrase(PromptId(prompt))
