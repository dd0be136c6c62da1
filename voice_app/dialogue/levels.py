"""Levels told in words, for the paths that measure every competence: a short summary, then area by area on demand.

A competence is told by what its own questions say; one that was not asked is not told. A level stands for itself only
where the path came to its end and the doubt is small: else it is told as a band. A rehearsal tells which levels are
reached, on a competence's own answers alone: reached (as sure as the policy asks), or probably reached (likelier than
not); never what was not reached.
"""

from __future__ import annotations

from collections.abc import Mapping

from audio_content.model import PromptId
from engine.adaptive import LevelEstimate, Policy, Report
from engine.adaptive.stopping import Target
from engine.model import Area, CompetenceId
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import NodeName, Phrase
from voice_app.dialogue.numbers import number_prompt
from voice_app.dialogue.state import Session

WIDEST_AS_ONE = 2
"""Levels between the ends of a band that is still told as one level."""
LIKELIER_THAN_NOT = 0.5

AreaTold = tuple[Phrase, ...]


def has_details(session: Session) -> bool:
    """Tell whether this session has a result in levels, competence by competence."""
    assessment = session.assessment
    if assessment is None or session.gathered is not None or not session.answers:
        return False
    return assessment.policy.target in (Target.COMPETENCE, Target.CUT)


def details(context: DialogueContext, session: Session) -> tuple[AreaTold, ...]:
    """Give the levels by area, each area with its name first; only what was asked. Empty before there is any."""
    if session.assessment is None:
        return ()
    policy, report = session.assessment.policy, session.assessment.report()
    names = context.content.skill_map.names
    areas: dict[str, list[Phrase]] = {}
    for competence, estimate in asked(policy, report).items():
        if competence in names:
            areas.setdefault(_area_of(context, competence), []).append(told_of(policy, report, competence, estimate))
    return tuple((Phrase(PromptId("detail.area"), {"area": NodeName(area)}), *told) for area, told in areas.items())


def summary(context: DialogueContext, policy: Policy, report: Report) -> tuple[Phrase, ...]:
    """Give the short form of the levels: for a rehearsal how many competences are at the level that the certification
    asks for, else what is known best and what is to be worked on first."""
    known = {name: each for name, each in asked(policy, report).items() if name in context.content.skill_map.names}
    if not known:
        return ()
    if policy.target is Target.CUT:
        return _rehearsed(policy, report, known)
    best = max(known, key=lambda name: (known[name].level, known[name].mean, name))
    least = min(known, key=lambda name: (known[name].level, known[name].mean, name))
    told = [Phrase(PromptId("result.known_best"), {"competence": NodeName(best)})]
    if least != best:
        told.append(Phrase(PromptId("result.known_least"), {"competence": NodeName(least)}))
    return tuple(told)


def asked(policy: Policy, report: Report) -> Mapping[CompetenceId, LevelEstimate]:
    """Give the competences that had a question; of a rehearsal as their own answers tell."""
    told = report.own_evidence if policy.own_evidence else report.competences
    return {competence: estimate for competence, estimate in told.items() if estimate.questions > 0}


def reached(estimate: LevelEstimate, policy: Policy, certainty: float) -> int:
    """Give the highest of the policy's cuts that is reached with this probability; 0 for none."""
    return max((int(cut) for cut in policy.cuts if sum(estimate.pmf[int(cut) :]) > certainty), default=0)


def told_of(policy: Policy, report: Report, competence: CompetenceId, estimate: LevelEstimate) -> Phrase:
    """Give what is told of one competence that was asked."""
    if policy.target is Target.CUT:
        return _cuts_told(policy, competence, estimate)
    low, high = estimate.band
    name = NodeName(competence)
    if report.speaks_in_bands or high - low > WIDEST_AS_ONE:
        if low == 0:
            return Phrase(PromptId("detail.up_to"), {"competence": name, "high": number_prompt(high)})
        numbers = {"low": number_prompt(low), "high": number_prompt(high)}
        return Phrase(PromptId("detail.band"), {"competence": name, **numbers})
    if estimate.level == 0:
        return Phrase(PromptId("detail.start"), {"competence": name})
    prompt = "detail.level_to_confirm" if estimate.to_confirm else "detail.level"
    return Phrase(PromptId(prompt), {"competence": name, "level": number_prompt(estimate.level)})


def _rehearsed(policy: Policy, report: Report, known: Mapping[CompetenceId, LevelEstimate]) -> tuple[Phrase, ...]:
    shown = sum(reached(each, policy, LIKELIER_THAN_NOT) >= 1 for each in known.values())
    numbers = {"number": number_prompt(shown), "asked": number_prompt(len(known))}
    one = Phrase(PromptId("result.rehearsed"), numbers) if shown else Phrase(PromptId("result.rehearsed_none"))
    return (one, Phrase(PromptId("topic.eligible")))


def _cuts_told(policy: Policy, competence: CompetenceId, estimate: LevelEstimate) -> Phrase:
    sure = reached(estimate, policy, policy.cut_certainty)
    likely = reached(estimate, policy, LIKELIER_THAN_NOT)
    name = NodeName(competence)
    if likely == 0:
        return Phrase(PromptId("detail.not_shown"), {"competence": name})
    if sure == 0:
        return Phrase(PromptId("detail.likely"), {"competence": name, "likely": number_prompt(likely)})
    if likely == sure:
        return Phrase(PromptId("detail.reached"), {"competence": name, "level": number_prompt(sure)})
    numbers = {"level": number_prompt(sure), "likely": number_prompt(likely)}
    return Phrase(PromptId("detail.reached_and_likely"), {"competence": name, **numbers})


def _area_of(context: DialogueContext, competence: CompetenceId) -> str:
    skill_map = context.content.skill_map
    return next(
        (str(area.id) for area in (*skill_map.spec.areas, *skill_map.extension) if competence in _names(area)), ""
    )


def _names(area: Area) -> tuple[CompetenceId, ...]:
    return tuple(each.id for each in area.competences)
