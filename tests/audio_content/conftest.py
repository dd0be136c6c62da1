"""A small, valid content to start from: each test changes one thing in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from audio_content.loader import load
from audio_content.model import Content, ContentItem, ItemKind, ItemText, OptionId, OptionText
from audio_content.pronunciation import package_lexicon
from audio_content.rules.item_rules import Reading
from audio_content.rules.style import styles
from engine.model import ItemId, SkillId

FILES = {
    "framework/skills.yaml": """
version: "1"
areas:
- code: "1"
  fr: "Information"
  en: "Information"
  spoken_fr: "la recherche"
  spoken_en: "searching"
  competences:
  - code: "1.1"
    fr: "Chercher"
    en: "Search"
    tubes:
    - id: web.search
      fr: "Moteur"
      en: "Engine"
      skills:
      - id: web.search.0
        fr: "Zéro"
        en: "Zero"
        spoken_fr: "demander la météo"
        spoken_en: "ask for the weather"
        paths: [abc_diag]
      - {id: web.search.1, fr: "Chercher une chose", en: "Search a thing", paths: [abc_diag, positionnement]}
    - id: web.trust
      fr: "Confiance"
      en: "Trust"
      skills:
      - {id: web.trust.1, fr: "Vérifier", en: "Verify", paths: [positionnement]}
prerequisites:
- {skill: web.trust.1, requires: web.search.1}
""",
    "items/a.yaml": """
items:
- id: it.web.search.0.a
  skill: web.search.0
  type: choice
  key: b
  fr:
    stem: "Il pleut. Que prenez-vous ?"
    simpler: "Il y a de la pluie. Que prenez-vous avec vous ?"
    options:
    - {id: a, text: "Un gâteau", synonyms: [le gâteau]}
    - {id: b, text: "Le parapluie", synonyms: [mon parapluie]}
    feedback: "Le parapluie protège de la pluie."
  en:
    stem: "It rains. What do you take?"
    simpler: "There is rain. What do you take with you?"
    options:
    - {id: a, text: "A cake", synonyms: [the cake]}
    - {id: b, text: "The umbrella", synonyms: [my umbrella]}
    feedback: "The umbrella protects from the rain."
- id: it.web.search.1.a
  skill: web.search.1
  type: yes_no
  key: "no"
  country: FR
  requires_sight: "false"
  fr: {stem: "Un moteur coûte-t-il cher ?", simpler: "Faut-il payer un moteur ?", feedback: "Un moteur est gratuit."}
  en: {stem: "Is an engine expensive?", simpler: "Must you pay an engine?", feedback: "An engine is free."}
""",
    "prompts/fr.yaml": 'welcome.intro: "Bonjour."\noption.full: "Pour : {option}, dites {place}."\n',
    "prompts/en.yaml": 'welcome.intro: "Hello."\noption.full: "For: {option}, say {place}."\n',
    "prompts/vocabulary.fr.yaml": """
commands: {repeat: [répéter, encore], dont_know: [je ne sais pas]}
places: [[un, la première], [deux, la deuxième], [trois, la troisième], [quatre, la quatrième]]
"yes": [oui, tout à fait]
"no": [non, pas du tout]
digits: [[zéro], [un], [deux], [trois], [quatre], [cinq], [six], [sept], [huit], [neuf]]
""",
    "prompts/vocabulary.en.yaml": """
commands: {repeat: [repeat, again], dont_know: [i don't know]}
places: [[one, the first], [two, the second], [three, the third], [four, the fourth]]
yes: ["yes", that's right]
no: ["no", not at all]
digits: [[zero, oh], [one], [two], [three], [four], [five], [six], [seven], [eight], [nine]]
""",
}


class Folder:
    """A content folder on disk; `change` replaces a passage of one file, which must be there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new))

    def load(self, *, partial: bool = False) -> Content:
        return load(self.root, partial=partial)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "content")


@pytest.fixture(scope="session")
def bank() -> Content:
    """The content of the service itself."""
    return load()


MakeItem = Callable[..., ContentItem]
MakeReading = Callable[..., Reading]

STEM = {"fr": "Il pleut beaucoup. Que prenez-vous ?", "en": "It rains a lot. What do you take?"}
SIMPLER = {"fr": "Voici la pluie. Que prenez-vous ?", "en": "Here is the rain. What do you take?"}
FEEDBACK = {"fr": "Le parapluie protège de la pluie.", "en": "The umbrella protects from the rain."}
OPTIONS = {
    "fr": {"a": ["Un gros gâteau", "le gâteau"], "b": ["Le parapluie", "mon parapluie"], "c": ["Deux chaises"]},
    "en": {"a": ["A big cake", "the cake"], "b": ["The umbrella", "my umbrella"], "c": ["Garden chairs"]},
}


@pytest.fixture
def make_item() -> MakeItem:
    """Give an item; `options` maps ids to texts followed by synonyms, used for every language."""

    def make(
        *,
        item: str = "it.web.search.1.a",
        skill: str = "web.search.1",
        kind: ItemKind = ItemKind.CHOICE,
        key: str = "b",
        options: dict[str, list[str]] | None = None,
        requires_sight: bool = False,
        **fields: str,
    ) -> ContentItem:
        texts = {
            locale: ItemText(
                stem=fields.get("stem", STEM[locale]),
                simpler=fields.get("simpler", SIMPLER[locale]),
                options=tuple(
                    OptionText(OptionId(option), first, tuple(rest))
                    for option, (first, *rest) in (OPTIONS[locale] if options is None else options).items()
                ),
                feedback=fields.get("feedback", FEEDBACK[locale]),
            )
            for locale in ("fr", "en")
        }
        return ContentItem(ItemId(item), SkillId(skill), kind, OptionId(key), texts, requires_sight)

    return make


@pytest.fixture
def make_reading(make_item: MakeItem, bank: Content) -> MakeReading:
    """Give an item as the rules read it, in French unless told otherwise."""

    def make(locale: str = "fr", **fields: object) -> Reading:
        item = make_item(**fields)
        lexicon = package_lexicon(locale)
        assert lexicon is not None
        return Reading(item, locale, item.texts[locale], styles()[locale], lexicon, bank.vocabularies[locale])

    return make
