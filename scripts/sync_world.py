"""A small world to try the synchronisation's rules in: sites, a hub, learners, a network and disks that misbehave.

Everything that is decided is decided by `engine.sync`; here are only disks (what was committed), processes (what is
forgotten when they die) and messages (which are lost, doubled, late). One seed makes one history, so a failing one can
be played again: `scripts/bench_sync.py --seed N --verbose`.

A write point is a commit. A process can die before it (nothing is kept) and after it (kept, but nobody was told); a
full disk refuses it. What was acknowledged to a learner is noted by the world, not by the sites, and compared at the
end. Restoring a backup destroys what was on that disk alone; such events are counted apart, as gone with the disk.

This file is long because the world is one piece: disks, network, learners and disasters take part in every step.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field

from engine.sync.batches import START, Batch, Head, Sealed, cut, decode, encode
from engine.sync.events import Envelope, chained, content_digest
from engine.sync.moving import moved
from engine.sync.receiving import Held, Receipt, receive
from engine.sync.sending import Answer, Forked, Pace, SendFrom, Settled, answer_of, judge
from engine.sync.sessions import FIRST_EPOCH, LEAD_TAKEN, Lead, Place, epoch_after, lead_of, taken


class Crashed(Exception):
    """The process died here."""


class DiskFull(Exception):
    """The commit was refused; nothing of it is kept."""


@dataclass
class Disk:
    """A database: places of chains, events that count, what is in custody. Copied whole by a backup."""

    chains: dict[str, list[Sealed]] = field(default_factory=dict)
    events: dict[str, tuple[Place, Envelope]] = field(default_factory=dict)
    epochs: dict[tuple[str, str], int] = field(default_factory=dict)
    custody: list[Sealed] = field(default_factory=list)
    sessions: dict[str, set[str]] = field(default_factory=dict)
    own: str = ""
    former: set[str] = field(default_factory=set)
    wanted: dict[str, int] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)
    deliveries: dict[str, list[str]] = field(default_factory=dict)
    cursor: tuple[str, str, int] = ("", "", 0)
    """What was fetched of another's deliveries: of which hub, for which site, how many."""

    def copied(self) -> Disk:
        twin = copy(self)
        twin.chains = {site: list(chain) for site, chain in self.chains.items()}
        twin.events, twin.epochs, twin.custody = dict(self.events), dict(self.epochs), list(self.custody)
        twin.sessions = {session: set(ids) for session, ids in self.sessions.items()}
        twin.former, twin.wanted, twin.acknowledged = set(self.former), dict(self.wanted), dict(self.acknowledged)
        twin.deliveries = {site: list(ids) for site, ids in self.deliveries.items()}
        return twin

    def head(self, site: str) -> Head:
        chain = self.chains.get(site)
        return chain[-1].head if chain else START

    def take(self, batch: Batch) -> Receipt:
        """Decide about a batch and carry it out."""
        head, chain = self.head(batch.site_id), self.chains.setdefault(batch.site_id, [])
        places = range(max(1, batch.after.sequence), min(head.sequence, batch.last.sequence) + 1)
        held = {place: Held(chain[place - 1].envelope.id, chain[place - 1].digest) for place in places}
        ids = [sealed.envelope.id for sealed in batch.events]
        contents = {id_: content_digest(self.events[id_][1]) for id_ in ids if id_ in self.events}
        receipt = receive(head, batch, held, contents)
        filled = [*receipt.kept, *receipt.twins, *(each.sealed for each in receipt.custody if each.fills)]
        chain.extend(sorted(filled, key=lambda sealed: sealed.envelope.sequence))
        self.custody += [each.sealed for each in receipt.custody]
        for sealed in sorted([*receipt.kept, *receipt.twins], key=lambda each: each.envelope.sequence):
            self.count(sealed.envelope)
        return receipt

    def count(self, event: Envelope, place: Place | None = None) -> None:
        """Let an event count in its session; its place is told where only a part of its chain is here.

        Such an event says nothing of the epoch that its chain has reached here (`event_keeping.insert_counted`).
        """
        if place is None:
            key = (event.session_id, event.site_id)
            self.epochs[key] = epoch_after(self.epochs.get(key, FIRST_EPOCH), event.kind, event.payload)
            where = Place(self.epochs[key], event.site_id, event.sequence)
        else:
            where = place
        known = self.events.get(event.id)
        if known is not None and (known[0] == where if place else known[0] <= where):
            return
        participants = self.sites_of(event.session_id)
        self.events[event.id] = where, event
        self.sessions.setdefault(event.session_id, set()).add(event.id)
        self._deliver(event, participants if known else participants - {event.site_id})
        if not known and event.site_id not in participants:
            for other in sorted(self.sessions[event.session_id] - {event.id}):
                self._deliver(self.events[other][1], {event.site_id})

    def _deliver(self, event: Envelope, targets: Iterable[str]) -> None:
        for site in sorted(targets):
            self.deliveries.setdefault(site, []).append(event.id)

    def sites_of(self, session: str) -> set[str]:
        return {self.events[id_][1].site_id for id_ in self.sessions.get(session, ())}

    def history(self, session: str) -> list[Envelope]:
        return [
            event
            for _, event in sorted((self.events[id_] for id_ in self.sessions.get(session, ())), key=lambda e: e[0])
        ]

    def lead(self, session: str) -> Lead | None:
        known = self.sessions.get(session)
        return lead_of(Lead(self.events[id_][0].epoch, self.events[id_][0].site_id) for id_ in known) if known else None

    def state(self, session: str) -> str:
        """Give the digest of a session's state: the last word on each item, and the order of all that counts."""
        history = self.history(session)
        words: dict[str, str] = {}
        for event in history:
            if event.kind == "item_answered":
                words.pop(event.payload["item"], None)
                words[event.payload["item"]] = event.payload["option"]
            elif event.kind == "answer_withdrawn":
                words.pop(event.payload["item"], None)
        told = json.dumps([list(words.items()), [event.id for event in history]])
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass
class Faults:
    """How often things go wrong: chances a step."""

    crash: float
    full: float
    lost: float
    doubled: float
    delayed: float
    partition: float
    restore: float
    clone: float
    hub_restore: float


class World:
    """One history. `run` plays it, `heal` ends all faults and lets the sites send, `wrong` tells what should not be."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.lot = random.Random(seed)  # noqa: S311 - histories, not secrets
        calm = self.lot.random() < 0.1
        rate = 0.0 if calm else self.lot.choice((0.3, 1.0, 2.0))
        self.faults = Faults(
            0.06 * rate,
            0.03 * rate,
            0.1 * rate,
            0.08 * rate,
            0.15 * rate,
            0.03 * rate,
            0.006 * rate,
            0.002 * rate,
            0.004 * rate,
        )
        self.counter = 0
        self.sites = [self._new_site() for _ in range(self.lot.randint(2, 4))]
        self.hub = Disk(own="hub")
        self.paces = [Pace() for _ in self.sites]
        self.backups: dict[int, Disk] = {}
        self.hub_backup = self.hub.copied()
        self.cut: dict[int, tuple[bool, bool]] = {}
        self.skew = [self.lot.randint(-86_400, 86_400) for _ in self.sites]
        self.post: list[tuple[int, str, int, bytes | Answer]] = []
        self.moment = 0
        self.acknowledged: set[str] = set()
        self.gone: set[str] = set()
        self.written: set[str] = set()
        self.learners = [
            (f"session-{number}", self.lot.randrange(len(self.sites))) for number in range(self.lot.randint(2, 5))
        ]
        self.happened: dict[str, int] = {}
        self.healing = False

    def _new_site(self) -> Disk:
        self.counter += 1
        name = f"site-{self.counter:03d}"
        return Disk(own=name, chains={name: []})

    def _id(self) -> str:
        self.counter += 1
        return f"e{self.counter:06d}"

    def _note(self, what: str) -> None:
        self.happened[what] = self.happened.get(what, 0) + 1

    def _strikes(self, chance: float) -> bool:
        return not self.healing and self.lot.random() < chance

    def _before_commit(self) -> None:
        if self._strikes(self.faults.crash / 2):
            self._note("killed before a commit")
            raise Crashed
        if self._strikes(self.faults.full):
            self._note("disk full")
            raise DiskFull

    def _after_commit(self) -> None:
        if self._strikes(self.faults.crash / 2):
            self._note("killed after a commit")
            raise Crashed

    # --- a site writes ------------------------------------------------------------------------------------------

    def _append(self, disk: Disk, session: str, kind: str, payload: dict[str, object]) -> str:
        self._before_commit()
        end = disk.head(disk.own)
        number = next((n for n, each in enumerate(self.sites) if each is disk), 0)
        event = Envelope(
            self._id(),
            disk.own,
            end.sequence + 1,
            session,
            kind,
            payload,
            "kiosk",
            "participant",
            "bank-1",
            str(self.moment + self.skew[number]),
        )
        disk.chains.setdefault(disk.own, []).append(Sealed(event, chained(end.digest, event)))
        disk.count(event)
        self.written.add(event.id)
        self._after_commit()
        return event.id

    def _answer(self, learner: int) -> None:
        session, where = self.learners[learner]
        disk = self.hub if where < 0 else self.sites[where]
        lead = disk.lead(session)
        if lead is not None and lead.site_id != disk.own:
            if lead.site_id not in disk.former:
                self._note("told to give the code again")
                return self._come(learner, where)
            self._append(disk, session, LEAD_TAKEN, taken(lead.epoch + 1))
        answered = len({e.payload["item"] for e in disk.history(session) if e.kind == "item_answered"})
        if answered and self.lot.random() < 0.1:
            item = f"item-{self.lot.randrange(answered)}"
            self.acknowledged.add(self._append(disk, session, "answer_withdrawn", {"v": 1, "item": item}))
            return None
        option = self.lot.choice("abcd")
        self.acknowledged.add(
            self._append(disk, session, "item_answered", {"v": 1, "item": f"item-{answered}", "option": option})
        )
        return None

    def _come(self, learner: int, where: int) -> None:
        """The person gives their code at a site (-1: the hub): what the hub has is fetched, the lead taken."""
        session = self.learners[learner][0]
        disk = self.hub if where < 0 else self.sites[where]
        if where >= 0 and self._passes(where, out=True) and self._passes(where, out=False):
            self._receive_foreign(disk, [self.hub.events[id_] for id_ in sorted(self.hub.sessions.get(session, ()))])
        lead = disk.lead(session)
        if lead is None:
            if session in self.hub.sessions or any(session in each.sessions for each in self.sites):
                self._note("code unknown here yet")
                return
        elif lead.site_id != disk.own:
            self._append(disk, session, LEAD_TAKEN, taken(lead.epoch + 1))
            self._note("lead moved")
        self.learners[learner] = (session, where)

    def _receive_foreign(self, disk: Disk, events: Iterable[tuple[Place, Envelope]]) -> None:
        self._before_commit()
        for place, event in sorted(events, key=lambda each: each[0]):
            disk.count(event, place)
        disk.deliveries.clear()
        self._after_commit()

    # --- the network ----------------------------------------------------------------------------------------------

    def _passes(self, site: int, *, out: bool) -> bool:
        blocked_out, blocked_in = (False, False) if self.healing else self.cut.get(site, (False, False))
        return not (blocked_out if out else blocked_in) and not self._strikes(self.faults.lost)

    def _send(self, kind: str, site: int, body: bytes | Answer, *, out: bool) -> None:
        if not self._passes(site, out=out):
            self._note("message lost")
            return
        for _ in range(2 if self._strikes(self.faults.doubled) else 1):
            late = self.lot.randint(2, 40) if self._strikes(self.faults.delayed) else 1
            self.post.append((self.moment + late, kind, site, body))

    def _deliver_post(self) -> None:
        due = [each for each in self.post if each[0] <= self.moment]
        self.post = [each for each in self.post if each[0] > self.moment]
        self.lot.shuffle(due)
        for _, kind, site, body in due:
            try:
                if kind == "push":
                    assert isinstance(body, bytes)
                    self._at_hub(site, body)
                else:
                    assert isinstance(body, Answer)
                    self._at_site(site, body)
            except Crashed:
                if kind != "push":
                    self.paces[site] = Pace()
            except DiskFull:
                pass

    def _at_hub(self, site: int, body: bytes) -> None:
        batch = decode(body)
        self._before_commit()
        receipt = self.hub.take(batch)
        self._after_commit()
        self._send("answer", site, answer_of(receipt), out=False)

    def _at_site(self, site: int, answer: Answer) -> None:
        disk = self.sites[site]
        chain = disk.chains.get(answer.site_id, [])
        known = disk.acknowledged.get(answer.site_id, 0)
        ours = answer.site_id == disk.own or answer.site_id in disk.former
        verdict = judge(
            answer.site_id if ours else disk.own,
            len(chain),
            known,
            lambda place: chain[place - 1].digest if place <= len(chain) else None,
            answer,
        )
        self.paces[site] = self.paces[site].succeeded()
        match verdict:
            case Settled(upto):
                self._before_commit()
                disk.acknowledged[answer.site_id] = upto
            case SendFrom(after):
                self._note("sent anew from an earlier place")
                disk.acknowledged[answer.site_id] = after
            case Forked(first, hub_last):
                self._fork(disk, answer.site_id, first, hub_last)
            case _:
                pass

    def _fork(self, disk: Disk, site: str, first: int, hub_last: int) -> None:
        tail = [sealed.envelope for sealed in disk.chains[site][first - 1 :]]
        if site != disk.own and not tail:
            disk.acknowledged[site] = max(disk.acknowledged.get(site, 0), first - 1)
            return
        self._before_commit()
        self._note("took a new id")
        if site == disk.own:
            disk.former.add(site)
            self.counter += 1
            disk.own = f"site-{self.counter:03d}"
        if hub_last >= first:
            disk.wanted[site] = max(hub_last, disk.wanted.get(site, 0))
        disk.chains[site] = disk.chains[site][: first - 1]
        disk.acknowledged[site] = min(disk.acknowledged.get(site, 0), first - 1)
        leads = {event.session_id: disk.lead(event.session_id) for event in tail}
        for event in tail:
            if event.id in disk.events and disk.events[event.id][0].site_id == site:
                del disk.events[event.id]
                disk.sessions[event.session_id].discard(event.id)
        for session in leads:
            reached = FIRST_EPOCH
            for sealed in disk.chains[site]:
                if sealed.envelope.session_id == session:
                    reached = epoch_after(reached, sealed.envelope.kind, sealed.envelope.payload)
            disk.epochs[(session, site)] = reached
        own = disk.chains.setdefault(disk.own, [])
        for sealed in moved(disk.head(disk.own), disk.own, tail, self._id, lambda s: leads[s].epoch):  # type: ignore[union-attr]
            own.append(sealed)
            if sealed.envelope.id not in disk.events:
                disk.count(sealed.envelope)
                self.written.add(sealed.envelope.id)
        disk.deliveries.clear()
        self._after_commit()

    # --- a pass of the site's worker ------------------------------------------------------------------------------

    def _work(self, site: int) -> None:
        disk, pace = self.sites[site], self.paces[site]
        for chain_id in (*sorted(disk.former), disk.own):
            chain = disk.chains.get(chain_id, [])
            after = min(disk.acknowledged.get(chain_id, 0), len(chain))
            head = chain[after - 1].head if after else START
            batch = cut(chain_id, head, chain[after:], min(pace.most_events, self.lot.choice((1, 3, 500))))
            self._send("push", site, encode(batch), out=True)
        self.paces[site] = pace.failed()
        if self._passes(site, out=True) and self._passes(site, out=False):
            self._recover(disk)
            self._fetch(disk)

    def _fetch(self, disk: Disk) -> None:
        """Fetch what others wrote in sessions that this site takes part in."""
        hub, site, done = disk.cursor
        if (hub, site) != (self.hub.own, disk.own):
            done = 0
        waiting = self.hub.deliveries.get(disk.own, [])[done : done + 5]
        if waiting:
            self._receive_foreign(disk, [self.hub.events[id_] for id_ in waiting])
            disk.cursor = (self.hub.own, disk.own, done + len(waiting))

    def _fetched(self, disk: Disk) -> bool:
        waiting = self.hub.deliveries.get(disk.own, [])
        return not waiting or disk.cursor == (self.hub.own, disk.own, len(waiting))

    def _recover(self, disk: Disk) -> None:
        """Fetch what a restored copy lacks of the chain that it was copied from."""
        for chain_id, wanted in list(disk.wanted.items()):
            there, here = self.hub.chains.get(chain_id, []), disk.chains.get(chain_id, [])
            if len(here) >= min(wanted, len(there)):
                continue
            if here and here[-1].digest != there[len(here) - 1].digest:
                continue  # told by the next answer
            batch = cut(chain_id, disk.head(chain_id), there[len(here) : wanted], 3)
            self._before_commit()
            disk.take(batch)
            disk.acknowledged[chain_id] = len(disk.chains[chain_id])
            disk.deliveries.clear()
            self._after_commit()

    # --- disasters ------------------------------------------------------------------------------------------------

    def _everywhere(self) -> set[str]:
        kept = set(self.hub.events)
        for disk in self.sites:
            for chain_id in (disk.own, *disk.former):
                kept |= {sealed.envelope.id for sealed in disk.chains.get(chain_id, [])}
        return kept

    def _destroy(self, before: set[str]) -> None:
        self.gone |= before - self._everywhere()

    def _disasters(self) -> None:
        number = self.lot.randrange(len(self.sites))
        if self._strikes(0.02):
            self.backups[number] = self.sites[number].copied()
        if self._strikes(0.02):
            self.hub_backup = self.hub.copied()
        if number in self.backups and self._strikes(self.faults.restore):
            self._note("site restored from a backup")
            before = self._everywhere()
            self.sites[number] = self.backups[number].copied()
            self._destroy(before)
        if self._strikes(self.faults.clone) and len(self.sites) < 6:
            self._note("site cloned")
            self.sites.append(self.sites[number].copied())
            self.paces.append(Pace())
            self.skew.append(self.lot.randint(-86_400, 86_400))
        if self._strikes(self.faults.hub_restore):
            self._note("hub restored from a backup")
            before = self._everywhere()
            self.hub = self.hub_backup.copied()
            self.counter += 1
            self.hub.own = f"hub-{self.counter:03d}"  # as `voice-app db restore` does
            self.hub.former.add("hub")
            self._destroy(before)
        if self._strikes(self.faults.partition):
            self._note("partition")
            self.cut[number] = self.lot.choice(((True, False), (False, True), (True, True)))
        if self._strikes(0.1):
            self.cut.pop(number, None)

    # --- the whole ------------------------------------------------------------------------------------------------

    def run(self, steps: int = 150) -> None:
        """Play a history with its faults."""
        for _ in range(steps):
            self.moment += 1
            self._deliver_post()
            self._disasters()
            learner = self.lot.randrange(len(self.learners))
            self._guarded(lambda learner=learner: self._answer(learner))  # type: ignore[misc]
            if self.lot.random() < 0.05:
                where = self.lot.randrange(-1, len(self.sites))
                self._guarded(lambda learner=learner, where=where: self._come(learner, where))  # type: ignore[misc]
            if self.lot.random() < 0.5:
                site = self.lot.randrange(len(self.sites))
                self._guarded(lambda site=site: self._work(site), site)  # type: ignore[misc]

    def _guarded(self, work: object, site: int | None = None) -> None:
        try:
            work()  # type: ignore[operator]
        except Crashed:
            if site is not None:
                self.paces[site] = Pace()
        except DiskFull:
            pass

    def heal(self, most_rounds: int = 400) -> int:
        """End the faults and let everybody work; give the rounds until nothing is left to send."""
        self.healing = True
        for rounds in range(most_rounds):
            self.moment += 1
            self._deliver_post()
            if self._quiet():
                if not self.post:
                    return rounds
                continue
            for site in range(len(self.sites)):
                self._work(site)
        return most_rounds

    def _quiet(self) -> bool:
        for disk in self.sites:
            if any(disk.acknowledged.get(c, 0) < len(disk.chains.get(c, [])) for c in (disk.own, *disk.former)):
                return False
            if len(disk.chains[disk.own]) > len(self.hub.chains.get(disk.own, [])) or not self._fetched(disk):
                return False
            if any(
                len(disk.chains.get(c, [])) < min(w, len(self.hub.chains.get(c, []))) for c, w in disk.wanted.items()
            ):
                return False
        return True

    def wrong(self) -> Iterator[str]:
        """Tell what should not be, once healed."""
        lost = self.acknowledged - self.gone - set(self.hub.events)
        if lost:
            yield f"lost: {sorted(lost)}"
        if set(self.hub.events) - self.written:
            yield "the hub holds what nobody wrote"
        if self.hub.custody:
            yield f"in custody without a reason: {[sealed.envelope.id for sealed in self.hub.custody]}"
        places = [(event.site_id, event.sequence) for _, event in self.hub.events.values()]
        if len(places) != len(set(places)):
            yield "doubled: two events at one place"
        for number, disk in enumerate(self.sites):
            mine = [sealed.digest for sealed in disk.chains[disk.own]]
            if mine != [sealed.digest for sealed in self.hub.chains.get(disk.own, [])][: len(mine)]:
                yield f"site {number}: its chain is another one at the hub"
            for session in disk.sessions:
                whole = self.gone.isdisjoint(disk.sessions[session] | self.hub.sessions.get(session, set()))
                roams = disk.own in self.hub.sites_of(session)
                if whole and roams and disk.state(session) != self.hub.state(session):
                    yield f"site {number}: {session} has another state than at the hub"
