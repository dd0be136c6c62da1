"""Faults of the service. Each has a stable dotted `code`, says whether it is `retryable`, and names its spoken form."""

from __future__ import annotations


class VoiceAppError(Exception):
    """Base of the service's faults; `prompt_id` is the sentence a learner hears when this reaches them."""

    code = "voice_app.error"
    retryable = False
    prompt_id = "fault.general"


class SpeechError(VoiceAppError):
    code = "speech.error"
    prompt_id = "fault.general"


class RecognizerDown(SpeechError):
    """The recogniser's process died, hung or passed its deadline; it is being replaced."""

    code = "speech.recognizer_down"
    retryable = True
    prompt_id = "fault.use_keys"


class SynthesisFailed(SpeechError):
    """No voice could speak this text."""

    code = "speech.synthesis_failed"
    retryable = True


class UnknownVoice(SpeechError):
    """No engine on this machine speaks this language."""

    code = "speech.unknown_voice"


class ModelMissing(SpeechError):
    """A recogniser's model is not installed; the sentence says which command installs it."""

    code = "speech.model_missing"
    prompt_id = "fault.use_keys"


class SoundUnreadable(SpeechError):
    """A sound file is damaged or of a kind that is not supported."""

    code = "speech.sound_unreadable"


class StoreError(VoiceAppError):
    """The event could not be written or read; nothing was acknowledged."""

    code = "store.error"
    retryable = True
    prompt_id = "fault.not_saved"


class SharingClosed(StoreError):
    """The campaign was archived, or this result was shared before: nothing was sent."""

    code = "store.sharing_closed"
    retryable = False
    prompt_id = "sharing.refused"


class LedElsewhere(StoreError):
    """The session went on at another site; what was said here is not kept. The code brings it back."""

    code = "store.led_elsewhere"
    retryable = False
    prompt_id = "fault.led_elsewhere"


class TooManyAttempts(StoreError):
    """Too many wrong codes from one place; the person may try later or begin anew."""

    code = "store.too_many_attempts"
    retryable = False
    prompt_id = "code.too_many"
