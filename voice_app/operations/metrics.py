"""The figures of one process, for Prometheus. The only door to its library; nobody is named in a label.

A process is one target (`voice-app serve | phone | worker`, each with its operators' door). Several processes of one
machine may be one target instead: with PROMETHEUS_MULTIPROC_DIR in their environment they keep their figures in files
of that folder, any of them tells the sum of all, and the gauges of a process that died are taken out.

Units are seconds and plain counts, as Prometheus' naming rules ask. Histograms, not averages: a 95th percentile of
many nodes can be told from their sum.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

TURN_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
"""Around what people feel: 0.15 s is at once, 0.5 s is a pause, beyond 2 s one wonders."""
STORE_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 8.0)
FACTORS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0)
"""Processor time for one second of speech; past 1 the ear falls behind."""
LAG_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class Metrics:
    """What is counted. One object a process."""

    def __init__(self) -> None:
        own = CollectorRegistry()
        self._registry = own
        self.turn = Histogram(
            "voice_app_turn_seconds",
            "Time of a turn by stage: hear, save, decide, speak, reply (from the answer to its first sound)",
            ("channel", "stage"),
            buckets=TURN_S,
            registry=own,
        )
        self.conversations = Gauge(
            "voice_app_conversations",
            "Conversations at this moment",
            ("channel",),
            multiprocess_mode="livesum",
            registry=own,
        )
        self.begun = Counter("voice_app_conversations_begun", "Conversations that began", ("channel",), registry=own)
        self.logged = Counter(
            "voice_app_logged", "Lines of the log by level; an error is worth a look", ("level",), registry=own
        )
        self.refused = Counter(
            "voice_app_refused", "People who were told that all places are taken", ("channel",), registry=own
        )
        self.calls = Counter("voice_app_calls", "Calls by what became of them", ("outcome",), registry=own)
        self.ear_waiting = Gauge(
            "voice_app_recogniser_waiting",
            "Utterances with the recogniser: the one it hears and those in its queue",
            multiprocess_mode="livesum",
            registry=own,
        )
        self.ear = Histogram(
            "voice_app_recogniser_seconds",
            "From an utterance to what it was heard as, the queue included",
            ("engine", "outcome"),
            buckets=TURN_S,
            registry=own,
        )
        self.ear_factor = Histogram(
            "voice_app_recogniser_realtime_factor",
            "Recogniser's seconds for a second of speech",
            ("engine",),
            buckets=FACTORS,
            registry=own,
        )
        self.ear_failures = Counter(
            "voice_app_recogniser_failures", "Utterances that no engine could hear", registry=own
        )
        self.ear_full = Counter(
            "voice_app_ear_full", "Conversations that found no place at the ear and were told to use keys", registry=own
        )
        self.voice = Histogram(
            "voice_app_voice_seconds", "Time to give the speech of a text", buckets=TURN_S, registry=own
        )
        self.voice_failures = Counter("voice_app_voice_failures", "Texts that no voice could speak", registry=own)
        self.store = Histogram(
            "voice_app_store_seconds", "Time of a transaction", ("operation",), buckets=STORE_S, registry=own
        )
        self.store_failures = Counter(
            "voice_app_store_failures", "Transactions that were not kept", ("operation",), registry=own
        )
        self.lag = Histogram(
            "voice_app_loop_lag_seconds",
            "How late this process does what it meant to do: its event loop's delay",
            buckets=LAG_S,
            registry=own,
        )
        self.backlog = Gauge(
            "voice_app_backlog",
            "What waits to be sent or done, by queue",
            ("queue",),
            multiprocess_mode="mostrecent",
            registry=own,
        )
        self.backlog_age = Gauge(
            "voice_app_backlog_oldest_seconds",
            "How long the oldest of a queue has waited",
            ("queue",),
            multiprocess_mode="mostrecent",
            registry=own,
        )
        self.up = Gauge(
            "voice_app_part_up",
            "Whether a part answers: store, voice, ear",
            ("part",),
            multiprocess_mode="min",
            registry=own,
        )
        if not shared_folder():
            ProcessCollector(registry=own)

    def exposition(self) -> bytes:
        """Give all figures as Prometheus reads them; those of all processes where the folder is shared."""
        folder = shared_folder()
        if not folder:
            return generate_latest(self._registry)
        _forget_the_dead(Path(folder))
        together = CollectorRegistry()
        MultiProcessCollector(together, path=folder)  # type: ignore[no-untyped-call]  # the library's own gap
        return generate_latest(together)

    def names(self) -> frozenset[str]:
        """Give the name of every series that may be told, as a query writes it."""
        named: set[str] = set()
        for family in self._registry.collect():
            match family.type:
                case "histogram":
                    named |= {f"{family.name}_{end}" for end in ("bucket", "count", "sum")}
                case "counter":
                    named.add(f"{family.name}_total")
                case _:
                    named.add(family.name)
        return frozenset(named)

    def close(self) -> None:
        """Take this process's gauges out of the shared figures."""
        if folder := shared_folder():
            mark_process_dead(os.getpid(), path=folder)  # type: ignore[no-untyped-call]


def shared_folder() -> str:
    """Give the folder of the figures that several processes share; empty when each is on its own."""
    return os.environ.get(SHARED_FOLDER, "")


def _forget_the_dead(folder: Path) -> None:
    """Take out the gauges of processes that were killed and could not do so themselves."""
    for file in folder.glob("gauge_live*_*.db"):
        number = file.stem.rpartition("_")[2]
        if number.isdigit() and not Path(f"/proc/{number}").exists():
            file.unlink(missing_ok=True)
