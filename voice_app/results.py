"""Results of a campaign as an organisation sees them: figures, participants, what anybody may see; and their port.

Figures come from counts that are kept (`engine.organization.tallies`): how long they take does not depend on how many
people took part. As everywhere, each method is given the organisation and finds nothing of another one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from engine.organization.snapshot import Snapshot
from engine.organization.tallies import Kind, Tally, add_up, by_name
from voice_app.organizations import Author, Counts, OrganizationId


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """Which results: sent from `first` to `last` (days in UTC, both in), on a channel, of a group; None: all."""

    first: date | None = None
    last: date | None = None
    channel: str | None = None
    cohort: str | None = None

    @property
    def narrows(self) -> bool:
        """Tell whether anything is left out."""
        return self != ResultFilter()


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts of a campaign, by channel."""

    channels: Mapping[str, Mapping[Tally, int]]

    @property
    def total(self) -> Mapping[Tally, int]:
        """Give the counts of all channels together."""
        return add_up((tally, count) for counts in self.channels.values() for tally, count in counts.items())

    @property
    def counts(self) -> Counts:
        """Give how many began, completed and shared."""
        total = self.total
        return Counts(*(total.get(Tally(kind), 0) for kind in (Kind.BEGUN, Kind.COMPLETED, Kind.SHARED)))

    def of(self, kind: Kind) -> Mapping[str, int]:
        """Give the people of one kind by name, all channels together."""
        return by_name(self.total, kind)


@dataclass(frozen=True, slots=True)
class Participant:
    """One shared result. `number` counts the shared results of the campaign, first shared first."""

    number: int
    id: str
    shared_at: datetime
    channel: str
    cohort: str
    snapshot: Snapshot
    person_number: str = ""
    """The organisation's own number of the person, who gave it."""
    again_number: int | None = None
    """The number of the result after which this person took part again."""


@dataclass(frozen=True, slots=True)
class ParticipantPage:
    """Shared results, newest first. `older`: the number to go on before, `newer`: the number to go back after."""

    participants: Sequence[Participant] = ()
    older: int | None = None
    newer: int | None = None


@dataclass(frozen=True, slots=True)
class ModeEffect:
    """The comparison of channels as it was last made. `found`: plain data, `mode_effects.Comparison.to_data`."""

    compared_at: datetime
    found: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """What anybody may see of a campaign: its title, its organisation, and figures without small counts.

    `people` and each count are rounded; a count that would tell of few people is None. Empty before the first
    publication.
    """

    title: str
    organization: str
    path: str
    people: int | None = None
    published_at: datetime | None = None
    profiles: Mapping[str, int | None] = field(default_factory=dict)
    channels: Mapping[str, int | None] = field(default_factory=dict)
    skills: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)
    """For each skill "mastered" and "to_learn"."""


class Results(Protocol):
    """The results of campaigns. Every method raises StoreError when the database does not answer."""

    async def figures(self, organization: OrganizationId, campaign: str, chosen: ResultFilter) -> Figures:
        """Give the counts of a campaign; empty for another organisation's."""

    async def cohorts(self, organization: OrganizationId, campaign: str) -> Sequence[str]:
        """Give the names of the groups of a campaign, sorted."""

    async def participants(
        self,
        organization: OrganizationId,
        campaign: str,
        chosen: ResultFilter,
        *,
        before: int | None = None,
        after: int | None = None,
    ) -> ParticipantPage:
        """Give a page of shared results: the newest, or those `before` or `after` a number."""

    async def participant(self, organization: OrganizationId, campaign: str, participant: str) -> Participant | None:
        """Give one shared result, or None."""

    def stream(self, organization: OrganizationId, campaign: str, chosen: ResultFilter) -> AsyncIterator[Participant]:
        """Give the shared results, first shared first, read piece by piece: memory does not grow with their number."""

    async def put_in_cohort(
        self, organization: OrganizationId, campaign: str, participant: str, cohort: str, by: Author
    ) -> bool:
        """Put a shared result in a group ("": in none). False when this campaign has none of this id."""

    async def publish(self, organization: OrganizationId, campaign: str, published: bool, by: Author) -> bool:
        """Let anybody see the figures of a campaign, or nobody any more. False when there is no such campaign."""

    async def published(self, code: str) -> Published | None:
        """Give what anybody may see of the campaign of this code; None when it shows nothing."""

    async def mode_effect(self, organization: OrganizationId, campaign: str) -> ModeEffect | None:
        """Give the last comparison between channels; None when none was made."""
