"""The person's voice on its way from the browser's microphone to the conversation.

Echo cancellation turns phases (its high-pass filter) and leaves magnitudes; recognisers hear magnitudes. So what is
compared is the logarithmic spectrogram, window by window. Without echo cancellation the same measure gives 0.99.
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


def spectrogram(samples):
    """Give the logarithmic magnitudes of windows of 32 ms, every 10 ms."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::STEP] * np.hanning(WINDOW)
    return np.log(np.abs(np.fft.rfft(windows)) + SOFTEST)


def aligned(spoken, heard):
    """Give the common part of both, moved to where they agree best."""
    size = 1 << (len(spoken) + len(heard)).bit_length()
    agreement = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(spoken, size)), size)
    shift = int(np.argmax(agreement))
    shift = shift - size if shift > size // 2 else shift
    spoken, heard = spoken[max(0, -shift) :], heard[max(0, shift) :]
    common = min(len(spoken), len(heard))
    return spoken[:common], heard[:common]


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

    spoken, heard = aligned(spoken, heard)
    likeness = np.corrcoef(spectrogram(spoken).ravel(), spectrogram(heard).ravel())[0, 1]
    assert len(heard) / 16000 > 0.9 * seconds
    assert 20 * np.log10(heard.std() / spoken.std()) == pytest.approx(0, abs=1.5)
    assert likeness > 0.95
