"""The pilot kit's page and its addresses: a mediator beside a person, who says the fixed words (docs/pilot.md).

Served only where `pilot.enabled` is set, and only to pages of this service: a request that changes something must come
from the same origin. The order (spoken consent first) is not the page's to keep: the folder refuses anything else.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence

from quart import Blueprint, Response, request

from audio_content.model import LOCALES
from voice_app.audio import BYTES_PER_SAMPLE, Sound, wav_bytes
from voice_app.channels.kiosk_wire import RATES_HZ
from voice_app.errors import SpeechError
from voice_app.pilot.recordings import CONSENT, TRAINING, NoConsent, PilotError, PilotFolder, UnknownPerson
from voice_app.pilot.rules import PilotRules
from voice_app.web.guard import HEADERS, may_connect
from voice_app.web.page_words import page_words
from voice_app.web.rendering import render_page

Speak = Callable[[str, str], Awaitable[Sound]]
NO_STORE = {"Cache-Control": "no-store"}


class BadRecording(PilotError):
    """What was sent is no recording."""

    code = "pilot.bad_recording"


class ForeignPage(PilotError):
    """The request comes from a page of another site."""

    code = "pilot.foreign_page"


def pilot_blueprint(
    folder: PilotFolder, words: Mapping[str, Sequence[str]], speak: Speak, rules: PilotRules
) -> Blueprint:
    """Give the pilot's addresses. `words`: what is to be said, by locale."""
    pilot = _Pilot(folder, words, speak, rules)
    blueprint = Blueprint("pilot", __name__)
    blueprint.add_url_rule("/pilot", "page", pilot.page)
    blueprint.add_url_rule("/pilot/said/<locale>/<name>.wav", "said", pilot.said)
    blueprint.add_url_rule("/pilot/people", "begin", pilot.begin, methods=["POST"])
    blueprint.add_url_rule("/pilot/people/<number>/<what>", "keep", pilot.keep, methods=["PUT"])
    blueprint.add_url_rule("/pilot/people/<number>", "erase", pilot.erase, methods=["DELETE"])
    blueprint.errorhandler(PilotError)(_told)
    blueprint.after_request(_add_headers)
    return blueprint


class _Pilot:
    def __init__(
        self, folder: PilotFolder, words: Mapping[str, Sequence[str]], speak: Speak, rules: PilotRules
    ) -> None:
        self._folder = folder
        self._words = words
        self._speak = speak
        self._rules = rules

    async def page(self) -> Response:
        locale = _locale()
        body = render_page("pilot", locale, pilot_words=list(self._words[locale]))
        return Response(body, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})

    async def said(self, locale: str, name: str) -> Response:
        """The sentence of the consent, or a word, as the service says it: for who cannot read."""
        text = self._text(locale, name)
        if text is None:
            return Response("", 404)
        try:
            sound = await self._speak(text, locale)
        except SpeechError:
            return Response("", 404)
        return Response(wav_bytes(sound), content_type="audio/wav", headers={"Cache-Control": "public, max-age=3600"})

    async def begin(self) -> Response:
        _must_be_ours()
        asked = await request.get_json(silent=True)
        fields = asked if isinstance(asked, dict) else {}
        locale, device = str(fields.get("locale")), str(fields.get("device"))
        number = self._folder.begin(locale, device, self._words.get(locale, ()))
        return _json({"number": number})

    async def keep(self, number: str, what: str) -> Response:
        """A recording: 16-bit mono samples, `?rate=` a second; `what` is a consent or the place of a word."""
        _must_be_ours()
        said = await self._sound()
        locale, device = str(request.args.get("locale")), str(request.args.get("device"))
        if what == CONSENT:
            if locale not in self._words:
                raise PilotError(f"a person of a pilot speaks one of {', '.join(self._words)}")
            await asyncio.to_thread(self._folder.keep_consent, number, locale, device, tuple(self._words[locale]), said)
        elif what == TRAINING:
            await asyncio.to_thread(self._folder.keep_training_consent, number, said)
        elif what.isascii() and what.isdigit():
            await asyncio.to_thread(self._folder.keep_word, number, int(what), said)
        else:
            raise BadRecording("a recording is a consent, or the place of a word")
        return _json({"kept": what})

    async def erase(self, number: str) -> Response:
        _must_be_ours()
        await asyncio.to_thread(self._folder.erase, number)
        return _json({"erased": number})

    def _text(self, locale: str, name: str) -> str | None:
        if locale not in self._words:
            return None
        if name in (CONSENT, TRAINING):
            return page_words(locale)["pilot"][f"{name}_text"]
        words = self._words[locale]
        return words[int(name)] if name.isascii() and name.isdigit() and int(name) < len(words) else None

    async def _sound(self) -> Sound:
        rate = str(request.args.get("rate"))
        if not (rate.isascii() and rate.isdigit() and int(rate) in RATES_HZ):
            raise BadRecording(f"rate is a whole number from {RATES_HZ.start} to {RATES_HZ.stop - 1}")
        most = int(rate) * BYTES_PER_SAMPLE * self._rules.longest_s
        body = bytes(await request.get_data(as_text=False))  # type: ignore[arg-type]  # told as text only if asked
        if not body or len(body) % BYTES_PER_SAMPLE or len(body) > most:
            raise BadRecording(f"a recording is whole 16-bit samples, at most {self._rules.longest_s} s")
        return Sound(body, int(rate))


_STATUS: Mapping[type[PilotError], int] = {UnknownPerson: 404, NoConsent: 409, ForeignPage: 403}


def _must_be_ours() -> None:
    if not may_connect(request.headers.get("Origin"), request.host):
        raise ForeignPage("this page belongs to another site")


async def _told(fault: PilotError) -> Response:
    """A fault as a problem (RFC 9457) that the page turns into words."""
    status = next((status for kind, status in _STATUS.items() if isinstance(fault, kind)), 422)
    response = _json({"type": "about:blank", "code": fault.code, "detail": str(fault), "status": status})
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


async def _add_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


def _json(fields: Mapping[str, object]) -> Response:
    return Response(json.dumps(fields, ensure_ascii=False), content_type="application/json", headers=NO_STORE)


def _locale() -> str:
    asked = request.args.get("lang")
    if asked in LOCALES:
        return asked
    return request.accept_languages.best_match(LOCALES, LOCALES[0])
