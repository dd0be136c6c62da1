"""The kiosk channel: one open page. What the page sends becomes events; what the conversation asks becomes messages.

It knows the protocol (docs/protocol.md) and nothing of the socket: whoever holds the socket hands messages to `receive`
and sends what `outgoing` gives. So a conversation never waits for a slow line.

**Prompts.** Each piece goes to a shelf and the page gets its address. The page says when it has played to the end; if
it does not, a watchdog ends the prompt `watchdog_ms` after the time it should have taken. Each prompt begun ends
exactly once. In reader mode the page plays only on request, so the prompt ends as soon as it is complete.

**The clock** of a conversation is audio time. While the microphone delivers, its frames are the clock; while it does
not (refused, unplugged, no frame for `still_ms`, more than `late_ms` behind), beats from the event loop take over, and
the conversation is told by `MicrophoneChange`. In reader mode there is no beat: nobody is hurried, and frames count
only while the talk button is held.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass

from engine.model import Channel as ChannelKind
from voice_app.audio import Sound
from voice_app.channels.kiosk_wire import (
    BadMessage,
    Frame,
    Hello,
    Key,
    Message,
    MicrophoneState,
    Mode,
    ModeChosen,
    Ping,
    Played,
    ReportAsked,
    Talk,
    Writing,
    parse_frame,
    parse_message,
    write_message,
    write_problem,
)
from voice_app.channels.microphone_line import LineQuality, MicrophoneLine
from voice_app.errors import VoiceAppError
from voice_app.ports import (
    ChannelEvent,
    Elapsed,
    FrameHeard,
    Hungup,
    KeyPressed,
    MicrophoneChange,
    PromptEnded,
    ShownView,
    TalkPressed,
    WordWritten,
)

RESULT = "result"
"""The screen that a report is made of."""


class SoundLate(VoiceAppError):
    """The microphone's sound arrives too late to answer to it."""

    code = "kiosk.sound_late"
    retryable = True
    prompt_id = "fault.use_keys"


class NoReport(VoiceAppError):
    """There is no result to be made into a document, or nobody here makes documents."""

    code = "kiosk.no_report"


@dataclass(frozen=True, slots=True)
class KioskRules:
    """Limits of one page; lengths in milliseconds."""

    beat_ms: int = 250
    """The clock's beat without microphone: a quarter of a second is finer than any patience."""
    watchdog_ms: int = 2_000
    """A prompt that the page has not ended this long after its nominal end is taken as played."""
    still_ms: int = 2_000
    """A microphone that sends nothing for so long is taken as lost (frames come every 20 ms)."""
    late_ms: int = 1_000
    """Past this lag the answer would come too late: keys and buttons instead."""
    in_time_ms: int = 300
    """The lag at which the microphone is believed again."""
    waiting_sound_ms: int = 10_000
    """Sound kept for a conversation that is busy; past it the microphone counts as late."""
    waiting_messages: int = 500
    """Messages kept for a page that does not read; past it the line counts as cut."""
    waiting_events: int = 2_000
    """Keys and frames kept for a conversation that is busy; nobody presses so many, so past it the line is cut."""
    faults_allowed: int = 50
    """Messages that cannot be understood, before the line is cut."""


@dataclass(slots=True)
class _Prompt:
    turn: int
    ends_at: float
    complete: bool = False


class KioskChannel:
    """One page. Make it inside a running event loop, from the page's first message."""

    def __init__(
        self,
        hello: Hello,
        *,
        shelve: Callable[[Sound], str],
        render: Callable[[ShownView], str],
        offer_report: Callable[[str, str], str] | None = None,
        rules: KioskRules | None = None,
        clock_s: Callable[[], float] | None = None,
    ) -> None:
        """`clock_s` is a steady clock in seconds, by default the event loop's. `offer_report` gives the address of the
        report of a session, by its code and a locale."""
        self._rules = rules or KioskRules()
        self._shelve = shelve
        self._render = render
        self._offer_report = offer_report
        self._code: str | None = None
        self._result_locale: str | None = None
        self._mode = hello.mode
        self._loop = asyncio.get_running_loop()
        self._now = clock_s or self._loop.time
        self._inbox: asyncio.Queue[ChannelEvent] = asyncio.Queue()
        self._outbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._prompt: _Prompt | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._claimed = hello.microphone
        self._hearing = hello.microphone
        self._line = MicrophoneLine(hello.sample_rate_hz)
        self._late = self._still = self._held = False
        self._waiting_ms = 0
        self._faults = 0
        self._closed = False
        self._last_frame_at = self._last_beat_at = self._now()
        self._beat = self._loop.call_later(self._rules.beat_ms / 1000, self._on_beat)

    @property
    def kind(self) -> ChannelKind:
        return ChannelKind.KIOSK

    @property
    def microphone(self) -> bool:
        return self._hearing

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def quality(self) -> LineQuality:
        return self._line.quality

    # --- for who holds the socket -----------------------------------------------------------------------------

    def receive(self, message: str | bytes) -> None:
        """Take a message of the page. One that cannot be understood is answered by a problem; too many cut the line."""
        if self._closed:
            return
        try:
            if isinstance(message, bytes):
                self._on_frame(parse_frame(message, self._line.rate_hz))
            else:
                self._on_message(parse_message(message))
        except BadMessage as fault:
            self.refuse(fault)

    def refuse(self, fault: BadMessage) -> None:
        """Tell the page that a message was not understood; too many of them cut the line."""
        self.tell(fault)
        self._faults += 1
        if self._faults > self._rules.faults_allowed:
            self.hang_up()

    def tell(self, fault: VoiceAppError) -> None:
        """Tell the page of a fault."""
        self._send(write_problem(fault))

    def hang_up(self) -> None:
        """The line is gone: the conversation hears `Hungup`, nothing more is sent."""
        self._end_of_line()

    async def outgoing(self) -> AsyncIterator[str]:
        """Give the messages for the page, in order; ends when the channel is closed or the line is gone."""
        while (text := await self._outbox.get()) is not None:
            yield text

    # --- the port ---------------------------------------------------------------------------------------------

    async def events(self) -> AsyncIterator[ChannelEvent]:
        while True:
            event = await self._inbox.get()
            if isinstance(event, FrameHeard):
                self._waiting_ms -= event.sound.duration_ms
            yield event
            if isinstance(event, Hungup):
                return

    async def begin_prompt(self, turn: int, gain_db: float) -> None:
        self._end_prompt()
        if self._closed:
            return
        self._prompt = _Prompt(turn, self._now())
        self._send(write_message("prompt_begin", turn=turn, gain_db=gain_db))

    async def enqueue(self, turn: int, sound: Sound, *, place: int | None = None) -> None:
        """Add a piece to the prompt. `place` (1 to 4) names the answer it speaks: the page lights it meanwhile."""
        prompt = self._prompt
        if prompt is None or prompt.turn != turn or prompt.complete or not sound.pcm:
            return
        prompt.ends_at = max(prompt.ends_at, self._now()) + sound.duration_ms / 1000
        url = None if _is_silence(sound) else self._shelve(sound)
        self._send(write_message("clip", turn=turn, ms=sound.duration_ms, url=url, place=place))

    async def end_prompt(self, turn: int) -> None:
        prompt = self._prompt
        if prompt is None or prompt.turn != turn:
            return
        prompt.complete = True
        self._send(write_message("prompt_complete", turn=turn))
        if self._mode is Mode.READER:
            self._end_prompt()
            return
        limit = max(0.0, prompt.ends_at - self._now()) + self._rules.watchdog_ms / 1000
        self._watchdog = self._loop.call_later(limit, self._on_watchdog, turn)

    async def stop_prompt(self, turn: int) -> None:
        self._send(write_message("prompt_stop", turn=turn))
        if self._prompt is not None and self._prompt.turn == turn:
            self._end_prompt()

    async def show(self, view: ShownView) -> None:
        self._result_locale = view.locale if view.screen == RESULT else None
        self._send(write_message("show", turn=view.turn, html=self._render(view), view=asdict(view)))

    async def listening(self, turn: int, is_open: bool) -> None:
        self._send(write_message("listening", turn=turn, open=is_open))

    async def remember(self, code: str, sounds: Sequence[Sound], text: str) -> None:
        self._code = code
        clips = [{"ms": sound.duration_ms, "url": self._shelve(sound)} for sound in sounds if sound.pcm]
        self._send(write_message("remember", code=code, text=text, clips=clips))

    async def close(self) -> None:
        self._send(write_message("bye"))
        self._end_of_line()

    # --- what the page sends ----------------------------------------------------------------------------------

    def _on_message(self, message: Message) -> None:
        match message:
            case Key(turn, key, input_mode):
                self._emit(KeyPressed(turn, key, input_mode))
            case Writing(turn, text):
                self._emit(WordWritten(turn, text))
            case Played(turn):
                if self._prompt is not None and self._prompt.turn == turn:
                    self._end_prompt()
            case MicrophoneState(available, sample_rate_hz):
                self._on_microphone(available, sample_rate_hz)
            case Talk(held):
                self._on_talk(held)
            case ModeChosen(mode):
                self._on_mode(mode)
            case ReportAsked():
                self._on_report()
            case Ping():
                self._send(write_message("pong"))
            case Hello():
                raise BadMessage("hello is said once, first")

    def _on_report(self) -> None:
        if self._offer_report is None or self._code is None or self._result_locale is None:
            self.tell(NoReport("a report is made of a result, while it is shown"))
            return
        self._send(write_message("report", address=self._offer_report(self._code, self._result_locale)))

    def _on_microphone(self, available: bool, sample_rate_hz: int) -> None:
        self._claimed = available
        if available:
            self._open_line(sample_rate_hz)
        self._judge_microphone()

    def _on_talk(self, held: bool) -> None:
        if held == self._held:
            return
        self._held = held
        if held:
            self._open_line(self._line.rate_hz)
        self._emit(TalkPressed(held))

    def _on_mode(self, mode: Mode) -> None:
        if mode is self._mode:
            return
        self._mode = mode
        if self._held:
            self._on_talk(False)
        self._open_line(self._line.rate_hz)
        self._last_beat_at = self._now()
        if mode is Mode.READER and self._prompt is not None and self._prompt.complete:
            self._end_prompt()
        self._judge_microphone()

    def _on_frame(self, frame: Frame) -> None:
        now = self._now()
        self._last_frame_at = now
        self._still = False
        pcm = self._line.take(frame, now * 1000)
        self._judge_lag()
        self._judge_microphone()
        if not pcm or not self._hearing or (self._mode is Mode.READER and not self._held):
            return
        sound = Sound(pcm)
        self._waiting_ms += sound.duration_ms
        self._emit(FrameHeard(sound))

    # --- the microphone and the clock -------------------------------------------------------------------------

    def _open_line(self, rate_hz: int) -> None:
        self._line = MicrophoneLine(rate_hz)
        self._last_frame_at = self._now()
        self._still = self._late = False

    def _judge_lag(self) -> None:
        lag, rules = self._line.quality.lag_ms, self._rules
        if self._late:
            self._late = lag > rules.in_time_ms or self._waiting_ms > rules.waiting_sound_ms // 2
        elif lag > rules.late_ms or self._waiting_ms > rules.waiting_sound_ms:
            self._late = True
            self.tell(SoundLate("the sound of the microphone arrives too late; keys and buttons work"))

    def _judge_microphone(self) -> None:
        hearing = self._claimed and not self._late and not self._still
        if hearing != self._hearing:
            self._hearing = hearing
            self._last_beat_at = self._now()
            self._emit(MicrophoneChange(hearing))

    def _on_beat(self) -> None:
        self._beat = self._loop.call_later(self._rules.beat_ms / 1000, self._on_beat)
        if self._mode is Mode.READER:
            return
        now = self._now()
        if not self._still and (now - self._last_frame_at) * 1000 > self._rules.still_ms:
            self._still = True
            self._judge_microphone()
        if not self._hearing:
            self._emit(Elapsed(round((now - self._last_beat_at) * 1000)))
        self._last_beat_at = now

    # --- ends -------------------------------------------------------------------------------------------------

    def _on_watchdog(self, turn: int) -> None:
        if self._prompt is not None and self._prompt.turn == turn:
            self._send(write_message("prompt_stop", turn=turn))
            self._end_prompt()

    def _end_prompt(self) -> None:
        """End the prompt that is under way, if any: exactly one `PromptEnded` for each prompt begun."""
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None
        if self._prompt is not None:
            turn, self._prompt = self._prompt.turn, None
            self._emit(PromptEnded(turn))

    def _end_of_line(self) -> None:
        if self._closed:
            return
        self._end_prompt()
        self._beat.cancel()
        self._emit(Hungup())
        self._closed = True
        self._outbox.put_nowait(None)

    def _emit(self, event: ChannelEvent) -> None:
        if self._closed:
            return
        self._inbox.put_nowait(event)
        if self._inbox.qsize() > self._rules.waiting_events and not isinstance(event, Hungup | PromptEnded):
            self._end_of_line()

    def _send(self, text: str) -> None:
        if self._closed:
            return
        if self._outbox.qsize() >= self._rules.waiting_messages:
            self._end_of_line()
            return
        self._outbox.put_nowait(text)


def _is_silence(sound: Sound) -> bool:
    return not sound.pcm.lstrip(b"\0")
