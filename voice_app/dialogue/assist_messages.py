"""What a mediator does, as events of the dialogue. Who acts and by which page is not known here.

An act on a question names its item: when the person has answered meanwhile, it comes too late and does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from audio_content.model import OptionId
from engine.model import ItemId
from engine.organization.sittings import Seat


class Act(StrEnum):
    """What a mediator may do. None of them changes an estimate unheard: each is said aloud and kept."""

    REPEAT = "repeat"
    SLOWER = "slower"
    REPHRASE = "rephrase"
    HINT = "hint"
    DEMONSTRATE = "demonstrate"
    RELAY = "relay"
    WITHDRAW = "withdraw"
    PAUSE = "pause"
    GO_ON = "go_on"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class MediatorAsks:
    """Somebody of an organisation would like to help; the person is asked."""

    seat: Seat


@dataclass(frozen=True, slots=True)
class MediatorActs:
    """The mediator of `sitting` does something. `item`: the question it is about (the answered one to withdraw).

    `words`: a hint, said as it is and kept nowhere. `option`: the answer to relay, None is "I don't know";
    `done_for_them`: it is the mediator's own answer, not one that the person gave.
    """

    sitting: str
    act: Act
    item: ItemId | None = None
    words: str = ""
    option: OptionId | None = None
    done_for_them: bool = False
