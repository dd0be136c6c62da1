"""The mediator's side of one conversation: requests come in as events of the dialogue, a glimpse goes out.

A conversation without a helper costs one look at the store a second, shared by all conversations of the process
(`LiveDesk.waiting`); nothing is shown of it to anybody.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from audio_content.model import OptionId
from engine.model import ItemId
from voice_app.dialogue.assist_messages import Act, MediatorActs, MediatorAsks
from voice_app.dialogue.messages import Event, Heard, Pressed, SilenceKept
from voice_app.dialogue.records import AssistanceBegun
from voice_app.dialogue.state import DialogueState
from voice_app.errors import StoreError
from voice_app.session_memory import SessionMemory
from voice_app.sittings import JOIN, REQUESTS, Glimpse, LiveDesk, Request

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 1.0
"""How late a request from another process may be found."""
HEARD_SHOWN = 3


class MediatorSide:
    """`desk` None: no mediator can come."""

    def __init__(self, desk: LiveDesk | None, memory: SessionMemory) -> None:
        self._desk = desk
        self._memory = memory
        self._shown: Glimpse | None = None
        self._taken: set[str] = set()

    async def listen(self, put: Callable[[Request], Awaitable[None]]) -> None:
        """Hand on what mediators ask of this session, as long as the conversation lasts."""
        desk = self._desk
        while desk is not None:
            session = self._memory.session
            try:
                waiting = () if session is None else await desk.waiting(session)
            except StoreError as fault:
                log.warning("nobody could look for a mediator: %s", fault)
                waiting = ()
            for request in waiting:
                if request.id not in self._taken:
                    self._taken.add(request.id)
                    await put(request)
            await desk.feed.changed(REQUESTS, LOOK_AGAIN_S)

    async def settle(self, request: Request, *, done: bool) -> None:
        """Tell the page what came of a request."""
        if self._desk is None:
            return
        try:
            await self._desk.settle(request, "done" if done else "late")
        except StoreError as fault:
            log.warning("a mediator was not told: %s", fault)

    async def show(self, state: DialogueState, event: Event) -> None:
        """Let the page see what the conversation is at; nothing without the person's agreement."""
        session = self._memory.session
        if self._desk is None or session is None:
            return
        if state.session.helper is None:
            self._shown = None
            return
        glimpse = glimpse_of(state, event, self._shown)
        if glimpse == self._shown:
            return
        try:
            await self._desk.show(session, glimpse)
        except StoreError as fault:
            log.warning("the page of a mediator is behind: %s", fault)
            return
        self._shown = glimpse

    async def ask_again(self, helper: AssistanceBegun | None) -> None:
        """Ask to help anew after the call went to somebody else: the yes was the first caller's."""
        session = self._memory.session
        if self._desk is None or helper is None or session is None:
            return
        try:
            await self._desk.ask_again(helper.sitting, session)
        except StoreError as fault:
            log.warning("nobody was asked for the mediator: %s", fault)

    async def left_behind(self, state: DialogueState) -> MediatorActs | None:
        """Give the end of the help when the sitting of a session taken up again is over."""
        helper = state.session.helper
        if self._desk is None or helper is None:
            return None
        try:
            is_open = await self._desk.is_open(helper.sitting)
        except StoreError as fault:
            log.warning("nobody knows whether a sitting goes on: %s", fault)
            return None
        return None if is_open else MediatorActs(helper.sitting, Act.LEAVE)


def event_of(request: Request) -> Event | None:
    """Give what a request is to the dialogue; None for one that this version does not know."""
    if request.act == JOIN:
        return None if request.seat is None else MediatorAsks(request.seat)
    try:
        act = Act(request.act)
    except ValueError:
        return None
    return MediatorActs(
        sitting=request.sitting,
        act=act,
        item=ItemId(request.item) if request.item else None,
        words=request.words,
        option=None if request.option is None else OptionId(request.option),
        done_for_them=request.done_for_them,
    )


def glimpse_of(state: DialogueState, event: Event, before: Glimpse | None) -> Glimpse:
    """Give what a conversation is at after an event; what was heard stays until something else is said or pressed."""
    asked = state.session.asked
    heard: tuple[tuple[str, float], ...] = () if before is None else before.heard
    hearing = "" if before is None else before.hearing
    match event:
        case Heard(_, recognition):
            ranked = recognition.ranked[:HEARD_SHOWN]
            heard = tuple((str(each.meaning), round(each.likelihood, 3)) for each in ranked)
            hearing = recognition.outcome.value
        case Pressed() | SilenceKept():
            heard, hearing = (), ""
        case _:
            pass
    return Glimpse(
        phase=state.phase.value,
        turn=state.turn,
        item="" if asked is None else str(asked.item),
        heard=heard,
        hearing=hearing,
        doubt="" if state.doubt is None else str(state.doubt.candidates[0]),
        silences=state.silences,
        misses=state.misses,
        wants_help=state.more,
        locale=state.locale,
        rate=state.rate,
    )
