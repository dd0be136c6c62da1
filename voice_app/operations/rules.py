"""What can be tuned for those who run the service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OperationsRules:
    """How the service is watched."""

    host: str = "127.0.0.1"
    """Address of the operators' door: figures, health, readiness. Never a public one."""
    port: int = 0
    """TCP port of the operators' door; 0: there is none."""
    log_format: str = "text"
    """`text` for people, `json` for a collector of logs: one object a line."""
    log_level: str = "INFO"
    """The least that is logged: DEBUG, INFO, WARNING or ERROR."""
    ear_required: bool = False
    """Whether a node without an ear counts as not ready. People are served by keys meanwhile, so it does not."""
    check_limit_s: float = 3.0
    """A part that does not answer within this counts as down."""
    drain_s: float = 0.0
    """How long a node that is told to stop answers "not ready" before it cuts its lines: a balancer's two checks."""
