"""The settings: every room's rule class, with values taken from the environment or a TOML file.

A setting is a field of a frozen rule class; its default, unit and reason stand there. Its name is derived: field `port`
of section `server` is `VOICE_APP_SERVER_PORT` in the environment and `port` under `[server]` in the file named by
`VOICE_APP_SETTINGS`. The environment wins. `voice-app settings` lists all of them.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

from platformdirs import user_data_dir

from voice_app.channels.kiosk import KioskRules
from voice_app.channels.phone import PhoneChannelRules
from voice_app.conversation_rules import ConversationRules
from voice_app.documents.rules import DocumentRules
from voice_app.errors import VoiceAppError
from voice_app.operations.rules import OperationsRules
from voice_app.outlets.rules import OutletRules, WebhookRules, XapiRules
from voice_app.pilot.rules import PilotRules
from voice_app.sso.rules import SsoRules
from voice_app.store.rules import OrganizationRules, StoreRules
from voice_app.sync.rules import SyncRules
from voice_app.telephony.errands import ErrandRules
from voice_app.telephony.rules import PhoneRules
from voice_app.web.rules import WebRules

PREFIX = "VOICE_APP"
_PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*(@)")
SECRET_ENDINGS = ("_password", "_token", "_secret")
"""Settings that are listed as set, never shown."""


class InvalidSetting(VoiceAppError):
    """A setting is unknown or cannot be read."""

    code = "settings.invalid"


@dataclass(frozen=True, slots=True)
class ServerRules:
    """Where the web service listens."""

    host: str = "127.0.0.1"
    """Loopback by default: the microphone needs a secure context, which only localhost is without TLS."""
    port: int = 8080
    """TCP port; 0 takes a free one."""
    certificate: str = ""
    """Path of a TLS certificate (PEM); with `key` it makes the kiosk usable from other machines."""
    key: str = ""
    """Path of the certificate's private key (PEM)."""
    trusted_proxies: int = 0
    """Proxies in front whose `X-Forwarded-For` is believed; wrong codes are counted by the address it names."""


@dataclass(frozen=True, slots=True)
class AssessmentRules:
    """What is asked."""

    path: str = "abc_diag"
    """The content's path through the framework that is asked: its items, nothing else."""
    max_items: int = 10
    """Questions of a quick diagnostic, 8 to 15."""


@dataclass(frozen=True, slots=True)
class SpeechRules:
    """The ear and the voice on this machine."""

    voice_cache_mb: int = 2_000
    """Disk for rendered prompts; the oldest go first."""
    ear_places: int = 12
    """Pages that are heard at once by this process; more speakers are told to use keys. 0: as many as come."""
    ear_idle_s: float = 60.0
    """After so long without an utterance a place at the ear goes to somebody who waits for one."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be tuned, by section."""

    data_folder: Path = field(default_factory=lambda: Path(user_data_dir("voice-app")))
    """Where models, rendered speech and the database live."""
    server: ServerRules = ServerRules()
    assessment: AssessmentRules = AssessmentRules()
    conversation: ConversationRules = field(default_factory=ConversationRules)
    speech: SpeechRules = SpeechRules()
    store: StoreRules = field(default_factory=StoreRules)
    web: WebRules = field(default_factory=WebRules)
    kiosk: KioskRules = field(default_factory=KioskRules)
    organization: OrganizationRules = field(default_factory=OrganizationRules)
    sync: SyncRules = field(default_factory=SyncRules)
    sso: SsoRules = field(default_factory=SsoRules)
    documents: DocumentRules = field(default_factory=DocumentRules)
    phone: PhoneRules = field(default_factory=PhoneRules)
    phone_channel: PhoneChannelRules = field(default_factory=PhoneChannelRules)
    phone_calls: ErrandRules = field(default_factory=ErrandRules)

    pilot: PilotRules = field(default_factory=PilotRules)
    xapi: XapiRules = field(default_factory=XapiRules)
    webhooks: WebhookRules = field(default_factory=WebhookRules)
    outlets: OutletRules = field(default_factory=OutletRules)
    operations: OperationsRules = field(default_factory=OperationsRules)

    @property
    def pilot_folder(self) -> Path:
        return self.data_folder / "pilot"

    @property
    def models_folder(self) -> Path:
        return self.data_folder / "models"

    @property
    def speech_folder(self) -> Path:
        return self.data_folder / "speech"

    @property
    def content_folder(self) -> Path:
        return self.data_folder / "content"

    @property
    def database_url(self) -> str:
        return self.store.database_url or f"sqlite+aiosqlite:///{self.data_folder / 'events.sqlite'}"


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting as the command lists it."""

    section: str
    name: str
    environment: str
    value: Any


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Give the settings of this process. Raises InvalidSetting, naming the setting and what it should be."""
    env = os.environ if environment is None else environment
    file_values = _read_file(env.get(f"{PREFIX}_SETTINGS"))
    settings = Settings()
    folder = env.get(f"{PREFIX}_DATA_FOLDER") or file_values.pop("data_folder", None)
    if folder:
        settings = replace(settings, data_folder=Path(str(folder)).expanduser().absolute())
    for section in _sections(settings):
        rules = getattr(settings, section)
        chosen = _chosen(section, rules, env, file_values.pop(section, {}))
        if chosen:
            settings = replace(settings, **{section: replace(rules, **chosen)})
    if file_values:
        raise InvalidSetting(f"unknown sections in the settings file: {', '.join(sorted(file_values))}")
    return settings


def list_settings(settings: Settings) -> Iterator[SettingLine]:
    """Give every setting with its name in the environment and its value, section by section."""
    yield SettingLine("", "data_folder", f"{PREFIX}_DATA_FOLDER", settings.data_folder)
    for section in _sections(settings):
        rules = getattr(settings, section)
        for item in fields(rules):
            shown = "(set)" if getattr(rules, item.name) and item.name.endswith(SECRET_ENDINGS) else None
            value = shown or _shown(getattr(rules, item.name))
            yield SettingLine(section, item.name, _variable(section, item.name), value)


def _shown(value: Any) -> Any:
    """Give a value as it may be listed: an address without its password."""
    return _PASSWORD.sub(r"\1***\2", value) if isinstance(value, str) else value


def _sections(settings: Settings) -> list[str]:
    return [item.name for item in fields(settings) if is_dataclass(getattr(settings, item.name))]


def _variable(section: str, name: str) -> str:
    return f"{PREFIX}_{section}_{name}".upper()


def _read_file(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as fault:
        raise InvalidSetting(f"the settings file {path} cannot be read: {fault}") from fault


def _chosen(section: str, rules: Any, env: Mapping[str, str], file_values: Mapping[str, Any]) -> dict[str, Any]:
    types = get_type_hints(type(rules))
    unknown = set(file_values) - set(types)
    if unknown:
        raise InvalidSetting(f"unknown settings in section {section}: {', '.join(sorted(unknown))}")
    chosen: dict[str, Any] = {}
    for name, kind in types.items():
        raw = env.get(_variable(section, name), file_values.get(name))
        if raw is None:
            continue
        try:
            chosen[name] = _truth(raw) if kind is bool else kind(raw)
        except (TypeError, ValueError) as fault:
            raise InvalidSetting(
                f"{_variable(section, name)} should be of type {kind.__name__}, not {raw!r}"
            ) from fault
    return chosen


def _truth(raw: Any) -> bool:
    """Read yes or no as people write it. Raises ValueError."""
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    word = str(raw).strip().lower()
    if word not in words:
        raise ValueError(word)
    return words[word]
