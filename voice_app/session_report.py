"""From a session's code to its report: looks the records up, folds them, adds places nearby. Knows no channel."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from audio_content.referral.nearest import Origin, nearest
from audio_content.referral.shelf import kept_places
from audio_content.referral.spoken import spoken_place
from audio_content.referral.territory import load_territory
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.fold import resume
from voice_app.dialogue.messages import SessionFound
from voice_app.dialogue.records import from_payload
from voice_app.dialogue.state import Session
from voice_app.documents.learner_report import WayBack, learner_report, report_pdf
from voice_app.documents.rules import DocumentRules
from voice_app.errors import StoreError, VoiceAppError
from voice_app.ports import Store
from voice_app.session_memory import ContextOf, context_after

log = logging.getLogger(__name__)

PLACES_NAMED = 2
NO_RESULT = "this session has no result yet: go on with its code first"


class NoResultYet(VoiceAppError):
    """The session has not come to its result: it goes on with the same code."""

    code = "documents.no_result_yet"


class UnknownCode(VoiceAppError):
    """No session has this code."""

    code = "documents.unknown_code"
    prompt_id = "code.unknown"


async def session_report(
    store: Store,
    context: DialogueContext,
    rules: DocumentRules,
    folder: Path,
    *,
    code: str,
    asker: str,
    locale: str = "",
    address: str = "",
    context_of: ContextOf | None = None,
) -> bytes:
    """Give the PDF of the report of a session, found by its code; `locale` empty: in the language it was held in.

    `folder` is the service's data folder; `address` where learners reach the page, empty: nowhere but here;
    `context_of` gives the context of another path than `context`'s.
    Raises UnknownCode, NoResultYet, StoreError, NotTypeset.
    """
    context, session = await finished_session(store, context, code=code, asker=asker, context_of=context_of)
    spoken = locale or session.locale
    way_back = WayBack(code, address, rules.phone)
    report = learner_report(
        context, session, way_back, places_nearby(rules.commune, folder, spoken), date.today(), spoken
    )
    if report is None:
        raise NoResultYet(NO_RESULT)
    return report_pdf(report, folder / "fonts")


async def finished_session(
    store: Store, context: DialogueContext, *, code: str, asker: str, context_of: ContextOf | None = None
) -> tuple[DialogueContext, Session]:
    """Give the session of a code, with the context of its path. Raises UnknownCode, NoResultYet, StoreError."""
    session_id = await store.find_session(code, asker=asker)
    if session_id is None:
        raise UnknownCode(f"no session has the code {code}")
    try:
        records = tuple(from_payload(stored.kind, stored.payload) for stored in await store.history(session_id))
    except ValueError as fault:
        raise StoreError(f"the session cannot be read: {fault}") from fault
    context = context_after(SessionFound(records), context, context_of)
    session = resume(context, records).session
    if session.finished is None or session.gathered is not None:
        raise NoResultYet(NO_RESULT)
    return context, session


def places_nearby(commune: str, folder: Path, locale: str) -> Sequence[str]:
    """Give what is told of the places nearest to a commune (INSEE code); empty when nothing is known there."""
    try:
        territory = load_territory(folder / "territory" / "territory.json")
        places = tuple(kept_places(folder / "places"))
    except (OSError, ValueError) as fault:
        log.warning("no places are named: %s", fault)
        return ()
    here = territory.commune(commune) if commune else None
    if here is None:
        return ()
    found = nearest(places, Origin(here, None), territory, PLACES_NAMED)
    return [" ".join(spoken_place(each.place, locale, each)) for each in found]
