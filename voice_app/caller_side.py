"""The telephone's side of a conversation: a caller recognised by wish, a session that waits, a person to hand over to.

Without a line (a page, a terminal) all of it is absent, and the dialogue is told so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from audio_content.model import PromptId
from voice_app.dialogue.messages import (
    AskCallback,
    CallerChanged,
    CampaignFound,
    Event,
    Failed,
    HandOver,
    Opened,
    RecogniseCaller,
    RefuseCalls,
    SessionFound,
    SessionNotFound,
)
from voice_app.dialogue.records import CampaignJoined
from voice_app.ports import CallerLine, Channel
from voice_app.session_memory import SessionMemory

NOBODY = PromptId("phone.no_person")


class CallerSide:
    """`handing_over`: a person was asked for; the call is handed over when the sentence has been said."""

    def __init__(self, line: CallerLine | None, memory: SessionMemory) -> None:
        self._line = line
        self._memory = memory
        self.handing_over = False

    async def opened(self, channel: Channel, seed: int) -> Opened:
        """Give what the dialogue is told at the beginning."""
        line = self._line
        caller = line.caller if line is not None else None
        return Opened(
            channel.kind,
            seed,
            channel.microphone,
            recognisable=caller is not None,
            waiting_locale=await self._memory.waiting_locale(caller) if caller is not None else None,
            person_reachable=line is not None and line.person_reachable,
            callback_possible=line is not None and line.callback_possible,
            calling=line.calling if line is not None else None,
        )

    async def changed(self, number: str, *, recognised: bool) -> CallerChanged:
        """Give what the dialogue is told when the call was transferred. `recognised`: the first caller wished to be
        recognised, which is not to lead the next call of theirs into somebody else's session."""
        line = self._line
        before = line.caller if line is not None else None
        if recognised and before is not None:
            await self._memory.recognise(before, wished=False)
        if line is not None:
            line.change_caller(number)
        self.handing_over = False
        return CallerChanged(recognisable=line is not None and line.caller is not None)

    def not_found(self, prompt: PromptId) -> Failed:
        """Give what the dialogue hears when the code that a person came with opens nothing. A page has been there
        before with its own code, so that is a fault; a code that was dialled is only not known."""
        return Failed(PromptId("fault.general") if self._line is None else prompt)

    async def find(self) -> Event:
        """Take up the session that waits for this caller."""
        if self._line is None or self._line.caller is None:
            return SessionNotFound(PromptId("code.unknown"))
        return await self.found(await self._memory.find_caller(self._line.caller))

    async def found(self, event: Event) -> Event:
        """Give what was found with whether a person of its campaign's organisation answers now."""
        campaign: str | None = None
        match event:
            case CampaignFound(offer):
                campaign = offer.campaign
            case SessionFound(records):
                campaign = next((each.campaign for each in records if isinstance(each, CampaignJoined)), None)
        if self._line is None or campaign is None or not isinstance(event, CampaignFound | SessionFound):
            return event
        await self._line.follow(campaign)
        return replace(event, person_reachable=self._line.person_reachable)

    async def carry_out(self, effect: RecogniseCaller | AskCallback | RefuseCalls | HandOver) -> Failed | None:
        """Do what the dialogue wishes; what it hears when a wish could not be kept."""
        line = self._line
        match effect:
            case RecogniseCaller(wished) if line is not None and line.caller is not None:
                await self._memory.recognise(line.caller, wished=wished)
            case AskCallback():
                kept = line is not None and await line.ask_callback()
                return None if kept else Failed(PromptId("fault.general"))
            case RefuseCalls() if line is not None:
                await line.refuse_calls()
            case HandOver():
                self.handing_over = True
        return None

    async def hand_over(self, tell: Callable[[Failed], Awaitable[None]]) -> None:
        """Connect the caller with a person; `tell` hears when nobody takes over."""
        self.handing_over = False
        if self._line is None or not await self._line.hand_over():
            await tell(Failed(NOBODY))
