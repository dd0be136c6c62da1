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
