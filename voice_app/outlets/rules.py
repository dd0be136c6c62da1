"""What can be tuned in what is told to the outside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class XapiRules:
    """A store of learning records (LRS) that is told what is learnt; docs/xapi.md."""

    endpoint: str = ""
    """Its address up to and without `/statements` (`https://lrs.example/xAPI`); empty: nobody is told."""
    user: str = ""
    """Name of HTTP Basic authentication."""
    password: str = ""
    """Password of HTTP Basic authentication."""
    version: str = "1.0.3"
    """The version that the store speaks: 1.0.3 or 2.0.0."""
    home: str = "https://voice-app.example"
    """This service's address, under which its pseudonyms stand."""
    shared_only: bool = False
    """Whether only sessions are told whose result the person chose to share; else all of them, by pseudonym."""
    batch: int = 200
    """Statements in one request."""
    limit_s: float = 30.0
    """How long a request may take."""
    every_s: float = 20.0
    """How often the log is looked at."""


@dataclass(frozen=True, slots=True)
class OutletRules:
    """How long an outlet waits after a failure."""

    first_wait_s: float = 5.0
    """After the first failure; doubled each time."""
    longest_wait_s: float = 900.0
    """The wait never grows beyond this."""


@dataclass(frozen=True, slots=True)
class WebhookRules:
    """Addresses of organisations that are told of their participations; docs/organisations.md."""

    limit_s: float = 10.0
    """How long a request may take."""
    every_s: float = 10.0
    """How often the log is looked at."""
    give_up_after: int = 300
    """Failures in a row after which a webhook is stopped: three days of quarters of an hour."""
    overlap_hours: int = 48
    """After a change of secret both sign for so long."""
    allow_private: bool = False
    """Whether webhooks may lead into this machine's own networks, and without TLS: for a receiver next door."""
