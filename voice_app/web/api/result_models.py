"""The shapes of what a campaign's results add up to, of what anybody may see, and of one result in a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from engine.organization.tallies import Kind, Tally
from voice_app.results import Figures, ModeEffect, Published, ResultFilter
from voice_app.web.api.feed_models import Asked, AskedDay, told_moment
from voice_app.web.api.models import CountsAnswer
from voice_app.web.organization.charts import channel_lines

ChannelName = Literal["kiosk", "phone", "console"]
LONGEST_GROUP = 60


class ResultQuery(Asked):
    """Which results: sent from `first` to `last` (days in UTC, both in), by a channel, of a group."""

    first: AskedDay | None = None
    last: AskedDay | None = None
    channel: ChannelName | None = None
    group: Annotated[str | None, Field(min_length=1, max_length=LONGEST_GROUP)] = None

    def chosen(self) -> ResultFilter:
        """Give what is asked for as the store takes it."""
        return ResultFilter(self.first, self.last, self.channel, self.group)


class NewGroup(Asked):
    """The group that a result is put in, a word of your own; empty: none."""

    group: Annotated[str, Field(max_length=LONGEST_GROUP)]


class LearnedAnswer(BaseModel):
    """An area, a competence or a skill by its id: how often it was shown, how often it is still to learn."""

    id: str
    mastered: int
    to_learn: int

    @classmethod
    def all_of(cls, counts: Mapping[str, tuple[int, int]]) -> list[LearnedAnswer]:
        """Give one for each name."""
        return [cls(id=name, mastered=shown, to_learn=missed) for name, (shown, missed) in counts.items()]


class ChannelAnswer(BaseModel):
    """One channel: people who shared, and skills shown and to learn in all their results together."""

    channel: str
    shared: int
    mastered: int
    to_learn: int


class ComparedAnswer(BaseModel):
    """A way of answering against the reference: questions with enough answers, how many of them differ, and by how
    many levels at most; `most_answers`: what any question has on its scarcer side."""

    group: str
    enough: int
    flagged: int
    largest: float
    most_answers: int


class ModeEffectAnswer(BaseModel):
    """The last comparison between ways of answering, question by question; `fewest` answers are needed on each side."""

    compared_at: datetime
    answers: int
    reference: str
    fewest: int
    groups: list[ComparedAnswer]

    @classmethod
    def of(cls, effect: ModeEffect) -> ModeEffectAnswer:
        found = effect.found
        return cls(
            compared_at=told_moment(effect.compared_at),
            answers=found["answers"],
            reference=found["reference"],
            fewest=found["fewest"],
            groups=[ComparedAnswer(**each) for each in found["groups"]],
        )


class FiguresAnswer(BaseModel):
    """What a campaign's shared results add up to, as the filter narrows it. `helped`: people with helped answers.

    `mode_effect` and `groups` are of the whole campaign.
    """

    counts: CountsAnswer
    helped: int
    profiles: dict[str, int]
    channels: list[ChannelAnswer]
    areas: list[LearnedAnswer]
    competences: list[LearnedAnswer]
    skills: list[LearnedAnswer]
    groups: list[str]
    mode_effect: ModeEffectAnswer | None

    @classmethod
    def of(
        cls,
        figures: Figures,
        areas: Mapping[str, tuple[int, int]],
        competences: Mapping[str, tuple[int, int]],
        skills: Mapping[str, tuple[int, int]],
        groups: Sequence[str],
        effect: ModeEffect | None,
    ) -> FiguresAnswer:
        counts = figures.counts
        return cls(
            counts=CountsAnswer(begun=counts.begun, completed=counts.completed, shared=counts.shared),
            helped=figures.total.get(Tally(Kind.HELPED), 0),
            profiles=dict(figures.of(Kind.PROFILE)),
            channels=[
                ChannelAnswer(channel=each.name, shared=each.people, mastered=each.mastered, to_learn=each.to_learn)
                for each in channel_lines(figures, {})
            ],
            areas=LearnedAnswer.all_of(areas),
            competences=LearnedAnswer.all_of(competences),
            skills=LearnedAnswer.all_of(skills),
            groups=list(groups),
            mode_effect=None if effect is None else ModeEffectAnswer.of(effect),
        )


class PublicSkillAnswer(BaseModel):
    """A skill as anybody may see it."""

    id: str
    mastered: int | None
    to_learn: int | None


class PublishedAnswer(BaseModel):
    """What anybody may see: rounded to five, null where few people would be told of; empty before five have shared."""

    title: str
    organization: str
    people: int | None
    published_at: datetime | None
    profiles: dict[str, int | None]
    channels: dict[str, int | None]
    skills: list[PublicSkillAnswer]

    @classmethod
    def of(cls, published: Published) -> PublishedAnswer:
        at = published.published_at
        return cls(
            title=published.title,
            organization=published.organization,
            people=published.people,
            published_at=None if at is None else told_moment(at),
            profiles=dict(published.profiles),
            channels=dict(published.channels),
            skills=[
                PublicSkillAnswer(id=name, mastered=counts["mastered"], to_learn=counts["to_learn"])
                for name, counts in published.skills.items()
            ],
        )
