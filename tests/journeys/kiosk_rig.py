"""A kiosk with a scripted conversation, for tests of the page and for looking at it.

The real blueprint is served by the real web server on a free port; only the conversation is a play: it shows the views
of `scene` one after the other, says a tone for each, and goes on at each key that a choice has ("9" goes back).

    python -m tests.journeys.kiosk_rig                          serves it, to look by hand
    python -m tests.journeys.kiosk_rig --screenshots FOLDER     pictures of the main views

Longer than 400 lines because half of it is the made-up views, side by side in both languages.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Blueprint, Quart

from voice_app.audio import Sound
from voice_app.channels.kiosk import KioskRules
from voice_app.ports import (
    Channel,
    ChannelEvent,
    FrameHeard,
    Hungup,
    KeyPressed,
    PromptEnded,
    ShownButton,
    ShownView,
    TalkPressed,
)
from voice_app.web.kiosk import ConversationRequest, kiosk_blueprint
from voice_app.web.rules import WebRules

RATE_HZ = 16_000


def tone(length_ms: int, pitch_hz: float = 440.0) -> Sound:
    """Give a soft tone."""
    count = length_ms * RATE_HZ // 1000
    wave = (round(3000 * math.sin(2 * math.pi * pitch_hz * n / RATE_HZ)) for n in range(count))
    return Sound(b"".join(struct.pack("<h", sample) for sample in wave), RATE_HZ)


def answers(*labels: str) -> tuple[ShownButton, ...]:
    return tuple(ShownButton(str(place), label, place, None) for place, label in enumerate(labels, 1))


def commands(*pairs: tuple[str, str, str]) -> tuple[ShownButton, ...]:
    return tuple(ShownButton(key, label, None, name) for key, label, name in pairs)


FR_QUESTION = commands(
    ("*", "Répéter", "repeat"),
    ("#", "Je ne sais pas", "dont_know"),
    ("5", "Expliquer", "explain"),
    ("9", "Corriger ma réponse", "back"),
    ("6", "Pause", "pause"),
    ("0", "Aide", "help"),
)
FR_MORE = commands(
    ("*", "Répéter", "repeat"),
    ("7", "Plus lentement", "slower"),
    ("8", "Plus vite", "faster"),
    ("+", "Plus fort", "louder"),
    ("-", "Moins fort", "quieter"),
    ("6", "Pause", "pause"),
)
EN_QUESTION = commands(
    ("*", "Repeat", "repeat"),
    ("#", "I don't know", "dont_know"),
    ("5", "Explain", "explain"),
    ("9", "Correct my answer", "back"),
    ("6", "Pause", "pause"),
    ("0", "Help", "help"),
)


def view(screen: str, heading: str, *text: str, **others: object) -> ShownView:
    fields: dict[str, object] = {"choices": (), "commands": (), "code": None, "progress": None, "locale": "fr"}
    return ShownView(turn=0, screen=screen, heading=heading, text=text, **{**fields, **others})  # type: ignore[arg-type]


FRENCH: tuple[tuple[str, ShownView], ...] = (
    (
        "language",
        view(
            "menu",
            "Français ou English",
            "Bonjour. Pour continuer en français, dites français, ou appuyez sur un.",
            choices=(ShownButton("1", "Français", 1, None, "fr"), ShownButton("2", "English", 2, None, "en")),
            commands=FR_QUESTION[:1] + FR_QUESTION[-1:],
        ),
    ),
    (
        "menu",
        view(
            "menu",
            "Bienvenue",
            "Je vais vous poser dix questions au plus, sur le téléphone et Internet. Ce n'est pas un examen.",
            choices=answers("Commencer", "J'ai un code"),
            commands=FR_QUESTION[:1] + FR_MORE[1:3] + FR_QUESTION[-2:],
        ),
    ),
    (
        "question2",
        view(
            "question",
            "Question 1",
            "Votre téléphone sonne. Vous ne connaissez pas le numéro. Êtes-vous obligé de répondre ?",
            choices=answers("Oui", "Non"),
            commands=FR_QUESTION,
            progress=(0, 10),
        ),
    ),
    (
        "question3",
        view(
            "question",
            "Question 4",
            "D'accord.",
            "Un homme appelle. Il dit être de votre banque et demande le code reçu par message. Que faites-vous ?",
            choices=answers("Je lis le code très vite", "Je raccroche et j'appelle ma banque", "Je rappelle ce numéro"),
            commands=FR_QUESTION,
            progress=(3, 10),
        ),
    ),
    (
        "question4",
        view(
            "question",
            "Question 7",
            "Vous voulez retrouver une recette vue hier sur Internet. Où la cherchez-vous d'abord ?",
            choices=answers("Dans l'historique", "Dans les réglages", "Dans la corbeille", "Dans mes courriels"),
            commands=FR_MORE,
            progress=(6, 10),
        ),
    ),
    (
        "long",
        view(
            "question",
            "Question 8",
            "Je n'ai pas bien entendu. Redites votre réponse, ou utilisez une touche de votre clavier, ou un bouton.",
            "Vous recevez un courriel de votre fournisseur d'électricité : il demande vos coordonnées bancaires "
            "pour un remboursement exceptionnel, aujourd'hui seulement. Que faites-vous d'abord ?",
            choices=answers(
                "J'envoie mes coordonnées bancaires sans attendre, pour être remboursé aujourd'hui",
                "J'appelle mon fournisseur au numéro écrit sur une ancienne facture",
                "Je transmets le courriel à toutes les personnes de mon carnet d'adresses",
                "Anticonstitutionnellement, électroencéphalographie",
            ),
            commands=(*FR_QUESTION, *FR_MORE[1:5]),
            progress=(7, 15),
        ),
    ),
    (
        "confirm",
        view(
            "menu",
            "C'est bien ça ?",
            "Vous avez dit : je raccroche et j'appelle ma banque. C'est ça ?",
            choices=(ShownButton("1", "Oui", 1, "check"), ShownButton("2", "Non", 2, "cross")),
            commands=(FR_QUESTION[0], FR_QUESTION[4], FR_QUESTION[5]),
            progress=(7, 10),
        ),
    ),
    (
        "code_entry",
        view(
            "code_entry",
            "Votre code",
            "J'ai entendu : 12 34. La suite ?",
            choices=tuple(ShownButton(key, key, None, None) for key in "1234567890"),
            commands=commands(("*", "Effacer", "erase"), ("#", "Je n'ai pas de code", "leave_code")),
        ),
    ),
    (
        "number_entry",
        view(
            "number_entry",
            "Question 8",
            "Un café coûte deux euros. Vous donnez un billet de cinq. Combien d'euros vous rend-on ?",
            "Vous avez tapé : 3.",
            choices=tuple(ShownButton(key, key, None, None) for key in "1234567890"),
            commands=commands(
                ("*", "Effacer", "erase"),
                ("#", "Valider", "enter"),
                ("e", "Expliquez-moi", "explain"),
                ("b", "Corriger ma réponse", "back"),
                ("p", "Pause", "pause"),
                ("h", "Aide", "help"),
            ),
            progress=(7, 10),
        ),
    ),
    (
        "word",
        view(
            "question",
            "Question 9",
            "Répondez par un mot.",
            "Un programme sert à ouvrir les sites Internet. Comment s'appelle ce genre de programme ?",
            choices=(ShownButton("1", "Des réponses possibles", None, "list"),),
            commands=FR_QUESTION,
            progress=(8, 10),
            writing=True,
        ),
    ),
    (
        "paused",
        view(
            "paused",
            "Pause",
            "C'est la pause. Tout est gardé.",
            choices=answers("Continuer", "Terminer"),
            commands=FR_QUESTION[:1] + FR_QUESTION[-1:],
            code="12 34 56 78",
        ),
    ),
    (
        "result",
        view(
            "result",
            "Votre résultat",
            "Vous connaissez déjà des choses utiles sur le téléphone et Internet. "
            "Avec une personne pour vous accompagner, vous pouvez en faire plus.",
            "Un point fort : vous savez vous méfier d'un message qui presse de payer.",
            "Vous savez aussi choisir deux ou trois mots utiles pour une recherche.",
            "La prochaine étape : apprendre à choisir un mot de passe long.",
            choices=answers("Répéter", "Terminer"),
            commands=(*FR_MORE[1:3], FR_QUESTION[3], FR_QUESTION[5]),
            code="12 34 56 78",
        ),
    ),
    (
        "goodbye",
        view("goodbye", "Au revoir", "Merci, et au revoir.", code="12 34 56 78"),
    ),
)

ENGLISH: tuple[tuple[str, ShownView], ...] = (
    (
        "menu",
        view(
            "menu",
            "Welcome",
            "I will ask you at most ten questions about phones and the Internet. This is not an exam.",
            choices=answers("Start", "I have a code"),
            commands=EN_QUESTION[:1] + EN_QUESTION[-2:],
            locale="en",
        ),
    ),
    (
        "question4",
        view(
            "question",
            "Question 7",
            "You want to find a recipe that you saw on the Internet yesterday. Where do you look first?",
            choices=answers("In the history", "In the settings", "In the bin", "In my e-mail"),
            commands=EN_QUESTION,
            progress=(6, 10),
            locale="en",
        ),
    ),
    ("goodbye", view("goodbye", "Goodbye", "Thank you, and goodbye.", code="12 34 56 78", locale="en")),
)


PICTURED = ("menu", "question3", "question4", "confirm", "code_entry", "number_entry", "word", "paused", "result")


@dataclass
class Play:
    """The scripted conversation, and what it has seen."""

    scene: Sequence[ShownView]
    prompt_ms: int = 150
    first: int = 0
    events: list[ChannelEvent] = field(default_factory=list)
    requests: list[ConversationRequest] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)
    breaks_at_key: str | None = None

    async def run(self, channel: Channel, request: ConversationRequest) -> None:
        self.requests.append(request)
        place, turn = self.first, 0
        await channel.remember("12345678", [tone(80)], "Votre code : 12 34 56 78.")
        turn = await self._stage(channel, place, turn)
        async for event in channel.events():
            match event:
                case FrameHeard(sound):
                    self.heard.extend(sound.pcm)
                    continue
                case KeyPressed(key=key) if key == self.breaks_at_key:
                    raise RuntimeError("the play breaks here")
                case KeyPressed(turn=pressed, key=key) if pressed == turn:
                    choices = [choice.key for choice in self.scene[place].choices]
                    if key == "9" and place > 0:
                        place -= 1
                    elif key in choices:
                        place += 1
                    await channel.stop_prompt(turn)
                    self.first = min(place, len(self.scene) - 1)
                    turn = await self._stage(channel, self.first, turn)
                case PromptEnded(turn=ended) if ended == turn:
                    await channel.listening(turn, channel.microphone)
                    if self.scene[place].screen == "goodbye":
                        await channel.close()
                case TalkPressed(held):
                    await channel.listening(turn, held)
                case Hungup():
                    pass
            self.events.append(event)

    async def _stage(self, channel: Channel, place: int, turn: int) -> int:
        turn += 1
        shown = replace(self.scene[place], turn=turn)
        await channel.show(shown)
        await channel.begin_prompt(turn, 0.0)
        await channel.listening(turn, False)
        await channel.enqueue(turn, tone(self.prompt_ms))
        await channel.enqueue(turn, Sound(bytes(640)))
        for choice in shown.choices[:4]:
            await channel.enqueue(turn, tone(self.prompt_ms, 440.0 + 110.0 * int(choice.key)), place=choice.place)  # type: ignore[call-arg]
        await channel.end_prompt(turn)
        return turn

    @property
    def heard_ms(self) -> int:
        return len(self.heard) // 2 * 1000 // RATE_HZ

    @property
    def keys(self) -> list[tuple[str, str]]:
        return [(event.key, event.input_mode.value) for event in self.events if isinstance(event, KeyPressed)]


class Kiosk:
    """A served kiosk; `stop` and `start` it again on the same port to cut the line. `beside`: further pages."""

    def __init__(
        self, play: Play, port: int | None = None, rules: WebRules | None = None, beside: Blueprint | None = None
    ) -> None:
        self.play = play
        self._beside = beside
        self.port = port or _free_port()
        self._rules = rules
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        if not ready.wait(20):
            raise TimeoutError("the kiosk did not start")

    def stop(self) -> None:
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(20)
            self._thread = None

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        app = Quart(__name__, static_folder=None)

        async def speak(_text: str, _locale: str) -> Sound:
            return tone(120, 300.0)

        app.register_blueprint(
            kiosk_blueprint(self.play.run, speak=speak, rules=self._rules, channel_rules=KioskRules(beat_ms=100))
        )
        if self._beside is not None:
            app.register_blueprint(self._beside)
        config = Config()
        config.bind = [f"127.0.0.1:{self.port}"]
        config.loglevel = "WARNING"
        config.graceful_timeout = 0.5
        serving = asyncio.create_task(serve(app, config, shutdown_trigger=self._over.wait))  # type: ignore[arg-type]
        await _answers(self.port)
        ready.set()
        await serving


async def _answers(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            await writer.wait_closed()
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def kiosk(scene: Sequence[tuple[str, ShownView]] = FRENCH, **fields: object) -> Iterator[Kiosk]:
    """Serve a play for the length of a `with`."""
    served = Kiosk(Play([shown for _, shown in scene], **fields))  # type: ignore[arg-type]
    served.start()
    try:
        yield served
    finally:
        served.stop()


def take_screenshots(folder: Path) -> None:
    """Save pictures of the first page and of the main views, wide and narrow."""
    from playwright.sync_api import sync_playwright

    from tests.journeys.browser import open_browser, open_page

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, kiosk(prompt_ms=1) as served, open_browser(playwright) as browser:
        for name, width, height in (("1280", 1280, 800), ("390", 390, 844)):
            page = open_page(browser, width, height)
            page.goto(served.url)
            page.wait_for_selector(".begin:enabled")
            page.screenshot(path=folder / f"start-{name}.png", full_page=True)
            page.goto(f"{served.url}mentions")
            page.screenshot(path=folder / f"mentions-{name}.png", full_page=True)
            for place, (scene, shown) in enumerate(FRENCH):
                if scene not in PICTURED:
                    continue
                served.play.first = place
                page.goto(served.url)
                page.click(".begin:enabled")
                page.wait_for_selector(f"text={shown.heading}")
                page.wait_for_timeout(600)
                page.screenshot(path=folder / f"{scene}-{name}.png", full_page=True)
            page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="The kiosk's page with a scripted conversation.")
    parser.add_argument("--screenshots", type=Path, metavar="FOLDER")
    parser.add_argument("--port", type=int, default=8090)
    chosen = parser.parse_args()
    if chosen.screenshots:
        take_screenshots(chosen.screenshots)
        return
    served = Kiosk(Play([shown for _, shown in FRENCH], prompt_ms=700), chosen.port)
    served.start()
    print(served.url)  # noqa: T201 - run by hand
    threading.Event().wait()


if __name__ == "__main__":
    main()
