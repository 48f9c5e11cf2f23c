"""Class names that live inside the model, and class names read from a file."""

from __future__ import annotations

import json
import os
import reprlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from kerasviz.errors import InputError
from kerasviz.models.class_lookup import class_count

Classes = int | Sequence[str]
# A file of class names is read no further: the 21,841 classes of the whole ImageNet take 1 MB.
_LARGEST_FILE = 16 * 2**20


@keras.saving.register_keras_serializable(package="kerasviz")
class NamedDense(keras.layers.Dense):
    """A dense layer whose units have names: the output layer of a classifier that knows its classes.

    The names are part of the layer's config, so every way of saving the model keeps them. It computes what
    `keras.layers.Dense` computes.

    Keras never imports a package in order to load a file: a program that reads a saved model with
    `keras.models.load_model` says `import kerasviz.models` first (`import kerasviz` alone loads nothing).
    `kerasviz.load_model` always works.

    >>> layer = NamedDense(["cat", "dog"], activation="softmax")
    >>> layer.units, NamedDense.from_config(layer.get_config()).class_names
    (2, ['cat', 'dog'])

    Raises:
        InputError: fewer than two names, an empty name, or a name given twice.
    """

    def __init__(self, class_names: Sequence[str], **kwargs: Any) -> None:
        names = _checked_names(class_names)
        if len(set(names)) < len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise InputError(f"class names must differ, but there is more than one {', '.join(twice)}.")
        super().__init__(units=len(names), **kwargs)
        self._class_names = tuple(names)

    @property
    def class_names(self) -> list[str]:
        """The names, one a unit, in the order of the units."""
        return list(self._class_names)

    def get_config(self) -> dict[str, Any]:
        """Return the config of the dense layer, with the names in the place of the number of units."""
        config = super().get_config()
        del config["units"]
        return {"class_names": self.class_names, **config}


def _checked_names(names: Sequence[str]) -> list[str]:
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise InputError(f"class names must be a list of strings, but this was given: {reprlib.repr(names)}.")
    names = list(names)
    if len(names) < 2:
        raise InputError(f"a classifier needs two classes or more, but the names given are {names}.")
    if not all(name.strip() for name in names):
        raise InputError(f"every class needs a name, but one of these is empty: {reprlib.repr(names)}.")
    return names


def probabilities_layer(classes: Classes, kernel_initializer: Any = "glorot_uniform") -> keras.layers.Layer:
    """Return the layer named `softmax` that ends every classifier here.

    Args:
        classes: the number of classes, or their names; names are kept in the layer (`NamedDense`).
        kernel_initializer: how the kernel starts; biases start at 0.

    The layer computes in float32 under a mixed-precision policy too, because a softmax in half precision
    rounds small probabilities to zero.
    """
    settings: dict[str, Any] = {
        "activation": "softmax",
        "kernel_initializer": kernel_initializer,
        "dtype": "float32",
        "name": "softmax",
    }
    if isinstance(classes, int) and not isinstance(classes, bool):
        if classes < 2:
            raise InputError(f"a classifier needs two classes or more, but classes={classes} was given.")
        return keras.layers.Dense(classes, **settings)
    if isinstance(classes, bool) or not isinstance(classes, Sequence):
        raise InputError(f"classes must be a number or a list of names, but {classes!r} was given.")
    return NamedDense(classes, **settings)


def check_class_names(names: Sequence[str] | None, model: keras.Model) -> None:
    """Refuse `names` that are more or fewer than the classes that `model` tells apart; None passes.

    A model of one output unit tells two classes apart. Models with several outputs, or whose output is no
    vector for each picture, are not checked.

    Raises:
        InputError: the numbers differ.

    >>> inputs = keras.Input((4,))
    >>> check_class_names(["cat", "dog"], keras.Model(inputs, keras.layers.Dense(2)(inputs)))
    """
    count = class_count(model)
    if names is not None and count not in (None, len(names)):
        raise InputError(
            f"there are {len(names)} class names, but the model tells {count} classes apart: give one name a "
            "class, in the order of its outputs."
        )


def read_class_names(path: str | os.PathLike[str]) -> list[str]:
    """Return the class names in a text file with one name a line, or in a JSON file with a list of names.

    Lines are stripped of surrounding white space and empty lines are left out, so the first name is that of
    class 0. Lines that are numbered from 0 on, every one, as "0 cat" and "1 dog" in the `labels.txt` of
    Teachable Machine, lose their numbers. The file is UTF-8, with or without a byte-order mark. A name may
    occur twice: the names of ImageNet's classes hold two cranes.

    Raises:
        InputError: the file is missing, is not text, has more than 16 MB, or holds something else than two
            names or more.

    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "names.txt"
    >>> _ = file.write_text("cat\\ndog\\n")
    >>> read_class_names(file)
    ['cat', 'dog']
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise InputError(
                f"{path} has more than {_LARGEST_FILE // 2**20} MB: it is no list of class names."
            )
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"the class names {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a UTF-8 text file with one class name a line.") from error
    except ValueError as error:  # there is a NUL character in the path
        raise InputError(f"the class names {str(path)!r} cannot be read: {error}.") from error
    names: Any = _without_numbers([line.strip() for line in text.splitlines() if line.strip()])
    if path.suffix == ".json" or text.lstrip().startswith("["):
        try:
            names = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"{path} is not valid JSON (line {error.lineno}: {error.msg}).") from error
        except (RecursionError, ValueError) as error:  # nested too deep; a number of too many digits
            raise InputError(f"{path} holds no JSON list of class names: {error}.") from error
        if not isinstance(names, list):
            raise InputError(f"{path} holds no JSON list of class names, but a {type(names).__name__}.")
    try:
        return _checked_names(names)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _without_numbers(lines: list[str]) -> list[str]:
    parts = [line.split(maxsplit=1) for line in lines]
    numbered = all(len(part) == 2 and part[0] == str(at) for at, part in enumerate(parts))
    return [name for _, name in parts] if numbered else lines
