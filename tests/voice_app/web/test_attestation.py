"""The attestation by its page: a sheet and a badge from a code, what was shown only when it is ticked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from quart import Quart

from audio_content.model import LOCALES
from engine.organization.codes import with_check_digit
from tests.databases import new_file
from tests.voice_app.documents import paper
from tests.voice_app.test_assisted_conversation import usual_context
from tests.voice_app.test_session_report import kept
from voice_app.app import contexts
from voice_app.attesting import attestation_paper
from voice_app.dialogue.context import DialogueContext
from voice_app.documents.rules import DocumentRules
from voice_app.session_memory import ContextOf
from voice_app.settings import Settings
from voice_app.store.rules import StoreRules
from voice_app.store.sql_store import SqlStore
from voice_app.web.attestation import PATH, Paper, Wanted, attestation_blueprint
from voice_app.web.page_words import book_of_words

HERE = {"Origin": "http://localhost"}
UNKNOWN = with_check_digit("1234567")


@dataclass
class Page:
    """The page, and the desk behind it."""

    store: SqlStore
    settings: Settings

    @property
    def context(self) -> DialogueContext:
        return usual_context()

    @property
    def context_of(self) -> ContextOf:
        return contexts(Settings(), usual_context())

    async def attest(self, wanted: Wanted, asker: str) -> Paper:
        return await attestation_paper(self, wanted, asker)

    async def post(self, form: dict[str, str], headers: dict[str, str] = HERE) -> Any:
        app = Quart(__name__, static_folder=None)
        app.register_blueprint(attestation_blueprint(self.attest))
        return await app.test_client().post(f"{PATH}?lang=fr", form=form, headers=headers)


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    store = await SqlStore.open(await new_file(tmp_path / "events.sqlite"))
    yield Page(store, replace(Settings(), data_folder=tmp_path))
    await store.close()


def test_both_locales_have_the_same_words_of_the_attestation() -> None:
    french, english = (book_of_words("attestation", locale) for locale in LOCALES)

    assert {section: set(names) for section, names in french.items()} == {
        section: set(names) for section, names in english.items()
    }


async def test_the_sheet_is_accessible_and_has_what_was_ticked(page: Page, tmp_path: Path) -> None:
    code = await kept(page.store, questions=15)
    form = {"code": " ".join(code), "holder": "Ginette", "with_skills": "yes", "do": "sheet"}
    file = tmp_path / "attestation.pdf"

    answer = await page.post(form)
    file.write_bytes(await answer.get_data(as_text=False))

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert paper.faults(file) == []
    assert "Ginette" in paper.text(file)
    assert "n'est pas signée" in paper.text(file)


async def test_the_badge_tells_no_name_and_nothing_shown_unless_it_is_ticked(page: Page) -> None:
    code = await kept(page.store, questions=15)

    bare = json.loads(await (await page.post({"code": code, "holder": "Ginette", "do": "badge"})).get_data())
    told = json.loads(await (await page.post({"code": code, "with_skills": "yes", "do": "badge"})).get_data())

    assert "Ginette" not in json.dumps(bare)
    assert "alignment" not in bare["credentialSubject"]["achievement"]
    assert told["credentialSubject"]["achievement"]["alignment"]
    assert bare["id"] == told["id"]
    assert code not in json.dumps(told)


async def test_with_a_key_the_badge_is_signed(page: Page, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    page.settings = replace(
        page.settings, documents=replace(page.settings.documents, badge_key=str(key), issuer="Reims")
    )

    answer = await page.post({"code": await kept(page.store, questions=15), "do": "badge"})

    assert (answer.content_type, (await answer.get_data(as_text=True)).count(".")) == ("application/vc+jwt", 2)


@pytest.mark.parametrize(
    ("questions", "told"), [(3, "pas terminé"), (0, "n’ouvre rien")], ids=["not finished", "unknown"]
)
async def test_what_cannot_be_attested_is_said(page: Page, questions: int, told: str) -> None:
    code = await kept(page.store, questions=questions) if questions else UNKNOWN

    answer = await page.post({"code": code, "do": "sheet"})

    assert answer.status_code == 400
    assert told in await answer.get_data(as_text=True)


async def test_codes_cannot_be_guessed(page: Page) -> None:
    for _ in range(StoreRules().wrong_codes_per_asker):
        await page.post({"code": UNKNOWN})

    assert "Trop de codes" in await (await page.post({"code": UNKNOWN})).get_data(as_text=True)


async def test_a_key_that_cannot_be_read_is_our_fault(page: Page, tmp_path: Path) -> None:
    page.settings = replace(page.settings, documents=DocumentRules(badge_key=str(tmp_path / "none")))

    answer = await page.post({"code": await kept(page.store, questions=15), "do": "badge"})

    assert answer.status_code == 503


async def test_a_form_of_another_site_is_refused(page: Page) -> None:
    answer = await page.post({"code": await kept(page.store, questions=15)}, {"Origin": "https://elsewhere.example"})

    assert answer.status_code == 403
