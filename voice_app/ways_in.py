"""The ways in beside the password: what the settings ask for and the installed packages allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_app.settings import InvalidSetting
from voice_app.sso.identity import IdentityProvider
from voice_app.sso.rules import SsoRules
from voice_app.store.rules import OrganizationRules

if TYPE_CHECKING:
    from voice_app.sso.passkeys import Passkeys


def identity_provider(rules: SsoRules) -> IdentityProvider | None:
    """Give the provider by which members may sign in, if one is set. Raises InvalidSetting."""
    if not rules.issuer:
        return None
    if not (rules.client_id and rules.client_secret):
        raise InvalidSetting("a sign-in by a provider needs its client_id and client_secret (section sso)")
    try:
        from voice_app.sso.provider import Provider  # joserfc comes with the extra `sso`
    except ImportError as fault:
        raise InvalidSetting("a sign-in by a provider needs more packages: pip install 'voice-app[sso]'") from fault
    return Provider(rules)


def passkeys_here(rules: OrganizationRules) -> Passkeys | None:
    """Give the passkeys where they are wanted and their package is installed (extra `passkeys`), or None."""
    if not rules.passkeys:
        return None
    try:
        from voice_app.sso.passkeys import Passkeys
    except ImportError:
        return None
    return Passkeys()
