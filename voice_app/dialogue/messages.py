"""What goes into the dialogue (events) and what comes out of it (effects).

Every turn has a number. An event that carries an older turn than the state's is ignored: a late recognition after a key
press, a double click or a barge-in at the last syllable does no harm.

A long module on purpose: it is the one list of what the machine and its house say to each other.

Spoken wording never appears here: effects name prompts and item texts, the conversation turns them into words.

Just over 400 lines long: the whole vocabulary of the dialogue stands in one place, and each message is a few lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from audio_content.model import LessonId, OptionId, PromptId
from engine.model import Channel, InputMode, ItemId
from engine.organization.campaigns import Offer
from engine.organization.participations import Again
from voice_app.dialogue.assist_messages import MediatorActs, MediatorAsks
from voice_app.dialogue.claim_messages import ClaimEffect, ClaimEvent
from voice_app.dialogue.records import Record
from voice_app.hearing import Grammar, MeaningId, Recognition

# --- what is said -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OptionWords:
    """The words of one option of an item."""

    item: ItemId
    option: OptionId


@dataclass(frozen=True, slots=True)
class NodeName:
    """The plain name of a node of the skill map (area, competence, tube, skill)."""

    node: str


@dataclass(frozen=True, slots=True)
class Spelled:
    """Digits (and large letters, where some were written) said one by one, by groups (of two, as telephone numbers
    are); shown as they are."""

    digits: str
    by: int = 2


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Words that an organisation wrote: its name, its welcome. Said and shown as they are."""

    text: str


Fill = OptionWords | NodeName | Spelled | Verbatim | str
"""What may stand in a {gap} of a prompt; a plain string is itself a prompt id."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One prompt, its gaps filled. `locale` is set where two languages meet in one turn (the choice of the language):
    words and voice are then of that language; None: the language of the `Say` or `Show` that holds it. `recording`:
    the name of a recording that says these very words, where somebody made one."""

    prompt: PromptId
    fill: Mapping[str, Fill] = field(default_factory=dict)
    locale: str | None = None
    recording: str | None = None


class ItemField(StrEnum):
    STEM = "stem"
    SIMPLER = "simpler"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class ItemWords:
    """One text of an item."""

    item: ItemId
    field: ItemField


class LessonPart(StrEnum):
    IDEA = "idea"
    EXAMPLE = "example"
    ATTEMPT = "attempt"


@dataclass(frozen=True, slots=True)
class LessonWords:
    """One part of a lesson."""

    lesson: LessonId
    part: LessonPart


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence between two parts."""

    length_ms: int


@dataclass(frozen=True, slots=True)
class Earcon:
    """A short sound that marks a place or a moment ("place.1" to "place.4", "listening", "saved", "resumed")."""

    name: str


Part = Phrase | ItemWords | LessonWords | Pause | Earcon

# --- what is shown ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Button:
    """One very large button. `key` is what it presses; `place` (1 to 4) fixes its colour, shape, side and sound; None
    for a command button, whose `pictogram` names its drawing."""

    key: str
    label: Phrase | OptionWords
    place: int | None = None
    pictogram: str | None = None


class Screen(StrEnum):
    """The kinds of page fragment."""

    MENU = "menu"
    QUESTION = "question"
    CODE_ENTRY = "code_entry"
    NUMBER_ENTRY = "number_entry"
    LESSONS = "lessons"
    PAUSED = "paused"
    RESULT = "result"
    GOODBYE = "goodbye"


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows in a turn: the same content as what is said. `text` is large type, one part a paragraph;
    `choices` at most four (ten digits where a code or a number is typed); `code` is the session's code, if any.
    """

    screen: Screen
    heading: Phrase
    text: tuple[Phrase | ItemWords | LessonWords, ...] = ()
    choices: tuple[Button, ...] = ()
    commands: tuple[Button, ...] = ()
    code: str | None = None
    progress: tuple[int, int] | None = None
    """Questions answered and most questions to come, for the helper beside the person."""
    talk: bool = False
    """Whether a button to talk is offered: in a loud room only what is said while it is held counts."""
    writing: bool = False
    """Whether the answer may be written as a word."""


# --- events -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A channel is ready; the conversation begins. `seed` makes the draw of items repeatable.

    By telephone: `recognisable`, the number is there to be recognised by, if the caller wishes it; `waiting_locale`, a
    session of this caller was cut and waits, in that language; `person_reachable`, somebody answers a transfer now;
    `callback_possible`, who asks is called back; `calling`, it is we who call, and why ("callback", "campaign").
    `again_later`: the campaign of the session that is taken up may be taken again, in some days.
    """

    channel: Channel
    seed: int
    microphone: bool
    recognisable: bool = False
    waiting_locale: str | None = None
    person_reachable: bool = False
    callback_possible: bool = False
    calling: str | None = None
    again_later: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key or a button: "0" to "9", "*", "#", "+" (louder), "-" (quieter), and the letters of a page's buttons."""

    turn: int
    key: str
    input_mode: InputMode = InputMode.KEY


@dataclass(frozen=True, slots=True)
class Written:
    """A word was written on the page, as the answer to a question that asks for one. It lives as long as its turn."""

    turn: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance was scored (also when it matched nothing). `over_prompt`: it interrupted the prompt, which can be
    taken up again where it stopped."""

    turn: int
    recognition: Recognition
    over_prompt: bool = False


@dataclass(frozen=True, slots=True)
class Reheard:
    """The person went on speaking after the utterance of `turn` had been acted on: this is the whole of it, and it
    means something else than its beginning did. What the beginning brought about is taken back. None: the recogniser
    could not answer, so that nobody knows what was meant in the end."""

    turn: int
    recognition: Recognition | None


@dataclass(frozen=True, slots=True)
class SilenceKept:
    """Nothing was said or pressed for the patience of this turn. It never counts against the person."""

    turn: int


@dataclass(frozen=True, slots=True)
class RecognizerLost:
    """The ear is down for now: keys and buttons still work, and the person is told."""


@dataclass(frozen=True, slots=True)
class RecognizerBack:
    """The ear works again."""


@dataclass(frozen=True, slots=True)
class MicrophoneChanged:
    """The page gained or lost its microphone."""

    available: bool


@dataclass(frozen=True, slots=True)
class CallerChanged:
    """The call was transferred: somebody else hears and answers from here on. `recognisable` by their own number."""

    recognisable: bool


@dataclass(frozen=True, slots=True)
class SessionFound:
    """The records of a session asked for by code, oldest first. `person_reachable`: None, as it was.

    `again`: its campaign, where the person may take part once more; why not, where that is only a matter of days.
    """

    records: tuple[Record, ...]
    person_reachable: bool | None = None
    again: Offer | Again | None = None


@dataclass(frozen=True, slots=True)
class SessionErased:
    """Nothing is kept of this session any more."""


@dataclass(frozen=True, slots=True)
class SessionNotFound:
    """No session has this code (`prompt` says what the person hears: unknown, or too many attempts)."""

    prompt: PromptId


@dataclass(frozen=True, slots=True)
class CampaignFound:
    """The code entered is a campaign's: the session that begins takes its path. `person_reachable`: None, as it was.

    `lead`: what is said first.
    """

    offer: Offer
    person_reachable: bool | None = None
    lead: PromptId | None = None


@dataclass(frozen=True, slots=True)
class PathTaken:
    """The session that begins takes this path of the content."""

    path: str


@dataclass(frozen=True, slots=True)
class CodeIssued:
    code: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An effect could not be carried out; the state is the one before it. `prompt` is what the person hears."""

    prompt: PromptId


@dataclass(frozen=True, slots=True)
class Left:
    """The person went away: page closed, call ended."""


Event = (
    Opened
    | Pressed
    | Written
    | Heard
    | Reheard
    | SilenceKept
    | RecognizerLost
    | RecognizerBack
    | MicrophoneChanged
    | CallerChanged
    | SessionFound
    | SessionNotFound
    | CampaignFound
    | PathTaken
    | MediatorAsks
    | MediatorActs
    | ClaimEvent
    | CodeIssued
    | SessionErased
    | Failed
    | Left
)

# --- effects ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Save:
    """Write a record durably, before anything that follows is said."""

    record: Record


@dataclass(frozen=True, slots=True)
class Say:
    """Speak the parts in order. Keys always interrupt; the voice interrupts from part `voice_bargein_from` on
    (None: not before the end)."""

    turn: int
    locale: str
    rate: float
    parts: tuple[Part, ...]
    voice_bargein_from: int | None = None


@dataclass(frozen=True, slots=True)
class Early:
    """When an utterance may be acted on before `hang_ms` of silence: only on a match with one of `meanings`, all of
    which can be taken back when the person goes on speaking (`Reheard`).

    `pause_ms` of silence are enough when the likelihood is at least `above`, `sure_ms` for any other match.
    """

    meanings: frozenset[MeaningId]
    pause_ms: int
    sure_ms: int
    above: float


@dataclass(frozen=True, slots=True)
class Listen:
    """Open the ear for this turn once the prompt ends or is interrupted; keys are always open.

    `patience_ms` of audio time without speech give `SilenceKept` (None: wait for ever); `hang_ms` of silence end an
    utterance, less of it by the rule `early`. `grammar` None means keys only.
    """

    turn: int
    grammar: Grammar | None
    patience_ms: int | None
    hang_ms: int
    early: Early | None = None


@dataclass(frozen=True, slots=True)
class GoOnSaying:
    """Take up the interrupted prompt of this turn again, at the phrase where it stopped, after a short sound."""

    turn: int
    earcon: str | None = None


@dataclass(frozen=True, slots=True)
class Show:
    turn: int
    locale: str
    view: View


@dataclass(frozen=True, slots=True)
class SetLoudness:
    """Playback gain in decibels relative to the normalised prompt (0 = as recorded)."""

    gain_db: float


@dataclass(frozen=True, slots=True)
class IssueCode:
    """Ask the store for the resume code; answered by `CodeIssued`."""


@dataclass(frozen=True, slots=True)
class FindSession:
    """Look a code up; answered by `SessionFound` (from then on records go to that session), by `CampaignFound`, or by
    `SessionNotFound`."""

    code: str


@dataclass(frozen=True, slots=True)
class FindCaller:
    """Take up the session that waits for this caller; answered as `FindSession` is."""


@dataclass(frozen=True, slots=True)
class BeginAnew:
    """Leave the session that was found, for a new one in this campaign; answered by `CampaignFound`, `lead` in it."""

    offer: Offer
    lead: PromptId | None = None


@dataclass(frozen=True, slots=True)
class TakePath:
    """Let the session that begins take this path ("": the usual one); answered by `PathTaken`."""

    path: str


@dataclass(frozen=True, slots=True)
class RecogniseCaller:
    """Recognise this caller's number from now on (`wished`), or forget it. Only a keyed hash is kept of it."""

    wished: bool


@dataclass(frozen=True, slots=True)
class AskCallback:
    """Note that this caller wants to be called back."""


@dataclass(frozen=True, slots=True)
class EraseSession:
    """Erase everything that is kept of this session; `SessionErased` when it is done."""


@dataclass(frozen=True, slots=True)
class RefuseCalls:
    """Note that this person wants no calls from us."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """When the prompt has been said, connect the caller with a person; `Failed` when nobody takes over."""


@dataclass(frozen=True, slots=True)
class EndConversation:
    """Nothing more to say: when the prompt has been played the channel may go back to its first page."""


Effect = (
    Save
    | Say
    | GoOnSaying
    | Listen
    | Show
    | SetLoudness
    | IssueCode
    | ClaimEffect
    | FindSession
    | FindCaller
    | BeginAnew
    | TakePath
    | RecogniseCaller
    | AskCallback
    | EraseSession
    | RefuseCalls
    | HandOver
    | EndConversation
)


def option_meaning(option: OptionId) -> MeaningId:
    """Give the meaning id of an option of an item."""
    return MeaningId(f"option.{option}")
