"""Carries: sends what waits, fetches what is new, and tells how it went. The rules are `engine.sync.sending`."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from engine.sync.sending import Pace, Settled
from voice_app.errors import VoiceAppError
from voice_app.store.sql_uplink import SqlUplink
from voice_app.sync.ports import HubLine, HubRefuses, SyncError

log = logging.getLogger(__name__)

MOST_EXCHANGES = 10_000
"""A pass ends after so many batches, whatever waits: five million events."""


@dataclass(frozen=True, slots=True)
class Versions:
    """What runs here, told with every batch."""

    app: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a pass came to: batches sent, events acknowledged, and the pace for the next one."""

    batches: int
    events: int
    pace: Pace


async def push(uplink: SqlUplink, line: HubLine, versions: Versions, pace: Pace | None = None) -> Pushed:
    """Send until nothing waits. Raises SyncError, whose pace was written down; what was acknowledged is settled."""
    pace = pace or Pace((await uplink.uplink()).failures)
    batches = events = 0
    try:
        for _ in range(MOST_EXCHANGES):
            sent = await _push_once(uplink, line, versions, pace)
            batches, events = batches + sent[0], events + sent[1]
            pace = pace.succeeded()
            await uplink.note(pace)
            if not any(each.waiting for each in await uplink.backlogs()):
                break
    except SyncError as fault:
        pace = pace.failed()
        await uplink.note(pace, str(fault), refused=isinstance(fault, HubRefuses))
        raise
    await recover(uplink, line)
    return Pushed(batches, events, pace)


async def _push_once(uplink: SqlUplink, line: HubLine, versions: Versions, pace: Pace) -> tuple[int, int]:
    """Send one batch of each of our chains; an empty one asks where the hub is."""
    batches = events = 0
    for chain in await uplink.backlogs():
        batch = await uplink.next_batch(chain.site_id, pace.most_events)
        report = await uplink.report(versions.app, versions.bank)
        answer = await line.push(batch, report.behind(len(batch.events)))
        verdict = await uplink.settle(answer)
        batches += 1
        if isinstance(verdict, Settled):
            events += max(0, verdict.upto - chain.acknowledged)
        else:
            log.warning("site %s: the hub's answer means %s", chain.site_id, verdict)
    return batches, events


async def recover(uplink: SqlUplink, line: HubLine) -> int:
    """Fetch what this database lacks of the chains that it was copied from; give how many events came."""
    count = 0
    for chain in await uplink.backlogs():
        last = chain.last
        while not chain.own and last < chain.wanted:
            batch = await line.tail(chain.site_id, last)
            if batch is None or not batch.events:
                break
            receipt = await uplink.take_tail(batch)
            if receipt.head.sequence == last:
                break
            count += receipt.head.sequence - last
            last = receipt.head.sequence
    return count


async def fetch_sessions(uplink: SqlUplink, line: HubLine) -> int:
    """Fetch what others wrote in the sessions of this site; give how many events were new."""
    count = 0
    while True:
        here = await uplink.uplink()
        own = next(each.site_id for each in await uplink.backlogs() if each.own)
        since = here.cursor if here.cursor_site == own else 0
        feed = await line.feed(own, here.hub_site, since)
        if feed.events or feed.hub_site != here.hub_site or own != here.cursor_site:
            count += await uplink.take_feed(feed, own)
        if not feed.more:
            return count


async def bring(uplink: SqlUplink, line: HubLine, code: str, asker: str) -> bool:
    """Fetch the session of a code that its person gave here; False when the hub has none or is not reached."""
    try:
        await push(uplink, line, Versions())  # what this site wrote in the session goes first
        events = await line.claim(code, asker)
        if not events:
            return False
        await uplink.take_session(events)
    except VoiceAppError as fault:
        log.info("no session could be fetched from the hub: %s", fault)
        return False
    return True
