"""`voice-app talk`: a whole conversation in the terminal.

With `--voice` a synthetic person speaks and is really recognised, with a pitch and a rate unlike the service's; what is
said and heard is written as it goes. Without it you are the person, and answer with keys.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from voice_app.app import Service, open_service
from voice_app.audio import Sound
from voice_app.captions import CaptionedRecognizer, CaptionedSynthesizer, SilentSynthesizer
from voice_app.channels.console import ConsoleChannel
from voice_app.channels.learner import KnowingPerson, SyntheticLearner
from voice_app.commands.terminal import console, run, settings_here
from voice_app.ports import Channel, Recognizer, Synthesizer
from voice_app.settings import Settings
from voice_app.speech.synthesizer import LearnerVoice
from voice_app.store.sql_store import SqlStore


def talk(
    voice: Annotated[bool, typer.Option("--voice", help="A synthetic learner speaks, and is really heard.")] = False,
    ability: Annotated[float, typer.Option(help="Level that the synthetic learner has, 0 to 8.")] = 2.0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same questions.")] = 1,
    pitch: Annotated[float, typer.Option(help="Pitch of the learner's voice.")] = 0.8,
    rate: Annotated[float, typer.Option(help="Rate of the learner's voice.")] = 0.9,
    formant: Annotated[
        float, typer.Option(help="Size of the learner's mouth: below 1 larger, above 1 smaller.")
    ] = 0.92,
) -> None:
    """Hold a diagnostic in the terminal. What is answered is kept in a folder of its own and forgotten at the end."""
    settings = settings_here()
    run(lambda: _voice(settings, ability, seed, pitch, rate, formant) if voice else _keys(settings, seed))


async def _voice(settings: Settings, ability: float, seed: int, pitch: float, rate: float, formant: float) -> None:
    learner = LearnerVoice()
    await learner.start()

    async def say(words: str, locale: str) -> Sound:
        return await learner.say(words, locale, pitch=pitch, rate=rate, formant=formant)

    def channel(service: Service) -> Channel:
        person = KnowingPerson(service.context.content, ability, seed)
        return SyntheticLearner(person, say, _write, seed=seed)

    try:
        await _hold(settings, seed, channel, CaptionedRecognizer, CaptionedSynthesizer)
    finally:
        await learner.close()


async def _keys(settings: Settings, seed: int) -> None:
    def silent(_voice: Synthesizer, write: Callable[[str], None]) -> Synthesizer:
        return CaptionedSynthesizer(SilentSynthesizer(), write)

    await _hold(settings, seed, lambda _service: ConsoleChannel(_write), CaptionedRecognizer, silent)


async def _hold(
    settings: Settings,
    seed: int,
    channel: Callable[[Service], Channel],
    ear: Callable[[Recognizer, Callable[[str], None]], Recognizer],
    voice: Callable[[Synthesizer, Callable[[str], None]], Synthesizer],
) -> None:
    service = await open_service(settings)
    try:
        with TemporaryDirectory() as folder:
            store = await SqlStore.open(f"sqlite+aiosqlite:///{Path(folder) / 'talk.sqlite'}")
            heard_and_said = replace(
                service,
                recognizer=ear(service.recognizer, _write),
                synthesizer=voice(service.synthesizer, _write),
                store=store,
            )
            await heard_and_said.conversation(channel(service), asker="terminal", seed=seed).run()
            await store.close()
    finally:
        await service.close()


def _write(line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)
