"""A plan made: everything settled by looking at the model, the list, and the first pictures."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasviz._version import __version__
from kerasviz.bounds import check_numbers
from kerasviz.data import Data, PictureList, list_pictures
from kerasviz.dataset_jobs.answers import kind_of_outputs
from kerasviz.dataset_jobs.known_model import KnownModel, digest_of
from kerasviz.dataset_jobs.list_file import NewList, new_list
from kerasviz.dataset_jobs.plan import Plan, form_record
from kerasviz.dataset_jobs.receptive import receptive_area
from kerasviz.errors import DatasetError, ImageError, InputError, UnsupportedModelError
from kerasviz.explanation import Method, Request, find_method, see
from kerasviz.images import PictureForm, Size
from kerasviz.models import check_class_names, load_model
from kerasviz.models import class_names as names_in
from kerasviz.probe import LayerRequest, as_target, default_layer, resolve

# The side of pictures for a model that takes any.
DEFAULT_SIZE = 224
# Pictures that are looked at to find out what the model returns.
_LOOKED_AT = 32


def make_plan(
    model: keras.Model | str | os.PathLike[str],
    data: Data,
    out: str | os.PathLike[str],
    *,
    method: str | Method,
    options: Mapping[str, Any],
    layer: LayerRequest | None = None,
    embed: LayerRequest | None = None,
    class_names: Sequence[str] | None = None,
    input_range: Sequence[float] | None = None,
    image_size: Size | None = None,
    batch_size: int = 32,
    shard_size: int = 4096,
    allow: Sequence[str] = (),
) -> Plan:
    """Return the plan of what `explain_dataset` is asked for, and write it and its list of pictures.

    Raises:
        As `explain_dataset`.
    """
    check_numbers(batch_size=batch_size, shard_size=shard_size)
    found, source = _opened(model, allow)
    chosen = find_method(method)
    form = PictureForm.of(found, input_range=input_range, image_size=image_size)
    form.ranged()
    form = form.sized(DEFAULT_SIZE)
    names = list(class_names) if class_names is not None else names_in(found)
    if names is not None:
        check_class_names(names, found)
    pictures = list_pictures(data, names, form.input_range)
    folder = Path(out)
    asked = chosen.resolved(options)
    with new_list(folder, pictures, shard_size) as listed:
        batch = _looked_at(listed, pictures, form)
        cut = _layer(found, batch, chosen, asked, layer)
        kept = None if embed is None else _one(found, embed)
        seen = see(found, batch, chosen, asked, layer=cut, embed=kept)
        kind = kind_of_outputs(seen.found.outputs, seen.found.score_kind)
        classes = pictures.class_names
        if names is None and classes and len(classes) == max(seen.found.outputs.shape[1], 2):
            names = list(classes)
        shape = seen.found.maps.shape[1:]
        plan = Plan(
            folder=folder,
            model=source,
            allow=tuple(allow),
            model_digest=digest_of(found, source),
            class_names=None if names is None else tuple(names),
            method=chosen.name,
            options=asked,
            layer=cut,
            embed=kept,
            form=form_record(form),
            keys_digest=listed.digest,
            count=listed.count,
            shard_size=shard_size,
            outputs=kind,
            score_kind=seen.found.score_kind,
            map_shape=shape,
            feature_shape=None if seen.peaks is None else (*shape, seen.peaks.shape[1]),
            receptive=None,
            batch_size=batch_size,
            data=pictures.name,
            versions={
                "kerasviz": __version__,
                "keras": keras.__version__,
                "backend": keras.backend.backend(),
            },
            held=KnownModel(found, form, chosen),
            held_pictures=pictures,
        )
        before = plan.same_there()
        if before is not None:
            plan = dataclasses.replace(plan, receptive=before.receptive)
        elif cut is not None:
            plan = dataclasses.replace(plan, receptive=_receptive(found, cut, form))
    plan.write()
    return plan


def _receptive(model: keras.Model, layer: str, form: PictureForm) -> Mapping[str, Any] | None:
    """Return which part of the input each place of the layer sees; None where it has no such places."""
    try:
        return receptive_area(model, layer, form.size).to_json()
    except UnsupportedModelError:
        return None


def _opened(
    model: keras.Model | str | os.PathLike[str], allow: Sequence[str]
) -> tuple[keras.Model, str | None]:
    """Return the model, and where it lies: as a whole path, or as the name of a network."""
    if not isinstance(model, str | os.PathLike):
        return model, None
    source = os.fspath(model)
    return load_model(source, allow=allow), os.path.abspath(source) if os.path.exists(source) else source


def _looked_at(listed: NewList, pictures: PictureList, form: PictureForm) -> np.ndarray:
    """Return some pictures from all over the list, as the model takes them.

    Raises:
        DatasetError: there is none, or none that can be read.
    """
    if not listed.count:
        raise DatasetError(f"{pictures.name} holds no picture.")
    spread = np.unique(np.linspace(0, listed.count - 1, _LOOKED_AT).astype(int)).tolist()
    found = list(_readable(listed, spread, pictures, form))
    # Where the list is nearly all of something else, the first that is a picture.
    found = found or list(itertools.islice(_readable(listed, range(listed.count), pictures, form), 1))
    if not found:
        raise DatasetError(f"{pictures.name} holds no picture that can be read, of {listed.count:,} in all.")
    return np.stack(found)


def _readable(
    listed: NewList, numbers: Iterable[int], pictures: PictureList, form: PictureForm
) -> Iterator[np.ndarray]:
    for _, one in listed.file.rows(numbers):
        with contextlib.suppress(ImageError):
            yield form.values_of(pictures.read(one))


def _layer(
    model: keras.Model, batch: np.ndarray, method: Method, options: Mapping[str, Any], layer: Any
) -> str | None:
    """Return the path of the layer that the maps are made of; None for methods that take none."""
    if not method.uses_layer(options):
        method.refuse_layer(Request(model, batch, layer, as_target(None), True, len(batch)), options)
        return None
    return default_layer(model, batch) if layer is None else _one(model, layer)


def _one(model: keras.Model, layer: LayerRequest) -> str:
    found = [call.path for call in resolve(model, layer)]
    if len(found) > 1:
        raise InputError(f"{layer!r} means several layers; say which: {', '.join(found)}.")
    return found[0]
