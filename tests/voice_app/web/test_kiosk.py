"""The kiosk's addresses with a conversation of our own: pages, sounds, websocket, faults."""

import asyncio
import json
import logging
import re
import struct

import pytest
from quart import Quart
from quart.testing.connections import WebsocketDisconnectError, WebsocketResponseError

from voice_app.audio import Sound
from voice_app.channels.kiosk import KioskRules
from voice_app.errors import StoreError, SynthesisFailed
from voice_app.ports import FrameHeard, Hungup, KeyPressed, ShownView
from voice_app.web.kiosk import ConversationRequest, kiosk_blueprint
from voice_app.web.rules import WebRules

HELLO = {"type": "hello", "version": 1, "mode": "speaks", "locale": "fr", "microphone": False}
TONE = Sound(b"\x10\x00" * 800)


class Talk:
    """A conversation that writes down what happens and says one tone."""

    def __init__(self, *, last_key="0", breaks=False, saves_for_s=0.0):
        self.requests: list[ConversationRequest] = []
        self.events = []
        self.finished = asyncio.Event()
        self._last_key, self._breaks, self._saves_for_s = last_key, breaks, saves_for_s

    async def __call__(self, channel, request):
        self.requests.append(request)
        if self._breaks:
            raise RuntimeError("broken inside")
        await channel.begin_prompt(1, 0.0)
        await channel.enqueue(1, TONE)
        async for event in channel.events():
            self.events.append(event)
            if event == KeyPressed(1, self._last_key):
                await channel.close()
                return
            if isinstance(event, Hungup):
                await asyncio.sleep(self._saves_for_s)
        self.finished.set()


async def speak(text, locale):
    if locale == "en":
        raise SynthesisFailed("no voice")
    return Sound(text.encode("utf-16-le"))


def application(talk=None, *, rules=None, channel_rules=None, voice=speak, make_report=None):
    app = Quart(__name__, static_folder=None)
    blueprint = kiosk_blueprint(
        talk or Talk(),
        speak=voice,
        make_report=make_report,
        rules=rules,
        channel_rules=channel_rules or KioskRules(beat_ms=60_000),
    )
    app.register_blueprint(blueprint)
    return app


async def test_the_first_page_is_french_and_carries_the_guard():
    answer = await application().test_client().get("/")

    body = await answer.get_data(as_text=True)
    assert '<html lang="fr">' in body
    assert "Commencer" in body
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("address", "headers", "locale"),
    [
        ("/?lang=en", {}, "en"),
        ("/?lang=xx", {}, "fr"),
        ("/", {"Accept-Language": "en-GB,en;q=0.9"}, "en"),
        ("/", {"Accept-Language": "de"}, "fr"),
        ("/mentions?lang=en", {"Accept-Language": "fr"}, "en"),
    ],
)
async def test_the_language_is_asked_for_or_the_browsers_or_french(address, headers, locale):
    answer = await application().test_client().get(address, headers=headers)

    assert f'<html lang="{locale}">' in await answer.get_data(as_text=True)


async def test_the_page_works_without_anything_but_what_is_here():
    client = application().test_client()
    body = await (await client.get("/")).get_data(as_text=True)

    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', body):
        assert (await client.get(address)).status_code == 200, address


async def test_health_is_told():
    answer = await application().test_client().get("/healthz")

    assert (answer.status_code, await answer.get_data(as_text=True)) == (200, "ok")


async def test_a_missing_page_is_explained_in_plain_words():
    client = application().test_client()

    page = await client.get("/nowhere", headers={"Accept": "text/html"})
    program = await client.get("/nowhere", headers={"Accept": "application/json"})

    assert page.status_code == program.status_code == 404
    assert "Vous n’avez rien cassé" in await page.get_data(as_text=True)
    assert await program.get_data(as_text=True) == "404\n"


async def test_a_fault_of_ours_is_told_as_ours():
    app = application()

    @app.get("/breaks")
    async def breaks():
        raise RuntimeError("inside")

    answer = await app.test_client().get("/breaks?lang=fr", headers={"Accept": "text/html"})

    assert answer.status_code == 500
    assert "Ce n’est pas de votre faute" in await answer.get_data(as_text=True)
    assert "inside" not in await answer.get_data(as_text=True)


async def test_the_pages_own_sentences_are_spoken_once_and_kept():
    said = []

    async def counted(text, locale):
        said.append(text)
        return TONE

    client = application(voice=counted).test_client()
    first = await client.get("/spoken/fr/lost.wav")
    second = await client.get("/spoken/fr/lost.wav")

    assert (first.status_code, first.content_type) == (200, "audio/wav")
    assert await first.get_data() == await second.get_data()
    assert len(said) == 1


@pytest.mark.parametrize(
    "address", ["/spoken/en/lost.wav", "/spoken/fr/secret.wav", "/spoken/xx/lost.wav", "/audio/0.wav"]
)
async def test_a_sound_that_is_not_there_is_simply_missing(address):
    assert (await application().test_client().get(address)).status_code == 404


async def test_without_a_voice_the_page_uses_tones():
    assert (await application(voice=None).test_client().get("/spoken/fr/lost.wav")).status_code == 404


async def test_a_conversation_runs_from_hello_to_bye():
    talk = Talk()
    app = application(talk)

    async with app.test_client().websocket("/kiosk/ws") as line:
        await line.send_json({**HELLO, "resume": "12345678"})
        assert await line.receive_json() == {"type": "prompt_begin", "turn": 1, "gain_db": 0.0}
        clip = await line.receive_json()
        await line.send_json({"type": "key", "turn": 1, "key": "0"})
        assert await line.receive_json() == {"type": "bye"}
        with pytest.raises(WebsocketDisconnectError):
            await line.receive()

    sound = await app.test_client().get(clip["url"])
    assert sound.headers["Cache-Control"].startswith("public, max-age=31536000")
    assert (await sound.get_data())[44:] == TONE.pcm
    assert [(asked.locale, asked.resume) for asked in talk.requests] == [("fr", "12345678")]


async def test_frames_reach_the_conversation():
    talk = Talk()

    async with application(talk).test_client().websocket("/kiosk/ws") as line:
        await line.send_json({**HELLO, "microphone": True})
        await line.receive_json()
        await line.send(struct.pack("<Id", 0, 1.0) + b"\x01\x00" * 320)
        await line.send_json({"type": "key", "turn": 1, "key": "0"})
        while (await line.receive_json())["type"] != "bye":
            pass

    assert talk.events[0] == FrameHeard(Sound(b"\x01\x00" * 320))


async def test_a_page_that_goes_away_lets_the_conversation_finish():
    talk = Talk(saves_for_s=0.1)

    async with application(talk).test_client().websocket("/kiosk/ws") as line:
        await line.send_json(HELLO)
        await line.receive_json()

    assert talk.finished.is_set()
    assert talk.events[-1] == Hungup()


async def test_the_service_ends_after_its_conversations():
    talk = Talk(saves_for_s=0.05)
    app = application(talk)
    async with app.test_app() as serving, app.test_client().websocket("/kiosk/ws") as line:
        await line.send_json(HELLO)
        assert (await line.receive_json())["type"] == "prompt_begin"
        await serving.shutdown()

        assert talk.finished.is_set()


async def test_a_conversation_that_never_ends_is_ended(caplog):
    talk = Talk(saves_for_s=60.0)

    async with application(talk, rules=WebRules(farewell_s=0.05)).test_client().websocket("/kiosk/ws") as line:
        await line.send_json(HELLO)
        await line.receive_json()

    assert not talk.finished.is_set()
    assert "did not end" in caplog.text


async def test_a_broken_conversation_is_told_without_its_inside(caplog):
    async with application(Talk(breaks=True)).test_client().websocket("/kiosk/ws") as line:
        await line.send_json(HELLO)
        problem = await line.receive_json()

    assert (problem["type"], problem["code"], problem["retryable"]) == ("problem", "kiosk.broken", True)
    assert "broken inside" not in json.dumps(problem)
    assert "broken inside" in caplog.text


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ("nonsense", "kiosk.bad_message"),
        (b"\x00\x01", "kiosk.bad_message"),
        (json.dumps({"type": "ping"}), "kiosk.bad_message"),
        (json.dumps({**HELLO, "version": 9}), "kiosk.version"),
        (json.dumps({**HELLO, "resume": "1" * 70_000}), "kiosk.bad_message"),
    ],
)
async def test_who_does_not_say_hello_is_told_and_let_go(first, code):
    talk = Talk()

    async with application(talk).test_client().websocket("/kiosk/ws") as line:
        await line.send(first)
        assert (await line.receive_json())["code"] == code
        with pytest.raises(WebsocketDisconnectError):
            await line.receive()

    assert talk.requests == []


async def test_who_says_nothing_is_let_go():
    async with application(rules=WebRules(hello_limit_s=0.05)).test_client().websocket("/kiosk/ws") as line:
        with pytest.raises(WebsocketDisconnectError):
            await line.receive()


async def test_a_page_that_falls_silent_counts_as_gone():
    talk = Talk()

    async with application(talk, rules=WebRules(silence_limit_s=0.05)).test_client().websocket("/kiosk/ws") as line:
        await line.send_json(HELLO)
        await asyncio.wait_for(talk.finished.wait(), 2)

    assert talk.events[-1] == Hungup()


async def test_a_message_that_is_too_large_is_refused_and_the_talk_goes_on():
    talk = Talk()

    async with application(talk).test_client().websocket("/kiosk/ws") as line:
        await line.send_json(HELLO)
        await line.receive_json()
        await line.receive_json()
        await line.send(bytes(65_537))
        problem = await line.receive_json()
        await line.send_json({"type": "key", "turn": 1, "key": "0"})
        assert (await line.receive_json())["type"] == "bye"

    assert problem["code"] == "kiosk.bad_message"


async def test_too_many_messages_that_are_too_large_cut_the_line():
    talk = Talk()
    app = application(talk, rules=WebRules(largest_message_bytes=200), channel_rules=KioskRules(faults_allowed=2))
    async with app.test_client().websocket("/kiosk/ws") as line:
        await line.send_json(HELLO)
        for _ in range(3):
            await line.send(b"x" * 201)
        await asyncio.wait_for(talk.finished.wait(), 2)

    assert talk.events[-1] == Hungup()


async def test_one_page_more_than_there_are_places_is_told():
    app = application(rules=WebRules(most_conversations=1))

    async with app.test_client().websocket("/kiosk/ws") as first, app.test_client().websocket("/kiosk/ws") as second:
        await first.send_json(HELLO)
        await first.receive_json()
        await second.send_json(HELLO)
        assert (await second.receive_json())["code"] == "kiosk.busy"

    async with app.test_client().websocket("/kiosk/ws") as third:
        await third.send_json(HELLO)
        assert (await third.receive_json())["type"] == "prompt_begin"


async def test_a_page_of_another_site_may_not_connect():
    talk = Talk()
    client = application(talk).test_client()

    with pytest.raises(WebsocketResponseError) as refused:
        async with client.websocket("/kiosk/ws", headers={"Origin": "https://elsewhere.test"}) as line:
            await line.receive()

    assert refused.value.response.status_code == 403
    assert talk.requests == []


async def test_our_own_page_may_connect():
    async with application().test_client().websocket("/kiosk/ws", headers={"Origin": "http://localhost"}) as line:
        await line.send_json(HELLO)
        assert (await line.receive_json())["type"] == "prompt_begin"


async def test_the_quality_of_the_line_is_logged_without_any_word(caplog):
    caplog.set_level(logging.INFO)

    async with application().test_client().websocket("/kiosk/ws") as line:
        await line.send_json(HELLO)
        await line.receive_json()

    assert "a page has gone: 0 frames" in caplog.text


class ShowsResult:
    """A conversation that has come to its result and waits until the page goes."""

    async def __call__(self, channel, request):
        await channel.remember("12345674", [], "Votre code")
        await channel.show(ShownView(1, "en", "result", "Your result", (), (), (), None, None))
        async for _ in channel.events():
            pass


async def report_address(client):
    async with client.websocket("/kiosk/ws") as line:
        await line.send(json.dumps(HELLO))
        await line.send(json.dumps({"type": "report"}))
        while (message := json.loads(await line.receive()))["type"] != "report":
            pass
    return message["address"]


async def test_a_report_is_fetched_once_by_its_address():
    asked = []

    async def make_report(code, locale):
        asked.append((code, locale))
        return b"%PDF-1.7"

    client = application(ShowsResult(), make_report=make_report).test_client()
    address = await report_address(client)
    looked = await client.head(address)
    first = await client.get(address)
    second = await client.get(address, headers={"Accept": "text/html"})

    assert looked.status_code == 404
    assert (first.status_code, first.content_type, await first.get_data()) == (200, "application/pdf", b"%PDF-1.7")
    assert first.headers["Cache-Control"] == "no-store"
    assert asked == [("12345674", "en")]
    assert second.status_code == 404
    assert "une seule fois" in await second.get_data(as_text=True)


async def test_a_report_that_cannot_be_made_is_told_as_our_fault():
    async def make_report(code, locale):
        raise StoreError("no database")

    client = application(ShowsResult(), make_report=make_report).test_client()
    answer = await client.get(await report_address(client), headers={"Accept": "text/html"})

    assert answer.status_code == 503
    assert "no database" not in await answer.get_data(as_text=True)
