"""The two containers of whole models, opened without Keras: bounded in size, and reading no other file."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

from kerasviz.atomic import scratch_folder
from kerasviz.errors import ModelFileError, one_line
from kerasviz.models.hdf5_heaps import check_heaps, check_heaps_of
from kerasviz.models.old_files import is_of_keras_2, not_whole, refuse_keras_2, translated

ENDINGS = (".keras", ".h5", ".hdf5")
# The config of the largest network of `keras.applications` has 2 MB; a vocabulary of a million words 16 MB.
_LARGEST_CONFIG = 32 * 2**20
# Weights hardly shrink when they are packed. What grows by more on reading is made to fill the memory.
_LARGEST_GROWTH = 200
_GROWTH_IS_HARMLESS_BELOW = 64 * 2**20
_WEIGHTS = "model.weights.h5"
_MEMBERS = ("config.json", "metadata.json", _WEIGHTS)


def read_configs(path: Path, compile: bool) -> list[Any]:
    """Return what the file `path` says of its model, as plain JSON values: all that Keras will build from.

    Args:
        path: a `.keras`, `.h5` or `.hdf5` file.
        compile: whether Keras will be asked for the optimizer, the loss and the metrics too.

    Raises:
        ModelFileError: the file is no whole model or damaged, is made to fill the memory when it is read, or
            its weights lie in another file.
    """
    if path.suffix not in ENDINGS:
        raise ModelFileError(f"{path} is no model file: its name must end in {', '.join(ENDINGS)}.")
    with _damage_in_one_sentence(path):
        if path.suffix == ".keras":
            return [_read_archive(path, compile)]
        check_heaps_of(path)
        with h5py.File(path, "r") as file:
            names = ["model_config", "training_config"] if compile else ["model_config"]
            texts = [_attribute(file, name, path) for name in names if name in file.attrs]
            if "model_config" not in file.attrs:
                raise not_whole(path, file)
            _check_datasets(file, path, path.stat().st_size)
            configs = [json.loads(text) for text in texts]
            # Of the model alone, as it is what Keras will be given.
            return [translated(configs[0]), *configs[1:]] if is_of_keras_2(file) else configs


def check_weights(path: Path) -> None:
    """Look through a `.weights.h5` or `.h5` file before Keras reads its weights.

    Raises:
        ModelFileError: the file is damaged, made to fill the memory, or its weights lie in another file.
    """
    with _damage_in_one_sentence(path):
        check_heaps_of(path)
        with h5py.File(path, "r") as file:
            _check_datasets(file, path, path.stat().st_size)


@contextlib.contextmanager
def _damage_in_one_sentence(path: Path) -> Iterator[None]:
    try:
        yield
    except ModelFileError:
        raise
    except RecursionError as error:
        raise ModelFileError(
            f"{path} is damaged or no Keras model: its config is nested too deep."
        ) from error
    # Damaged bytes may raise nearly anything: BadZipFile, KeyError, OSError, ValueError, zlib.error ...
    except Exception as error:
        raise ModelFileError(
            f"{path} is damaged or no Keras model: {one_line(error)}. Save or copy it again."
        ) from error


def _read_archive(path: Path, compile: bool) -> Any:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        for member in members:
            _check_growth(path, member.filename, member.file_size, member.compress_size)
        _check_growth(path, "the whole", sum(member.file_size for member in members), path.stat().st_size)
        # No more than this is ever read, whatever the archive claims.
        for member in members:
            if member.filename.endswith(".json"):
                _check_size(member.file_size, path)
        if "metadata.json" in archive.namelist():
            refuse_keras_2(json.loads(archive.read("metadata.json")), path)
        config = json.loads(archive.read("config.json"))
        if _WEIGHTS in archive.namelist():
            weights = archive.read(_WEIGHTS)
            check_heaps(weights, path)
            with h5py.File(io.BytesIO(weights), "r") as file:
                _check_datasets(file, path, len(weights))
        elif "model.weights.npz" in archive.namelist():
            raise ModelFileError(
                f"{path} keeps its weights as model.weights.npz, which old versions of Keras read as Python "
                "objects that can run code: save the model again with model.save('NAME.keras')."
            )
        # Keras unpacks an archive with more members, and leaves what it has unpacked where that fails.
        if others := [member for member in members if member.filename not in _MEMBERS]:
            with scratch_folder() as folder:
                archive.extractall(folder, others)
    # Keras leaves it alone when the model is not to be compiled, so it may name what is not known here.
    return {**config, "compile_config": None} if isinstance(config, dict) and not compile else config


def _attribute(file: h5py.File, name: str, path: Path) -> str | bytes:
    _check_size(file.attrs.get_id(name).get_storage_size(), path)
    text = file.attrs[name]
    if not isinstance(text, str | bytes):
        raise ModelFileError(
            f"{path} is damaged or no Keras model: its {name} is not a text but a {type(text).__name__}."
        )
    _check_size(len(text), path)
    return text


def _check_size(size: int, path: Path) -> None:
    if size > _LARGEST_CONFIG:
        raise ModelFileError(
            f"{path} is refused because its config has more than {_LARGEST_CONFIG // 2**20} MB, which no "
            "network needs: save the model again, its vocabularies as assets."
        )


def _check_growth(path: Path, name: str, size: int, stored: int) -> None:
    if size > max(_GROWTH_IS_HARMLESS_BELOW, _LARGEST_GROWTH * stored):
        raise ModelFileError(
            f"{path} is refused because {name} would grow from {stored:,} bytes to {size:,} on reading: save "
            "the model again with model.save('NAME.keras')."
        )


def _check_datasets(file: h5py.File, path: Path, stored: int) -> None:
    """Refuse links and data sets that lead out of the file, and arrays of a size that is only claimed."""
    pending, seen = [file], set()
    total = 0
    while pending:
        group = pending.pop()
        address = h5py.h5o.get_info(group.id).addr
        if address in seen:
            continue
        seen.add(address)
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise _leads_out(path, name)
            part = group[name]
            if isinstance(part, h5py.Group):
                pending.append(part)
            elif isinstance(part, h5py.Dataset):
                if part.external or part.is_virtual:
                    raise _leads_out(path, name)
                total += part.nbytes
                _check_growth(path, "its weights", total, stored)


def _leads_out(path: Path, name: str) -> ModelFileError:
    return ModelFileError(
        f"{path} is refused because its part {name!r} lies in another file, or is a link: save the model "
        "again with model.save('NAME.keras')."
    )
