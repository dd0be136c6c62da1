"""A learner's account in one conversation: carries out what the dialogue asks of claims and accounts."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from voice_app.dialogue.claim_messages import (
    AccountErased,
    AccountShown,
    ClaimEffect,
    ClaimEvent,
    ClaimIssued,
    ClaimRefused,
    EnterAccount,
    EraseAccount,
    IssueClaim,
    OpenAccount,
    TakeOut,
)
from voice_app.dialogue.context import DialogueContext
from voice_app.errors import StoreError, TooManyAttempts
from voice_app.learner_account import account_of
from voice_app.learners import Learner, LearnerRefused, Learners
from voice_app.ports import Store
from voice_app.session_memory import ContextOf, SessionMemory

log = logging.getLogger(__name__)

NOT_HERE = ClaimRefused("fault.general", over=True)


@dataclass(slots=True)
class LearnerSide:
    """`learners` None: no accounts here. `learner`: who is in, by this conversation."""

    learners: Learners | None
    store: Store
    memory: SessionMemory
    usual: DialogueContext
    context_of: ContextOf | None
    channel: str
    asker: str
    learner: Learner | None = None

    async def carry_out(self, effect: ClaimEffect) -> ClaimEvent:
        """Do it, and give what the dialogue hears."""
        if self.learners is None:
            return NOT_HERE
        try:
            return await self._carried_out(self.learners, effect)
        except LearnerRefused as refused:
            return ClaimRefused(refused.prompt, over=refused.reason in ("claim_over", "blocked", "locked"))
        except TooManyAttempts:
            return ClaimRefused("code.too_many", over=True)
        except StoreError as fault:
            log.error("an account could not be reached: %s", fault)
            return ClaimRefused(fault.prompt_id, over=True)

    async def _carried_out(self, learners: Learners, effect: ClaimEffect) -> ClaimEvent:
        match effect:
            case IssueClaim():
                session = self.memory.session
                return NOT_HERE if session is None else ClaimIssued(*await learners.issue_claim(session))
            case OpenAccount(claim, pin):
                self.learner = await learners.open_account(claim, pin, channel=self.channel, asker=self.asker)
                return await self._shown(learners, self.learner, is_new=True)
            case EnterAccount(number, pin, claim):
                self.learner = await learners.prove(number, pin, asker=self.asker)
                if claim:
                    await learners.link(self.learner.id, claim, channel=self.channel, asker=self.asker)
                return await self._shown(learners, self.learner, lead="account.linked" if claim else None)
            case TakeOut() if self.learner is not None:
                linked = await learners.linked(self.learner.id)
                if linked:
                    await learners.unlink(self.learner.id, linked[-1].session, channel=self.channel)
                return await self._shown(learners, self.learner, lead="account.taken_out")
            case EraseAccount() if self.learner is not None:
                await learners.erase(self.learner.id)
                self.learner = None
                return AccountErased()
            case _:
                return NOT_HERE

    async def _shown(
        self, learners: Learners, learner: Learner, *, is_new: bool = False, lead: str | None = None
    ) -> AccountShown:
        told = await account_of(learners, self.store, self.usual, self.context_of or (lambda _path: None), learner)
        return AccountShown(
            number=told.number,
            results=len(told.results),
            kept=told.together.kept,
            kept_in_spite=told.together.kept_in_spite,
            is_new=is_new,
            lead=lead,
            gathered=told.gathered,
        )
