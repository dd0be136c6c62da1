"""Faults of the engine. Silence, an unheard answer or the end of the items are values, not errors."""

from __future__ import annotations


class EngineError(Exception):
    """Base of the engine's faults: `code` is stable and dotted; `retryable` says whether trying again can help."""

    code = "engine.error"
    retryable = False


class UnknownItem(EngineError):
    """An answer names an item that is not in this bank."""

    code = "engine.unknown_item"


class InvalidFramework(EngineError):
    """The skill map or an item contradicts itself (duplicate id, unknown skill, cycle of prerequisites)."""

    code = "engine.invalid_framework"


class InvalidPolicy(EngineError, ValueError):
    """A number of a policy or of a prior is outside the range in which it means something."""

    code = "engine.invalid_policy"


class AlreadyRecorded(EngineError, ValueError):
    """This item has its answer already; withdraw it (`undo`) before recording another one."""

    code = "engine.already_recorded"


class InvalidState(EngineError, ValueError):
    """A stored assessment cannot be read, or belongs to another bank."""

    code = "engine.invalid_state"
