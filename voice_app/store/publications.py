"""Figures that anybody may see, as they are kept: whole counts in the database, small ones left out on the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import Channel
from engine.organization.suppression import FEWEST, rounded, suppressed
from engine.organization.tallies import PROFILES, Kind, Tally
from voice_app.results import Figures, Published
from voice_app.store.envelopes import aware
from voice_app.store.result_tables import PublicationRow

PUBLIC_CHANNELS = tuple(channel.value for channel in Channel)


def figures_of(figures: Figures) -> dict[str, Any]:
    """Give what is kept of a campaign's figures at a publication."""
    return {
        # nobody is a small count too: every name is a part of the total, also the ones that nobody has
        "profiles": {name: figures.of(Kind.PROFILE).get(name, 0) for name in PROFILES},
        "channels": {
            channel: figures.channels.get(channel, {}).get(Tally(Kind.SHARED), 0) for channel in PUBLIC_CHANNELS
        },
        "mastered": dict(figures.of(Kind.MASTERED)),
        "to_learn": dict(figures.of(Kind.TO_LEARN)),
    }


def shown(title: str, organization: str, path: str, kept: PublicationRow | None) -> Published:
    """Give what may be seen of what is kept."""
    if kept is None or kept.people < FEWEST:
        return Published(title, organization, path)
    figures, people = kept.figures, kept.people
    skills = {}
    for skill in sorted({*figures["mastered"], *figures["to_learn"]}):
        parts = [figures[name].get(skill, 0) for name in ("mastered", "to_learn")]
        # who was not asked is the third part of the total: what is shown must not give it away either
        mastered, to_learn, _ = _shown([*parts, people - sum(parts)])
        skills[skill] = {"mastered": mastered, "to_learn": to_learn}
    return Published(
        title=title,
        organization=organization,
        path=path,
        people=rounded(people),
        published_at=aware(kept.published_at),
        profiles=_row(figures["profiles"]),
        channels=_row(figures["channels"]),
        skills=skills,
    )


def _row(counts: Mapping[str, int]) -> dict[str, int | None]:
    names = sorted(counts)
    return dict(zip(names, _shown([counts[name] for name in names]), strict=True))


def _shown(counts: list[int]) -> list[int | None]:
    return [None if count is None else rounded(count) for count in suppressed(counts)]
