"""A session as its mediator is told of it: the question, the answers with their evidence, the engine's reasons.

Only facts and ids of words (`outcome`, `aid`, ...): the page and the sheet have the sentences. It is a fold of the
records up to the end of the help: what the person did alone afterwards is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from audio_content.model import ItemKind, OptionId, PromptId
from engine.adaptive import StopReason
from engine.adaptive.explanations import explain, summary
from engine.model import UNHEARD, Aid, Evidence, ItemId, Outcome, SkillId
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.fold import resume
from voice_app.dialogue.messages import SessionFound
from voice_app.dialogue.records import (
    AidGiven,
    AnswerWithdrawn,
    AssistanceEnded,
    ItemAnswered,
    ItemAsked,
    Record,
    from_payload,
)
from voice_app.dialogue.state import Session
from voice_app.ports import StoredRecord
from voice_app.session_memory import MEDIATOR, ContextOf, context_after
from voice_app.sittings import Glimpse
from voice_app.typography import set_spaces

SURE = 0.95
"""Share of the evidence from which an answer counts as heard clearly."""
LONGEST_STEM = 90
REMEMBERED = 256
"""Trails kept in memory: of several rooms."""


@dataclass(frozen=True, slots=True)
class ShownOption:
    id: str
    place: int
    label: str
    is_key: bool


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """The question that waits for its answer; `reason`: why the engine chose it (`selection.Reason`)."""

    item: str
    number: int
    most: int
    stem: str
    simpler: str
    skill: str
    options: tuple[ShownOption, ...]
    aid: str
    reason: str
    has_lesson: bool


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """One answer, or one that was taken back (`withdrawn_by`: "participant", "mediator", or nobody: it stands).

    `outcome` is a name of `Outcome`, or "unheard"; `clear`: a key, a confirmed word or evidence of at least `SURE`.
    """

    item: str
    number: int
    stem: str
    answer: str
    outcome: str
    clear: bool
    how: str
    aid: str
    withdrawn_by: str = ""


@dataclass(frozen=True, slots=True)
class ShownAid:
    """Help that was given: at which question (number), by which means."""

    number: int
    means: str
    aid: str


@dataclass(frozen=True, slots=True)
class Trail:
    """Everything told of one session, oldest first. `because`: the engine's reasons, the most telling first."""

    locale: str
    started: bool
    finished: str
    question: ShownQuestion | None
    answers: tuple[ShownAnswer, ...]
    aids: tuple[ShownAid, ...]
    level: str
    because: tuple[str, ...]
    channels: tuple[str, ...]
    ended: bool

    @property
    def standing(self) -> tuple[ShownAnswer, ...]:
        """Give the answers that stand: those that can be taken back."""
        return tuple(each for each in self.answers if not each.withdrawn_by)

    @property
    def last_standing(self) -> ShownAnswer | None:
        """Give the last answer that stands."""
        return self.standing[-1] if self.standing else None


def trail(
    usual: DialogueContext, context_of: ContextOf, history: Sequence[StoredRecord], locale: str, *, to_end: bool = False
) -> Trail:
    """Give what is told of a session in a language. `to_end`: after the help has ended nothing more is told.

    Raises ValueError for a record that cannot be read.
    """
    stored = list(_until_the_end(history)) if to_end else list(history)
    records = [(from_payload(each.kind, each.payload), each.actor) for each in stored]
    plain = tuple(record for record, _ in records)
    context = context_after(SessionFound(plain), usual, context_of)
    return _Told(context, locale).of(resume(context, plain).session, records)


class Trails:
    """Trails that were told, kept while nothing is added to their session.

    The page of a room looks at everybody again whenever one of them does something: each is folded once.
    """

    def __init__(self, usual: DialogueContext, context_of: ContextOf) -> None:
        self._usual = usual
        self._context_of = context_of
        self._kept: dict[tuple[str, str, bool], tuple[int, Trail]] = {}

    def of(self, session: str, history: Sequence[StoredRecord], locale: str, *, to_end: bool) -> Trail:
        """Give what is told of a session, as `trail` does. Raises ValueError."""
        place, last = (session, locale, to_end), history[-1].sequence if history else 0
        known = self._kept.pop(place, None)
        if known is None or known[0] != last:
            known = last, trail(self._usual, self._context_of, history, locale, to_end=to_end)
        while len(self._kept) >= REMEMBERED:
            self._kept.pop(next(iter(self._kept)))
        self._kept[place] = known  # the newest last
        return known[1]


def heard_words(usual: DialogueContext, glimpse: Glimpse, locale: str) -> tuple[str, ...]:
    """Give the words of what was heard last, best first."""
    told = _Told(usual, locale)
    return tuple(told.meaning(glimpse.item, meaning) for meaning, _ in glimpse.heard)


def _until_the_end(history: Iterable[StoredRecord]) -> Iterable[StoredRecord]:
    kept: list[StoredRecord] = []
    last = 0
    for record in history:
        kept.append(record)
        if record.kind == AssistanceEnded.kind:
            last = len(kept)
    return kept[:last] if last else kept


class _Told:
    """The words of one context in one language."""

    def __init__(self, context: DialogueContext, locale: str) -> None:
        self._context = context
        self._content = context.content
        self._locale = locale

    def of(self, session: Session, records: Sequence[tuple[Record, str]]) -> Trail:
        assessment = session.assessment
        report = None if assessment is None else assessment.report()
        shown = None if report is None or not session.answers else summary(report, self._locale)
        because = () if report is None else explain(report, self._locale, self._skill)
        channels = dict.fromkeys(record.channel.value for record, _ in records if isinstance(record, ItemAnswered))
        return Trail(
            locale=session.locale,
            started=session.started is not None,
            finished=session.finished or "",
            question=self._question(session),
            answers=self._answers(session, records),
            aids=self._aids(records),
            level=set_spaces(shown or "", self._locale),
            because=tuple(set_spaces(sentence, self._locale) for sentence in because),
            channels=tuple(channels),
            ended=session.helper is None,
        )

    def meaning(self, item: str, meaning: str) -> str:
        """Give the words of what was meant: an option's, a command's first wording, a digit."""
        kind, _, name = meaning.partition(".")
        vocabulary = self._content.vocabularies[self._locale]
        known = self._content.items.get(ItemId(item))
        if kind == "option" and known is not None:
            return self._option(known.id, OptionId(name))
        if kind == "digit":
            return name
        if meaning in ("yes", "no"):
            return (vocabulary.yes if meaning == "yes" else vocabulary.no)[0]
        forms = {str(command): forms for command, forms in vocabulary.commands.items()}.get(name, ())
        return forms[0] if forms else name

    # --- within ------------------------------------------------------------------------------------------------

    def _question(self, session: Session) -> ShownQuestion | None:
        asked = session.asked
        if asked is None or session.assessment is None or session.started is None:
            return None
        item = self._content.items[asked.item]
        texts = item.texts[self._locale]
        proposal = session.assessment.propose()
        chosen = "" if isinstance(proposal, StopReason) or proposal.item != asked.item else str(proposal.reason)
        options = tuple(
            ShownOption(str(option), place, self._option(asked.item, option), option == item.key)
            for place, option in enumerate(asked.order, start=1)
        )
        return ShownQuestion(
            item=str(asked.item),
            number=len(session.answers) + 1,
            most=session.started.max_items,
            stem=set_spaces(texts.stem, self._locale),
            simpler=set_spaces(texts.simpler, self._locale),
            skill=self._skill(item.skill),
            options=options,
            aid=session.aid_for(asked.item).name.lower(),
            reason=chosen,
            has_lesson=any(lesson.skill == item.skill for lesson in self._content.lessons.values()),
        )

    def _answers(self, session: Session, records: Sequence[tuple[Record, str]]) -> tuple[ShownAnswer, ...]:
        told: list[ShownAnswer] = []
        numbers: dict[ItemId, int] = {}
        for record, actor in records:
            match record:
                case ItemAsked(item):
                    numbers.setdefault(item, len([each for each in told if not each.withdrawn_by]) + 1)
                case ItemAnswered(item) if item in self._content.items:
                    told.append(self._answer(record, numbers.get(item, len(told) + 1)))
                case AnswerWithdrawn(item):
                    told = [_withdrawn(each, str(item), actor) for each in told]
                case _:
                    pass
        return tuple(told)

    def _answer(self, record: ItemAnswered, number: int) -> ShownAnswer:
        texts = self._content.items[record.item].texts[self._locale]
        share = max(record.evidence.likelihoods()) / sum(record.evidence.likelihoods())
        return ShownAnswer(
            item=str(record.item),
            number=number,
            stem=_shortened(set_spaces(texts.stem, self._locale)),
            answer="" if record.option is None else self._option(record.item, record.option),
            outcome=_outcome(record.evidence, record.aid),
            clear=record.confirmed or share >= SURE,
            how=record.input_mode.value,
            aid=record.aid.name.lower(),
        )

    def _aids(self, records: Sequence[tuple[Record, str]]) -> tuple[ShownAid, ...]:
        told: list[ShownAid] = []
        answered: set[ItemId] = set()
        for record, _ in records:
            match record:
                case ItemAnswered(item):
                    answered.add(item)
                case AnswerWithdrawn(item):
                    answered.discard(item)
                case AidGiven(item, aid, means):
                    number = 0 if item is None else len(answered - {item}) + 1
                    told.append(ShownAid(number, means, aid.name.lower()))
                case _:
                    pass
        return tuple(told)

    def _option(self, item: ItemId, option: OptionId) -> str:
        known = self._content.items[item]
        if known.kind is ItemKind.YES_NO:
            return set_spaces(self._content.prompts[self._locale][PromptId(f"option.{option}")], self._locale)
        texts: Mapping[str, str] = {str(each.id): each.text for each in known.texts[self._locale].options}
        return set_spaces(texts.get(str(option), str(option)), self._locale)

    def _skill(self, skill: SkillId) -> str:
        names = self._content.skill_map.names.get(skill)
        return str(skill) if names is None else set_spaces(names.by_locale[self._locale], self._locale)


def _outcome(evidence: Evidence, aid: Aid) -> str:
    if evidence == UNHEARD or aid is Aid.DONE_FOR_THEM:
        return "unheard" if evidence == UNHEARD else "not_counted"
    values = evidence.likelihoods()
    return Outcome(values.index(max(values))).name.lower()


def _withdrawn(answer: ShownAnswer, item: str, actor: str) -> ShownAnswer:
    if answer.item != item or answer.withdrawn_by:
        return answer
    by = MEDIATOR if actor.startswith(MEDIATOR) else "participant"
    return replace(answer, withdrawn_by=by)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_STEM else text[: LONGEST_STEM - 1].rsplit(" ", 1)[0] + "…"
