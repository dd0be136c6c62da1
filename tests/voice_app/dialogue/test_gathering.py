"""The results of an account, put together, sent where profiles are collected: said first, asked, and no by default."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model import Channel
from engine.organization.campaigns import CampaignKind
from engine.organization.snapshot import AreaResult, Snapshot
from tests.voice_app.dialogue.stage import OFFER, Stage
from voice_app.dialogue.claim_messages import AccountShown, NumberFound
from voice_app.dialogue.fold import resume
from voice_app.dialogue.messages import CampaignFound
from voice_app.dialogue.records import ConsentAnswered, ResultsGathered, ResultShared
from voice_app.dialogue.state import Phase

COLLECTION = replace(OFFER, kind=CampaignKind.PROFILE)
NUMBER, PIN = "911111112", "4071"
TOGETHER = Snapshot(
    path="courriel",
    locale="en",
    channel="phone",
    profile="almost",
    helped=0,
    answers={"key": 20},
    areas={"1": AreaResult(12, ("t1.1", "t1.2"), ("t1.3",)), "2": AreaResult(8, ("t2.1",))},
    next_step="t1.3",
    results=2,
)
SENT = replace(TOGETHER, path="abc_diag", locale="fr", channel="kiosk")


def in_the_account(offer: object = COLLECTION, gathered: Snapshot | None = TOGETHER, **where: object) -> Stage:
    stage = Stage(**where)  # type: ignore[arg-type]
    stage.open()
    stage.press("1")
    if offer is not None:
        stage.send(CampaignFound(offer))  # type: ignore[arg-type]
    stage.press("2")
    stage.send(NumberFound(NUMBER))
    stage.keys(PIN)
    stage.send(AccountShown(NUMBER, 2, ("t1.1",), gathered=gathered))
    assert stage.state.phase is Phase.ACCOUNT
    return stage


def at_the_question(**where: object) -> Stage:
    stage = in_the_account(**where)
    stage.keys("22")
    assert stage.state.phase is Phase.SHARING
    return stage


def test_an_account_s_results_are_offered_said_and_asked_about_before_anything_is_sent() -> None:
    stage = in_the_account()
    assert stage.prompts[-3:] == ["account.may_send", "account.again_say", "result.onward_say"]
    assert stage.records == []

    stage.say("continuer")
    assert stage.prompts[:6] == [
        "gathered.intro",
        "result.profile.almost",
        "result.strength.first",
        "result.strength.next",
        "result.strength.next",
        "result.next_step",
    ]
    assert "sharing.soon" in stage.prompts
    assert stage.kinds() == ["session_started", "campaign_joined", "results_gathered"]
    assert stage.of_kind(ResultsGathered) == [ResultsGathered(SENT)]

    stage.say("continuer")
    assert stage.prompts[:3] == ["sharing.ask_together", "sharing.what_together", "sharing.free"]
    assert stage.of_kind(ResultShared) == []


def test_a_yes_by_key_sends_what_was_said_and_keeps_the_question() -> None:
    stage = at_the_question()

    stage.press("1")

    (consent,) = stage.of_kind(ConsentAnswered)
    assert isinstance(consent, ConsentAnswered)
    assert (consent.agreed, consent.wording, consent.recipient) == (True, "sharing.ask_together", OFFER.campaign)
    assert stage.of_kind(ResultShared) == [ResultShared(OFFER.campaign, SENT)]
    assert stage.ended


def test_a_yes_by_voice_is_asked_about_once_more() -> None:
    stage = at_the_question()

    stage.say("oui")
    assert stage.of_kind(ResultShared) == []
    stage.say("oui")

    assert len(stage.of_kind(ResultShared)) == 1


@pytest.mark.parametrize("refusal", ["no", "silence", "hanging up"])
def test_everything_else_sends_nothing(refusal: str) -> None:
    stage = at_the_question()

    match refusal:
        case "no":
            stage.say("non")
        case "silence":
            for _ in range(5):
                stage.keep_silent()

    assert stage.of_kind(ResultShared) == []
    assert [consent.agreed for consent in stage.of_kind(ConsentAnswered)] == [False] * (refusal == "no")  # type: ignore[union-attr]


def test_who_left_is_asked_when_they_come_back_with_the_code() -> None:
    first = at_the_question()

    back = first.back_by_code(channel=Channel.PHONE)

    assert back.state.phase is Phase.RESULT
    assert "gathered.intro" in back.prompts
    back.keys("21")
    assert back.of_kind(ResultShared) == [ResultShared(OFFER.campaign, SENT)]


def test_the_organisation_s_own_number_is_asked_for_first() -> None:
    stage = in_the_account(replace(COLLECTION, number_label={"fr": "numéro"}))

    stage.keys("22")
    assert stage.state.phase is Phase.OWN_NUMBER
    stage.keys("407#1")

    assert stage.of_kind(ResultShared) == [ResultShared(OFFER.campaign, SENT, "407")]


@pytest.mark.parametrize(
    ("offer", "gathered"), [(None, TOGETHER), (OFFER, TOGETHER), (COLLECTION, None)], ids=["none", "questions", "empty"]
)
def test_it_is_offered_only_where_profiles_are_collected_and_there_is_one(
    offer: object, gathered: Snapshot | None
) -> None:
    stage = in_the_account(offer, gathered)

    assert "account.may_send" not in stage.prompts
    assert "account.take_out_say" in stage.prompts


def test_it_cannot_be_kept_once_more_nor_printed_as_a_result_of_its_own() -> None:
    stage = in_the_account()
    stage.press("2")

    view = stage.shown[-1].view
    assert len(view.choices) == 2
    assert view.screen.value == "menu"
    assert view.progress is None


def test_what_was_gathered_comes_back_from_the_records() -> None:
    stage = at_the_question()

    assert resume(stage.context, stage.records).session == stage.state.session
    assert stage.state.session.gathered == SENT
