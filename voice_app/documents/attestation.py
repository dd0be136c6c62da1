"""An attestation of path: a sheet (PDF/UA), and beside it an Open Badges 3.0 credential that programs read.

It says that somebody followed a path aloud; what they showed is told only when they wish it. It is never called a
certificate. Without a key the credential carries no proof, and both say so.

With a key (Ed25519) the credential is secured in the JWT form (Open Badges 3.0, 8.2): the payload is the credential
itself with the registered claims `iss`, `jti`, `nbf` and `sub`; the header carries the public key (RFC 8037). Whoever
trusts it has to know from elsewhere whose key that is.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from voice_app.documents.typesetting import typeset
from voice_app.documents.words import document_words, written_day
from voice_app.errors import VoiceAppError
from voice_app.typography import set_spaces

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:voice-app:attestation")
"""Names of issuers and achievements that have no address of their own."""


class BadKey(VoiceAppError):
    """The key that should sign cannot be read; the sentence says what it should be."""

    code = "documents.bad_key"


@dataclass(frozen=True, slots=True)
class AttestationFacts:
    """What is attested. `skills`: (id, name) of what was shown, empty: only that the path was followed. `holder`:
    a name, or empty: a line to write it on. `credential`: a UUID of this attestation."""

    organization: str
    path: str
    day: date
    credential: uuid.UUID
    skills: tuple[tuple[str, str], ...] = ()
    holder: str = ""
    address: str = ""
    locale: str = "fr"


def credential_of(session: str) -> uuid.UUID:
    """Give the number of the attestation of a session: always the same one, from which no session can be found."""
    return uuid.uuid5(SPACE, f"credential {session}")


def read_key(file: Path) -> Ed25519PrivateKey:
    """Give the private key of a PEM file. Raises BadKey."""
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as fault:
        raise BadKey(f"{file}: no private key without password in PEM form ({fault})") from fault
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey(f"{file}: the key is not of the kind Ed25519")
    return key


def attestation_pdf(facts: AttestationFacts, fonts: Path, *, signed: bool) -> bytes:
    """Give the sheet. Raises NotTypeset."""
    words = document_words(facts.locale)["attestation"]
    day = written_day(facts.day, facts.locale)
    filled = {
        name: set_spaces(text.format(name=facts.organization, day=day), facts.locale) for name, text in words.items()
    }
    data = {
        "locale": facts.locale,
        "made": facts.day.timetuple()[:3],
        "words": {**filled, "service": document_words(facts.locale)["report"]["service"]},
        "holder": facts.holder,
        "skills": [name for _, name in facts.skills],
        "state": filled["signed" if signed else "unsigned"],
        "number": str(facts.credential),
    }
    return typeset("attestation", data, fonts)


def open_badge(facts: AttestationFacts) -> dict[str, Any]:
    """Give the credential, without a proof: JSON-LD of Open Badges 3.0 (OpenBadgeCredential)."""
    words, sheet = (document_words(facts.locale)[section] for section in ("badge", "attestation"))
    moment = datetime.combine(facts.day, time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = ", ".join(name for _, name in facts.skills)
    narrative = words["shown"].format(skills=shown) if shown else words["followed"]
    achievement: dict[str, Any] = {
        "id": _named(facts.address, "achievements", facts.path),
        "type": ["Achievement"],
        "name": words["name"],
        "description": words["description"],
        "criteria": {"narrative": narrative},
        "inLanguage": facts.locale,
    }
    if facts.skills:
        achievement["alignment"] = [
            {
                "type": ["Alignment"],
                "targetName": name,
                "targetCode": skill,
                "targetUrl": _named(facts.address, "skills", skill),
            }
            for skill, name in facts.skills
        ]
    return {
        "@context": list(CONTEXTS),
        "id": facts.credential.urn,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": sheet["title"],
        "description": sheet["limits"],
        "issuer": {
            "id": _named(facts.address, "issuers", facts.organization),
            "type": ["Profile"],
            "name": facts.organization,
        },
        "validFrom": moment,
        "credentialSubject": {
            "id": uuid.uuid5(facts.credential, "subject").urn,
            "type": ["AchievementSubject"],
            "achievement": achievement,
        },
    }


def signed_badge(credential: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """Give the credential as a signed JWT in compact form."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    header = {"alg": "EdDSA", "typ": "JWT", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": _base64(public)}}
    valid_from = datetime.fromisoformat(credential["validFrom"])
    claims = {
        **credential,
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "nbf": int(valid_from.timestamp()),
        "sub": credential["credentialSubject"]["id"],
    }
    body = f"{_base64(_json(header))}.{_base64(_json(claims))}"
    return f"{body}.{_base64(key.sign(body.encode()))}"


def _named(address: str, kind: str, name: str) -> str:
    """Give an identifier: under the service's address, or a URN that is always the same for this name."""
    if address:
        return f"{address.rstrip('/')}/{kind}/{uuid.uuid5(SPACE, f'{kind} {name}')}"
    return uuid.uuid5(SPACE, f"{kind} {name}").urn


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _base64(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()
