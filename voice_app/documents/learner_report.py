"""The learner's report: what was said at the end of a session, on one or two sheets in large print.

The sentences are those that the person heard (`dialogue.profile.result_phrases`), so that voice and paper never differ.
Added are: every area that was talked about, its band of levels in words; a first exercise for the next step; the code
to go on; places nearby. No score, no percentage, no name.

Bands in words: the levels 0 to 8 of an area's band (`engine.adaptive.LevelEstimate.band`) are read as five stages, the
four of DigComp (foundation 1-2, intermediate 3-4, advanced 5-6, highly specialised 7-8) and the first steps before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from audio_content.model import PromptId
from engine.adaptive import LevelEstimate, Report
from engine.model import SkillId
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.messages import Fill, NodeName, Phrase
from voice_app.dialogue.profile import result_phrases
from voice_app.dialogue.state import Session
from voice_app.documents.squares import page_with_code, qr_drawing
from voice_app.documents.typesetting import typeset
from voice_app.documents.words import document_words, in_pairs, written_day
from voice_app.typography import set_spaces
from voice_app.wording import Wording

STRENGTHS_PRINTED = 6
STAGES = 5
LEVELS_A_STAGE = 2


@dataclass(frozen=True, slots=True)
class WayBack:
    """How somebody comes back to a session. Empty: not this way."""

    code: str
    address: str = ""
    phone: str = ""

    @property
    def in_square(self) -> str:
        """What the QR code holds: the page with the code, or the digits alone for a reader that types them."""
        return page_with_code(self.address, self.code) if self.address else self.code


@dataclass(frozen=True, slots=True)
class AreaLine:
    """One area: its name, where somebody stands in words, and its stages (0 to 4) for the drawing; None: not asked."""

    name: str
    words: str
    stages: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class LearnerReport:
    """Everything that is printed, in the person's language and in plain words; knows no template."""

    locale: str
    profile: str
    strengths: tuple[str, ...]
    next_step: str
    to_begin: tuple[str, ...]
    areas: tuple[AreaLine, ...]
    places: tuple[str, ...]
    honest: str
    way_back: WayBack
    made: date


def learner_report(
    context: DialogueContext, session: Session, way_back: WayBack, places: Sequence[str], day: date, locale: str = ""
) -> LearnerReport | None:
    """Give the report of a session; None before it began. `places`: what is said of each place nearby, best first.

    `locale` empty: the session's own language.
    """
    if session.assessment is None:
        return None
    report = session.assessment.report()
    written = _Written(context, locale or session.locale)
    told = {str(phrase.prompt): written.phrase(phrase) for phrase in result_phrases(context, session)}

    def of(beginning: str) -> str:
        return " ".join(words for prompt, words in told.items() if prompt.startswith(beginning))

    return LearnerReport(
        locale=written.locale,
        profile=of("result.profile") or of("result.rehearsed") or of("result.intro"),
        strengths=written.strengths(report) or (written.phrase(Phrase(PromptId("result.strength.none"))),),
        next_step=of("result.next_step"),
        to_begin=written.lesson(report),
        areas=tuple(written.area(area, estimate) for area, estimate in report.areas.items()),
        places=tuple(set_spaces(place, written.locale) for place in places) or (of("result.place"),),
        honest=of("result.honest"),
        way_back=way_back,
        made=day,
    )


def report_pdf(report: LearnerReport, fonts: Path) -> bytes:
    """Give the report as PDF/UA. `fonts`: a folder of the service's data. Raises NotTypeset."""
    return typeset("learner_report", template_data(report), fonts)


def template_data(report: LearnerReport) -> dict[str, Any]:
    """Give the report as the JSON data of its template."""
    words = document_words(report.locale)["report"]
    back = report.way_back
    code = in_pairs(back.code)
    ways = [words["by_kiosk"]]
    if back.phone:
        ways.insert(0, words["by_phone"].format(phone=back.phone.replace(" ", "\u00a0")))
    return {
        **asdict(report),
        "words": {**words, "made": words["made"].format(day=written_day(report.made, report.locale))},
        "made": report.made.timetuple()[:3],
        "code": code,
        "ways": ways,
        "address": back.address,
        "link": back.in_square if back.address else "",
        "qr": qr_drawing(back.in_square),
        "qr_alt": words["qr_alt" if back.address else "qr_code_alt"].format(code=code),
        "qr_how": words["qr" if back.address else "qr_code"],
        "stages": STAGES,
    }


def shown_skills(context: DialogueContext, session: Session, locale: str) -> tuple[tuple[str, str], ...]:
    """Give id and name of the skills that a session showed, the highest first; empty before it began."""
    if session.assessment is None:
        return ()
    names = context.content.skill_map.names
    strengths = session.assessment.report().strengths
    return tuple((str(skill), names[skill].by_locale[locale]) for skill in strengths if skill in names)


def stage_of(level: int) -> int:
    """Give the stage (0 to 4) of a level (0 to 8)."""
    return (level + 1) // LEVELS_A_STAGE


class _Written:
    """The words of a report in one language."""

    def __init__(self, context: DialogueContext, locale: str) -> None:
        self.locale = locale
        self._content = context.content
        self._wording = Wording(context.content)
        self._words = document_words(locale)

    def phrase(self, phrase: Phrase) -> str:
        return set_spaces(self._wording.written(phrase, self.locale), self.locale)

    def strengths(self, report: Report) -> tuple[str, ...]:
        named = [skill for skill in report.strengths if skill in self._content.skill_map.names]
        first_then = ["result.strength.first", *["result.strength.next"] * STRENGTHS_PRINTED]
        return tuple(
            self.phrase(_of_skill(prompt, skill))
            for prompt, skill in zip(first_then, named[:STRENGTHS_PRINTED], strict=False)
        )

    def lesson(self, report: Report) -> tuple[str, ...]:
        """Give the idea and the exercise of the lesson on the next step; empty when there is none."""
        named = [skill for skill in report.next_steps if skill in self._content.skill_map.names]
        for lesson in self._content.lessons.values() if named else ():
            if lesson.skill == named[0] and self.locale in lesson.texts:
                text = lesson.texts[self.locale]
                return (set_spaces(text.idea, self.locale), set_spaces(text.attempt, self.locale))
        return ()

    def area(self, area: str, estimate: LevelEstimate) -> AreaLine:
        name = _sentence_case(self._content.skill_map.names[area].by_locale[self.locale])
        words = self._words["report"]
        if estimate.questions == 0:
            return AreaLine(name, words["not_asked"], None)
        low, high = (stage_of(level) for level in estimate.band)
        stages = self._words["stages"]
        if low == high:
            told = words["one"].format(stage=_sentence_case(stages[str(low)]))
        else:
            told = words["between"].format(low=stages[str(low)], high=stages[str(high)])
        return AreaLine(name, set_spaces(told, self.locale), (low, high))


def _of_skill(prompt: str, skill: SkillId) -> Phrase:
    fill: dict[str, Fill] = {"skill": NodeName(skill)}
    return Phrase(PromptId(prompt), fill)


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
