"""A learner's account on a page: opened by a claim, seen, added to, taken out of, erased; refused from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from quart import Quart

from engine.model import Aid, Channel, Evidence, InputMode, Outcome
from tests.databases import new_file
from tests.voice_app.test_assisted_conversation import usual_context
from voice_app.app import contexts
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.fold import option_order
from voice_app.dialogue.records import ItemAnswered, ItemAsked, PracticeDone, Record, SessionStarted, to_payload
from voice_app.ports import NewRecord, SessionId
from voice_app.session_memory import ContextOf
from voice_app.settings import Settings
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.store.sql_learners import SqlLearners
from voice_app.store.sql_store import SqlStore
from voice_app.web.learner import learner_blueprint

HERE = {"Origin": "http://localhost"}
PIN = "4071"


@dataclass
class Desk:
    store: SqlStore
    learners: SqlLearners
    client: Any = field(init=False)
    token: str = ""

    def __post_init__(self) -> None:
        app = Quart(__name__, static_folder=None)
        app.register_blueprint(learner_blueprint(lambda: self))
        self.client = app.test_client()

    @property
    def context(self) -> DialogueContext:
        return usual_context()

    @property
    def context_of(self) -> ContextOf:
        return contexts(Settings(), usual_context())

    async def claim(self, *, right: bool) -> str:
        """Give the claim code of a session with one answer."""
        session = await self.store.open_session("kiosk", "bank")
        item = next(iter(self.context.content.path_items("abc_diag")))
        option = item.key if right else next(each for each in item.option_ids if each != item.key)
        outcome = Outcome.CORRECT if right else Outcome.INCORRECT
        records: list[Record] = [
            SessionStarted("abc_diag", self.context.content.version, 3, "fr", 10),
            PracticeDone(),
            ItemAsked(item.id, option_order(self.context, 3, item.id)),
            ItemAnswered(item.id, option, Evidence.certain(outcome), Aid.NONE, Channel.KIOSK, InputMode.KEY, False),
        ]
        rows = [NewRecord(record.kind, to_payload(record)) for record in records]
        await self.store.append(session, rows, channel="kiosk")
        return (await self.learners.issue_claim(SessionId(session)))[0]

    async def post(self, path: str, **form: str) -> tuple[int, str]:
        answer = await self.client.post(f"/compte/{path}", form={"form_token": self.token, **form}, headers=HERE)
        text = await answer.get_data(as_text=True)
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', text)
        self.token = found[1] if found else self.token
        return answer.status_code, text

    async def opened(self) -> str:
        code = await self.claim(right=False)
        _, text = await self.post("open", claim=" ".join((code[:3], code[3:6], code[6:])), pin=PIN, pin_again=PIN)
        return text


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = await SqlStore.open(await new_file(tmp_path / "events.sqlite"))
    rules = OrganizationRules(argon2_memory_kib=64, argon2_passes=1)
    yield Desk(store, SqlLearners(store.engine, rules, StoreRules()))
    await store.close()


async def test_an_account_is_opened_by_a_code_and_four_digits_and_comes_back(desk: Desk) -> None:
    text = await desk.opened()
    number = re.search(r'big-code">([0-9 ]+)<', text)
    assert number is not None
    assert "Votre compte est ouvert." in text
    await desk.post("leave")
    assert "Ouvrir un compte" in await (await desk.client.get("/compte/")).get_data(as_text=True)

    status, text = await desk.post("enter", number=number[1], known_pin=PIN)

    assert status == 200
    assert "à la borne" in text


async def test_a_better_result_is_kept_and_the_conflict_is_explained(desk: Desk) -> None:
    await desk.opened()

    _, text = await desk.post("add", claim=await desk.claim(right=True))

    assert "Ce résultat est gardé dans votre compte." in text
    assert "Vous l’avez montré" in text
    assert "Montré une fois, et pas une autre." in text


async def test_the_account_is_taken_along_as_a_file(desk: Desk) -> None:
    text = await desk.opened()
    number = re.search(r'big-code">([0-9 ]+)<', text)
    assert number is not None

    status, body = await desk.post("take")

    told = json.loads(body)
    assert (status, told["number"]) == (200, number[1].replace(" ", ""))
    assert [(each["channel"], each["finished"], each["path"]) for each in told["results"]] == [
        ("kiosk", False, "abc_diag")
    ]
    assert PIN not in body.replace(told["number"], "")


async def test_taking_out_and_erasing_are_one_act_each(desk: Desk) -> None:
    text = await desk.opened()
    session = re.search(r'name="session" value="([^"]+)"', text)
    assert session is not None

    _, text = await desk.post("take-out", session=session[1])
    assert "Ce résultat n’est plus dans votre compte." in text
    assert (await desk.post("erase"))[0] == 400
    _, text = await desk.post("erase", sure="yes")
    assert "Votre compte est supprimé." in text

    assert "Ouvrir un compte" in await (await desk.client.get("/compte/")).get_data(as_text=True)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"claim": "900000000", "pin": PIN, "pin_again": PIN}, "ne s’ouvre plus"),
        ({"claim": "900000000", "pin": PIN, "pin_again": "4072"}, "pas les mêmes chiffres"),
        ({"claim": "900000000", "pin": "1234", "pin_again": "1234"}, "trop faciles à deviner"),
    ],
)
async def test_what_is_refused_is_said(desk: Desk, form: dict[str, str], said: str) -> None:
    status, text = await desk.post("open", **form)

    assert status == 400
    assert said in text


async def test_too_many_wrong_codes_are_told(desk: Desk) -> None:
    for _ in range(StoreRules().wrong_codes_per_asker):
        await desk.post("open", claim="900000000", pin=PIN, pin_again=PIN)

    _, text = await desk.post("open", claim="900000000", pin=PIN, pin_again=PIN)

    assert "Trop de codes faux" in text


@pytest.mark.parametrize("path", ["add", "take-out", "take", "erase", "leave"])
async def test_nobody_writes_for_somebody_else(desk: Desk, path: str) -> None:
    text = await desk.opened()
    session = re.search(r'name="session" value="([^"]+)"', text)
    assert session is not None
    form = {"form_token": "0" * 64, "sure": "yes", "session": session[1]}
    elsewhere = {"Origin": "https://elsewhere.example"}

    for fields, headers in ((form, HERE), ({**form, "form_token": desk.token}, elsewhere)):
        await desk.client.post(f"/compte/{path}", form=fields, headers=headers)

    assert "à la borne" in await (await desk.client.get("/compte/")).get_data(as_text=True)
