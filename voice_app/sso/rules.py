"""What can be tuned of the sign-in by a provider."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SsoRules:
    """The provider by which members may sign in, besides their password. ProConnect: docs/organisations.md."""

    issuer: str = ""
    """The provider's issuer (`https://...`), as its discovery document tells it; empty: nobody signs in so."""
    client_id: str = ""
    """What the provider calls this service."""
    client_secret: str = ""
    """What proves to the provider that it is this service."""
    label: str = "ProConnect"
    """What the button names."""
    scopes: str = "openid profile email"
    """What is asked for; ProConnect: `openid given_name usual_name email`."""
    acr_values: str = ""
    """How sure the provider must be of the person; ProConnect: `eidas1`. Empty: as it likes."""
    leeway_s: int = 60
    """How far the provider's clock may be from ours."""
    http_limit_s: float = 10.0
    """No request to the provider takes longer."""
