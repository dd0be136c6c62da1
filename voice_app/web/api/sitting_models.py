"""The shapes of sittings: a room with its places, one person's place as its mediator sees it, what is asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictBool

from engine.organization.campaigns import LONGEST_TITLE
from engine.organization.sittings import LONGEST_HINT, LONGEST_NOTE
from voice_app.session_trail import ShownQuestion
from voice_app.sittings import Note, Request, Sitting
from voice_app.web.api.feed_models import Asked, Page, told_moment
from voice_app.web.organization.places import Place
from voice_app.web.organization.room import NONE_KNOWN

ActName = Literal["repeat", "slower", "rephrase", "hint", "demonstrate", "relay", "withdraw", "pause", "go_on", "leave"]
Id = Annotated[str, Field(pattern="^[0-9A-Za-z_.-]{1,80}$")]


class WordsQuery(Asked):
    """The language of what is told in words; ids and states are the same in both."""

    locale: Literal["fr", "en"] = "fr"


class NewSitting(Asked):
    """A sitting to open. `mediator`: the member who helps in it, a mediator or an admin; `campaign`: one of yours."""

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    mediator: Id
    campaign: Id | None = None


class NewSeat(Asked):
    """Somebody who has begun already and has told their code: they are asked whether they agree to be helped."""

    code: Annotated[str, Field(min_length=1, max_length=20, description="Eight digits; spaces do not count.")]


class NewAct(Asked):
    """What a mediator does. `item`: the question that it is about, the answered one for `withdraw`."""

    act: ActName
    item: Annotated[str, Field(max_length=80)] = ""
    words: Annotated[str, Field(max_length=LONGEST_HINT, description="Of a hint; said aloud and kept nowhere.")] = ""
    option: Annotated[
        str | None, Field(max_length=80, description=f"To pass on: the id of an option, or `{NONE_KNOWN}`.")
    ] = None
    done_for_them: Annotated[
        StrictBool, Field(description="Passed on, but the mediator's own answer: it does not count.")
    ] = False


class NewNote(Asked):
    """A note of a member, at a question or at none. The person may read it."""

    words: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]
    member: Annotated[Id, Field(description="Whose note it is, a mediator or an admin.")]
    item: Annotated[str, Field(max_length=80)] = ""


class SittingAnswer(BaseModel):
    """A sitting. Its code opens it until `ends_at`."""

    id: str
    title: str
    mediator: str
    code: str
    campaign: str | None
    opened_at: datetime
    ends_at: datetime | None
    open: bool
    seats: Annotated[int, Field(description="People who have agreed to be helped.")]

    @classmethod
    def of(cls, sitting: Sitting) -> SittingAnswer:
        ends = sitting.ends_at
        return cls(
            id=sitting.id,
            title=sitting.title,
            mediator=sitting.mediator,
            code=sitting.code,
            campaign=sitting.campaign,
            opened_at=told_moment(sitting.opened_at),
            ends_at=None if ends is None else told_moment(ends),
            open=sitting.is_open,
            seats=sitting.seats,
        )


class SittingPage(Page):
    """Sittings, as they were opened and closed and as people sat down."""

    items: list[SittingAnswer]


class SeatAnswer(BaseModel):
    """One place at a glance. `state`: answering, wants_help, silent, unheard, menu, paused, finished or left."""

    session: str
    number: int
    channel: str
    joined_at: datetime
    left_at: datetime | None
    state: str
    question: Annotated[int | None, Field(description="The number of the question that waits.")]
    answers: int

    @classmethod
    def of(cls, place: Place) -> SeatAnswer:
        seat, trail = place.seat, place.trail
        return cls(
            session=seat.session,
            number=seat.number,
            channel=seat.channel,
            joined_at=told_moment(seat.joined_at),
            left_at=None if seat.left_at is None else told_moment(seat.left_at),
            state=place.state,
            question=None if trail.question is None else trail.question.number,
            answers=len([each for each in trail.answers if not each.withdrawn_by]),
        )


class RoomAnswer(BaseModel):
    """A sitting with its places: of those who have agreed, and of nobody else."""

    sitting: SittingAnswer
    places: list[SeatAnswer]


class OptionAnswer(BaseModel):
    """An option as it is asked: its place, its words, whether it is the expected answer."""

    id: str
    place: int
    words: str
    is_key: bool


class QuestionAnswer(BaseModel):
    """The question that waits; `reason`: why the engine chose it; `aid`: the help given at it until now."""

    item: str
    number: int
    most: int
    stem: str
    simpler: str
    skill: str
    options: list[OptionAnswer]
    aid: str
    reason: str

    @classmethod
    def of(cls, question: ShownQuestion) -> QuestionAnswer:
        return cls(
            item=question.item,
            number=question.number,
            most=question.most,
            stem=question.stem,
            simpler=question.simpler,
            skill=question.skill,
            options=[
                OptionAnswer(id=each.id, place=each.place, words=each.label, is_key=each.is_key)
                for each in question.options
            ],
            aid=question.aid,
            reason=question.reason,
        )


class GivenAnswer(BaseModel):
    """One answer: what it showed (`outcome`), how clearly and how it came, with which help; `withdrawn_by`: who took
    it back, empty while it stands."""

    item: str
    number: int
    stem: str
    answer: str
    outcome: str
    clear: bool
    how: str
    aid: str
    withdrawn_by: str


class AidAnswer(BaseModel):
    """Help that was given: at which question (0: at none), by which means, its level."""

    number: int
    means: str
    aid: str


class NoteAnswer(BaseModel):
    """A note."""

    id: str
    words: str
    item: str
    by: str
    at: datetime

    @classmethod
    def of(cls, note: Note) -> NoteAnswer:
        return cls(id=note.id, words=note.words, item=note.item, by=note.by, at=told_moment(note.at))


class RequestAnswer(BaseModel):
    """What was asked of the conversation last. `outcome`: waiting, done, or late: it came too late and did nothing."""

    act: str
    item: str
    outcome: Literal["waiting", "done", "late"]

    @classmethod
    def of(cls, request: Request) -> RequestAnswer:
        outcome: Any = request.outcome or "waiting"
        return cls(act=request.act, item=request.item, outcome=outcome)


class PlaceAnswer(BaseModel):
    """One place as its mediator sees it, nothing from after the end of the help. An oral estimation aligned with the
    CRCN, no certification."""

    seat: SeatAnswer
    question: QuestionAnswer | None
    heard: Annotated[list[str], Field(description="What was heard last in words, best first.")]
    hearing: Annotated[str, Field(description="How clearly; empty where nothing was heard.")]
    level: str
    because: list[str]
    answers: list[GivenAnswer]
    aids: list[AidAnswer]
    channels: list[str]
    notes: list[NoteAnswer]
    last_request: RequestAnswer | None

    @classmethod
    def of(cls, place: Place, notes: Sequence[Note], last: Request | None) -> PlaceAnswer:
        trail, glimpse = place.trail, place.seat.glimpse
        return cls(
            seat=SeatAnswer.of(place),
            question=None if trail.question is None else QuestionAnswer.of(trail.question),
            heard=list(place.heard),
            hearing="" if glimpse is None else glimpse.hearing,
            level=trail.level,
            because=list(trail.because),
            answers=[
                GivenAnswer(
                    item=each.item,
                    number=each.number,
                    stem=each.stem,
                    answer=each.answer,
                    outcome=each.outcome,
                    clear=each.clear,
                    how=each.how,
                    aid=each.aid,
                    withdrawn_by=each.withdrawn_by,
                )
                for each in trail.answers
            ],
            aids=[AidAnswer(number=each.number, means=each.means, aid=each.aid) for each in trail.aids],
            channels=list(trail.channels),
            notes=[NoteAnswer.of(each) for each in notes],
            last_request=None if last is None else RequestAnswer.of(last),
        )
