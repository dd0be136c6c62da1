"""The loop of a site beside its service: sends, fetches, waits; after a failure longer each time, by lot.

It never takes part in a conversation. What fails is written down for `voice-app sync status` and tried again.
"""

from __future__ import annotations

import asyncio
import logging
import random

from engine.sync.sending import LONGEST_WAIT_S, Pace
from voice_app.errors import StoreError, VoiceAppError
from voice_app.store.sql_exchange import SqlExchange
from voice_app.store.sql_uplink import NoHub, SqlUplink
from voice_app.sync.courier import Versions, bring, fetch_sessions, push
from voice_app.sync.http_line import HttpLine
from voice_app.sync.ports import HubRefuses, SyncError
from voice_app.sync.pulling import Folders, pull
from voice_app.sync.rules import SyncRules

log = logging.getLogger(__name__)

NO_HUB_WAIT_S = 60.0
"""How often a site without a hub looks whether it was given one."""
PULL_EVERY = 10
"""Passes between two looks at what is new at the hub."""


class SiteWorker:
    """Runs the exchanges of one site."""

    def __init__(
        self, uplink: SqlUplink, exchange: SqlExchange, folders: Folders, rules: SyncRules, versions: Versions
    ) -> None:
        self._uplink = uplink
        self._exchange = exchange
        self._folders = folders
        self._rules = rules
        self._versions = versions
        self._luck = random.SystemRandom()

    async def run(self) -> None:
        """Go on until cancelled."""
        passes = 0
        while True:
            try:
                wait_s = await self._pass(pulling=passes % PULL_EVERY == 0)
                passes += 1
            except NoHub:
                wait_s = NO_HUB_WAIT_S
            except StoreError as fault:
                log.error("the exchange with the hub failed here: %s", fault)
                wait_s = float(self._rules.every_s)
            await asyncio.sleep(wait_s)

    async def _pass(self, *, pulling: bool) -> float:
        """Exchange once; give how long to wait."""
        line = await self._line()
        pace = Pace((await self._uplink.uplink()).failures)
        try:
            await push(self._uplink, line, self._versions, pace)
            await fetch_sessions(self._uplink, line)
            if pulling:
                await pull(self._uplink, self._exchange, line, self._folders, self._rules)
        except HubRefuses as fault:
            log.error("the hub refuses this site: %s", fault)
            return LONGEST_WAIT_S
        except SyncError as fault:
            log.info("no exchange with the hub: %s", fault)
            failed = Pace((await self._uplink.uplink()).failures)
            return max(1.0, failed.wait_s(self._luck.random()))
        return float(self._rules.every_s)

    async def bring(self, code: str, asker: str) -> bool:
        """Fetch the session of a code for its person, who waits."""
        try:
            async with asyncio.timeout(self._rules.claim_limit_s):
                return await bring(self._uplink, await self._line(), code, asker)
        except NoHub:
            return False
        except (TimeoutError, VoiceAppError) as fault:
            log.info("the hub was not asked for a session: %s", fault or "too slow")
            return False

    async def _line(self) -> HttpLine:
        uplink = await self._uplink.uplink()
        return HttpLine(uplink.address, uplink.token, self._rules)
