"""The attestation: an accessible sheet that says whether it is signed, and a credential whose signature holds."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.voice_app.documents import paper
from voice_app.documents.attestation import (
    AttestationFacts,
    BadKey,
    attestation_pdf,
    open_badge,
    read_key,
    signed_badge,
)
from voice_app.documents.words import document_words

FOLLOWED = AttestationFacts(
    "Médiathèque de Reims", "abc_diag", date(2026, 11, 27), uuid.UUID("5f7b6d9e-0c54-4f6e-9a51-2f6d0c1c7a10")
)
SHOWN = replace(FOLLOWED, skills=(("web.search.1", "poser une question à un moteur de recherche"),), holder="Ginette")


@pytest.fixture(scope="module")
def font_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


def printed(facts: AttestationFacts, folder: Path, font_files: Path, *, signed: bool = False) -> Path:
    file = folder / "attestation.pdf"
    file.write_bytes(attestation_pdf(facts, font_files, signed=signed))
    return file


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    header, payload, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
    return json.loads(header), json.loads(payload), signature


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("facts", [FOLLOWED, SHOWN], ids=["followed", "shown"])
def test_both_checkers_find_nothing(facts: AttestationFacts, locale: str, tmp_path: Path, font_files: Path) -> None:
    assert paper.faults(printed(replace(facts, locale=locale), tmp_path, font_files)) == []


@pytest.mark.parametrize("signed", [True, False])
def test_sheet_says_whether_it_is_signed(signed: bool, tmp_path: Path, font_files: Path) -> None:
    told = paper.text(printed(FOLLOWED, tmp_path, font_files, signed=signed))

    assert ("n'est pas signée" in told) is not signed
    assert ("fichier signé" in told) is signed


def test_what_was_shown_is_told_only_when_given(tmp_path: Path, font_files: Path) -> None:
    name = SHOWN.skills[0][1]

    assert name in paper.text(printed(SHOWN, tmp_path, font_files))
    assert name in json.dumps(open_badge(SHOWN), ensure_ascii=False)
    assert "alignment" not in open_badge(FOLLOWED)["credentialSubject"]["achievement"]


def test_name_of_the_person_is_on_the_sheet_and_not_in_the_badge(tmp_path: Path, font_files: Path) -> None:
    assert "Ginette" in paper.text(printed(SHOWN, tmp_path, font_files))
    assert "Ginette" not in json.dumps(open_badge(SHOWN))


def test_badge_has_what_open_badges_3_asks_for() -> None:
    badge = open_badge(SHOWN)

    assert badge["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert badge["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert badge["validFrom"] == "2026-11-27T00:00:00Z"
    assert set(badge["issuer"]) == {"id", "type", "name"}
    achievement = badge["credentialSubject"]["achievement"]
    assert {"id", "type", "name", "description", "criteria"} <= set(achievement)
    assert "proof" not in badge


def test_signature_holds_for_the_key_in_the_header() -> None:
    key = Ed25519PrivateKey.generate()

    token = signed_badge(open_badge(SHOWN), key)

    header, payload, signature = parts(token)
    public = base64.urlsafe_b64decode(header["jwk"]["x"] + "=")
    Ed25519PublicKey.from_public_bytes(public).verify(signature, token.rpartition(".")[0].encode())
    assert public == key.public_key().public_bytes_raw()
    assert payload["iss"] == payload["issuer"]["id"]
    assert (payload["jti"], payload["sub"]) == (payload["id"], payload["credentialSubject"]["id"])
    assert {name: payload[name] for name in open_badge(SHOWN)} == open_badge(SHOWN)


def test_a_changed_credential_is_noticed() -> None:
    key = Ed25519PrivateKey.generate()
    token, other = (signed_badge(open_badge(facts), key) for facts in (SHOWN, FOLLOWED))
    forged = ".".join((*other.split(".")[:2], token.split(".")[2]))

    with pytest.raises(InvalidSignature):
        key.public_key().verify(parts(forged)[2], forged.rpartition(".")[0].encode())


def test_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    with pytest.raises(BadKey, match="Ed25519"):
        read_key(file)


def test_missing_key_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadKey, match="no private key"):
        read_key(tmp_path / "none.pem")


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_it_is_never_called_a_certificate(locale: str) -> None:
    words = document_words(locale)["attestation"]
    told = " ".join(text for name, text in words.items() if name != "limits").lower()

    assert "certif" not in told
    assert "score" not in told
