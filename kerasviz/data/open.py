"""The one opener of data: a name, a folder, a `tf.data.Dataset` or arrays, all as a `Dataset`."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasviz.data.arrays import from_arrays, from_stream, names_for
from kerasviz.data.location import expanded
from kerasviz.data.matching import match_classes
from kerasviz.data.sets import fashion_mnist, folder, pets, shapes
from kerasviz.data.split import Dataset, Split
from kerasviz.errors import DatasetError, InputError, did_you_mean

if TYPE_CHECKING:
    import keras

# What can be opened: a name of DATA_SETS or a folder's path, a data set or split, a tf.data.Dataset, or
# arrays: pictures, or a pair of pictures and labels.
Data = Any
DATA_SETS: dict[str, Callable[..., Dataset]] = {
    "pets": pets.load,
    "fashion": fashion_mnist.load,
    "shapes": shapes.load,
}
_OF_ARRAYS = ("class_names", "value_range")


def options_of(data: Data) -> tuple[str, ...]:
    """Return the names of the options that `open_data` takes for `data`.

    >>> options_of("fashion")
    ('directory',)
    """
    if isinstance(data, str) and data in DATA_SETS:
        return tuple(inspect.signature(DATA_SETS[data]).parameters)
    if isinstance(data, str | os.PathLike):
        return tuple(inspect.signature(folder.load).parameters)[1:]  # but for the folder itself
    return () if isinstance(data, Dataset) else ("class_names",) if isinstance(data, Split) else _OF_ARRAYS


def open_data(data: Data, **options: Any) -> Dataset:
    """Return whatever pictures `data` names or holds as a data set.

    | `data` | what it is | options |
    | --- | --- | --- |
    | `"pets"` | Oxford-IIIT Pet | `directory`, `classes`, `split`, `seed`, `download` |
    | `"fashion"` | Fashion-MNIST | `directory` |
    | `"shapes"` | generated | `train`, `validation`, `image_size`, `classes`, `seed`, `shortcut` |
    | a folder's path | class sub-folders, or pictures | `split` (a share), `seed`, `channels`, `masks` |
    | `tf.data.Dataset` | of pictures, or of (pictures, labels) | `class_names`, `value_range` |
    | arrays | pictures, or a pair (pictures, labels) | `class_names`, `value_range` |
    | `Split`, `Dataset` | as it is | of a split: `class_names` |

    The options are those of `kerasviz.data.pets.load` and its like; None is as if it were left out. What was
    not divided into pictures to train on and to validate on is all in `validation`.

    Raises:
        InputError: an option is not one of the kind's, or cannot be used.
        DatasetError: the data are not there or cannot be used; there is neither such a name nor a folder.

    >>> open_data("shapes", train=4, validation=2, image_size=16)
    Dataset(shapes: 4 train, 2 validation, 4 classes)
    """
    given = {name: value for name, value in options.items() if value is not None}
    known = options_of(data)
    for name in given:
        if name not in known:
            raise InputError(
                f"{_described(data)} takes no {name}; its options are: {', '.join(known) or 'none'}."
            )
    if isinstance(data, str) and data in DATA_SETS:
        return DATA_SETS[data](**given)
    if isinstance(data, str | os.PathLike):
        return _folder(expanded(data), given)
    if isinstance(data, Dataset):
        return data
    if isinstance(data, Split):
        return _of_split(data, **given)
    if hasattr(data, "element_spec"):
        return from_stream(data, **given)
    images, labels = data if isinstance(data, tuple) and len(data) == 2 else (data, None)
    return from_arrays(images, labels, **given)


def open_for(class_names: Sequence[str] | None, data: Data, **options: Any) -> Dataset:
    """Return `open_data(data, **options)` for a model that knows these classes, if that is known.

    Of the pets, the breeds that are among them are taken, and all where none is, unless `classes` names them.
    """
    if isinstance(data, str) and data == "pets" and class_names is not None and not options.get("classes"):
        found = pets.breeds(options.get("directory"), bool(options.get("download")))
        options["classes"] = _known(found, class_names)
    return open_data(data, **options)


def open_labelled(
    model: keras.Model,
    data: Data,
    class_names: Sequence[str] | None = None,
    value_range: Sequence[float] | None = None,
) -> Dataset:
    """Return pictures whose labels are the model's numbers for their classes.

    Args:
        model: a classifier.
        data: as of `open_data`. The labels of a `Split` are taken for the model's; those of anything else are
            matched by the classes' names (`match_classes`).
        class_names: the model's, by default those that it keeps.
        value_range: of float arrays and streams, what they hold for black and white.

    Raises:
        InputError: the pictures have no labels, or classes that the model has not.
        DatasetError: there are none.
    """
    # The room of models loads Keras, which takes seconds: only who has a model waits for it.
    from kerasviz.models import class_count
    from kerasviz.models import class_names as names_in

    names = class_names if class_names is not None else names_in(model)
    dataset = open_for(names, data, **{"value_range": value_range} if data_is_array(data) else {})
    if not len(dataset.validation):
        raise DatasetError(f"{dataset.name} holds no picture; choose other classes or another share.")
    if not dataset.validation.labelled:
        raise InputError(f"The pictures of {dataset.name} have no labels; pass pictures with their classes.")
    return dataset if isinstance(data, Split) else match_classes(dataset, names, class_count(model))


def data_is_array(data: Data) -> bool:
    """Return whether `data` is an array or a stream, whose floats need a range."""
    return "value_range" in options_of(data)


def _known(breeds: Sequence[str], class_names: Sequence[str]) -> list[str] | None:
    """Return the breeds that are among the names, in the names' order."""
    known = {breed.lower(): breed for breed in breeds}
    return [known[name] for one in class_names if (name := one.lower().replace(" ", "_")) in known] or None


def _folder(root: Path, given: dict[str, Any]) -> Dataset:
    if not os.path.isdir(root):
        near = did_you_mean(str(root), DATA_SETS)
        raise DatasetError(f"{root} is neither a folder nor one of the data sets. {near}")
    return folder.load(root, **given)


def _of_split(split: Split, class_names: Sequence[str] | None = None) -> Dataset:
    names = names_for(split.labels, class_names) if split.labelled else ()
    return Dataset("pictures", names, split.take([]), split)


def _described(data: Data) -> str:
    if isinstance(data, str) and data in DATA_SETS:
        return f"The data set {data}"
    if isinstance(data, str | os.PathLike):
        return f"The folder {data}"
    return f"A {type(data).__name__}"
