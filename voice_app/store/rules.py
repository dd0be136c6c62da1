"""What can be tuned in the store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreRules:
    """Where the store is, and its limits."""

    database_url: str = ""
    """Empty: SQLite in the data folder. For several machines: postgresql+psycopg://USER:PASSWORD@HOST/NAME"""
    code_valid_days: int = 90
    """A pause may last a season; after that the code opens nothing."""
    wrong_codes_per_asker: int = 5
    """Wrong codes from one kiosk within `asker_window_minutes` before it must wait."""
    asker_window_minutes: int = 15
    """Long enough to spoil guessing, short enough to wait for at the kiosk."""
    wrong_codes_per_site: int = 60
    """Wrong codes at the whole site within an hour: guessing spread over kiosks stops here."""
    repeat_after_days: int = 4
    """Days after a result was shared before its campaign may be taken again: time to learn something."""
    busy_ms: int = 5_000
    """How long a writer waits for the writer before it."""
    statement_limit_s: float = 8.0
    """No call to the database takes longer; past it the conversation says that the answer was not kept."""


@dataclass(frozen=True, slots=True)
class OrganizationRules:
    """Who may come in to an organisation's pages, and for how long."""

    password_characters: int = 12
    """Shortest password; longer is better than stranger."""
    failures_before_lock: int = 10
    """Wrong passwords in a row before the account waits; each further so many double the wait."""
    lock_minutes: int = 2
    """The first wait."""
    failures_at_most: int = 30
    """Wrong passwords in a row that block the account until `voice-app org unlock`."""
    sign_in_hours: int = 12
    """A working day; after it one signs in again."""
    invitation_days: int = 7
    """How long an invitation opens."""
    passkeys: bool = True
    """Whether members may sign in by passkeys, where the extra `passkeys` is installed."""
    token_days: int = 365
    """How long a token of the API opens at most; a year, so that a forgotten one ends by itself."""
    client_token_minutes: int = 60
    """How long the token opens that a partner's client is given for its secret."""
    api_requests_per_minute: int = 600
    """Requests of one token; more are told when to come back (429)."""
    sign_ins_per_address: int = 60
    """Attempts to sign in from one network address within a quarter of an hour; many share an office's address."""
    retention_months: int = 24
    """How long answers and results are kept after the last of them, where an organisation has not said otherwise."""
    longest_retention_months: int = 60
    """The longest that an organisation may choose: five years, the length of a training path and its follow-up."""
    claim_days: int = 30
    """How long the code opens that keeps a result in an account: time to speak of it with a mediator."""
    learner_minutes: int = 60
    """How long a learner stays signed in on a page, which may be a shared computer's."""
    argon2_memory_kib: int = 65_536
    """Memory of one password check, in KiB: the second recommendation of RFC 9106, 64 MiB."""
    argon2_passes: int = 3
    """Passes over that memory."""
