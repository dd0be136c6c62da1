"""The telephone wired to the service: each call, whoever placed it, gets a conversation over a phone channel.

Numbers: a caller's number lives for its call. What is kept of it is a keyed hash (`mark`), or the number sealed for as
long as we owe that person a call; both need `phone.key` of the data folder.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from audio_content.model import PromptId
from engine.organization.codes import is_complete, is_valid_code
from voice_app.app import Service
from voice_app.channels.phone import PhoneChannel, for_line
from voice_app.errors import StoreError
from voice_app.ports import CallerMark
from voice_app.store.identifiers import uuid7
from voice_app.telephony.contacts import ContactStore, bare_number, is_address, is_number
from voice_app.telephony.dialler import Dialler, ErrandStore
from voice_app.telephony.ears import EarPlaces
from voice_app.telephony.errands import Errand, ErrandKind, Outcome
from voice_app.telephony.errors import TelephonyError
from voice_app.telephony.gateway import Caller, Gateway
from voice_app.telephony.leg import Handover, Leg, LineHeard
from voice_app.telephony.sealing import mark_of, seal

log = logging.getLogger(__name__)

ANSWERING_MACHINE_MS = 45_000
"""Somebody whom we called and who neither speaks nor presses for so long is a machine, or has left."""


class PhoneLine:
    """One process's telephone: `gateway` takes calls, `dialler` makes those that we owe."""

    def __init__(self, service: Service, errands: ErrandStore, *, host: str) -> None:
        self._service = service
        self._errands = errands
        self._key = phone_key(service.settings.data_folder)
        rules = service.settings.phone
        self._ears = EarPlaces(rules.speaking_capacity)
        self.gateway = Gateway(
            rules,
            self._take_call,
            self._speak,
            host=host,
            note=lambda outcome: service.metrics.calls.labels(outcome).inc(),
        )
        self.dialler = Dialler(
            errands,
            service.settings.phone_calls,
            self._key,
            dial=self.gateway.dial,
            address_of=self.gateway.address_of,
            hold=self._hold,
            places=self.gateway.places_for_our_calls,
            clock=local_time,
        )

    async def _take_call(self, leg: Leg, caller: Caller) -> None:
        await self._converse(leg, caller.number, None, code=code_dialled(caller.dialled))

    async def _hold(self, leg: Leg, errand: Errand, number: str) -> Outcome:
        line = await self._converse(leg, number, errand)
        if line.refused:
            return Outcome.REFUSED
        return Outcome.TALKED if line.heard else Outcome.LEFT

    async def _converse(self, leg: Leg, given: str, errand: Errand | None, code: str | None = None) -> CallersLine:
        settings = self._service.settings
        number = national(given, settings.phone.country_prefix)
        rules = settings.phone_channel
        if errand is not None:
            rules = replace(rules, idle_ms=ANSWERING_MACHINE_MS)
        channel = PhoneChannel(leg, rules)
        if not self._ears.enter(channel.open_ear):
            channel.close_ear()
        line = CallersLine(
            leg=leg,
            channel=channel,
            dial=self.gateway.dial,
            key=self._key,
            errands=self._errands,
            contacts=self._service.contacts,
            address_of=self.gateway.address_of,
            number=number if is_number(number) else "",
            person=self.gateway.person(local_time()),
            callbacks=settings.phone.callbacks and errand is None,
            calling=errand.kind.value if errand is not None else None,
            callback_window=settings.phone_calls.callback_window,
            country_prefix=settings.phone.country_prefix,
        )
        asker = f"phone:{mark_of(self._key, number)}"
        try:
            await self._service.conversation(channel, asker=asker, resume_code=code, line=line).run()
        finally:
            self._ears.leave(channel.open_ear)
        line.heard = channel.used
        return line

    async def _speak(self, prompt: str) -> bytes:
        prompts = self._service.context.content.prompts
        sounds = [
            await self._service.synthesizer.speak(prompts[locale][PromptId(prompt)], locale) for locale in prompts
        ]
        return b"".join(for_line(sound) for sound in sounds)


@dataclass(slots=True)
class CallersLine:
    """One caller's line for its conversation (`ports.CallerLine`). `number` is empty when it is withheld."""

    leg: Leg
    channel: PhoneChannel
    dial: Callable[[str], Awaitable[Leg]]
    key: bytes = field(repr=False)
    errands: ErrandStore
    contacts: ContactStore
    address_of: Callable[[str], str]
    number: str = field(repr=False)
    person: str | None
    callbacks: bool
    calling: str | None
    callback_window: str
    country_prefix: str = "33"
    refused: bool = False
    heard: bool = False

    @property
    def caller(self) -> CallerMark | None:
        return CallerMark(mark_of(self.key, self.number)) if self.number else None

    @property
    def person_reachable(self) -> bool:
        return self.person is not None

    @property
    def callback_possible(self) -> bool:
        return self.callbacks and bool(self.number)

    async def follow(self, campaign: str) -> None:
        """The organisation's own person, inside their hours; without one, or without an answer, the service's stays."""
        try:
            contact = await self.contacts.of_campaign(campaign)
        except StoreError as fault:
            log.error("the person of a campaign's organisation is not known: %s", fault)
            return
        if contact is not None:
            person = contact.person
            address = person if is_address(person) else self.address_of(bare_number(person))
            self.person = address if contact.answers(local_time()) else None

    async def ask_callback(self) -> bool:
        try:
            await self.errands.keep(new_errand(self.key, ErrandKind.CALLBACK, self.number, self.callback_window))
        except StoreError:
            return False
        return True

    async def refuse_calls(self) -> None:
        self.refused = True

    def change_caller(self, number: str) -> None:
        own = national(number, self.country_prefix)
        self.number = own if is_number(own) else ""

    async def hand_over(self) -> bool:
        """Let the network connect caller and person (REFER); where it will not, call the person and join the two."""
        if self.person is None:
            return False
        self.channel.stand_aside(aside=True)
        outcome = await self.leg.transfer(self.person)
        if outcome is Handover.NOBODY:
            self.channel.stand_aside(aside=False)
        if outcome is not Handover.NOT_HERE:
            return outcome is Handover.DONE
        try:
            other = await self.dial(self.person)
        except (TelephonyError, OSError, TimeoutError) as fault:
            log.info("nobody took over: %s", fault)
            self.channel.stand_aside(aside=False)
            return False
        self.channel.join(other)
        async for event in other.events():
            if isinstance(event, LineHeard):
                self.leg.play(event.pcm)
        self.leg.hang_up()
        return True


def new_errand(key: bytes, kind: ErrandKind, number: str, window: str, campaign: str = "") -> Errand:
    """Give a call that we owe this number from now on. Raises ValueError for no number."""
    if not is_number(number):
        raise ValueError(f"not a telephone number: {number!r}")
    now = local_time()
    return Errand(
        id=uuid7(int(now.timestamp() * 1000)),
        kind=kind,
        mark=mark_of(key, number),
        sealed=seal(key, number),
        window=window,
        next_at=now,
        campaign=campaign,
    )


def code_dialled(dialled: str) -> str | None:
    """Give the code behind the star of what was dialled (`assess*912345678`, `3000*912345678`); None: no code.

    Without the star a number of the line that happens to be a valid code would be taken for one.
    """
    code = dialled.rpartition("*")[2] if "*" in dialled else ""
    return code if is_complete(code) and is_valid_code(code) else None


def local_time() -> datetime:
    """Give the time on the wall, as opening hours are written."""
    return datetime.now()


def national(number: str, prefix: str) -> str:
    """Give one writing of a number: `+33 6 12...`, `0033612...` and `0612...` are the same telephone."""
    bare = bare_number(number)
    for international in (f"+{prefix}", f"00{prefix}"):
        if bare.startswith(international):
            return "0" + bare[len(international) :]
    return bare


def phone_key(folder: Path) -> bytes:
    """Give the key that numbers are hashed and sealed with; made once, readable by us alone."""
    path = folder / "phone.key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(32))
    return path.read_bytes()
