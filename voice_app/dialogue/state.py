"""The state of a conversation: where it stands, and the session that its records tell.

Two halves. `Session` is a fold over the records (`fold.apply`) and nothing else: what is not on disk is not in it.
`DialogueState` adds what a cut may lose without harm: the turn, the counters of the help ladder, the doubt under way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from audio_content.model import LOCALES, OptionId
from engine.adaptive import Assessment
from engine.model import Aid, Channel, InputMode, ItemId
from engine.organization.campaigns import Offer
from engine.organization.sittings import Seat
from engine.organization.snapshot import Snapshot
from voice_app.dialogue.claim_messages import AccountShown
from voice_app.dialogue.records import AssistanceBegun, CampaignJoined, ItemAnswered, SessionStarted
from voice_app.hearing import MeaningId, Recognition


class Phase(Enum):
    """Where the conversation stands; the table of moves is in `machine`."""

    CLOSED = "closed"
    CONSENT = "consent"
    COMEBACK = "comeback"
    LANGUAGE = "language"
    WELCOME = "welcome"
    CODE_ENTRY = "code_entry"
    PATHS = "paths"
    THEMES = "themes"
    LESSONS = "lessons"
    RECOGNITION = "recognition"
    PACE = "pace"
    PRACTICE = "practice"
    QUESTION = "question"
    PAUSED = "paused"
    SITTING = "sitting"
    RESULT = "result"
    SHARING = "sharing"
    OWN_NUMBER = "own_number"
    ASSISTANCE = "assistance"
    INFO = "info"
    DATA = "data"
    ERASURE = "erasure"
    CLAIM = "claim"
    ACCOUNT = "account"
    GOODBYE = "goodbye"


class ClaimStep(Enum):
    """Where somebody stands with an account: what is being asked for, or that they are in."""

    MENU = "menu"
    PIN_NEW = "pin_new"
    PIN_AGAIN = "pin_again"
    NUMBER = "number"
    PIN = "pin"
    IN = "in"
    SURE_TAKE_OUT = "sure_take_out"
    SURE_ERASE = "sure_erase"


@dataclass(frozen=True, slots=True)
class Claiming:
    """A claim, or a way into an account, under way: its code, the account's number, the PIN chosen first."""

    step: ClaimStep
    code: str = ""
    number: str = ""
    pin: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """An item and its options in the order in which they are said."""

    item: ItemId
    order: tuple[OptionId, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """An item that is behind: answered, or passed by (`answer` None: no evidence). `sitting` counts from 0."""

    asked: Asked
    answer: ItemAnswered | None
    sitting: int = 0


@dataclass(frozen=True, slots=True)
class Session:
    """What the records tell. `settled`: the items answered or passed by, oldest first; `asked` waits for its answer.
    `sitting`: which one of a long path it is, from 0.

    `campaign`: the one that it takes part in; `consent`: the answer to sharing this result with it, None as long as it
    was not given; `shared`: it was shared, once and for all. `gathered`: it has no questions of its own, but the
    results of an account, put together. `helper`: the mediator who is there with the person's agreement; `aids`: the
    strongest help that came with a question.
    """

    started: SessionStarted | None = None
    locale: str = LOCALES[0]
    rate: float = 1.0
    gain_db: float = 0.0
    practised: bool = False
    assessment: Assessment | None = None
    settled: tuple[Settled, ...] = ()
    asked: Asked | None = None
    sitting: int = 0
    explained: frozenset[ItemId] = frozenset()
    finished: str | None = None
    campaign: CampaignJoined | None = None
    consent: bool | None = None
    shared: bool = False
    gathered: Snapshot | None = None
    helper: AssistanceBegun | None = None
    aids: Mapping[ItemId, Aid] = field(default_factory=dict)

    def aid_for(self, item: ItemId) -> Aid:
        """Give the help that an answer to this question comes with."""
        own = Aid.REPHRASED if item in self.explained else Aid.NONE
        return max(own, self.aids.get(item, Aid.NONE))

    @property
    def sharing_open(self) -> bool:
        """Tell whether the person is still to be asked if the result goes to the campaign's organisation."""
        asks = self.campaign is not None and self.campaign.shares
        return asks and self.finished is not None and self.consent is None and not self.shared

    @property
    def answers(self) -> tuple[Settled, ...]:
        """Give the items that have an answer, oldest first."""
        return tuple(each for each in self.settled if each.answer is not None)


def may_be_helped(session: Session) -> bool:
    """Tell whether a question may be explained or shown: not where an answer with help would count for nothing."""
    return session.assessment is None or session.assessment.policy.aid_allowed


@dataclass(frozen=True, slots=True)
class Doubt:
    """A meaning half heard: the first candidate is being asked about, then the next."""

    candidates: tuple[MeaningId, ...]
    recognition: Recognition
    input_mode: InputMode = InputMode.VOICE


@dataclass(frozen=True, slots=True)
class DialogueState:
    """A conversation between two events.

    `origin` is the phase that a pause goes back to (and that a resumed session goes on with). `silences` and `misses`
    are the rungs of the help ladder in this question, `unheard_run` the questions in a row that could not be heard.
    `quiet`: nothing more is said until the person does something. `more`: the page shows the other commands.
    `digits`: those of a code, or of a number that is being typed. `theme`, `lesson`: places in the list of lessons, for
    who only listens. `listed`: the possible words of this question were told, so that it is answered as a choice.
    `stars`: star keys pressed in a row in a number question, in this turn.
    `told`: the areas whose levels were told at the result, for who asks for details.
    `simpler`: the practice question is put in easier words. `emphasised`: this turn is said slower and louder.
    `barged`: an unclear sound has interrupted the prompt of this turn already. `before`: the state in whose turn the
    last utterance was heard, for who goes on speaking (itself without a `before`); `acted_on` is what it was taken for.
    `correcting`: the answer that comes
    is the second version of one utterance. `corrections`: how often that happened.
    `offer`: the campaign whose code was entered, until the session begins. `again`: the campaign may be taken once
    more. `number`: the organisation's number of the person, "" when they gave none, None until they were asked.
    `claim`: a result is being kept, or an account entered; `account`: the one that the person is in.
    `seat`: somebody would like to help and the person is being asked, `aside`: where they go on after that.
    `noisy`: the person was heard badly twice in a question, and the talk button is offered from here on.
    `unhurried`: the person has shown that they need more time than most, and is given it from here on.
    By telephone: `recognisable` by their number, `recognised` because they wished it, `person_reachable`: somebody
    answers a transfer, `callback_possible`; `calling`: it is we who call; `waiting_locale` of a session to go on with.
    """

    session: Session = field(default_factory=Session)
    phase: Phase = Phase.CLOSED
    turn: int = 0
    channel: Channel = Channel.KIOSK
    seed: int = 0
    microphone: bool = True
    hearing: bool = True
    origin: Phase = Phase.LANGUAGE
    code: str | None = None
    digits: str = ""
    theme: int = 0
    lesson: int = 0
    offer: Offer | None = None
    again: Offer | None = None
    number: str | None = field(default=None, repr=False)
    claim: Claiming | None = None
    account: AccountShown | None = None
    seat: Seat | None = None
    aside: Phase = Phase.WELCOME
    doubt: Doubt | None = None
    silences: int = 0
    misses: int = 0
    unheard_run: int = 0
    quiet: bool = False
    more: bool = False
    told: int = 0
    simpler: bool = False
    emphasised: bool = False
    unhurried: bool = False
    noisy: bool = False
    listed: bool = False
    stars: int = 0
    barged: bool = False
    before: DialogueState | None = None
    acted_on: MeaningId | None = None
    correcting: bool = False
    corrections: int = 0
    recognisable: bool = False
    recognised: bool = False
    person_reachable: bool = False
    callback_possible: bool = False
    calling: str | None = None
    waiting_locale: str | None = None

    @property
    def locale(self) -> str:
        return self.session.locale

    @property
    def rate(self) -> float:
        return self.session.rate

    @property
    def listening(self) -> bool:
        """Whether the voice can be heard at all; keys always work."""
        return self.microphone and self.hearing
