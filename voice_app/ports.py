"""The ports: what the conversation needs from the outside, as Protocols. Adapters stand behind them; `app.py` chooses.

Deadlines are the adapter's duty: every method either answers, or raises its documented error within its own limit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NewType, Protocol

from engine.model import Channel as ChannelKind
from engine.model import InputMode
from engine.organization.campaigns import Entry, Offer
from engine.organization.claims import AccountNumber, Claim
from engine.organization.participations import Again
from engine.organization.sittings import Seat
from voice_app.audio import Sound
from voice_app.hearing import Grammar, Recognition

SessionId = NewType("SessionId", str)
ResumeCode = NewType("ResumeCode", str)
"""Digits only; the last one is a check digit."""


Opened = Offer | Seat | Claim | AccountNumber | Entry
"""What a nine-digit code opens, or why it lets nobody in."""
CallerMark = NewType("CallerMark", str)
"""A keyed hash of a caller's number: tells that it is the same one, not which."""


class Recognizer(Protocol):
    """The ear: scores an utterance against what may be said in this turn."""

    async def prepare(self, grammar: Grammar) -> None:
        """Compute ahead what this grammar needs (prior, tokens, graph). Idempotent; may be skipped."""

    async def recognize(self, utterance: Sound, grammar: Grammar) -> Recognition:
        """Score one whole utterance (16 kHz). Raises RecognizerDown when the process died, hung or was too late."""

    @property
    def available(self) -> bool:
        """Whether the worker answers at this moment."""

    async def close(self) -> None: ...


class Synthesizer(Protocol):
    """The voice: speech for a text, from human recordings first."""

    async def speak(self, text: str, locale: str, rate: float = 1.0) -> Sound:
        """Give the speech of `text` (plain text, no markup), loudness-normalised, 16 kHz.

        `rate` is the learner's pace, 0.7 (slow) to 1.6 (fast). Raises UnknownVoice, SynthesisFailed.
        """

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One event of a session as the store gives it back, oldest first. `payload` is JSON data."""

    kind: str
    payload: Mapping[str, Any]
    sequence: int
    actor: str = "participant"


class Earcons(Protocol):
    """The short sounds that mark a place or a moment."""

    def __call__(self, name: str) -> Sound:
        """Give the sound of this name; the attention tone for an unknown one."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak. `goes_on`: within the last utterance's linger, so that it becomes one with this one."""

    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """Nobody has spoken for a moment inside an utterance: what was said so far, as it would be if this were its end."""

    sound: Sound


@dataclass(frozen=True, slots=True)
class SpeechWentOn:
    """The pause was not the end."""


@dataclass(frozen=True, slots=True)
class UtteranceEnded:
    """An utterance is complete: what was said, with a little before and after."""

    sound: Sound


SpeechEvent = SpeechStarted | SpeechPaused | SpeechWentOn | UtteranceEnded


class Endpointer(Protocol):
    """Finds the beginning and the end of an utterance in the stream of one microphone; counts audio time only."""

    def feed(
        self, sound: Sound, *, while_prompt_plays: bool = False, prompt_db: float | None = None
    ) -> Sequence[SpeechEvent]:
        """Take the next piece of the stream and give what it brought about, in order.

        `prompt_db`: how loud our own prompt is at this moment, relative to full scale; None: none was for a while.
        """

    def set_patience(self, hang_ms: int, pause_ms: int | None = None) -> None:
        """Set the silence that ends an utterance, and the one that is told as a pause (None: no pause is told)."""

    @property
    def silent_ms(self) -> int:
        """The silence since the last speech of the utterance under way; 0 outside an utterance."""

    def settle(self) -> None:
        """Take the utterance under way as complete; who goes on speaking within the linger goes on with it."""

    def restart(self) -> None:
        """Forget an utterance under way or settled; the noise floor and the last moments before speech are kept."""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """One event to write."""

    kind: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in a queue: how many, and how long the oldest has waited (0 for an empty one)."""

    waiting: int
    oldest_s: float


class Store(Protocol):
    """The memory: append-only events. Every method raises StoreError when the database does not answer."""

    async def open_session(self, channel: str, bank_version: str) -> SessionId: ...

    async def append(
        self, session: SessionId, records: Sequence[NewRecord], *, channel: str, actor: str = "participant"
    ) -> int:
        """Write events durably in one transaction, all or none, and give the last one's sequence number.

        When this returns, they survive a power cut. What follows from them (a participation, a shared result) is part
        of the transaction. Raises SharingClosed when a result can no longer be shared, LedElsewhere when the session
        went on at another site.
        """

    async def take_up(self, session: SessionId) -> None:
        """Take the lead of a session for this site, where its person has come; the site before writes no more."""

    async def history(self, session: SessionId) -> Sequence[StoredRecord]: ...

    async def issue_code(self, session: SessionId) -> ResumeCode:
        """Give the session's resume code, the same one at every call."""

    async def find_session(self, code: str, *, asker: str) -> SessionId | None:
        """Give the session of a code, or None. Wrong codes are counted per `asker`.

        Raises TooManyAttempts past the limit.
        """

    async def erase(self, session: SessionId) -> bool:
        """Erase what is kept of a session, at once; counts stay, dates become their year. False: nothing was there."""

    async def recognise_caller(self, caller: CallerMark, session: SessionId) -> None:
        """Remember which session this caller would go on with; the one before is forgotten."""

    async def forget_caller(self, caller: CallerMark) -> None:
        """Forget this caller; nothing happens when nobody is remembered."""

    async def session_of_caller(self, caller: CallerMark) -> SessionId | None:
        """Give the session that was remembered for this caller, as long as its code would be valid."""

    async def find_campaign(self, code: str, *, asker: str) -> Opened | None:
        """Give what the code of a campaign, a sitting or a claim opens; why it lets nobody in; None when it is unknown.

        Wrong codes are counted as in `find_session`. Raises TooManyAttempts past the limit.
        """

    async def again(self, session: SessionId) -> Offer | Again | None:
        """Give the campaign of a session once more, if its person may take part again; why not; None: no campaign."""

    async def close(self) -> None: ...


class CallerLine(Protocol):
    """What a conversation by telephone knows of its caller's line."""

    @property
    def caller(self) -> CallerMark | None:
        """The caller to be recognised, None when the number is withheld."""

    @property
    def person_reachable(self) -> bool:
        """Whether somebody answers a transfer at this moment."""

    @property
    def callback_possible(self) -> bool:
        """Whether somebody who asks is called back."""

    @property
    def calling(self) -> str | None:
        """Why it is we who call ("callback", "campaign"); None when the caller called."""

    async def follow(self, campaign: str) -> None:
        """Take note that the caller takes part in this campaign: the person to hand over to is its organisation's."""

    async def ask_callback(self) -> bool:
        """Note that this caller wants to be called back; False when that could not be kept."""

    async def refuse_calls(self) -> None:
        """Note that this person wants no calls from us."""

    def change_caller(self, number: str) -> None:
        """Take note that somebody else has the call from here on."""

    async def hand_over(self) -> bool:
        """Connect the caller with a person; False when nobody takes over. The call ends by itself when one does."""


# --- the channel: where the conversation takes place ------------------------------------------------------------


KEYS = frozenset("0123456789*#+-befhps")
"""What a keypad may send: the keys of a telephone, louder and quieter; and the letters of a page's buttons where digits
are taken by a number (back, explain, faster, help, pause, slower)."""


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key of `KEYS` or its button, with the turn that the person saw or heard when pressing."""

    turn: int
    key: str
    input_mode: InputMode = InputMode.KEY


@dataclass(frozen=True, slots=True)
class WordWritten:
    """A word was written in the answer field of a page, in the turn that the person saw."""

    turn: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FrameHeard:
    """Sound from the microphone, 16 kHz, in order, a few tens of milliseconds. It is also the clock: frames come all
    the time, also during silence and prompts."""

    sound: Sound


@dataclass(frozen=True, slots=True)
class Elapsed:
    """The beat of a channel without microphone: so much time has passed. Stands in for `FrameHeard` as the clock."""

    length_ms: int


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """The prompt of this turn was played to its end, or stopped."""

    turn: int


@dataclass(frozen=True, slots=True)
class MicrophoneChange:
    available: bool


@dataclass(frozen=True, slots=True)
class TalkPressed:
    """Push-to-talk: the person holds (True) or releases (False) the talk button; while held the ear is open."""

    held: bool


@dataclass(frozen=True, slots=True)
class Hungup:
    """The page was closed, the call ended."""


@dataclass(frozen=True, slots=True)
class CallerChange:
    """The call was transferred to somebody else, whose number this is (empty: withheld). What was playing has ended."""

    number: str = field(repr=False)


ChannelEvent = (
    KeyPressed
    | WordWritten
    | FrameHeard
    | Elapsed
    | PromptEnded
    | MicrophoneChange
    | TalkPressed
    | CallerChange
    | Hungup
)


@dataclass(frozen=True, slots=True)
class ShownButton:
    """A button with its words. `place` 1-4: an answer's fixed place, None: a command drawn as `pictogram`; `locale`
    is the language of the label (empty: the view's)."""

    key: str
    label: str
    place: int | None
    pictogram: str | None
    locale: str = ""


@dataclass(frozen=True, slots=True)
class ShownView:
    """A page fragment with all its words; `screen` is a value of `dialogue.messages.Screen`."""

    turn: int
    locale: str
    screen: str
    heading: str
    text: tuple[str, ...]
    choices: tuple[ShownButton, ...]
    commands: tuple[ShownButton, ...]
    code: str | None
    progress: tuple[int, int] | None
    talk: bool = False
    writing: bool = False
    """A word may be written as the answer."""


class Channel(Protocol):
    """One leg of a conversation: a browser page, a call, a terminal. It carries; it decides nothing."""

    @property
    def kind(self) -> ChannelKind: ...

    @property
    def microphone(self) -> bool: ...

    def events(self) -> AsyncIterator[ChannelEvent]:
        """Give what happens, in order; ends after `Hungup`."""

    async def begin_prompt(self, turn: int, gain_db: float) -> None:
        """Start the prompt of a turn; whatever was playing stops."""

    async def enqueue(self, turn: int, sound: Sound, *, place: int | None = None) -> None:
        """Add a piece to the prompt; playing starts with the first one. Ignored when the turn is over.

        `place`: the answer (1 to 4) that this piece tells, so that a page can point at it meanwhile.
        """

    async def end_prompt(self, turn: int) -> None:
        """Say that the prompt is complete; `PromptEnded` comes when its last piece has been played."""

    async def stop_prompt(self, turn: int) -> None:
        """Silence the prompt at once; `PromptEnded` follows."""

    async def show(self, view: ShownView) -> None: ...

    async def listening(self, turn: int, is_open: bool) -> None:
        """Tell the person (a light, a tone) whether the ear is open."""

    async def remember(self, code: str, sounds: Sequence[Sound], text: str) -> None:
        """Keep the session's resume code on the person's side, with how it is said and written, for the moment when
        the line is cut: the page then tells the code by itself and comes back with it. May do nothing."""

    async def close(self) -> None: ...
