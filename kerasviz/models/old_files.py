"""Files of Keras 2: the .h5 ones are read, in words of Keras 3; of the others is said what they are."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

from kerasviz.atomic import scratch_folder
from kerasviz.errors import ModelFileError

_OWN_MODULES = ("keras.layers", "keras.src.engine.functional", "tf_keras.src.engine.functional")
_NEW = ("module", "registered_name", "build_config")


@contextlib.contextmanager
def in_words_of_keras_3(path: Path) -> Iterator[Path]:
    """Give the path of an `.h5` file with the model of `path`, its config as Keras 3 reads it.

    That is `path` itself where Keras 3 wrote it, else a copy for the while: Keras reads no file that is open,
    and none with links to the weights of another.
    """
    if path.suffix == ".keras":
        yield path
        return
    with h5py.File(path, "r") as file:
        is_old, config = is_of_keras_2(file), file.attrs["model_config"]
    if not is_old:
        yield path
        return
    with scratch_folder() as folder:
        copied = shutil.copyfile(path, folder / path.name)
        with h5py.File(copied, "r+") as file:
            file.attrs["model_config"] = json.dumps(translated(json.loads(config)))
        yield copied


def translated(config: Any) -> Any:
    """Return the config of a model of Keras 2 with what it says otherwise in the words of Keras 3.

    >>> translated({"class_name": "DepthwiseConv2D", "config": {"groups": 1, "padding": "same"}})
    {'class_name': 'DepthwiseConv2D', 'config': {'padding': 'same'}}
    """
    if isinstance(config, list):
        return [translated(part) for part in config]
    if not isinstance(config, dict):
        return config
    made = {name: translated(part) for name, part in config.items()}
    inner = made.get("config")
    # A depthwise convolution has as many groups as channels, whatever Keras 2 writes.
    if made.get("class_name") == "DepthwiseConv2D" and isinstance(inner, dict) and inner.get("groups") == 1:
        del inner["groups"]
    # One input and one output are no lists in Keras 3, which else hands on lists of one tensor.
    for name in ("input_layers", "output_layers"):
        ends = made.get(name)
        if isinstance(ends, list) and len(ends) == 1 and isinstance(ends[0], list):
            (made[name],) = ends
    # In nested models Keras 2.13 to 2.15 and tf_keras say where layers come from, and so look like Keras 3.
    if isinstance(layers := made.get("layers"), list):
        made["layers"] = [_as_at_the_top(layer) for layer in layers]
    return made


def _as_at_the_top(layer: Any) -> Any:
    own = isinstance(layer, dict) and layer.get("module") in _OWN_MODULES
    return {name: part for name, part in layer.items() if name not in _NEW} if own else layer


def is_of_keras_2(file: h5py.File) -> bool:
    """Return whether an `.h5` file says that Keras 2, or 1, wrote it."""
    version = file.attrs.get("keras_version")
    return _is_keras_2(version.decode(errors="replace") if isinstance(version, bytes) else version)


def _is_keras_2(version: Any) -> bool:
    return isinstance(version, str) and version.startswith(("1.", "2."))


def refuse_keras_2(metadata: Any, path: Path) -> None:
    """Refuse a `.keras` file that Keras 2 (2.12 to 2.15, and tf_keras) has written.

    `metadata` is what the file says of itself.

    Raises:
        ModelFileError: it is one.
    """
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    if _is_keras_2(version):
        raise ModelFileError(
            f"{path} was saved by Keras {str(version)[:20]}, whose .keras files Keras 3 cannot read: where "
            "that Keras is installed (pip install 'tensorflow<2.16', or tf_keras), save the model again, "
            f"load_model({path.name!r}).save({path.with_suffix('.h5').name!r}), and load that file."
        )


def not_whole(path: Path, file: h5py.File) -> ModelFileError:
    """Return the error about a `.h5` file without a model's config: weights alone, or nothing of Keras."""
    # Weights alone: of Keras 2 and older, of Keras 3, or by the file's name.
    if "layer_names" in file.attrs or {"layers", "vars"} & set(file) or path.name.endswith(".weights.h5"):
        return ModelFileError(
            f"{path} holds weights alone, and not the model that they belong to: build that with the code it "
            f"was trained with, read them by model.load_weights({path.name!r}), and save the whole with "
            "model.save('NAME.keras')."
        )
    return ModelFileError(f"{path} holds no model of Keras: save one whole with model.save('NAME.keras').")
