"""A sound card made of PulseAudio: what is played into `microphone` is heard by the browser, what the browser plays is
on `loudspeaker`. No hardware, real audio path."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from voice_app.audio import Sound

MODULES = (
    "load-module module-native-protocol-unix",
    "load-module module-null-sink sink_name=microphone",
    "load-module module-null-sink sink_name=loudspeaker",
    # Chromium hides monitor sources; a remapped one is an ordinary microphone to it
    "load-module module-remap-source master=microphone.monitor source_name=virtual_microphone",
    "set-default-source virtual_microphone",
    "set-default-sink loudspeaker",
)


@dataclass(frozen=True, slots=True)
class SoundCard:
    """A running virtual sound card; `environment` is what a browser needs to use it."""

    environment: dict[str, str]
    folder: Path

    def speak(self, sound: Sound) -> None:
        """Say something into the microphone; returns when it has been said."""
        path = self.folder / f"said-{time.monotonic_ns()}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(sound.rate_hz)
            file.writeframes(sound.pcm)
        subprocess.run(["paplay", "--device=microphone", str(path)], env=self.environment, check=True, timeout=60)
        path.unlink()

    def record_loudspeaker(self, path: Path) -> subprocess.Popen[bytes]:
        """Record what the browser plays, 16 kHz mono raw, until the process is ended."""
        command = ["parec", "--device=loudspeaker.monitor", "--rate=16000", "--channels=1", "--format=s16le", "--raw"]
        return subprocess.Popen([*command, str(path)], env=self.environment)


@contextmanager
def sound_card(folder: Path) -> Iterator[SoundCard]:
    """Run a private PulseAudio for the time of a test. Raises RuntimeError when it does not start."""
    executable = shutil.which("pulseaudio")
    if executable is None:
        raise RuntimeError("pulseaudio is missing: scripts/setup --test installs it")
    runtime = folder / "pulse"
    runtime.mkdir(mode=0o700)
    script = runtime / "setup.pa"
    script.write_text("\n".join(MODULES) + "\n")
    environment = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(runtime),
        "PULSE_RUNTIME_PATH": str(runtime),
        "PULSE_STATE_PATH": str(runtime),
        "HOME": str(runtime),
    }
    command = [executable, "-n", "-F", str(script), "--exit-idle-time=-1", "--daemonize=no", "--use-pid-file=no"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            answer = subprocess.run(["pactl", "info"], env=environment, capture_output=True, check=False)
            if answer.returncode == 0:
                break
            time.sleep(0.1)
        else:
            raise RuntimeError("pulseaudio did not start")
        yield SoundCard(environment, folder)
    finally:
        process.terminate()
        process.wait(timeout=10)
