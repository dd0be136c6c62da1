#!/usr/bin/env python
"""What people say in whole sentences, in real turns, through the real ear: what comes of it.

Each sentence is said by synthetic speakers (SVOX Pico at other pitches, rates and sizes than the service's voice),
clean, in pink noise at 10 dB, and over a telephone band; the turn is a real question of three answers. Then the
dialogue decides:

  acted   acted on at once: right, wrong (also: something out of the turn that was taken for an answer)
  asked   "did I understand ...?": right (what was said is asked about), wrong
  again   not understood, asked to say it again

Beside it, in the same run, the same sounds without the reading of sentences: the scored wordings alone.
Run: .venv/bin/python scripts/bench_sentences.py [--language fr]. Prints a table and one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
from calibrate_recognition import in_noise

from audio_content.forms import said_form
from audio_content.loader import load
from audio_content.model import ContentItem, ItemKind
from voice_app.app import dialogue_context
from voice_app.audio import HEARING_RATE_HZ, Sound
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.interpret import Doubtful, Intent, Meant, NotUnderstood, intent_of_voice
from voice_app.dialogue.state import Asked, DialogueState, Phase, Session
from voice_app.dialogue.turn import grammar
from voice_app.hearing import Recognition
from voice_app.settings import Settings, load_settings
from voice_app.speech.models import assemble_whisper
from voice_app.speech.samples import at_rate
from voice_app.speech.sentence_ear import SentenceEar
from voice_app.speech.short_words import ShortWordEar
from voice_app.speech.synthesizer import LearnerVoice
from voice_app.speech.wav import phone_band
from voice_app.speech.whisper_scorer import WhisperScorer

SENTENCES = {
    "fr": """hésitation: euh, la deux > 2 | ben, je dirais la deuxième > 2 | moi je pense que c'est la réponse trois > 3
        | hésitation: alors euh, la première > 1 | alors moi, {1} > 1 | {2}, je crois > 2 | je choisis {3} > 3
        | correction: deux, non, attendez, trois > 3 | la une, non, la trois > 3 | pas la deux, la trois > 3
        | correction: pas la première, la dernière > 3 | la première, euh, non, la deuxième > 2
        | correction: {1}, enfin non, {2} > 2
        | place: celle du milieu > 2 | la dernière s'il vous plaît > 3 | je prends celle du milieu > 2
        | répétition: deux, oui, deux > 2 | la trois, la trois > 3
        | ne sait pas: je sais pas trop > dont_know | oh là là, aucune idée > dont_know
        | ne sait pas: franchement, je ne sais pas > dont_know
        | commande: est-ce que vous pouvez répéter s'il vous plaît > repeat | vous pouvez parler plus lentement > slower
        | commande: parlez plus fort s'il vous plaît > louder | je voudrais faire une pause > pause
        | commande: attendez, je réfléchis > wait | je n'ai pas compris la question > explain
        | commande: je voudrais corriger ma réponse > back | est-ce que je peux parler à quelqu'un > help
        | autre: il fait beau aujourd'hui > - | j'ai deux enfants à la maison > - | tu viens manger ce soir > -
        | autre: mon fils est arrivé hier soir > - | c'est pour ma carte de séjour > -
        | autre: il est trois heures et quart > -
        | autre: tu as vu le docteur, toi > - | je voudrais un rendez-vous avec la dame de la mairie > -
        | autre: on se voit mardi à la poste > - | la voiture est encore en panne > -
        | autre: une baguette et deux croissants > - | quatre euros vingt, merci > -""",
    "en": """hesitation: um, number two > 2 | well, i would say the second one > 2 | i think it is answer three > 3
        | hesitation: i think it's {1} > 1 | {2}, i guess > 2 | i choose {3} > 3
        | correction: two, no, wait, three > 3 | the first one, no, the last one > 3
        | correction: not the second one, the third one > 3
        | place: the one in the middle > 2 | the last one please > 3
        | repetition: answer two, yes, answer two > 2
        | not knowing: i'm really not sure > dont_know | oh dear, i don't know > dont_know
        | command: could you repeat that please > repeat | can you speak more slowly please > slower
        | command: i would like to take a break > pause | let me think about it > wait
        | command: i don't understand the question > explain | can i talk to someone > help
        | other: the weather is lovely today > - | i have two children at home > - | it is a quarter past three > -
        | other: my son came home last night > - | see you on tuesday at the post office > -
        | other: two coffees and a croissant please > -""",
}
SPEAKERS = ((0.85, 0.95, 0.92), (1.2, 1.05, 1.1), (0.75, 1.15, 0.85))
"""Pitch, rate, size of the mouth: not those of the service's own voice."""
CONDITIONS = ("clean", "pink 10 dB", "phone")


@dataclass
class Row:
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, result: str) -> None:
        self.counts[result] += 1

    def line(self, name: str) -> str:
        shown = ("acted right", "asked right", "again", "asked wrong", "acted wrong")
        return f"{name:26s} {self.counts.total():4d}  " + "  ".join(f"{self.counts[each]:11d}" for each in shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", default="fr", choices=sorted(SENTENCES))
    parser.add_argument("--quick", action="store_true", help="one speaker a sentence")
    parser.add_argument("--heard", action="store_true", help="write every sentence that did not come out right")
    chosen = parser.parse_args()
    asyncio.run(bench(chosen.language, chosen.heard, quick=chosen.quick))


async def bench(language: str, tell: bool, *, quick: bool) -> None:
    context = dialogue_context(Settings(), load())
    scorer = WhisperScorer(assemble_whisper(load_settings().models_folder), "kiosk", threads=2)
    ear = SentenceEar(ShortWordEar(scorer, "kiosk"), scorer)
    voice, random = LearnerVoice(), np.random.default_rng(3)
    await voice.start()
    items = [
        item for item in context.content.items.values() if item.kind is ItemKind.CHOICE and len(item.option_ids) == 3
    ]
    rows: dict[str, dict[str, Row]] = {"sentences": {}, "wordings alone": {}}
    spent_s, written, kind = 0.0, 0, ""
    for number, entry in enumerate(SENTENCES[language].split("|")):
        found, _, rest = entry.strip().rpartition(": ")
        kind = found or kind
        template, _, wanted = rest.partition(" > ")
        for who, (pitch, rate, formant) in enumerate(SPEAKERS):
            if quick and who != number % len(SPEAKERS):
                continue
            item = items[(number * 7 + who * 3) % len(items)]
            state = question(item, language)
            text = said(template, item, language)
            sound = await voice.say(text, language, pitch=pitch, rate=rate, formant=formant)
            for condition in CONDITIONS:
                utterance = at_rate(heard_as(sound, condition, random), HEARING_RATE_HZ)
                began = time.process_time()
                heard = ear.recognize(utterance, grammar(context, state))
                spent_s += time.process_time() - began
                written += bool(heard.words)
                for way, recognition in (("sentences", heard), ("wordings alone", replace(heard, words=""))):
                    result = judged(context, state, recognition, wanted.strip(), item)
                    for name in (kind, condition, "all"):
                        rows[way].setdefault(name, Row()).add(result)
                    if tell and way == "sentences" and not result.endswith("right"):
                        print(f"   {result}: {text!r} ({condition}) {heard.outcome} {heard.best} words {heard.words!r}")
    await voice.close()
    for way, table in rows.items():
        print(f"\n{way:26s}    n  acted right  asked right        again  asked wrong  acted wrong")
        for name, row in table.items():
            print(row.line(name))
    utterances = rows["sentences"]["all"].counts.total()
    print(
        f"\nwritten down {written} of {utterances}; processor time of an utterance {spent_s / utterances * 1000:.0f} ms"
    )
    print(json.dumps({way: {name: dict(row.counts) for name, row in table.items()} for way, table in rows.items()}))


def question(item: ContentItem, language: str) -> DialogueState:
    return DialogueState(
        session=Session(locale=language, asked=Asked(item.id, item.option_ids)), phase=Phase.QUESTION, turn=1
    )


def said(template: str, item: ContentItem, language: str) -> str:
    for place, option in enumerate(item.texts[language].options, start=1):
        template = template.replace(f"{{{place}}}", said_form(option.text))
    return template


def heard_as(sound: Sound, condition: str, random: np.random.Generator) -> Sound:
    samples = np.frombuffer(sound.pcm, "<i2").astype(float)
    if condition == "pink 10 dB":
        return in_noise(samples, 10.0, random)
    quiet = in_noise(samples, None, random)
    return phone_band(quiet) if condition == "phone" else quiet


def judged(
    context: DialogueContext, state: DialogueState, recognition: Recognition, wanted: str, item: ContentItem
) -> str:
    known = frozenset(meaning.id for meaning in grammar(context, state).meanings)
    intent: Intent = intent_of_voice(context, state, recognition, known)
    right = {"-": None}.get(
        wanted, f"option.{item.option_ids[int(wanted) - 1]}" if wanted.isdigit() else f"command.{wanted}"
    )
    match intent:
        case Meant(meaning):
            return "acted right" if meaning == right else "acted wrong"
        case Doubtful(candidates):
            return "asked right" if right in candidates else "asked wrong"
        case NotUnderstood():
            return "again" if right is not None else "acted right"
        case _:
            raise AssertionError(intent)


if __name__ == "__main__":
    main()
