"""Passkeys (Web Authentication, level 3): what the browser is asked, and whether its answer is believed.

A passkey is a key pair of the person's device; we keep the public half. The device asks for the person's finger, face
or code itself (user verification is required), so that a passkey is a full sign-in, and it signs for our name only: a
page elsewhere cannot make use of it. The one door to webauthn; it knows no page, no account's password and no store.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from voice_app.sso.identity import IdentityRefused

LONGEST_ANSWER = 16_384


@dataclass(frozen=True, slots=True)
class Place:
    """Where this happens: the origin that the browser is at, and our name, which is its host without a port."""

    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the browser is asked, as JSON, and the challenge that its answer must hold (base64url)."""

    challenge: str
    options: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A passkey that answered; `public_key` is there when it is a new one. Ids and keys are base64url."""

    passkey: str
    sign_count: int
    public_key: str = ""


class Passkeys:
    """Questions and answers."""

    def offer(self, place: Place, account: str, name: str, known: Sequence[str]) -> Question:
        """Ask the browser for a new passkey; on a device that holds one of `known` it makes none."""
        options = generate_registration_options(
            rp_id=place.name,
            rp_name=place.name,
            user_id=account.encode(),
            user_name=name,
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        return Question(bytes_to_base64url(options.challenge), options_to_json(options))

    def ask(self, place: Place) -> Question:
        """Ask the browser for any passkey of ours."""
        options = generate_authentication_options(
            rp_id=place.name, user_verification=UserVerificationRequirement.REQUIRED
        )
        return Question(bytes_to_base64url(options.challenge), options_to_json(options))

    def challenge_of(self, told: str) -> str:
        """Give the challenge that an answer says it answers. Raises IdentityRefused for what is no answer."""
        try:
            if len(told) > LONGEST_ANSWER:
                raise ValueError("too long")
            data = parse_client_data_json(base64url_to_bytes(json.loads(told)["response"]["clientDataJSON"]))
            return bytes_to_base64url(data.challenge)
        except (WebAuthnException, ValueError, KeyError, TypeError) as fault:
            raise IdentityRefused("no_passkey") from fault

    def id_of(self, told: str) -> str:
        """Give the id of the passkey that answers. Raises IdentityRefused."""
        try:
            return str(json.loads(told)["id"])
        except (ValueError, KeyError, TypeError) as fault:
            raise IdentityRefused("no_passkey") from fault

    def made(self, place: Place, challenge: str, told: str) -> Proof:
        """Give the new passkey of an answer. Raises IdentityRefused."""
        try:
            proved = verify_registration_response(
                credential=told,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=place.name,
                expected_origin=place.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as fault:
            raise IdentityRefused(type(fault).__name__) from fault
        return Proof(
            bytes_to_base64url(proved.credential_id),
            proved.sign_count,
            bytes_to_base64url(proved.credential_public_key),
        )

    def proved(self, place: Place, challenge: str, told: str, public_key: str, sign_count: int) -> Proof:
        """Give the passkey that answered, with its new count. Raises IdentityRefused."""
        try:
            proved = verify_authentication_response(
                credential=told,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=place.name,
                expected_origin=place.origin,
                credential_public_key=base64url_to_bytes(public_key),
                credential_current_sign_count=sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as fault:
            raise IdentityRefused(type(fault).__name__) from fault
        return Proof(bytes_to_base64url(proved.credential_id), proved.new_sign_count)
