"""What a dialogue is given and never changes: the content, the compiled items, the policy, and the numbers to tune."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from audio_content.model import Content
from engine.adaptive import Bank, Policy
from engine.adaptive.stopping import MAX_QUESTIONS, MIN_QUESTIONS
from voice_app.dialogue.paths import QUICK, most_questions


@dataclass(frozen=True, slots=True)
class Rules:
    """The tunables of the conversation. Lengths are audio time, in milliseconds; nothing here ever scores a person."""

    path: str = "abc_diag"
    max_items: int = 10
    """Questions of a quick diagnostic at most. Kept in the session's first record: who comes back keeps their own."""

    patience_ms: int = 10_000
    """Silence after which help is offered."""
    patience_slow_ms: int = 20_000
    """The same for a person who chose a slow voice."""
    entry_ms: int = 3_000
    """Silence that ends a number being typed; it is asked about then, so that it may be short."""
    entry_slow_ms: int = 6_000
    hang_ms: int = 1_200
    """Silence that ends an utterance: long enough for hesitation."""
    hang_slow_ms: int = 2_000
    early_pause_ms: int = 260
    """Silence that is enough when the evidence is overwhelming and what is done about it can be taken back."""
    early_pause_slow_ms: int = 700
    early_sure_ms: int = 700
    """The same for any other match."""
    early_sure_slow_ms: int = 1_200
    early_above: float = 0.95
    """Likelihood that is overwhelming."""
    corrections_before_slow: int = 2
    """So often somebody goes on speaking after having been taken for finished, before more patience is kept."""
    slow_below: float = 0.9
    """A pace under this counts as slow."""

    stem_pause_ms: int = 600
    """Between the question and its options."""
    option_pause_ms: int = 350
    """Between two options."""

    full_form_items: int = 3
    """So many first questions give every option its whole instruction."""
    echo_items: int = 3
    """So many first answers are said back."""

    rate_step: float = 0.15
    rate_min: float = 0.7
    rate_max: float = 1.6
    emphasis_rate: float = 0.15
    """How much slower the options are said again when nothing was understood."""
    gain_step_db: float = 3.0
    gain_min_db: float = -12.0
    gain_max_db: float = 12.0
    emphasis_gain_db: float = 3.0
    """How much louder the options are said again when nothing was understood."""

    unheard_items_before_pause: int = 2
    """Questions in a row that could not be heard before the conversation waits instead of going on."""
    pause_replies: int = 2
    """Unclear sounds that get a reply during a pause; more of them are noise."""
    second_guess_min: float = 0.15
    """Likelihood that the runner-up needs to be asked about after "no, not that"."""

    doubt_worth_levels: float = 0.1
    """Spread of an area's level from which a half-heard answer is asked about; less than any result would show."""
    doubt_elsewhere_max: float = 0.05
    """Share of a command, or of nothing that fits, above which a half-heard answer is asked about in any case."""

    strengths_said: int = 3

    def __post_init__(self) -> None:
        if not MIN_QUESTIONS <= self.max_items <= MAX_QUESTIONS:
            raise ValueError(f"a quick diagnostic has {MIN_QUESTIONS} to {MAX_QUESTIONS} questions: {self.max_items}")


@dataclass(frozen=True, slots=True)
class DialogueContext:
    """`bank` holds the items of `rules.path`, compiled from `content`; `policy` conducts that path (`paths`).
    `centres`: what is said of the nearest accredited centre, by locale; none where nothing is known."""

    content: Content
    bank: Bank
    policy: Policy
    rules: Rules = Rules()
    centres: Mapping[str, str] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """Give the questions that a session begun here has at most."""
        if self.policy.name == QUICK:
            return self.rules.max_items
        return most_questions(self.policy, self.bank)
