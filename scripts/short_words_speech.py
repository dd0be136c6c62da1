"""Synthetic speech for the keyword heads: who says what. Through which room, noise and line is `short_words_world`.

Every clip is made by SVOX Pico. More speakers than its one voice of a language come from playing it at another rate
(pitch and resonances move together, as between a child, a woman and a man), from moving its resonances apart
(`another_mouth`) and, for French, from its German voice reading respelled words. No recording of a person is used, so
that every human recording can serve as a test.

Everything follows from one seed. Pico reads memory that it never wrote: `settle` sees to it that this memory is always
the same.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

import numpy as np
import soxr
from short_words_world import Wave, another_mouth, noises

from audio_content.forms import said_form
from audio_content.loader import load
from audio_content.model import Content, Vocabulary
from voice_app.audio import HEARING_RATE_HZ
from voice_app.speech.pico import ENVIRONMENT

GARBAGE = ""
"""The wording of whatever is none of the wordings."""

MORE_NUMBERS = {"fr": ("dix", "onze", "douze"), "en": ("ten",)}
"""Answers to number questions beside the digits; a command resembles some (onze, douze: pause)."""
KEPT = {
    "fr": ("aide", "retour", "suivant", "valider", "annuler", "répéter", "arrêter", "stop", "pause"),
    "en": ("help", "back", "next", "cancel", "repeat", "stop", "pause", "yes", "no"),
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
SPEEDS = (0.4, 1.4)
"""Pico's own pace is 1: people who answer slowly take more than twice as long."""
OTHER_MOUTH = 0.5
TEXTS_OF_OURS = 1400
"""So many options and pieces of prompts of no answer are said: more of them would crowd out the words."""
CARRIERS = {"fr": ("réponse", "numéro"), "en": ("answer", "number")}
"""Words before a number that people say as one with it, or with a pause between."""
PUT_TOGETHER = 50
"""So often a number is said behind its carrier by one person in two breaths."""
HESITATIONS = {"fr": ("euh", "ben", "alors", "bon", "hum", "je dirais"), "en": ("er", "um", "well", "so", "i'd say")}
"""Said before an answer, which is still that answer."""

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
        novembre décembre treize quinze seize dix-sept dix-huit dix-neuf vingt trente quarante cinquante
        soixante cent mille première-fois dernier prochain téléphone écran bouton souris clavier internet courriel
        message photo vidéo musique radio télé journal livre bé cé dé gé ji ka elle emme enne pé ku erre esse té vé
        ixe zède rouge vert jaune noir blanc gauche droite haut bas répond répon répons numé numér pre deuze trouas
        aidant aimer épeler pauser poser paire père pire lente vide vitre fore forme tort corps sorte
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
    """Give every wording of the fixed vocabulary, `MORE_NUMBERS` and `KEPT`, sorted."""
    words: Vocabulary = (content or load()).vocabularies[language]
    groups = (
        *words.commands.values(),
        *words.places,
        *words.digits,
        words.yes,
        words.no,
        MORE_NUMBERS[language],
        KEPT[language],
    )
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


def renderings(wording: str, numbers: Set[str]) -> int:
    """Give how often a wording is said: short ones are hard to hear, and most answers are numbers."""
    return 260 if wording in numbers else 150 if len(wording) <= 6 else 60 if len(wording) <= 12 else 36


class Speakers:
    """Synthetic people. `speak` takes the next random numbers for the person."""

    def __init__(self, random: np.random.Generator) -> None:
        from py_nanotts import NanoTTS

        self._pico = NanoTTS()
        self._random = random

    def speak(self, text: str, voice: str, *later: str) -> Wave:
        """Give the text by somebody new, and what they say later, each after a pause: 16 kHz, full scale 1."""
        factor = float(self._random.choice(FACTORS))
        speed = float(np.exp(self._random.uniform(*np.log(SPEEDS)))) / factor
        pitch = float(self._random.uniform(0.7, 1.35)) / (factor if self._random.random() < 0.5 else 1.0)
        ending = ENDINGS[int(self._random.integers(len(ENDINGS)))]
        parts = [self.say(text + ("" if later else ending), voice, factor, speed, pitch)]
        for each in later:
            gap = np.zeros(int(self._random.uniform(0.02, 0.45) * HEARING_RATE_HZ))
            parts += [gap, self.say(each + ending, voice, factor, speed, pitch)]
        wave = np.concatenate(parts)
        return another_mouth(wave, self._random) if self._random.random() < OTHER_MOUTH else wave

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
    digits = content.vocabularies[language].digits
    numbers = {form for forms in (*digits, MORE_NUMBERS[language]) for form in forms}
    for wording in known:
        for take in range(renderings(wording, numbers)):
            foreign = OWN_VOICE.get(wording) if take % 2 else None
            yield Clip(wording, people.speak(wording, foreign or voices[take % len(voices)]))
        carrier, _, number = wording.partition(" ")
        for _ in range(PUT_TOGETHER if carrier in CARRIERS[language] else 0):
            yield Clip(wording, people.speak(carrier, voices[0], number))
        respelled = [GERMAN.get(word) for word in wording.split()]
        if language == "fr" and all(respelled):
            for _ in range(20 if len(wording) <= 6 else 6):
                yield Clip(wording, people.speak(" ".join(word or "" for word in respelled), "de-DE"))
    near = dict.fromkeys(OTHER_WORDS[language].split())
    for text in others:
        for take in range(4 if text in near else 0):
            yield Clip(GARBAGE, people.speak(text, voices[take % len(voices)]))
    ours = [text for text in others if text not in near]
    for place in random.permutation(len(ours))[:TEXTS_OF_OURS]:
        yield Clip(GARBAGE, people.speak(ours[place], voices[place % len(voices)]))
    abroad = ("de-DE", "es-ES", "it-IT", *(VOICES["en"] if language == "fr" else VOICES["fr"]))
    for place in random.choice(len(others), 600):
        yield Clip(GARBAGE, people.speak(others[place], abroad[place % len(abroad)]))
    for _ in range(400):
        first, second = random.choice(len(known), 2, replace=False)
        pair = (known[first], known[second])
        gap = np.zeros(int(random.uniform(0.05, 0.4) * HEARING_RATE_HZ))
        yield Clip(GARBAGE, np.concatenate([people.speak(pair[0], voices[0]), gap, people.speak(pair[1], voices[0])]))
    for wave in noises(random, 300):
        yield Clip(GARBAGE, wave)


def babble_voices(language: str, content: Content, random: np.random.Generator) -> list[Wave]:
    """Give people talking: our own prompts by every voice, for a background of voices."""
    people = Speakers(random)
    voices = ("fr-FR", "en-GB", "en-US", "de-DE", "es-ES", "it-IT")
    texts = [text for text in content.prompts[language].values() if "{" not in text and len(text) > 60]
    return [people.speak(text, voice) for text, voice in zip(texts, itertools.cycle(voices), strict=False)][:80]


def hesitations(language: str, random: np.random.Generator) -> list[Wave]:
    """Give what people say before an answer, by several of them."""
    people = Speakers(random)
    return [people.speak(text, VOICES[language][0]) for text in HESITATIONS[language] for _ in range(8)]
