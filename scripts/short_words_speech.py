"""Synthetic speech for the keyword heads: who says what, and through which room, noise and line.

Every clip is made by SVOX Pico. More speakers than its one voice of a language come from playing it at another rate
(pitch and resonances move together, as between a child, a woman and a man) and, for French, from its German voice
reading respelled words. No recording of a person is used, so that every human recording can serve as a test.

Everything follows from one seed. Pico reads memory that it never wrote: `settle` sees to it that this memory is always
the same.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from audio_content.forms import said_form
from audio_content.loader import load
from audio_content.model import Content, Vocabulary
from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.g711 import Law, on_line
from voice_app.speech.pico import ENVIRONMENT

Wave = NDArray[np.float64]
GARBAGE = ""
"""The wording of whatever is none of the wordings."""

KEPT = {
    "fr": ("dix", "aide", "retour", "suivant", "valider", "annuler", "répéter", "arrêter", "stop", "pause"),
    "en": ("ten", "help", "back", "next", "cancel", "repeat", "stop", "pause", "yes", "no"),
}
"""Words trained beside those of the content, so that a thinner or thicker vocabulary needs no new head."""
VOICES = {"fr": ("fr-FR",), "en": ("en-GB", "en-US")}
OWN_VOICE = {"english": "en-GB", "in english": "en-GB", "français": "fr-FR"}
"""Names of the other language, half of the time said by a speaker of it."""
FACTORS = (0.80, 0.85, 0.90, 0.95, 1.0, 1.05, 1.10, 1.16, 1.23, 1.30)
"""How much higher the resonances lie than the voice's own."""
LONG_ENOUGH = 5
"""Letters from which on a wording inside a sentence is still that wording."""
ENDINGS = (".", "", " !", " ?")

GERMAN = {
    "un": "öng", "deux": "döh", "trois": "troa", "quatre": "kattre", "cinq": "ssänk", "six": "ssiss", "sept": "ssett",
    "huit": "üit", "neuf": "nöff", "dix": "diss", "zéro": "seero", "oui": "ui", "non": "nong", "réponse": "repongs",
    "numéro": "nümero", "la": "la", "première": "prömjähr", "deuxième": "dösjähm", "troisième": "troasjähm",
    "quatrième": "kattrijähm", "répéter": "repeteh", "encore": "angkor", "une": "ühn", "fois": "foa", "plus": "plü",
    "lentement": "langtömang", "vite": "witt", "parlez": "parleh", "moins": "moäng", "fort": "fohr", "ça": "ssa",
    "veut": "wöh", "dire": "dihr", "quoi": "koa", "je": "schö", "ne": "nö", "sais": "ssäh", "pas": "pa",
    "aucune": "okühn", "idée": "ideh", "retour": "rötuhr", "en": "ang", "arrière": "arjähr", "faire": "fähr",
    "pause": "pohs", "arrêter": "areteh", "stop": "stopp", "tard": "tahr", "aidez-moi": "edeh moa", "aide": "ähd",
    "passer": "passeh", "question": "kästjong", "on": "ong", "passe": "pass", "commencer": "kommangsseh",
    "commence": "kommangs", "continuer": "kongtinüeh", "continue": "kongtinüh", "reprendre": "röprangdr",
    "terminer": "termineh", "c'est": "ssäh", "terminé": "termineh", "au": "oh", "revoir": "röwoahr",
    "effacer": "effasseh", "recommencer": "rökommangsseh", "français": "frangssäh", "anglais": "angläh", "le": "lö",
    "thé": "teh", "du": "dü", "café": "kafeh", "tout": "tu", "à": "a", "fait": "fäh", "me": "mö", "suis": "ssüi",
    "trompé": "trompeh", "corriger": "korischeh", "ma": "ma", "bien": "bjäng", "comme": "komm", "va": "wa",
    "suivant": "ssüiwang", "valider": "walideh", "annuler": "annüleh", "rapidement": "rapidmang", "code": "kodd",
    "j'ai": "scheh", "déjà": "descha", "ce": "ssö", "n'est": "näh", "dernière": "därnjähr", "celle": "ssäll",
    "milieu": "miljöh", "trop": "troh", "expliquez-moi": "äxplikeh moa", "compris": "kongprih", "n'ai": "neh",
    "attendez": "atangdeh", "instant": "ängstang", "réfléchis": "reflöschi", "fin": "fäng", "parler": "parleh",
    "quelqu'un": "kälköng", "de": "dö",
}  # fmt: skip
"""French words spelled for a German reader."""

OTHER_WORDS = {
    "fr": """peu toit quart lui nom feu deuil creux bleu mieux vieux ceux noeud bois roi droit froid loi moi toi quoi
        fois noix voix choix poids mois Blois quatorze carte cadre battre mettre lettre litre autre âtre cintre
        ventre cinéma saint sein bain pain main vin fin lin brin train hein hé ah oh euh ben bah hum bon bonjour
        bonsoir salut merci pardon madame monsieur si ci scie vis lit dit riz mie pis cette tête bête fête dette net
        guette neige nuit bruit fruit puits cuit suite huître oeuf boeuf veuf soeur coeur beurre zoo zéphyr héros
        métro vélo bureau cadeau râteau oie ouïe Louis foin loin point soin son ton don mon pont rond sang dent vent
        lent banc plan clan grand enfant maman papa mamie papi voisin cousin copain chien chat cheval lapin poule
        vache mouton canard table chaise porte fenêtre maison jardin école voiture train avion bateau vélo rue place
        ville village pays mer montagne soleil pluie neige chaud froid petit grand beau joli facile difficile vrai
        faux peut-être alors donc mais parce pourquoi comment quand combien toujours jamais souvent parfois demain
        hier maintenant bientôt midi minuit matin soir janvier février mars avril mai juin juillet août octobre
        novembre décembre onze douze treize quinze seize dix-sept dix-huit dix-neuf vingt trente quarante cinquante
        soixante cent mille première-fois dernier prochain téléphone écran bouton souris clavier internet courriel
        message photo vidéo musique radio télé journal livre bé cé dé gé ji ka elle emme enne pé ku erre esse té vé
        ixe zède rouge vert jaune noir blanc gauche droite haut bas répond répon répons numé numér pre deuze trouas
        aidant aimer épeler répétition pauser poser paire père pire lente vide vitre fore forme tort corps sorte
        continent content contenu commun commerce passé passage place pâte patte entier ailleurs travail soleil
        fauteuil famille fille billet quille grille oreille abeille feuille""",
    "en": """to too tune true through tree free three-piece freedom fort door more floor store war won wonder wander son
        sun fun run none nun done phone bone tone own on off of often fish fix sick sit sip seek safe save seven-up
        heaven eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty
        sixty seventy eighty ninety hundred thousand ate hate late eat it at mine line fine nice night light
        five-a-side live hive life knife wife zebra hero hear here year yeast yet yesterday guess dress mess know
        now nose note never hello hi hey good morning evening thanks thank please pardon sorry madam sir mother
        father sister brother uncle aunt cat dog horse cow sheep duck house garden school car train plane boat bike
        road street town village country sea mountain sunshine rain snow hot cold small big large pretty easy
        difficult maybe perhaps because why how when where who what always never often sometimes tomorrow today
        tonight soon midday midnight january february march april may june july august october november december
        computer screen button mouse keyboard internet email message photo video music radio television paper book
        chair table window red green yellow black white left right up down a b c d e f g h i j k l m n o p q r s t u
        v w x y z answer answ numb number-plate first second third fourth last next-door helping held health hell
        hole whole pose paws pour cause slow low lower flow loud cloud allowed quiet quite fast faster-food master
        stuff stock step stamp begging bigger gin skin skip-rope kip tip coughing coffin toffee team tear teach
        erasing raise race finish-line finland fresh trench england angle""",
}
"""Words of no answer: neighbours and rhymes of the answers first. Never those that calibration and benchmarks use as
other speech (days, septembre, chocolat, ...)."""


@dataclass(frozen=True, slots=True)
class Clip:
    wording: str
    wave: Wave


def settle() -> None:
    """Start this program again with the memory that Pico needs, unless it has it."""
    missing = {name: value for name, value in ENVIRONMENT.items() if os.environ.get(name) != value}
    if missing:
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **missing})  # noqa: S606 our own program


def wordings(language: str, content: Content | None = None) -> tuple[str, ...]:
    """Give every wording of the fixed vocabulary and `KEPT`, sorted."""
    words: Vocabulary = (content or load()).vocabularies[language]
    groups = (*words.commands.values(), *words.places, *words.digits, words.yes, words.no, KEPT[language])
    return tuple(sorted({form for forms in groups for form in forms}))


def other_speech(language: str, content: Content, known: Sequence[str]) -> list[str]:
    """Give words, options and pieces of our own prompts. Those that hold a longer wording are left out; a short one
    ("un code") inside makes no answer."""
    options = [
        said_form(text)
        for item in content.items.values()
        for option in item.texts[language].options
        for text in (option.text, *option.synonyms)
    ]
    spoken = [said_form(text) for text in content.prompts[language].values() if "{" not in text]
    pieces = [
        " ".join(words[at : at + 3]) for text in spoken for words in [text.split()] for at in range(0, len(words), 3)
    ]
    inside = [f" {form} " for form in known if len(form) >= LONG_ENOUGH]
    found = dict.fromkeys((*OTHER_WORDS[language].split(), *options, *pieces))
    return [text for text in found if text and text not in known and not any(form in f" {text} " for form in inside)]


def renderings(wording: str) -> int:
    """Give how often a wording is said: short ones are hard to hear."""
    return 80 if len(wording) <= 4 else 56 if len(wording) <= 7 else 36 if len(wording) <= 12 else 26


class Speakers:
    """Synthetic people. `speak` takes the next random numbers for the person."""

    def __init__(self, random: np.random.Generator) -> None:
        from py_nanotts import NanoTTS

        self._pico = NanoTTS()
        self._random = random

    def speak(self, text: str, voice: str) -> Wave:
        """Give the text by somebody new: 16 kHz, full scale 1."""
        factor = float(self._random.choice(FACTORS))
        speed = float(self._random.uniform(0.55, 1.4)) / factor
        pitch = float(self._random.uniform(0.7, 1.35)) / (factor if self._random.random() < 0.5 else 1.0)
        ending = ENDINGS[int(self._random.integers(len(ENDINGS)))]
        return self.say(text + ending, voice, factor, speed, pitch)

    def say(self, text: str, voice: str, factor: float, speed: float, pitch: float) -> Wave:
        pcm = self._pico.speak(text, voice=voice, speed=min(max(speed, 0.3), 3.0), pitch=min(max(pitch, 0.5), 2.0))
        wave = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(float) / 32768
        loud = np.flatnonzero(np.abs(wave) > 0.01)
        return soxr.resample(wave[loud[0] : loud[-1] + 1], factor, 1.0) if loud.size else np.zeros(0)


def training_clips(language: str, content: Content, random: np.random.Generator) -> Iterator[Clip]:
    """Give every training clip, clean."""
    people, known = Speakers(random), wordings(language, content)
    others = other_speech(language, content, known)
    voices = VOICES[language]
    for wording in known:
        for take in range(renderings(wording)):
            foreign = OWN_VOICE.get(wording) if take % 2 else None
            yield Clip(wording, people.speak(wording, foreign or voices[take % len(voices)]))
        respelled = [GERMAN.get(word) for word in wording.split()]
        if language == "fr" and all(respelled):
            for _ in range(14 if len(wording) <= 7 else 7):
                yield Clip(wording, people.speak(" ".join(word or "" for word in respelled), "de-DE"))
    for text in others:
        for take in range(4 if " " not in text else 1):
            yield Clip(GARBAGE, people.speak(text, voices[take % len(voices)]))
    abroad = ("de-DE", "es-ES", "it-IT", *(VOICES["en"] if language == "fr" else VOICES["fr"]))
    for place in random.choice(len(others), 500):
        yield Clip(GARBAGE, people.speak(others[place], abroad[place % len(abroad)]))
    for _ in range(250):
        first, second = random.choice(len(known), 2, replace=False)
        pair = (known[first], known[second])
        gap = np.zeros(int(random.uniform(0.05, 0.4) * HEARING_RATE_HZ))
        yield Clip(GARBAGE, np.concatenate([people.speak(pair[0], voices[0]), gap, people.speak(pair[1], voices[0])]))
    for wave in noises(random, 240):
        yield Clip(GARBAGE, wave)


# --- room, noise, line ------------------------------------------------------------------------------------------------


def coloured(random: np.random.Generator, length: int, slope: float) -> Wave:
    """Give noise whose power falls with frequency to the power `slope` (0 white, 1 pink, 2 brown), of power 1."""
    spectrum = np.fft.rfft(random.normal(size=length))
    wave = np.fft.irfft(spectrum / np.maximum(np.arange(spectrum.size), 1) ** (slope / 2), length)
    return np.asarray(wave / max(float(wave.std()), 1e-9))


def noises(random: np.random.Generator, count: int) -> Iterator[Wave]:
    for _ in range(count):
        length = int(random.uniform(0.2, 1.8) * HEARING_RATE_HZ)
        wave = coloured(random, length, float(random.choice((0.0, 1.0, 2.0))))
        kind, time_s = random.random(), np.arange(length) / HEARING_RATE_HZ
        if kind < 0.2:
            wave = np.sign(np.sin(2 * np.pi * random.choice((50, 100, 150, 440)) * time_s))
        elif kind < 0.4:
            wave = wave * (random.random(length) < 3 / HEARING_RATE_HZ).cumsum() % 3
        elif kind < 0.6:
            wave = wave * np.exp(-time_s / random.uniform(0.02, 0.3))
        yield wave * random.uniform(0.005, 0.2)


class World:
    """What happens to a clip between the mouth and the recogniser."""

    def __init__(self, random: np.random.Generator, babble: Sequence[Wave]) -> None:
        self._random = random
        self._babble = babble

    def carry(self, clip: Wave, carrier: Wave | None = None) -> Sound:
        """Give the clip as it arrives: sometimes after a `carrier` word, in a room, in noise, through a line."""
        random = self._random
        if carrier is not None:
            clip = np.concatenate([carrier, np.zeros(int(random.uniform(0.03, 0.3) * HEARING_RATE_HZ)), clip])
        around_s = (random.uniform(0.02, 0.5), random.uniform(0.1, 0.7))
        around = [int(length_s * HEARING_RATE_HZ) for length_s in around_s]
        wave = np.pad(clip / max(np.abs(clip).max(initial=0.0), 1e-6) * 0.3, around)
        if random.random() < 0.35:
            wave = self._room(wave)
        if random.random() < 0.4:
            tilt = random.uniform(-0.6, 0.6)
            wave = wave - tilt * np.concatenate([[0.0], wave[:-1]])
        if random.random() < 0.8:
            wave = self._noisy(wave, random.uniform(0, 30))
        line = random.random()
        if line < 0.35:
            wave = telephone(wave, random.uniform(200, 380), random.uniform(3000, 3800), a_law=random.random() < 0.5)
        elif line < 0.55:
            wave = band(wave, 0.0, random.uniform(3400, 4000))
        if random.random() < 0.15:
            wave = self._noisy(wave, random.uniform(10, 30))
        loud = np.abs(wave).max(initial=1e-6)
        level = random.uniform(0.05, 0.9) / loud
        return Sound(np.clip(wave * level * 32767, -32768, 32767).astype("<i2").tobytes())

    def _room(self, wave: Wave) -> Wave:
        decay_s = self._random.uniform(0.1, 0.7)
        length = int(decay_s * HEARING_RATE_HZ)
        tail = self._random.normal(size=length) * 10 ** (-3 * np.arange(length) / length)
        tail *= 1.0 / (np.sqrt(np.sum(tail**2)) * self._random.uniform(0.5, 2.0))
        tail[0] += 1.0
        size = wave.size + length
        return np.asarray(np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(tail, size), size)[: wave.size])

    def _noisy(self, wave: Wave, ratio_db: float) -> Wave:
        random, length, kind = self._random, wave.size, self._random.random()
        if kind < 0.6:
            noise = coloured(random, length, float(random.choice((0.0, 1.0, 2.0))))
        elif kind < 0.85:
            noise = sum((self._voice(length) for _ in range(int(random.integers(2, 6)))), np.zeros(length))
        elif kind < 0.92:
            time_s = np.arange(length) / HEARING_RATE_HZ
            hums = [np.sin(2 * np.pi * 50 * n * time_s + random.uniform(0, 6)) / n for n in range(1, 8)]
            noise = np.sum(hums, axis=0)
        else:
            time_s = np.arange(length) / HEARING_RATE_HZ
            noise = coloured(random, length, 1.0) * (1.2 + np.sin(2 * np.pi * random.uniform(1, 6) * time_s))
        active = wave[np.abs(wave) > 0.03 * np.abs(wave).max(initial=1e-6)]
        loudness = np.sqrt(np.mean(active**2)) if active.size else 0.01
        return np.asarray(wave + noise / max(float(noise.std()), 1e-9) * loudness * 10 ** (-ratio_db / 20))

    def _voice(self, length: int) -> Wave:
        voice = self._babble[int(self._random.integers(len(self._babble)))]
        return np.resize(np.roll(voice, int(self._random.integers(voice.size))), length)


def band(wave: Wave, low_hz: float, high_hz: float) -> Wave:
    spectrum, pitch_hz = np.fft.rfft(wave), np.fft.rfftfreq(wave.size, 1 / HEARING_RATE_HZ)
    spectrum[(pitch_hz < low_hz) | (pitch_hz > high_hz)] = 0.0
    return np.asarray(np.fft.irfft(spectrum, wave.size))


def telephone(wave: Wave, low_hz: float, high_hz: float, *, a_law: bool) -> Wave:
    """Give the wave cut to a band and through an 8 kHz line coded by mu-law or A-law."""
    narrow = soxr.resample(band(wave, low_hz, high_hz), HEARING_RATE_HZ, 8000)
    sent = np.clip(narrow * 32767, -32768, 32767).astype("<i2")
    coarse = np.frombuffer(on_line(sent.tobytes(), Law.A if a_law else Law.MU), "<i2")
    return np.asarray(soxr.resample(coarse.astype(float) / 32768, 8000, HEARING_RATE_HZ))


def babble_voices(language: str, content: Content, random: np.random.Generator) -> list[Wave]:
    """Give people talking: our own prompts by every voice, for a background of voices."""
    people = Speakers(random)
    voices = ("fr-FR", "en-GB", "en-US", "de-DE", "es-ES", "it-IT")
    texts = [text for text in content.prompts[language].values() if "{" not in text and len(text) > 60]
    return [people.speak(text, voice) for text, voice in zip(texts, itertools.cycle(voices), strict=False)][:40]
