"""A real screen reader: Orca on a screen without glass, with a real keyboard. What it says is read from its own log.

No sound card and no voice are needed: without a speech server Orca writes down what it would say (`SPEECH OUTPUT` in
its debug file) all the same. Keys go through the X server (xdotool), so that Orca sees them as it sees a person's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("orca", "Xvfb", "xdotool", "dbus-daemon", "localedef")
AT_SPI = Path("/usr/libexec/at-spi-bus-launcher")
SCREEN = "1280x1024x24"
QUIET_S = 1.2
PAGE_QUIET_S = 3.0
"""After so long without an event Orca has said what it has to say; a whole page is read with rests in between."""
LIMIT_S = 15.0
PAGE_LIMIT_S = 120.0
"""So long is waited for a word, or for a page; then silence is what is told."""
START_LIMIT_S = 120.0
_SPOKEN = re.compile(r"SPEECH OUTPUT: '(.*?)' ?(\{.*)?$")
_LINE_BY_LINE = "from orca import debug\ndebug.debugFile.reconfigure(line_buffering=True)\n"
"""Orca's own place for a person's additions: its log is written at once, not in pieces of 8 kB."""


def missing() -> str:
    """Name what is not installed, "" when all is there."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    return ", ".join([*absent, *([] if AT_SPI.exists() else [str(AT_SPI)])])


@dataclass
class Orca:
    """A running screen reader; `environment` is what a browser needs to be read by it."""

    environment: dict[str, str]
    log: Path
    _read: int = 0

    def keys(self, *names: str) -> None:
        """Press keys one after the other, as xdotool names them."""
        for name in names:
            self._xdotool("key", "--clearmodifiers", name)

    def type(self, words: str) -> None:
        self._xdotool("type", "--delay", "30", words)

    def focus_window(self) -> None:
        """Give the keyboard to the browser: there is no window manager that would."""
        found = self._xdotool("search", "--sync", "--onlyvisible", "--class", "chromium").split()
        self._xdotool("windowfocus", "--sync", found[-1])

    def said(self, after: str = "") -> list[str]:
        """Wait until Orca is at rest; give what it said since the last time, names of pressed keys left out. `after`:
        something that it says in any case, for a page that takes its time."""
        self.rest(after=after)
        every = self.spoken()
        spoken, self._read = every[self._read :], len(every)
        return [text.strip() for text in spoken if text.strip()]

    def rest(self, *, words: int = 1, after: str = "") -> None:
        """Wait until Orca has said so many words more and writes nothing into its log, where it tells of every event of
        the screen."""
        quiet_s, limit_s = (PAGE_QUIET_S, PAGE_LIMIT_S) if after else (QUIET_S, LIMIT_S)
        end, quiet_since, size = time.monotonic() + limit_s, time.monotonic(), -1
        while time.monotonic() < end:
            now = self.log.stat().st_size
            if now != size:
                size, quiet_since = now, time.monotonic()
            elif time.monotonic() - quiet_since > quiet_s:
                fresh = self.spoken()[self._read :]
                if len(fresh) >= words and (not after or any(after in text for text in fresh)):
                    return
            time.sleep(0.1)

    def spoken(self) -> list[str]:
        """Give all that was said so far. A pressed key is named with a space behind it; what is read has a space only
        between two sentences of a page."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        found = [each for line in lines if (each := _SPOKEN.search(line))]
        return [each[1] for each in found if not (each[2] and each[1].endswith(" "))]

    def _xdotool(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self.environment, capture_output=True, text=True, check=True, timeout=30
        )
        return done.stdout


@contextmanager
def orca(folder: Path) -> Iterator[Orca]:
    """Run screen, message bus, accessibility bus and Orca in French for the time of a test."""
    runtime, home = folder / "run", folder / "home"
    for each in (runtime, home):
        each.mkdir(mode=0o700)
    customs = home / ".local" / "share" / "orca"
    customs.mkdir(parents=True)
    (customs / "__init__.py").touch()
    (customs / "orca-customizations.py").write_text(_LINE_BY_LINE)
    subprocess.run(["localedef", "-i", "fr_FR", "-f", "UTF-8", str(folder / "fr_FR.UTF-8")], check=False)
    environment = {
        **os.environ,
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "LOCPATH": str(folder),
        "LANG": "fr_FR.UTF-8",
        "LC_ALL": "fr_FR.UTF-8",
        "ACCESSIBILITY_ENABLED": "1",
    }
    running: list[subprocess.Popen[str]] = []

    def start(*command: str, tells: bool = False) -> subprocess.Popen[str]:
        with (folder / "programs.log").open("a") as log:
            running.append(
                subprocess.Popen(
                    command,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE if tells else log,
                    stderr=log,
                    text=True,
                )
            )
        return running[-1]

    try:
        read_end, write_end = os.pipe()
        with (folder / "programs.log").open("a") as log:
            screen = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", SCREEN, "-nolisten", "tcp"]
            running.append(
                subprocess.Popen(screen, env=environment, pass_fds=(write_end,), stdout=log, stderr=log, text=True)
            )
        os.close(write_end)
        with os.fdopen(read_end) as told:
            environment["DISPLAY"] = f":{told.readline().strip()}"
        bus = start("dbus-daemon", "--session", "--print-address", "--nofork", tells=True)
        assert bus.stdout is not None
        environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        start(str(AT_SPI), "--launch-immediately")
        for name in ("IsEnabled", "ScreenReaderEnabled"):
            _set_status(environment, name)
        log_file = folder / "orca.log"
        start("orca", "--replace", f"--debug-file={log_file}", "--disable", "braille")
        reader = Orca(environment, log_file)
        end = time.monotonic() + START_LIMIT_S
        while not reader.spoken():
            assert time.monotonic() < end, (folder / "programs.log").read_text()
            time.sleep(0.2)
        reader.said()
        yield reader
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _set_status(environment: dict[str, str], name: str) -> None:
    """Tell the accessibility bus that somebody reads the screen; a browser asks it when it starts."""
    command = ["dbus-send", "--session", "--print-reply", "--dest=org.a11y.Bus", "/org/a11y/bus"]
    call = "org.freedesktop.DBus.Properties.Set"
    value = [call, "string:org.a11y.Status", f"string:{name}", "variant:boolean:true"]
    for _ in range(50):
        if subprocess.run([*command, *value], env=environment, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError("the accessibility bus did not start")
