"""Faults of the telephone."""

from __future__ import annotations

from voice_app.errors import VoiceAppError


class TelephonyError(VoiceAppError):
    code = "telephony.error"


class MediaDown(TelephonyError):
    """The media process died, hung, or has no free port; it is being replaced."""

    code = "telephony.media_down"
    retryable = True


class CannotListen(TelephonyError):
    """An address is taken or is not ours; the sentence names it."""

    code = "telephony.cannot_listen"


class CallFailed(TelephonyError):
    """A call that we placed, or a wish inside a call, was not granted. `status` is SIP's answer, 408 for none."""

    code = "telephony.call_failed"
    retryable = True

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
