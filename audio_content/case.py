"""The skill map as a CASE 1.1 package (1EdTech Competencies and Academic Standards Exchange, January 2025), in JSON.

One CFDocument; one CFItem for each area, competence, tube and skill in French, and one in English; CFAssociations:

| type | from | to |
|---|---|---|
| isChildOf | node | its parent (areas: the document) |
| isTranslationOf | English item | French item |
| precedes | skill | the next of its tube, and the skills that require it |
| isRelatedTo | competence | competences of DigComp 2.1, 2.2 and 3.0, with the edition in the notes |
| exemplar | skill | its first item in the bank |

Identifiers are UUIDs of version 5 made from our own ids, so that the same map always gives the same package. The
alignments to DigComp are our own work (many to many: 16 competences beside 21), not a statement of the Commission.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from typing import Any

from audio_content.model import LOCALES, Content, SkillMap
from audio_content.sources import Node, read
from engine.model import ItemId, Tube

DIGCOMP_FILE = "framework/digcomp.yaml"
SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:voice-app:framework")
TYPES = {"area": "Domaine", "competence": "Compétence", "tube": "Tube", "skill": "Acquis"}


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of DigComp: its number, title and the name of each competence."""

    version: str
    title: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    kind: str
    parent: str | None
    level: int | None = None


@functools.cache
def digcomp_editions() -> tuple[Edition, ...]:
    """Give the editions that competences are aligned with. Raises ContentError when the file cannot be read."""
    root = Node.of(read(files("audio_content").joinpath(*DIGCOMP_FILE.split("/")), DIGCOMP_FILE), DIGCOMP_FILE, "")
    competences = root.nodes("competences")
    return tuple(
        Edition(
            node.text("version"),
            node.text("title"),
            {each.text("code"): each.text(node.text("names")) for each in competences},
        )
        for node in root.nodes("editions")
    )


def case_package(content: Content, base: str) -> dict[str, Any]:
    """Give the CFPackage. `base` is the address under which this service would offer it, without a final slash."""
    skill_map = content.skill_map
    made = _Made(skill_map, base.rstrip("/"))
    entries = list(_entries(skill_map))
    items = [made.item(entry, locale) for entry in entries for locale in LOCALES]
    associations = [
        *(made.child(entry) for entry in entries),
        *(made.association("isTranslationOf", entry.id, "en", made.node(entry.id, "fr")) for entry in entries),
        *_orders(skill_map, made),
        *_alignments(skill_map, made),
        *_exemplars(content, made),
    ]
    return {
        "CFDocument": made.document(),
        "CFItems": items,
        "CFAssociations": associations,
        "CFDefinitions": {"CFItemTypes": [made.item_type(kind) for kind in TYPES]},
    }


class _Made:
    """Makes the parts; every part knows its document and the date of the map."""

    def __init__(self, skill_map: SkillMap, base: str) -> None:
        self._map = skill_map
        self._base = base
        self._changed = f"{skill_map.changed or '1970-01-01'}T00:00:00+00:00"
        self._document = _identifier(f"document {skill_map.version}")

    def document(self) -> dict[str, Any]:
        """Give the CFDocument."""
        return {
            "identifier": self._document,
            "uri": self._uri("CFDocuments", self._document),
            "CFPackageURI": {
                "title": "CFPackage",
                "identifier": self._document,
                "uri": self._uri("CFPackages", self._document),
            },
            "creator": "voice-app",
            "title": f"Carte des acquis, {self._map.framework}",
            "lastChangeDateTime": self._changed,
            "version": self._map.version,
            "language": "fr",
            "adoptionStatus": "Draft",
            "frameworkType": "Competency framework",
            "caseVersion": "1.1",
            "notes": f"Framework editions: {self._map.framework}. Alignments to DigComp are the publisher's own.",
        }

    def item(self, entry: _Entry, locale: str) -> dict[str, Any]:
        """Give the CFItem of a node in one language."""
        identifier = _identifier(f"{entry.id} {locale}")
        item: dict[str, Any] = {
            "identifier": identifier,
            "uri": self._uri("CFItems", identifier),
            "CFDocumentURI": self._document_link(),
            "fullStatement": self._map.statements[entry.id].by_locale[locale],
            "abbreviatedStatement": self._map.names[entry.id].by_locale[locale],
            "humanCodingScheme": entry.id,
            "CFItemType": TYPES[entry.kind],
            "CFItemTypeURI": self._type_link(entry.kind),
            "language": locale,
            "lastChangeDateTime": self._changed,
        }
        if entry.level is not None:
            item["extensions"] = {"level": entry.level, "levelScale": "CRCN 1-8, 0 before"}
        return item

    def item_type(self, kind: str) -> dict[str, Any]:
        """Give the CFItemType of a kind of node."""
        link = self._type_link(kind)
        return link | {"description": kind, "hierarchyCode": kind, "lastChangeDateTime": self._changed}

    def child(self, entry: _Entry) -> dict[str, Any]:
        """Give the association of a node with its parent."""
        parent = self._document_link() if entry.parent is None else self.node(entry.parent, "fr")
        return self.association("isChildOf", entry.id, "fr", parent)

    def association(
        self, kind: str, origin: str, locale: str, destination: dict[str, str], notes: str | None = None
    ) -> dict[str, Any]:
        """Give a CFAssociation from one of our nodes to anything."""
        identifier = _identifier(f"{kind} {origin} {locale} {destination['uri']}")
        association: dict[str, Any] = {
            "identifier": identifier,
            "uri": self._uri("CFAssociations", identifier),
            "associationType": kind,
            "originNodeURI": self.node(origin, locale),
            "destinationNodeURI": destination,
            "CFDocumentURI": self._document_link(),
            "lastChangeDateTime": self._changed,
        }
        return association | {"notes": notes} if notes else association

    def node(self, entry: str, locale: str) -> dict[str, str]:
        """Give the link to one of our nodes."""
        identifier = _identifier(f"{entry} {locale}")
        return {"title": entry, "identifier": identifier, "uri": self._uri("CFItems", identifier)}

    def exemplar(self, item: ItemId) -> dict[str, str]:
        """Give the link to an item of the bank."""
        return {"title": item, "identifier": _identifier(item), "uri": f"{self._base}/items/{item}"}

    def _document_link(self) -> dict[str, str]:
        return {
            "title": self._map.framework,
            "identifier": self._document,
            "uri": self._uri("CFDocuments", self._document),
        }

    def _type_link(self, kind: str) -> dict[str, Any]:
        identifier = _identifier(f"type {kind}")
        return {"title": TYPES[kind], "identifier": identifier, "uri": self._uri("CFItemTypes", identifier)}

    def _uri(self, kind: str, identifier: str) -> str:
        return f"{self._base}/ims/case/v1p1/{kind}/{identifier}"


def _entries(skill_map: SkillMap) -> Iterator[_Entry]:
    for area in (*skill_map.spec.areas, *skill_map.extension):
        yield _Entry(area.id, "area", None)
        for competence in area.competences:
            yield _Entry(competence.id, "competence", area.id)
            for tube in competence.tubes:
                yield _Entry(tube.id, "tube", competence.id)
                for skill in tube.skills:
                    yield _Entry(skill.id, "skill", tube.id, skill.level)


def _orders(skill_map: SkillMap, made: _Made) -> Iterator[dict[str, Any]]:
    pairs = [(one.id, next_one.id) for tube in _tubes(skill_map) for one, next_one in pairwise(tube.skills)]
    pairs += [(link.requires, link.skill) for link in skill_map.spec.prerequisites]
    for before, after in dict.fromkeys(pairs):
        yield made.association("precedes", before, "fr", made.node(after, "fr"))


def _tubes(skill_map: SkillMap) -> Iterator[Tube]:
    for area in (*skill_map.spec.areas, *skill_map.extension):
        for competence in area.competences:
            yield from competence.tubes


def _alignments(skill_map: SkillMap, made: _Made) -> Iterator[dict[str, Any]]:
    for competence, numbers in skill_map.digcomp.items():
        for edition in digcomp_editions():
            for number in numbers:
                uri = f"urn:eu:digcomp:{edition.version}:{number}"
                target = {
                    "title": f"{number} {edition.names[number]}",
                    "identifier": _identifier(uri),
                    "uri": uri,
                }
                yield made.association("isRelatedTo", competence, "fr", target, f"{edition.title} ({edition.version})")


def _exemplars(content: Content, made: _Made) -> Iterator[dict[str, Any]]:
    first: dict[str, ItemId] = {}
    for item in content.items.values():
        first.setdefault(item.skill, item.id)
    for skill, example in first.items():
        yield made.association("exemplar", skill, "fr", made.exemplar(example))


def _identifier(name: str) -> str:
    return str(uuid.uuid5(SPACE, name))
