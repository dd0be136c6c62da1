"""Keeping a result in an account, as events and effects of the dialogue. Who keeps accounts is not known here."""

from __future__ import annotations

from dataclasses import dataclass

from engine.organization.snapshot import Snapshot

# --- events -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimIssued:
    """The code that keeps this session's result, and the days that it opens."""

    code: str
    days: int


@dataclass(frozen=True, slots=True)
class ClaimFound:
    """The code entered is a claim's: its result can be kept in an account."""

    code: str


@dataclass(frozen=True, slots=True)
class NumberFound:
    """The code entered is the number of an account: its PIN is asked for."""

    number: str


@dataclass(frozen=True, slots=True)
class AccountShown:
    """The person is in their account. `kept`, `kept_in_spite`: skill ids (`engine.organization.claims.Merged`);
    `is_new`: it was made in this step, and its number has to be said. `lead`: what has just been done. `gathered`: its
    finished results put together, None when there is none."""

    number: str
    results: int
    kept: tuple[str, ...] = ()
    kept_in_spite: tuple[str, ...] = ()
    is_new: bool = False
    lead: str | None = None
    gathered: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class AccountErased:
    """Nothing of the account is kept any more."""


@dataclass(frozen=True, slots=True)
class ClaimRefused:
    """Not let in or not kept; `prompt` is what the person hears. `over`: this code is of no more use."""

    prompt: str
    over: bool = False


# --- effects ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IssueClaim:
    """Ask for the code that keeps this session's result; answered by `ClaimIssued`."""


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Use a claim for a new account; answered by `AccountShown` or `ClaimRefused`."""

    claim: str
    pin: str


@dataclass(frozen=True, slots=True)
class EnterAccount:
    """Go into an account, and keep the result of a claim there, if there is one; answered as `OpenAccount` is."""

    number: str
    pin: str
    claim: str = ""


@dataclass(frozen=True, slots=True)
class TakeOut:
    """Take the newest result out of the account that the person is in; answered by `AccountShown`."""


@dataclass(frozen=True, slots=True)
class EraseAccount:
    """Erase the account that the person is in; answered by `AccountErased`."""


ClaimEvent = ClaimIssued | ClaimFound | NumberFound | AccountShown | AccountErased | ClaimRefused
ClaimEffect = IssueClaim | OpenAccount | EnterAccount | TakeOut | EraseAccount
