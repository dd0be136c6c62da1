"""The person's voice on its way from the browser's microphone to the conversation.

Echo cancellation turns phases (its high-pass filter) and leaves magnitudes; recognisers hear magnitudes. So what is
compared is the logarithmic spectrogram, window by window. Without echo cancellation the same measure gives 0.99.

A false microphone on a machine with much to do leaves out some hundredths of a second now and then, and all that
follows comes earlier. So pieces of half a second are laid over each other one by one, and most of them have to agree.
"""

import shutil
import subprocess
import time
import wave

import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.journeys.browser import CHROMIUM, open_browser, open_page
from tests.journeys.kiosk_rig import FRENCH, kiosk

BUSY_S = 20.0
"""How much later than spoken the voice may have arrived, on a machine with much to do."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.audio,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (scripts/setup --test brings it)"),
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"),
]

SENTENCE = "Je raccroche et j'appelle ma banque. Ensuite je change mon mot de passe."
WINDOW, STEP = 512, 160
SOFTEST = 30.0
PIECE, LOST_AT_MOST = 8000, 4000


def spectrogram(samples):
    """Give the logarithmic magnitudes of windows of 32 ms, every 10 ms."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::STEP] * np.hanning(WINDOW)
    return np.log(np.abs(np.fft.rfft(windows)) + SOFTEST)


def shift_of(heard, spoken):
    """Give how many samples later `spoken` lies in `heard`, where they agree best."""
    size = 1 << (len(spoken) + len(heard)).bit_length()
    agreement = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(spoken, size)), size)
    shift = int(np.argmax(agreement))
    return shift - size if shift > size // 2 else shift


def pieces(spoken, heard):
    """Give each half second of what was spoken with the piece of what was heard that agrees best, near its place."""
    whole = shift_of(heard, spoken)
    for begin in range(0, len(spoken) - PIECE + 1, PIECE):
        piece = spoken[begin : begin + PIECE]
        earliest = max(0, begin + whole - LOST_AT_MOST)
        around = heard[earliest : begin + whole + PIECE + LOST_AT_MOST // 4]
        if len(around) < PIECE:
            continue
        agreement = np.correlate(around, piece, "valid")
        place = int(np.argmax(agreement))
        yield piece, around[place : place + PIECE]


def likeness(one, other):
    return np.corrcoef(spectrogram(one).ravel(), spectrogram(other).ravel())[0, 1]


@pytest.mark.quiet  # a starved browser drops what its microphone brings
def test_the_voice_arrives_as_it_was_spoken(tmp_path):
    file = tmp_path / "voice.wav"
    subprocess.run(["espeak-ng", "-v", "fr", "-s", "140", "-w", str(file), SENTENCE], check=True)
    with wave.open(str(file)) as recorded:
        rate_hz = recorded.getframerate()
        original = np.frombuffer(recorded.readframes(recorded.getnframes()), "<i2").astype(float)
    seconds = len(original) / rate_hz
    spoken = np.interp(np.arange(int(seconds * 16000)) / 16000, np.arange(len(original)) / rate_hz, original)
    microphone = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={file}%noloop",
    )

    with sync_playwright() as playwright, kiosk(FRENCH, prompt_ms=1) as served:
        with open_browser(playwright, *microphone) as browser:
            page = open_page(browser)
            page.goto(served.url)
            page.click(".begin:enabled")
            expect(page.locator("#view h1")).to_be_visible()
            latest = time.monotonic() + seconds + BUSY_S
            while len(served.play.heard) < 2 * 16000 * (seconds + 0.5) and time.monotonic() < latest:
                time.sleep(0.1)
        heard = np.frombuffer(bytes(served.play.heard), "<i2").astype(float)

    found = list(pieces(spoken, heard))
    assert len(found) * PIECE > 0.7 * len(spoken)  # what was said before the page listened is not there
    assert len(heard) > 0.9 * len(spoken)
    loudness = np.concatenate([each for _, each in found]).std() / np.concatenate([each for each, _ in found]).std()
    assert 20 * np.log10(loudness) == pytest.approx(0, abs=1.5)
    assert np.median([likeness(*both) for both in found]) > 0.95
