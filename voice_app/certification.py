"""Eligibility for the certification, from a session's code; accredited centres near a postal code."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from audio_content.referral.nearest import Origin, nearest
from audio_content.referral.shelf import kept_places
from audio_content.referral.spoken import spoken_place
from audio_content.referral.territory import load_territory
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
    try:
        territory = load_territory(folder / "territory" / "territory.json")
        places = tuple(place for place in kept_places(folder / "places") if place.accredited)
    except (OSError, ValueError) as fault:
        log.warning("no centres are named: %s", fault)
        return ()
    communes = territory.of_postal_code(postal_code)
    if not communes:
        return ()
    found = nearest(places, Origin(communes[0], None), territory, CENTRES_NAMED)
    return [" ".join(spoken_place(each.place, locale, each)) for each in found]
