"""What is kept of a conversation: append-only records. The state of a session is a fold over them.

A record never holds a word that was said, a duration or a time: who asked what, which option was meant, with which
evidence. Each has a stable `kind` and a version, so that older records stay readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from audio_content.model import OptionId
from engine.model import Aid, Channel, Evidence, InputMode, ItemId
from engine.organization.claims import CLAIMED, UNCLAIMED
from engine.organization.consent import Purpose
from engine.organization.participations import CONSENT, JOINED, RELEASED, SHARED
from engine.organization.sittings import BEGUN, ENDED
from engine.organization.snapshot import Snapshot
from voice_app.dialogue.paths import QUICK

RECORD_VERSION = 1


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The first record: what the draw of items depends on. `policy` conducts the session; where nothing is said of it,
    it is the quick diagnostic's."""

    kind: ClassVar[str] = "session_started"
    path: str
    bank_version: str
    seed: int
    locale: str
    max_items: int
    policy: str = QUICK


@dataclass(frozen=True, slots=True)
class PreferencesSet:
    """Locale, pace (0.7 to 1.6) and loudness chosen by the person."""

    kind: ClassVar[str] = "preferences_set"
    locale: str
    rate: float
    gain_db: float


@dataclass(frozen=True, slots=True)
class PracticeDone:
    """The practice question is behind; it is never scored."""

    kind: ClassVar[str] = "practice_done"


@dataclass(frozen=True, slots=True)
class ItemAsked:
    """An item was put, its options in this order. The last one without an answer is the one to resume at."""

    kind: ClassVar[str] = "item_asked"
    item: ItemId
    order: tuple[OptionId, ...]


@dataclass(frozen=True, slots=True)
class ItemExplained:
    """The item was put in easier words; its answer counts as helped, also after a pause."""

    kind: ClassVar[str] = "item_explained"
    item: ItemId


@dataclass(frozen=True, slots=True)
class ItemAnswered:
    """An answer. `option` None means "I don't know"; `evidence` is what the engine received."""

    kind: ClassVar[str] = "item_answered"
    item: ItemId
    option: OptionId | None
    evidence: Evidence
    aid: Aid
    channel: Channel
    input_mode: InputMode
    confirmed: bool


@dataclass(frozen=True, slots=True)
class ItemNotAdministered:
    """The item could not be asked (never heard, passed by): no evidence, not asked again."""

    kind: ClassVar[str] = "item_not_administered"
    item: ItemId


@dataclass(frozen=True, slots=True)
class AnswerWithdrawn:
    """The person takes the last answer back; the same item is asked again."""

    kind: ClassVar[str] = "answer_withdrawn"
    item: ItemId


@dataclass(frozen=True, slots=True)
class SessionPaused:
    kind: ClassVar[str] = "session_paused"


@dataclass(frozen=True, slots=True)
class SessionResumed:
    kind: ClassVar[str] = "session_resumed"
    channel: Channel


@dataclass(frozen=True, slots=True)
class SittingBegun:
    """A long path goes on after the end of a sitting, on the same day or on another one."""

    kind: ClassVar[str] = "sitting_begun"


@dataclass(frozen=True, slots=True)
class SessionFinished:
    """The result was reached. It is recomputed from the answers, so only the reason for the end is kept."""

    kind: ClassVar[str] = "session_finished"
    reason: str


@dataclass(frozen=True, slots=True)
class CampaignJoined:
    """The session takes part in a campaign. `organization` is the name that was said: who might receive the result.

    `shares`: the person is asked at the end; `number_label`: and, before that, for the organisation's number of them
    (called so, by locale; empty: not asked). `complete`: the session had its result already. `again`: the participation
    that this one repeats.
    """

    kind: ClassVar[str] = JOINED
    campaign: str
    organization: str
    shares: bool = True
    number_label: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False
    again: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentAnswered:
    """The answer to a question of consent: `wording` is the prompt that asked, in `locale`; `recipient` a campaign."""

    kind: ClassVar[str] = CONSENT
    purpose: Purpose
    recipient: str
    agreed: bool
    wording: str
    locale: str
    input_mode: InputMode


@dataclass(frozen=True, slots=True)
class AssistanceBegun:
    """The person has agreed that a mediator of this organisation (the name that was said) follows and helps."""

    kind: ClassVar[str] = BEGUN
    sitting: str
    organization: str


@dataclass(frozen=True, slots=True)
class AidGiven:
    """The mediator helped: by which means, and what that is to the engine. `item` None: outside a question."""

    kind: ClassVar[str] = "aid_given"
    item: ItemId | None
    aid: Aid
    means: str


@dataclass(frozen=True, slots=True)
class AssistanceEnded:
    """The mediator left, or the person went on alone."""

    kind: ClassVar[str] = ENDED
    sitting: str


@dataclass(frozen=True, slots=True)
class NoteTaken:
    """The mediator wrote a note; what it says is not here."""

    kind: ClassVar[str] = "note_taken"
    note: str


@dataclass(frozen=True, slots=True)
class ResultClaimed:
    """The session became part of a learner's account (its id, which tells nothing of a person)."""

    kind: ClassVar[str] = CLAIMED
    learner: str


@dataclass(frozen=True, slots=True)
class ResultUnclaimed:
    """The session was taken out of an account."""

    kind: ClassVar[str] = UNCLAIMED
    learner: str


@dataclass(frozen=True, slots=True)
class ResultsGathered:
    """The results of the person's account, put together, are what this session has to send: it asks no questions of its
    own. Nobody but its person sees it before they share it."""

    kind: ClassVar[str] = "results_gathered"
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class ResultShared:
    """The person shares this result with a campaign, once; `snapshot` is all that its organisation will see, with the
    organisation's own `number` of the person, if they gave it."""

    kind: ClassVar[str] = SHARED
    campaign: str
    snapshot: Snapshot
    number: str = ""


@dataclass(frozen=True, slots=True)
class ParticipationReleased:
    """The organisation keeps this result no longer; the session stays, because its person keeps it in an account."""

    kind: ClassVar[str] = RELEASED
    campaign: str


Record = (
    SessionStarted
    | PreferencesSet
    | PracticeDone
    | ItemAsked
    | ItemExplained
    | ItemAnswered
    | ItemNotAdministered
    | AnswerWithdrawn
    | SessionPaused
    | SessionResumed
    | SittingBegun
    | SessionFinished
    | CampaignJoined
    | ConsentAnswered
    | ResultsGathered
    | ResultShared
    | AssistanceBegun
    | AidGiven
    | AssistanceEnded
    | NoteTaken
    | ResultClaimed
    | ResultUnclaimed
    | ParticipationReleased
)

RECORD_TYPES: Mapping[str, type[Record]] = {
    cls.kind: cls
    for cls in (
        SessionStarted,
        PreferencesSet,
        PracticeDone,
        ItemAsked,
        ItemExplained,
        ItemAnswered,
        ItemNotAdministered,
        AnswerWithdrawn,
        SessionPaused,
        SessionResumed,
        SittingBegun,
        SessionFinished,
        CampaignJoined,
        ConsentAnswered,
        ResultsGathered,
        ResultShared,
        AssistanceBegun,
        AidGiven,
        AssistanceEnded,
        NoteTaken,
        ResultClaimed,
        ResultUnclaimed,
        ParticipationReleased,
    )
}


def to_payload(record: Record) -> dict[str, Any]:
    """Give the record as JSON data (its kind is stored beside it)."""
    if isinstance(record, ResultShared):
        given = {"number": record.number} if record.number else {}
        return {"v": RECORD_VERSION, "campaign": record.campaign, "snapshot": record.snapshot.to_data(), **given}
    if isinstance(record, ResultsGathered):
        return {"v": RECORD_VERSION, "snapshot": record.snapshot.to_data()}
    if isinstance(record, SessionStarted) and record.policy == QUICK:
        return {"v": RECORD_VERSION, **{name: told for name, told in asdict(record).items() if name != "policy"}}
    if isinstance(record, CampaignJoined):
        told = asdict(record)
        usual = asdict(CampaignJoined("", ""))
        needed = {"campaign": record.campaign, "organization": record.organization}
        return {"v": RECORD_VERSION, **needed, **{name: told[name] for name in told if told[name] != usual[name]}}
    return {"v": RECORD_VERSION, **asdict(record)}


def from_payload(kind: str, payload: Mapping[str, Any]) -> Record:
    """Give the record back. Raises ValueError for an unknown kind or version."""
    if kind not in RECORD_TYPES or payload.get("v") != RECORD_VERSION:
        raise ValueError(f"unknown record {kind!r} version {payload.get('v')!r}")
    values = {name: value for name, value in payload.items() if name != "v"}
    if kind == ItemAsked.kind:
        values["order"] = tuple(values["order"])
    if kind == ItemAnswered.kind:
        values["evidence"] = Evidence(**values["evidence"])
        values["aid"] = Aid(values["aid"])
        values["channel"] = Channel(values["channel"])
        values["input_mode"] = InputMode(values["input_mode"])
    if kind == AidGiven.kind:
        values["aid"] = Aid(values["aid"])
    if kind == SessionResumed.kind:
        values["channel"] = Channel(values["channel"])
    if kind == ConsentAnswered.kind:
        values["purpose"] = Purpose(values["purpose"])
        values["input_mode"] = InputMode(values["input_mode"])
    if kind in (ResultShared.kind, ResultsGathered.kind):
        values["snapshot"] = Snapshot.from_data(values["snapshot"])
    return RECORD_TYPES[kind](**values)
