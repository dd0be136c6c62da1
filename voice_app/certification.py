"""Eligibility for the certification, from a session's code; accredited centres near a postal code."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from audio_content.model import LOCALES
from audio_content.referral.nearest import Near, Origin, nearest
from audio_content.referral.shelf import kept_places
from audio_content.referral.spoken import spoken_place
from audio_content.referral.territory import Commune, Territory, load_territory
from voice_app.dialogue.context import DialogueContext
from voice_app.ports import Store
from voice_app.session_memory import ContextOf
from voice_app.session_report import NO_RESULT, NoResultYet, finished_session
from voice_app.web.certification import Eligibility

log = logging.getLogger(__name__)

CENTRES_NAMED = 2


async def eligibility(
    store: Store, context: DialogueContext, context_of: ContextOf, *, code: str, asker: str, locale: str
) -> Eligibility:
    """Give what a finished session shows. Raises UnknownCode, NoResultYet, StoreError."""
    context, session = await finished_session(store, context, code=code, asker=asker, context_of=context_of)
    if session.assessment is None:
        raise NoResultYet(NO_RESULT)
    found = session.assessment.report().certifiable
    names = context.content.skill_map.statements
    return Eligibility(
        shown=tuple(names[competence].by_locale[locale] for competence in found.competences),
        needed=found.needed,
        certain=found.certain,
    )


def centres_nearby(postal_code: str, folder: Path, locale: str) -> Sequence[str]:
    """Give what is told of the accredited centres near a postal code; `folder`: the service's data folder."""
    found = _centres(lambda territory: next(iter(territory.of_postal_code(postal_code)), None), folder)
    return [_said(each, locale) for each in found]


def centre_said(commune: str, folder: Path) -> dict[str, str]:
    """Give what is said of the accredited centre nearest to a commune (INSEE code), by locale; none: none is known."""
    found = _centres(lambda territory: territory.commune(commune), folder) if commune else ()
    return {locale: _said(found[0], locale) for locale in LOCALES} if found else {}


def _centres(where: Callable[[Territory], Commune | None], folder: Path) -> Sequence[Near]:
    try:
        territory = load_territory(folder / "territory" / "territory.json")
        places = tuple(place for place in kept_places(folder / "places") if place.accredited)
    except (OSError, ValueError) as fault:
        log.warning("no centres are named: %s", fault)
        return ()
    here = where(territory)
    return () if here is None else nearest(places, Origin(here, None), territory, CENTRES_NAMED)


def _said(near: Near, locale: str) -> str:
    return " ".join(spoken_place(near.place, locale, near))
