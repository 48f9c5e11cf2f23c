"""Loading and saving whole models, safely."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import keras

from kerasviz.atomic import atomic_path
from kerasviz.errors import InputError, ModelFileError, did_you_mean, one_line
from kerasviz.models.allowed import building_blocks, not_of_keras, refuse_what_is_not_allowed
from kerasviz.models.backbones import load_application
from kerasviz.models.containers import ENDINGS, read_configs
from kerasviz.models.old_files import in_words_of_keras_3
from kerasviz.models.packages import import_packages
from kerasviz.models.preprocessing import MeanSubtraction
from kerasviz.models.record import read_record, write_record


def load_model(
    path_or_name: str | os.PathLike[str],
    *,
    weights: str | None = "imagenet",
    compile: bool = False,
    allow: Sequence[str] = (),
) -> keras.Model:
    """Return the model in a file, or a network of `keras.applications` by its name.

    - A `.keras`, `.h5` or `.hdf5` file that holds a whole model; of Keras 2 the latter two, such as the
      `keras_model.h5` of Teachable Machine. It may name classes and functions of Keras
      and registered ones, and nothing else: a file that holds code (a `Lambda` layer), names other code,
      reads other files or is made to fill the memory is refused before Keras sees it.
    - A folder with a TensorFlow SavedModel, of `model.export` or older: Keras 3 reads it as one opaque layer
      (`keras.layers.TFSMLayer`), so that the model predicts, but has no inner layers to look into. A
      SavedModel's graph can do what TensorFlow can, such as read and write files: load only those you trust.
    - A name such as `"ResNet50"` or `"densenet169"`: the classifier with 1000 classes, with the network's
      preprocessing put in front, so that it takes raw 0..255 RGB pictures as our own models do.

    Args:
        path_or_name: the file, the folder or the name. What exists on disk is never taken for a name.
        weights: for a name only: `"imagenet"` (downloaded by Keras into its cache) or None for random ones.
        compile: whether a model that was saved compiled gets back its optimizer, loss and metrics.
        allow: installed packages that a file may use, such as `["keras_hub"]`. They are imported, and the
            layers, models and their like that they register with Keras are known: their functions are not,
            nor what other packages register. Allow only a package that you trust; its classes are given
            what the file says.

    Raises:
        InputError: `allow` names what cannot be imported, or registers no class.
        ModelFileError: the file is missing, damaged, no model or unsafe, needs a class that is not
            registered, the name is unknown, or the weights cannot be downloaded.

    >>> load_model("densenet169", weights=None).count_params()
    14307880
    """
    path = Path(path_or_name)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except OSError as error:  # a name that is too long
        raise ModelFileError(f"the model {path} cannot be opened: {error.strerror}.") from error
    if is_folder:
        return _load_saved_model(path)
    if is_file:
        return _load_file(path, compile, allow)
    if path.suffix or len(path.parts) != 1:
        raise ModelFileError(f"there is no model file {path}. {_files_beside(path)}".strip())
    try:
        return load_application(str(path_or_name), weights)
    except InputError as error:
        nearest = str(error).split(". ", 1)[1]
        raise ModelFileError(
            f"{str(path_or_name)!r} is neither a file nor a network of keras.applications. {nearest}"
        ) from error


def save_model(model: keras.Model, path: str | os.PathLike[str]) -> Path:
    """Save the whole model as a `.keras` file that appears whole or not at all, and return its path.

    The attributes `model.input_range` and `model.class_names`, where the model has them, go into the file
    too, and `load_model` gives them back: `keras.models.load_model` reads the file as well, without them.

    Raises:
        InputError: the path does not end in `.keras`.
        OutputError: the file cannot be written.

    >>> import tempfile, pathlib
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> file = save_model(model, pathlib.Path(tempfile.mkdtemp()) / "small.keras")
    >>> load_model(file).count_params()
    3
    """
    path = Path(path)
    if path.suffix != ".keras":
        raise InputError(f"a model is saved as a .keras file, but the path given is {path}.")
    with atomic_path(path, durable=True) as temporary:
        model.save(temporary)
        write_record(model, temporary)
    return path


def _load_file(path: Path, compile: bool, allow: Sequence[str]) -> keras.Model:
    configs = read_configs(path, compile)
    hidden = import_packages(allow, building_blocks())
    for config in configs:
        refuse_what_is_not_allowed(config, path, hidden)
    try:
        with in_words_of_keras_3(path) as read:
            model = keras.models.load_model(read, compile=compile, safe_mode=True)
    except Exception as error:
        raise ModelFileError(_explain(path, error)) from error
    _require_means(model, path)
    read_record(model, path)
    return model


def _explain(path: Path, error: Exception) -> str:
    unknown = re.search(r"Could not locate (?:class|function) '([^']+)'|Unknown layer: '?(\w+)", str(error))
    if unknown:
        return not_of_keras(path, unknown.group(1) or unknown.group(2))
    return f"{path} cannot be loaded: {one_line(error)}."


def _require_means(model: keras.Model, path: Path) -> None:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            _require_means(layer, path)
        elif isinstance(layer, MeanSubtraction) and not layer.known:
            raise ModelFileError(
                f"{path} does not hold the mean image of its layer {layer.name!r}: the .h5 format cannot; "
                "save the model as a .keras file."
            )


def _load_saved_model(folder: Path) -> keras.Model:
    if not (folder / "saved_model.pb").is_file():
        raise ModelFileError(
            f"the folder {folder} holds no saved_model.pb, so it is no SavedModel: name a .keras file. "
            f"{_files_beside(folder / 'model.keras')}".strip()
        )
    from kerasviz.models._tensorflow import load_saved_model

    return load_saved_model(folder)


def _files_beside(path: Path) -> str:
    """Name the model files in the folder of `path`, the nearest first."""
    if not path.parent.is_dir():
        return ""
    names = sorted(file.name for file in path.parent.iterdir() if file.suffix in ENDINGS)
    return did_you_mean(path.name, names) if names else ""
