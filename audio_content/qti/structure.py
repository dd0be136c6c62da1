"""Is a document built as QTI 3 wants it? Names, order, required attributes and references of what this service writes
and reads (source: 1EdTech QTI 3.0 assessment, section and item information model, AssessmentItem)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from audio_content.qti.names import GUIDANCE, QTI, SPOKEN, qti

ORDER = (
    *("qti-context-declaration", "qti-response-declaration", "qti-outcome-declaration", "qti-template-declaration"),
    *("qti-template-processing", "qti-assessment-stimulus-ref", "qti-companion-materials-info", "qti-stylesheet"),
    *("qti-item-body", "qti-catalog-info", "qti-response-processing", "qti-modal-feedback"),
)
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "qti-assessment-item": ("identifier", "title", "adaptive", "time-dependent"),
    "qti-response-declaration": ("identifier", "cardinality"),
    "qti-outcome-declaration": ("identifier", "cardinality"),
    "qti-choice-interaction": ("response-identifier",),
    "qti-text-entry-interaction": ("response-identifier",),
    "qti-simple-choice": ("identifier",),
    "qti-modal-feedback": ("outcome-identifier", "identifier", "show-hide"),
    "qti-catalog": ("id",),
    "qti-card": ("support",),
    "qti-file-href": ("mime-type",),
    "qti-map-entry": ("map-key", "mapped-value"),
}
SUPPORTS = (
    SPOKEN,
    GUIDANCE,
    "braille",
    "sign-language",
    "keyword-translation",
    "long-description",
    "glossary-on-screen",
)


def problems(root: ET.Element) -> Iterator[str]:
    """Give what is wrong with an item document, in the order of its elements; nothing when it is sound."""
    if root.tag != qti("qti-assessment-item"):
        yield f"the root is {root.tag}, not qti-assessment-item of {QTI}"
        return
    yield from _order(root)
    for element in root.iter():
        name = _name(element)
        for attribute in REQUIRED.get(name, ()):
            if not element.get(attribute):
                yield f"{name} has no {attribute}"
        if name == "qti-card" and element.get("support") not in SUPPORTS:
            yield f"qti-card has an unknown support {element.get('support')!r}"
    yield from _references(root)


def _order(root: ET.Element) -> Iterator[str]:
    places = []
    for child in root:
        if _name(child) in ORDER:
            places.append(ORDER.index(_name(child)))
        else:
            yield f"{_name(child)} cannot stand in an item"
    if places != sorted(places):
        yield "the parts of the item are not in QTI's order"
    if ORDER.index("qti-item-body") not in places:
        yield "the item has no qti-item-body"


def _references(root: ET.Element) -> Iterator[str]:
    responses = {each.get("identifier") for each in root.iter(qti("qti-response-declaration"))}
    outcomes = {each.get("identifier") for each in root.iter(qti("qti-outcome-declaration"))}
    catalogs = {each.get("id") for each in root.iter(qti("qti-catalog"))}
    for element in root.iter():
        if (response := element.get("response-identifier")) is not None and response not in responses:
            yield f"{_name(element)} answers {response!r}, which is not declared"
        if (outcome := element.get("outcome-identifier")) is not None and outcome not in outcomes:
            yield f"{_name(element)} shows {outcome!r}, which is not declared"
        if (catalog := element.get("data-catalog-idref")) is not None and catalog not in catalogs:
            yield f"{_name(element)} names the catalog {catalog!r}, which is not there"
    choices = [each.get("identifier") for each in root.iter(qti("qti-simple-choice"))]
    if len(choices) != len(set(choices)):
        yield "two choices have the same identifier"
    values = [each.text for each in root.findall(f".//{qti('qti-correct-response')}/{qti('qti-value')}")]
    if choices and any(value not in choices for value in values):
        yield f"the correct response {values} is not one of the choices"


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
