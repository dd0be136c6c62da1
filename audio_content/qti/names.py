"""The names of the documents: namespaces, element names, and how elements are made and found."""

from __future__ import annotations

from xml.etree import ElementTree as ET

QTI = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
SCHEMA = "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd"
MANIFEST = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
OWN = "urn:voice-app:content:1"
"""Our own namespace, for what QTI has no place for."""
SSML = "http://www.w3.org/2001/10/synthesis"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"

ITEM_TYPE = "imsqti_item_xmlv3p0"
MATCH_CORRECT = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"
MAP_RESPONSE = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/map_response.xml"
RESPONSE, SCORE, FEEDBACK, SHOWN = "RESPONSE", "SCORE", "FEEDBACK", "answered"
SPOKEN, GUIDANCE = "spoken", "linguistic-guidance"


def qti(name: str) -> str:
    """Give the full name of a QTI element."""
    return f"{{{QTI}}}{name}"


def own(name: str) -> str:
    """Give the full name of an element of our own namespace."""
    return f"{{{OWN}}}{name}"


def packaged(name: str) -> str:
    """Give the full name of an element of a manifest."""
    return f"{{{MANIFEST}}}{name}"


def under(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    """Add an element; underscores in the names of attributes stand for hyphens."""
    made = ET.SubElement(parent, name, {key.replace("_", "-"): value for key, value in attributes.items()})
    made.text = text
    return made


def document(root: ET.Element) -> bytes:
    """Give the document as UTF-8; its own namespace needs no prefix, ours is "va"."""
    ET.register_namespace("", root.tag.partition("}")[0].removeprefix("{"))
    ET.register_namespace("va", OWN)
    ET.register_namespace("xsi", XSI)
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body
