"""From a session's code to its attestation of path: the sheet, and the badge that programs read. Knows no channel."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Protocol

from voice_app.dialogue.context import DialogueContext
from voice_app.documents.attestation import (
    AttestationFacts,
    attestation_pdf,
    credential_of,
    open_badge,
    read_key,
    signed_badge,
)
from voice_app.documents.learner_report import shown_skills
from voice_app.documents.words import document_words
from voice_app.ports import Store
from voice_app.session_memory import ContextOf
from voice_app.session_report import UnknownCode, finished_session
from voice_app.settings import Settings
from voice_app.web.attestation import Paper, Wanted


class AttestingDesk(Protocol):
    """What an attestation needs of the opened service."""

    @property
    def store(self) -> Store: ...

    @property
    def context(self) -> DialogueContext: ...

    @property
    def context_of(self) -> ContextOf: ...

    @property
    def settings(self) -> Settings: ...


async def attestation_paper(desk: AttestingDesk, wanted: Wanted, asker: str) -> Paper:
    """Give the sheet or the badge of a finished session; nothing of it is kept, and its number is always the same.

    Raises UnknownCode, NoResultYet, TooManyAttempts, BadKey, StoreError, NotTypeset.
    """
    store, settings = desk.store, desk.settings
    session_id = await store.find_session(wanted.code, asker=asker)
    if session_id is None:
        raise UnknownCode(f"no session has the code {wanted.code}")
    context, session = await finished_session(
        store, desk.context, code=wanted.code, asker=asker, context_of=desk.context_of
    )
    here = settings.documents
    of_campaign = "" if session.campaign is None else session.campaign.organization
    facts = AttestationFacts(
        organization=here.issuer or of_campaign or document_words(wanted.locale)["report"]["service"],
        path=context.rules.path,
        day=date.today(),
        credential=credential_of(session_id),
        skills=shown_skills(context, session, wanted.locale) if wanted.with_skills else (),
        holder=wanted.holder,
        address=settings.web.public_address,
        locale=wanted.locale,
    )
    return await asyncio.to_thread(_paper, facts, here.badge_key, settings.data_folder / "fonts", badge=wanted.badge)


def _paper(facts: AttestationFacts, key_file: str, fonts: Path, *, badge: bool) -> Paper:
    key = read_key(Path(key_file)) if key_file else None
    if not badge:
        return Paper(attestation_pdf(facts, fonts, signed=key is not None), "application/pdf", "attestation.pdf")
    credential = open_badge(facts)
    if key is not None:
        return Paper(signed_badge(credential, key).encode(), "application/vc+jwt", "badge.jwt")
    readable = json.dumps(credential, ensure_ascii=False, indent=2).encode()
    return Paper(readable, "application/json", "badge-unsigned.json")
