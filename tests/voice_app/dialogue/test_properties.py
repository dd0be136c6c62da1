"""Whatever happens, in whatever order: nothing crashes, nothing is lost, only answers move the estimate."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio_content.model import ItemKind, PromptId
from engine.model import Channel, InputMode
from engine.organization.sittings import Seat
from tests.voice_app.dialogue.stage import (
    CAMPAIGN_CODE,
    CODE,
    OFFER,
    Stage,
    lessons_context,
    several_paths,
    small_context,
)
from tests.voice_app.dialogue.test_gathering import COLLECTION, TOGETHER
from voice_app.dialogue.assist_messages import Act, MediatorActs, MediatorAsks
from voice_app.dialogue.claim_messages import (
    AccountErased,
    AccountShown,
    ClaimFound,
    ClaimIssued,
    ClaimRefused,
    NumberFound,
)
from voice_app.dialogue.fold import resume
from voice_app.dialogue.messages import (
    CallerChanged,
    CampaignFound,
    CodeIssued,
    Effect,
    EndConversation,
    Event,
    Failed,
    Heard,
    ItemWords,
    Left,
    Listen,
    MicrophoneChanged,
    Opened,
    PathTaken,
    Phrase,
    Pressed,
    RecognizerBack,
    RecognizerLost,
    Reheard,
    Save,
    Say,
    SessionErased,
    SessionFound,
    SessionNotFound,
    Show,
    SilenceKept,
    Written,
)
from voice_app.dialogue.records import AnswerWithdrawn, ConsentAnswered, ItemAnswered, ResultShared
from voice_app.dialogue.state import Phase
from voice_app.dialogue.turn import grammar
from voice_app.hearing import NO_INPUT, Grammar, HearingOutcome, MeaningId, Recognition, Scored
from voice_app.wording import Wording

SEAT = Seat("sitting-1", "la Maison Bleue")
KEYS = "0123456789*#+-befhpsx"
WRITTEN = ("un navigateur", "Navigatteur", "tableur", "chaussette", "?")
likelihoods = st.floats(0.0, 1.0, allow_nan=False)


@st.composite
def happenings(draw: st.DrawFn) -> tuple[str, object]:
    """One thing that may happen. Weighted so that conversations get far."""
    kind = draw(
        st.sampled_from(
            ["press"] * 6
            + ["say"] * 6
            + ["answer"] * 6
            + [
                "silence",
                "write",
                "mumble",
                "rehear",
                "rehear",
                "store_fails",
                "outside",
                "stale",
                "odd_word",
                "code",
                "no_input",
                "mediator",
                "mediator",
            ]
        )
    )
    match kind:
        case "press":
            return kind, draw(st.sampled_from(KEYS))
        case "mumble":
            return kind, draw(st.booleans())
        case "write":
            return kind, draw(st.sampled_from(WRITTEN))
        case "say" | "rehear":
            outcome = draw(st.sampled_from([HearingOutcome.MATCH, HearingOutcome.MATCH, HearingOutcome.DOUBTFUL]))
            return kind, (draw(st.integers(0, 30)), outcome, draw(likelihoods), draw(likelihoods))
        case "answer":
            return kind, draw(st.booleans())
        case "mediator":
            return kind, draw(st.one_of(st.none(), st.tuples(st.sampled_from(Act), st.booleans(), st.booleans())))
        case "outside":
            return kind, draw(
                st.sampled_from(
                    [
                        RecognizerLost(),
                        RecognizerBack(),
                        MicrophoneChanged(False),
                        MicrophoneChanged(True),
                        CallerChanged(True),
                        CallerChanged(False),
                        Failed(PromptId("fault.general")),
                        CodeIssued(CODE),
                        SessionErased(),
                        SessionNotFound(PromptId("code.unknown")),
                        SessionNotFound(PromptId("code.too_many")),
                        SessionFound(()),
                        CampaignFound(OFFER),
                        CampaignFound(COLLECTION),
                        PathTaken("positionnement"),
                        PathTaken("repetition"),
                        ClaimIssued(CAMPAIGN_CODE, 30),
                        ClaimFound(CAMPAIGN_CODE),
                        NumberFound(CAMPAIGN_CODE),
                        AccountShown(CAMPAIGN_CODE, 1, ("t1.1",), ("t1.1",), is_new=True),
                        AccountShown(CAMPAIGN_CODE, 2, ("t1.1",), gathered=TOGETHER),
                        AccountErased(),
                        ClaimRefused("claim.wrong"),
                        ClaimRefused("claim.claim_over", over=True),
                        Opened(Channel.PHONE, 3, True),
                        Left(),
                    ]
                )
            )
        case _:
            return kind, None


def _stage(channel: Channel, seed: int) -> Stage:
    """Give a stage; by the seed, its questions are choices (alone, with lessons, with other paths), numbers, words."""
    kind = (ItemKind.CHOICE, ItemKind.CHOICE, ItemKind.NUMBER, ItemKind.WORD)[seed % 4]
    if seed % 4 == 1:
        return Stage(context=lessons_context(), channel=channel, seed=seed)
    if seed % 8 == 4:
        return Stage(context=several_paths()["abc_diag"], channel=channel, seed=seed)
    return Stage(context=small_context(kind=kind), channel=channel, seed=seed)


def happen(stage: Stage, kind: str, what: object) -> list[Effect]:
    """Let it happen on the stage, and give the effects."""
    turn = stage.state.turn
    match kind, what:
        case "press", str(key):
            return stage.send(Pressed(turn, key, InputMode.BUTTON))
        case "say", (int(which), HearingOutcome() as outcome, float(best), float(rest)):
            return stage.send(Heard(turn, _recognition(stage.listens[-1].grammar, which, outcome, best, rest)))
        case "rehear", (int(which), HearingOutcome() as outcome, float(best), float(rest)):
            before = stage.state.before
            said_for = stage.listens[-1].grammar if before is None else grammar(stage.context, before)
            heard_in = turn - 1 if before is None else before.turn
            failed = which % 5 == 0
            again = None if failed else _recognition(said_for, which, outcome, best, rest)
            return stage.send(Reheard(heard_in, again))
        case "answer", bool(right) if stage.state.session.asked is not None:
            return stage.send(Pressed(turn, str(stage.place_of(right=right))))
        case "silence", _:
            return stage.send(SilenceKept(turn))
        case "write", str(text):
            return stage.send(Written(turn, text))
        case "mumble", _:
            unclear = Recognition(HearingOutcome.NO_MATCH, (), 1.0, "fuzz")
            return stage.send(Heard(turn, unclear, over_prompt=what is True))
        case "no_input", _:
            return stage.send(Heard(turn, NO_INPUT))
        case "odd_word", _:
            odd = Recognition(HearingOutcome.MATCH, (Scored(MeaningId("option.zz"), 1.0),), 0.0, "fuzz")
            return stage.send(Heard(turn, odd))
        case "stale", _:
            return stage.send(Pressed(turn - 1, "1"))
        case "store_fails", _:
            stage.store_fails = True
        case "mediator", None:
            return stage.send(MediatorAsks(SEAT))
        case "mediator", (Act() as act, bool(on_time), bool(done)):
            return stage.send(_acted(stage, act, on_time=on_time, done=done))
        case "code", _:
            stage.keys(CODE)
        case "outside", event:
            return stage.send(event)  # type: ignore[arg-type]
    return []


def _acted(stage: Stage, act: Act, *, on_time: bool, done: bool) -> MediatorActs:
    session = stage.state.session
    answered = session.answers[-1].asked if session.answers else None
    about = answered if act is Act.WITHDRAW else session.asked
    item = about.item if about is not None and on_time else None
    option = session.asked.order[0] if session.asked is not None and not done else None
    return MediatorActs(SEAT.sitting, act, item, "Regardez bien.", option, done)


def _recognition(
    said_for: Grammar | None, which: int, outcome: HearingOutcome, best: float, rest: float
) -> Recognition:
    if said_for is None:
        return Recognition(outcome, (), 1.0, "fuzz")
    meanings = [meaning.id for meaning in said_for.meanings]
    first = meanings[which % len(meanings)]
    others = tuple(Scored(meaning, min(best, rest)) for meaning in meanings if meaning != first)
    return Recognition(outcome, (Scored(first, best), *others), max(0.0, 1.0 - best), "fuzz")


conversations = given(
    st.lists(happenings(), max_size=60),
    st.sampled_from(list(Channel)),
    st.integers(0, 2**31),
    st.sampled_from(["", "1", "111", "1111", "2111", "12#", "12#1", f"12{CAMPAIGN_CODE}111"]),
)
patient = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@patient
@conversations
def test_records_tell_the_session(events: list[tuple[str, object]], channel: Channel, seed: int, opening: str) -> None:
    stage = _stage(channel, seed)
    stage.open()
    stage.keys(opening)

    for kind, what in events:
        happen(stage, kind, what)

    if stage.state.session.started is not None:
        assert resume(stage.context, stage.records).session == stage.state.session


@patient
@conversations
def test_only_answers_move_the_estimate(
    events: list[tuple[str, object]], channel: Channel, seed: int, opening: str
) -> None:
    stage = _stage(channel, seed)
    stage.open()
    stage.keys(opening)

    for kind, what in events:
        before, kept = _estimate(stage), len(stage.records)
        happen(stage, kind, what)
        moved = any(isinstance(each, ItemAnswered | AnswerWithdrawn) for each in stage.records[kept:])
        erased = not stage.records
        assert moved or erased or before is None or _estimate(stage) == before


def _estimate(stage: Stage) -> tuple[float, ...] | None:
    assessment = stage.state.session.assessment
    return None if assessment is None else assessment.report().overall.pmf


@patient
@conversations
def test_every_turn_is_spoken_shown_and_heard_in_order(
    events: list[tuple[str, object]], channel: Channel, seed: int, opening: str
) -> None:
    stage = _stage(channel, seed)
    wording = Wording(stage.context.content)
    carried = [stage.send(Opened(channel, seed, True))]
    stage.keys(opening)

    carried += [happen(stage, kind, what) for kind, what in events]

    for effects in carried:
        _check_order(effects)
        for effect in effects:
            _check_words(wording, effect)


def _check_order(effects: list[Effect]) -> None:
    """Within a turn: records first, then the page, the voice, the ear."""
    for position, effect in enumerate(effects):
        later = effects[position + 1 :]
        match effect:
            case Say(turn):
                assert any(isinstance(each, Show) and each.turn == turn for each in effects[:position])
                assert any(isinstance(each, Listen | EndConversation) for each in later)
                record_of_this_step = [each for each in later if isinstance(each, Save)]
                next_turn = [each for each in later if isinstance(each, Show) and each.turn > turn]
                assert not record_of_this_step or next_turn
            case _:
                pass


def _check_words(wording: Wording, effect: Effect) -> None:
    """Every sentence exists, with all its gaps, and what is spoken of an item is on the page of that turn."""
    match effect:
        case Say(_, locale, _, parts):
            for part in parts:
                if isinstance(part, Phrase | ItemWords):
                    assert wording.spoken(part, locale)
        case Show():
            shown = wording.shown(effect)
            assert len(shown.commands) <= 6
            assert len(shown.choices) <= 4 or shown.screen in ("code_entry", "number_entry")
        case _:
            pass


@patient
@conversations
def test_a_session_goes_on_where_it_was_cut(
    events: list[tuple[str, object]], channel: Channel, seed: int, opening: str
) -> None:
    stage = _stage(channel, seed)
    stage.open()
    stage.keys(opening)
    for kind, what in events:
        happen(stage, kind, what)
    before = stage.state.session

    if before.started is None:
        return
    again = Stage(context=stage.context, channel=Channel.PHONE, records=stage.records)
    again.state = resume(stage.context, stage.records)
    again.open()

    after = again.state.session
    assert after.answers == before.answers
    assert after.asked == before.asked or before.asked is None
    assert again.said[-1].turn == again.shown[-1].turn == again.listens[-1].turn


@patient
@conversations
def test_nothing_is_shared_but_by_a_yes_in_the_same_step(
    events: list[tuple[str, object]], channel: Channel, seed: int, opening: str
) -> None:
    del opening
    stage = _stage(channel, seed)
    stage.open()
    stage.keys(f"12{CAMPAIGN_CODE}111")
    for _ in range(10):
        stage.answer(right=True)
    stage.press("2")

    for kind, what in events:
        asked, doubted, kept = stage.state.phase is Phase.SHARING, stage.state.doubt, len(stage.records)
        happen(stage, kind, what)
        new = stage.records[kept:]
        if any(isinstance(record, ResultShared) for record in new):
            assert kind in ("press", "code", "answer") or (asked and doubted is not None)
            assert isinstance(new[-2], ConsentAnswered)
            assert new[-2].agreed


def test_all_events_are_played() -> None:
    played = {Opened, Pressed, Heard, Reheard, SilenceKept, RecognizerLost, RecognizerBack, MicrophoneChanged}
    played |= {Written, SessionFound, SessionNotFound, CampaignFound, CodeIssued, SessionErased, Failed, Left}
    played |= {MediatorAsks, MediatorActs, PathTaken, CallerChanged}
    played |= {ClaimIssued, ClaimFound, NumberFound, AccountShown, AccountErased, ClaimRefused}

    assert set(Event.__args__) == played  # type: ignore[attr-defined]
