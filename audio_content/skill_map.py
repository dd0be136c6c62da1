"""The skill map read from `framework/skills.yaml`: the engine's plain framework, and what each node is called.

Prerequisites. Inside a tube each skill needs the one before it (the engine knows that from the order); links between
tubes are listed at the end of the file. A skill's id is its tube's id and its level ("safe.scam.2").

Choice: an area marked `extension` (outside the CRCN) is kept apart from the framework.
Reason: "certifiable" counts the sixteen competences of the CRCN. Price: a path that draws from it has a framework of
its own (`SkillMap.spec_of`).
"""

from __future__ import annotations

from audio_content.errors import ContentError
from audio_content.model import LOCALES, REHEARSAL_PATH, REHEARSED_PATH, Names, SkillMap
from audio_content.sources import Node, Tree
from engine.model import (
    MAX_LEVEL,
    Area,
    AreaId,
    Competence,
    CompetenceId,
    FrameworkSpec,
    Prerequisite,
    Skill,
    SkillId,
    Tube,
    TubeId,
)

_NAME_FIELDS = ("fr", "en", "spoken_fr", "spoken_en")


class _Reader:
    """What is gathered while walking down the map; used for one file and thrown away."""

    def __init__(self) -> None:
        self.names: dict[str, Names] = {}
        self.statements: dict[str, Names] = {}
        self.paths: dict[str, list[SkillId]] = {}
        self.modules: dict[str, list[SkillId]] = {}
        self.levels: dict[SkillId, int] = {}
        self.area_of: dict[SkillId, str] = {}
        self.competence_of: dict[SkillId, str] = {}
        self.digcomp: dict[str, tuple[str, ...]] = {}

    def area(self, node: Node) -> Area:
        code = node.text("code")
        node = node.named(f"area {code}")
        node.only("code", *_NAME_FIELDS, "extension", "competences")
        self._name(code, node)
        return Area(AreaId(code), tuple(self.competence(child, code) for child in node.nodes("competences")))

    def competence(self, node: Node, area: str) -> Competence:
        code = node.text("code")
        node = node.named(f"competence {code}")
        node.only("code", *_NAME_FIELDS, "digcomp", "tubes")
        self._name(code, node)
        self.digcomp[code] = node.texts("digcomp")
        return Competence(CompetenceId(code), tuple(self.tube(child, area, code) for child in node.nodes("tubes")))

    def tube(self, node: Node, area: str, competence: str) -> Tube:
        tube = node.text("id")
        node = node.named(f"tube {tube}")
        node.only("id", *_NAME_FIELDS, "skills")
        self._name(tube, node)
        skills = tuple(self.skill(child, tube, area, competence) for child in node.nodes("skills"))
        levels = [skill.level for skill in skills]
        if not levels or levels != sorted(set(levels)):
            raise node.fault(f"levels {levels} do not go up", "List the skills of a tube from the easiest, each once")
        return Tube(TubeId(tube), skills)

    def skill(self, node: Node, tube: str, area: str, competence: str) -> Skill:
        skill = SkillId(node.text("id"))
        node = node.named(skill)
        node.only("id", *_NAME_FIELDS, "paths", "modules", "sight", "non_visual_fr", "non_visual_en")
        head, _, last = skill.rpartition(".")
        if head != tube or not last.isdecimal() or int(last) > MAX_LEVEL:
            raise node.fault("the id is not the tube's id and a level", f"Write {tube}.0 to {tube}.{MAX_LEVEL}")
        if node.text_or_none("sight") not in (None, "adaptable"):
            raise node.fault("sight is not a known word", "Write `sight: adaptable`, or no line at all")
        if "sight" in node.fields:
            node.text("non_visual_fr"), node.text("non_visual_en")
        self._name(skill, node)
        self.levels[skill] = int(last)
        self.area_of[skill] = area
        self.competence_of[skill] = competence
        for path in node.texts("paths"):
            self.paths.setdefault(path, []).append(skill)
        for module in node.texts("modules"):
            self.modules.setdefault(module, []).append(skill)
        return Skill(skill, int(last))

    def _name(self, key: str, node: Node) -> None:
        if key in self.names:
            raise node.fault("this id is used twice", "Give each node of the map its own id")
        for locale in LOCALES:
            node.text(locale)
        self.statements[key] = Names({locale: node.text(locale) for locale in LOCALES})
        self.names[key] = Names({loc: node.text_or_none(f"spoken_{loc}") or _inside(node.text(loc)) for loc in LOCALES})


def _inside(statement: str) -> str:
    """Give a wording as it stands inside a sentence: "Choisir un mot" is told as "choisir un mot", "CV" as it is."""
    return statement if statement[1:2].isupper() else statement[:1].lower() + statement[1:]


def read_skill_map(tree: Tree, file: str) -> SkillMap:
    """Give the skill map. Raises ContentError at the first contradiction."""
    root = Node.of(tree, file, "")
    root.only("version", "framework", "changed", "areas", "prerequisites")
    version = root.text("version")
    reader = _Reader()
    areas = tuple(reader.area(node) for node in root.nodes("areas") if not node.truth("extension"))
    if not areas:
        raise root.fault("no area", "List the areas under `areas:`")
    extension = tuple(reader.area(node) for node in root.nodes("areas") if node.truth("extension"))
    prerequisites = tuple(_prerequisite(node, reader) for node in root.nodes("prerequisites"))
    certified = {area.id for area in areas}
    rehearsed = [skill for skill in reader.paths.get(REHEARSED_PATH, ()) if reader.area_of[skill] in certified]
    if rehearsed:
        reader.paths[REHEARSAL_PATH] = rehearsed
    return SkillMap(
        version=version,
        spec=FrameworkSpec(areas, prerequisites),
        extension=extension,
        names=reader.names,
        paths={path: tuple(skills) for path, skills in reader.paths.items()},
        statements=reader.statements,
        digcomp=reader.digcomp,
        framework=root.text_or_none("framework") or "",
        changed=root.text_or_none("changed") or "",
        modules={module: tuple(skills) for module, skills in reader.modules.items()},
        levels=reader.levels,
        area_of=reader.area_of,
        competence_of=reader.competence_of,
    )


def _prerequisite(node: Node, reader: _Reader) -> Prerequisite:
    node.only("skill", "requires")
    skill, requires = SkillId(node.text("skill")), SkillId(node.text("requires"))
    for each in (skill, requires):
        if each not in reader.levels:
            raise ContentError.of(node.file, node.where, f"{each!r} is not a skill of the map", "Correct the id")
    return Prerequisite(skill=skill, requires=requires)
