"""The system's own voices through pyttsx3: espeak-ng on Linux, SAPI on Windows, NSSpeech on macOS. For languages
without Pico.

Every utterance has a process of its own. In one process pyttsx3 returns before its file is written, hangs at the
second call, mixes up files between threads, and keeps the state of the engine, so that the same text sounds different
each time. A fresh process gives the same bytes; when it hangs, it is killed. An unknown voice is accepted in silence
by espeak-ng, so only voices that the engine itself lists are asked for.

This module is both ends: the service calls `SystemVoices`; `python -m voice_app.speech.pyttsx3_voice` is the child,
which reads one request in JSON from its standard input.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.errors import SoundUnreadable, SynthesisFailed, UnknownVoice

WORDS_PER_MINUTE = 140
"""The calm pace at rate 1.0; the engines' default of 175 to 200 is too fast for learners."""
LIST_LIMIT_S = 10.0
SPEAK_LIMIT_S = 8.0
CHARACTERS_PER_S = 250
"""pyttsx3 copies its whole buffer at every piece of sound, so long texts take long: 5,700 characters took 4 s."""
POLL_S = 0.02
STEADY_POLLS = 3
AT_ONCE = 2

REGION = re.compile(r"(?<![a-z])([a-z]{2,3})[-_]([a-z]{2})(?![a-z])", re.IGNORECASE)
TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SystemVoice:
    """A voice as the engine lists it, with the language tags found in it (lower case, hyphens)."""

    id: str
    tags: tuple[str, ...]


def version() -> str | None:
    """Give the version of the installed package, None when it is not installed."""
    try:
        return importlib.metadata.version("pyttsx3")
    except importlib.metadata.PackageNotFoundError:
        return None


def choose_voice(voices: Iterable[SystemVoice], locale: str) -> str | None:
    """Give the id of the best voice for a locale: the exact tag, else the plain language, else any region of it."""
    wanted = locale.lower().replace("_", "-")
    language = wanted.partition("-")[0]
    best: tuple[int, int, str] | None = None
    for position, voice in enumerate(voices):
        for tag in voice.tags:
            rank = 0 if tag == wanted else 1 if tag == language else 2 if tag.partition("-")[0] == language else 3
            if rank < 3 and (best is None or (rank, position) < best[:2]):
                best = (rank, position, voice.id)
    return best[2] if best else None


def tags_of(identifier: str, languages: Iterable[object]) -> tuple[str, ...]:
    """Give the language tags of a voice; Windows names the language only inside the identifier."""
    tags = [str(language).lower().replace("_", "-") for language in languages]
    tags.append(identifier.rpartition("/")[2].lower())
    tags += ["-".join(found).lower() for found in REGION.findall(identifier)]
    return tuple(dict.fromkeys(tag for tag in tags if TAG.fullmatch(tag)))


class SystemVoices:
    """The voices of this machine. The list is asked for once, at the first need."""

    def __init__(self) -> None:
        self._voices: tuple[SystemVoice, ...] | None = None
        self._listing = asyncio.Lock()
        self._seats = asyncio.Semaphore(AT_ONCE)

    async def voice_for(self, locale: str) -> str | None:
        """Give the id of this machine's voice for a locale, None when there is none. Raises SynthesisFailed."""
        async with self._listing:
            if self._voices is None:
                listed = json.loads(await run_child({"operation": "list"}, LIST_LIMIT_S))
                self._voices = tuple(SystemVoice(voice["id"], tuple(voice["tags"])) for voice in listed)
        return choose_voice(self._voices, locale)

    async def speak(self, text: str, voice: str, rate: float = 1.0) -> Sound:
        """Give the raw sound at the engine's own sample rate. Raises SynthesisFailed, UnknownVoice.

        The text must be clean; `voice` is an id given by `voice_for`.
        """
        limit_s = SPEAK_LIMIT_S + len(text) / CHARACTERS_PER_S
        request = {
            "operation": "speak",
            "text": text,
            "voice": voice,
            "words_per_minute": round(WORDS_PER_MINUTE * rate),
        }
        async with self._seats:
            with tempfile.TemporaryDirectory(prefix="voice-") as folder:
                path = Path(folder) / "spoken.wav"
                await run_child({**request, "path": str(path), "limit_s": limit_s}, limit_s)
                return await asyncio.to_thread(read_spoken, path)


async def run_child(request: dict[str, Any], limit_s: float) -> bytes:
    """Give what a fresh child printed; it is dead afterwards. Raises SynthesisFailed when it failed or was too late."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(place for place in sys.path if place)}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "voice_app.speech.pyttsx3_voice",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip
    try:
        async with asyncio.timeout(limit_s):
            printed, complaints = await child.communicate(json.dumps(request).encode())
    except TimeoutError as error:
        raise SynthesisFailed(f"the system's voice gave nothing within {limit_s:.1f} s") from error
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode:
        last_line = complaints.decode(errors="replace").strip().rpartition("\n")[2]
        raise SynthesisFailed(f"the system's voice failed ({child.returncode}): {last_line}")
    return printed


def read_spoken(path: Path) -> Sound:
    """Give what the engine wrote. Raises SynthesisFailed."""
    from voice_app.speech import recorded, wav  # libraries that the child does without

    try:
        body = path.read_bytes()
        return wav.parse_wav(body) if body[:4] == b"RIFF" else recorded.decode(path, HEARING_RATE_HZ)
    except (SoundUnreadable, OSError) as error:
        raise SynthesisFailed(f"the system's voice left an unreadable file: {error}") from error


# --- the child's side ------------------------------------------------------------------------------------------------


def main() -> None:
    """Carry out one request and leave without the engine's own farewell, which may hang."""
    request = json.load(sys.stdin)
    answer_to = os.dup(1)
    os.dup2(2, 1)  # pyttsx3 and its libraries print there

    import pyttsx3

    engine = pyttsx3.init()
    if request["operation"] == "list":
        listed = [
            {"id": voice.id, "tags": tags_of(voice.id, voice.languages)} for voice in engine.getProperty("voices")
        ]
        os.write(answer_to, json.dumps(listed).encode())
    else:
        speak_into_file(engine, request)
    sys.stdout.flush()
    os._exit(0)


def speak_into_file(engine: Any, request: dict[str, Any]) -> None:
    if request["voice"] not in {voice.id for voice in engine.getProperty("voices")}:
        raise UnknownVoice(f"the system has no voice {request['voice']!r}")
    engine.setProperty("voice", request["voice"])
    engine.setProperty("rate", request["words_per_minute"])
    engine.save_to_file(request["text"], request["path"])
    engine.runAndWait()
    wait_until_written(Path(request["path"]), request["limit_s"])


def wait_until_written(path: Path, limit_s: float) -> None:
    """Return when the file has stood still for a moment, and is as long as its header says. Raises TimeoutError."""
    end = time.monotonic() + limit_s
    previous, steady = -1, 0
    while time.monotonic() < end:
        size = path.stat().st_size if path.exists() else 0
        steady = steady + 1 if size and size == previous else 0
        if steady >= STEADY_POLLS and size >= declared_size(path):
            return
        previous = size
        time.sleep(POLL_S)
    raise TimeoutError(f"no finished file within {limit_s:.1f} s")


def declared_size(path: Path) -> int:
    """Give the size that a RIFF header promises; 0 for another kind of file."""
    with path.open("rb") as file:
        head = file.read(8)
    return int.from_bytes(head[4:8], "little") + 8 if head[:4] == b"RIFF" else 0


if __name__ == "__main__":
    main()
