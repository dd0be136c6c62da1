"""A stage for the dialogue: a small content with the real prompts, and a house that carries effects out in memory.

The stage keeps the promises of a conversation: all records of a step or none, effects in order, follow-up events.
Longer than 400 lines: one small content and one house, which every test of the dialogue shares.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import yaml

from audio_content.model import (
    CommandId,
    Connectors,
    Content,
    ContentItem,
    ItemKind,
    ItemText,
    Lesson,
    LessonId,
    LessonText,
    Names,
    OptionId,
    OptionText,
    PromptId,
    SkillMap,
    Vocabulary,
)
from audio_content.pronunciation import own_lexicon
from engine.adaptive import ABC_DIAG, POLICIES, compile_bank
from engine.model import (
    Area,
    AreaId,
    Channel,
    Competence,
    CompetenceId,
    FrameworkSpec,
    InputMode,
    Item,
    ItemId,
    Skill,
    SkillId,
    Tube,
    TubeId,
)
from engine.organization.campaigns import Offer
from engine.organization.codes import with_check_digit
from voice_app.dialogue.context import DialogueContext, Rules
from voice_app.dialogue.machine import start, step
from voice_app.dialogue.messages import (
    CampaignFound,
    CodeIssued,
    Effect,
    EndConversation,
    EraseSession,
    Event,
    Failed,
    FindSession,
    GoOnSaying,
    Heard,
    IssueCode,
    ItemWords,
    Listen,
    Opened,
    PathTaken,
    Phrase,
    Pressed,
    Reheard,
    Save,
    Say,
    SessionErased,
    SessionFound,
    SessionNotFound,
    SetLoudness,
    Show,
    SilenceKept,
    TakePath,
    Written,
)
from voice_app.dialogue.records import Record, from_payload, to_payload
from voice_app.dialogue.state import DialogueState
from voice_app.dialogue.turn import grammar
from voice_app.hearing import Grammar, HearingOutcome, MeaningId, Recognition, Scored

PROMPTS = Path(__file__).parents[3] / "audio_content" / "prompts"
CODE = with_check_digit("4071825")
CAMPAIGN_CODE = "923456776"
OFFER = Offer(
    campaign="campaign-1",
    organization="la Maison Bleue",
    title="Printemps",
    path="abc_diag",
    welcome={"fr": "Bonjour et bienvenue à la Maison Bleue."},
)
"""What `CAMPAIGN_CODE` opens."""
AREAS = ("1", "2", "3", "4", "5")
LEVELS = (1, 2, 3)
"""Levels with a question; the skill map goes one level further, so that there is always a next step."""
MAPPED = (*LEVELS, 4)


@cache
def small_content(kind: ItemKind = ItemKind.CHOICE) -> Content:
    """Fifteen questions (areas 1 to 5, levels 1 to 3) with the real prompts and vocabulary: choices, and yes or no in
    area 5; or all of another kind."""
    spec = FrameworkSpec(
        tuple(
            Area(
                AreaId(area),
                (
                    Competence(
                        CompetenceId(f"{area}.1"),
                        (Tube(TubeId(f"t{area}"), tuple(Skill(_skill(area, level), level) for level in MAPPED)),),
                    ),
                ),
            )
            for area in AREAS
        )
    )
    skills = tuple(_skill(area, level) for area in AREAS for level in MAPPED)
    items = [_item(area, level, kind) for area in AREAS for level in LEVELS]
    return Content(
        version="small",
        skill_map=SkillMap(
            version="small",
            spec=spec,
            names={
                **{skill: Names({"fr": f"Faire le pas {skill}", "en": f"Take the step {skill}"}) for skill in skills},
                **{area: Names({"fr": f"le domaine {area}", "en": f"the area {area}"}) for area in AREAS},
                **{f"{area}.1": Names({"fr": f"le savoir {area}", "en": f"the skill {area}"}) for area in AREAS},
            },
            paths={"abc_diag": tuple(_skill(area, level) for area in AREAS for level in LEVELS)},
            levels={_skill(area, level): level for area in AREAS for level in MAPPED},
            area_of={skill: skill[1] for skill in skills},
            competence_of={skill: f"{skill[1]}.1" for skill in skills},
        ),
        items={item.id: item for item in items},
        prompts={locale: _prompts(locale) for locale in ("fr", "en")},
        vocabularies={locale: _vocabulary(locale) for locale in ("fr", "en")},
    )


def _skill(area: str, level: int) -> SkillId:
    return SkillId(f"t{area}.{level}")


_WORDS = {
    "fr": (("un navigateur", "navigateur"), ("un tableur",), ("un antivirus",)),
    "en": (("a browser", "browser"), ("a spreadsheet",), ("a firewall",)),
}


def _open_options(kind: ItemKind, locale: str) -> tuple[OptionText, ...]:
    """Numbers from 0 to 20, with a unit; or a word and two others."""
    if kind is ItemKind.WORD:
        ids = ("browser", "other_1", "other_2")
        return tuple(
            OptionText(OptionId(name), forms[0], forms[1:]) for name, forms in zip(ids, _WORDS[locale], strict=True)
        )
    numbers, unit = own_lexicon(locale).numbers, {"fr": "pages", "en": "sheets"}[locale]
    return tuple(
        OptionText(OptionId(str(number)), numbers.cardinal(number), (f"{numbers.cardinal(number)} {unit}",))
        for number in range(21)
    )


def _item(area: str, level: int, kind: ItemKind) -> ContentItem:
    if kind is not ItemKind.CHOICE:
        return ContentItem(
            id=ItemId(f"it.t{area}.{level}.a"),
            skill=_skill(area, level),
            kind=kind,
            key=OptionId("12" if kind is ItemKind.NUMBER else "browser"),
            texts={
                locale: ItemText(f"{stem} {area} {level} ?", f"{simpler} ?", _open_options(kind, locale), "")
                for locale, stem, simpler in (("fr", "Combien", "Plus simplement"), ("en", "How many", "More simply"))
            },
        )
    yes_no = area == "5"
    french = ("Oui", "Non") if yes_no else ("Je raccroche", "Je donne le code", "Je rappelle demain")
    english = ("Yes", "No") if yes_no else ("I hang up", "I give the code", "I call back tomorrow")
    ids = ("yes", "no") if yes_no else ("a", "b", "c")
    synonyms = {"a": ("raccrocher", "demain"), "c": ("rappeler", "demain")}
    return ContentItem(
        id=ItemId(f"it.t{area}.{level}.a"),
        skill=_skill(area, level),
        kind=ItemKind.YES_NO if yes_no else ItemKind.CHOICE,
        key=OptionId(ids[0]),
        texts={
            locale: ItemText(
                stem=f"{opening} {area} {level} ?",
                simpler=f"{simpler} {area} {level} ?",
                options=tuple(
                    OptionText(OptionId(name), text, synonyms.get(name, ()) if locale == "fr" else ())
                    for name, text in zip(ids, texts, strict=True)
                ),
                feedback="",
            )
            for locale, opening, simpler, texts in (
                ("fr", "Que faites-vous", "Plus simplement", french),
                ("en", "What do you do", "More simply", english),
            )
        },
    )


@cache
def _prompts(locale: str) -> dict[PromptId, str]:
    return yaml.safe_load((PROMPTS / f"{locale}.yaml").read_text())


@cache
def _vocabulary(locale: str) -> Vocabulary:
    words = yaml.safe_load((PROMPTS / f"vocabulary.{locale}.yaml").read_text())
    return Vocabulary(
        commands={CommandId(name): tuple(forms) for name, forms in words["commands"].items()},
        places=tuple(tuple(forms) for forms in words["places"]),
        yes=tuple(words["yes"]),
        no=tuple(words["no"]),
        digits=tuple(tuple(forms) for forms in words["digits"]),
        inside=Connectors(*(tuple(words["inside"][kind]) for kind in ("fillers", "corrections", "negations"))),
    )


@cache
def small_context(rules: Rules = Rules(), kind: ItemKind = ItemKind.CHOICE) -> DialogueContext:  # noqa: B008 - frozen value
    """The context of the small content."""
    content = small_content(kind)
    items = [Item(item.id, item.skill, len(item.option_ids)) for item in content.items.values()]
    bank = compile_bank(content.skill_map.spec, items)
    return DialogueContext(content, bank, replace(ABC_DIAG, max_items=rules.max_items), rules)


@cache
def path_context(policy: str) -> DialogueContext:
    """The small content conducted by another policy, shortened: sittings of 4 questions, 9 in all."""
    context = small_context()
    named = POLICIES[policy]
    shorter = None if named.per_sitting is None else 4
    short = replace(named, max_items=9, per_sitting=shorter, one_per_tube=False, stop_sd=None)
    return replace(context, policy=short)


@cache
def several_paths() -> Mapping[str, DialogueContext]:
    """The contexts of a content that has the paths which anybody may choose, by path."""
    usual = small_context()
    asked = usual.content.skill_map.paths["abc_diag"]
    paths = {"abc_diag": asked, "positionnement": asked, "repetition": asked}
    content = replace(usual.content, skill_map=replace(usual.content.skill_map, paths=paths))
    of_policy = {
        "abc_diag": usual,
        "positionnement": path_context("positioning"),
        "repetition": path_context("rehearsal"),
    }
    return {
        path: replace(context, content=content, rules=replace(context.rules, path=path))
        for path, context in of_policy.items()
    }


@cache
def lessons_context() -> DialogueContext:
    """The context of the small content with lessons: two in one theme, one in another."""
    context = small_context()
    taught = {"courriel": (_skill("1", 1), _skill("1", 2)), "telephone": (_skill("2", 1),)}
    lessons = {
        LessonId(f"le.{skill}"): Lesson(
            LessonId(f"le.{skill}"),
            skill,
            dict.fromkeys(
                ("fr", "en"), LessonText(f"L'idée de {skill}.", f"Un exemple de {skill}.", f"À faire : {skill}.")
            ),
        )
        for skills in taught.values()
        for skill in skills
    }
    skill_map = replace(context.content.skill_map, modules=taught)
    return replace(context, content=replace(context.content, skill_map=skill_map, lessons=lessons))


@dataclass
class Stage:
    """One conversation, played. `records` is the memory: hand it to another stage to come back by the code."""

    context: DialogueContext = field(default_factory=small_context)
    channel: Channel = Channel.KIOSK
    seed: int = 7
    microphone: bool = True
    records: list[Record] = field(default_factory=list)
    code: str = CODE
    too_many_codes: bool = False
    store_fails: bool = False
    state: DialogueState = field(init=False)
    said: list[Say] = field(default_factory=list)
    shown: list[Show] = field(default_factory=list)
    listens: list[Listen] = field(default_factory=list)
    gains: list[float] = field(default_factory=list)
    resumed: list[GoOnSaying] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    ended: bool = False

    def __post_init__(self) -> None:
        self.state = start(self.context)

    # --- what happens

    def open(self) -> None:
        self.send(Opened(self.channel, self.seed, self.microphone))

    def press(self, key: str, input_mode: InputMode = InputMode.KEY) -> None:
        self.send(Pressed(self.state.turn, key, input_mode))

    def keys(self, keys: str) -> None:
        for key in keys:
            self.press(key)

    def say(self, words: str, *, doubtful: bool = False, runner_up: str | None = None) -> None:
        """The person says this. Doubtful: it is likely but not sure; the runner-up nearly as likely."""
        self.send(Heard(self.state.turn, self.recognition(words, doubtful=doubtful, runner_up=runner_up)))

    def write(self, text: str) -> None:
        """The person writes this in the field of the page."""
        self.send(Written(self.state.turn, text))

    def read(self, sentence: str, *, sounds_like: str | None = None, doubtful: bool = True) -> None:
        """The person says a sentence: it is written down; by its sound it fits a wording of the turn badly, or none."""
        heard = self.recognition(sounds_like, doubtful=doubtful) if sounds_like else self._unclear()
        self.send(Heard(self.state.turn, replace(heard, words=sentence)))

    def go_on(self, words: str) -> None:
        """The person, acted on already, goes on speaking, and the whole of it is this."""
        before = self.state.before
        assert before is not None, "nothing can be taken back"
        said_for = grammar(self.context, before)
        known = {form for meaning in said_for.meanings for form in meaning.forms}
        if words in known:
            self.send(Reheard(before.turn, self.recognition(words, said_for=said_for)))
        else:
            self.send(Reheard(before.turn, replace(self._unclear(), words=words)))

    def mumble(self, *, over_prompt: bool = False) -> None:
        self.send(Heard(self.state.turn, self._unclear(), over_prompt=over_prompt))

    def _unclear(self) -> Recognition:
        meanings = self.listens[-1].grammar.meanings if self.listens[-1].grammar else ()
        ranked = tuple(Scored(meaning.id, 0.02) for meaning in meanings)
        return Recognition(HearingOutcome.NO_MATCH, ranked, 0.5, "stage")

    def keep_silent(self) -> None:
        self.send(SilenceKept(self.state.turn))

    def recognition(
        self, words: str, *, doubtful: bool = False, runner_up: str | None = None, said_for: Grammar | None = None
    ) -> Recognition:
        said_for = said_for or self.listens[-1].grammar
        assert said_for is not None, "nobody listens"
        owner = {form: meaning.id for meaning in said_for.meanings for form in meaning.forms}
        assert words in owner, f"{words!r} cannot be said now: {sorted(owner)}"
        best = 0.55 if doubtful else 0.9
        likelihood: dict[MeaningId, float] = {meaning.id: 0.004 for meaning in said_for.meanings}
        if runner_up is not None:
            likelihood[owner[runner_up]] = 0.3
        likelihood[owner[words]] = best
        ranked = sorted((Scored(name, value) for name, value in likelihood.items()), key=lambda each: -each.likelihood)
        outcome = HearingOutcome.DOUBTFUL if doubtful else HearingOutcome.MATCH
        return Recognition(outcome, tuple(ranked), 0.04, "stage")

    # --- the house

    def send(self, event: Event) -> list[Effect]:
        """Take a step and carry out its effects, as a conversation does. Gives the effects of this event."""
        carried: list[Effect] = []
        events: deque[Event] = deque([event])
        while events:
            event = events.popleft()
            if isinstance(event, PathTaken) and self.state.session.started is None:
                self.context = self._on_path(event.path)
            state, effects = step(self.context, self.state, event)
            records = [effect.record for effect in effects if isinstance(effect, Save)]
            if records and self.store_fails:
                self.store_fails = False
                events.append(Failed(PromptId("fault.not_saved")))
                continue
            self.records += [from_payload(record.kind, to_payload(record)) for record in records]
            self.state = state
            carried += effects
            for effect in effects:
                follow_up = self._carry_out(effect)
                if follow_up is not None:
                    events.append(follow_up)
        self.effects += carried
        return carried

    def _on_path(self, path: str) -> DialogueContext:
        return several_paths()[path] if path in self.context.content.skill_map.paths else self.context

    def _carry_out(self, effect: Effect) -> Event | None:
        match effect:
            case Say():
                self.said.append(effect)
            case Show():
                self.shown.append(effect)
            case GoOnSaying():
                self.resumed.append(effect)
            case Listen():
                self.listens.append(effect)
            case SetLoudness(gain_db):
                self.gains.append(gain_db)
            case EndConversation():
                self.ended = True
            case IssueCode():
                return CodeIssued(self.code)
            case TakePath(path):
                return PathTaken(path or "abc_diag")
            case EraseSession():
                self.records.clear()
                return SessionErased()
            case FindSession(code):
                if self.too_many_codes:
                    return SessionNotFound(PromptId("code.too_many"))
                if code == CAMPAIGN_CODE:
                    return CampaignFound(OFFER)
                if code != self.code or not self.records:
                    return SessionNotFound(PromptId("code.unknown"))
                return SessionFound(tuple(self.records))
        return None

    # --- what came out

    @property
    def prompts(self) -> list[str]:
        """The prompts said last, in order; an item's text is "item.stem" and the like."""
        return prompts_of(self.said[-1]) if self.said else []

    def kinds(self) -> list[str]:
        return [record.kind for record in self.records]

    def of_kind(self, kind: type[Record]) -> list[Record]:
        return [record for record in self.records if isinstance(record, kind)]

    # --- short ways

    def to_welcome(self) -> Stage:
        self.open()
        self.press("1")
        return self

    def to_practice(self) -> Stage:
        self.to_welcome().keys("11")
        return self

    def to_question(self) -> Stage:
        """Stands at the first question."""
        self.to_practice().press("1")
        return self

    def asked_item(self) -> ContentItem:
        asked = self.state.session.asked
        assert asked is not None
        return self.context.content.items[asked.item]

    def place_of(self, *, right: bool) -> int:
        asked = self.state.session.asked
        assert asked is not None
        key = self.asked_item().key
        return next(place for place, option in enumerate(asked.order, start=1) if (option == key) is right)

    def answer(self, *, right: bool) -> None:
        """Presses the keys of a right or another answer; a word is chosen from its list."""
        item = self.asked_item()
        if item.kind is ItemKind.NUMBER:
            self.keys(next(option for option in item.option_ids if (option == item.key) is right))
            self.press("#")
            return
        if item.kind is ItemKind.WORD and self.state.listening and not self.state.listed:
            self.press("1")
        self.press(str(self.place_of(right=right)))

    def back_by_code(self, **changes: object) -> Stage:
        """Another stage (another kiosk, a call) where the person enters the code."""
        other = Stage(context=self.context, records=self.records, code=self.code, **changes)  # type: ignore[arg-type]
        other.to_welcome().press("2")
        other.keys(self.code)
        return other


def prompts_of(say: Say) -> list[str]:
    """The prompt ids of what is said, in order; an item's text is "item.stem" and the like."""
    return [
        str(part.prompt) if isinstance(part, Phrase) else f"item.{part.field.value}"
        for part in say.parts
        if isinstance(part, Phrase | ItemWords)
    ]
