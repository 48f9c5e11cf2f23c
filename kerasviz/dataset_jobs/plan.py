"""The plan of a data set's explanation: everything that decides what its files hold, in one file."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasviz.atomic import atomic_path
from kerasviz.data import PictureList, list_again
from kerasviz.dataset_jobs.list_file import LIST, ListFile
from kerasviz.errors import DatasetError, ImageError, InputError
from kerasviz.images import Picture, PictureForm

if TYPE_CHECKING:
    from kerasviz.dataset_jobs.known_model import KnownModel

PLAN = "plan.json"
_FORMAT = 1
# What decides what the rows hold; the rest says where things lie, or what they looked like.
_DECIDES = (
    "model_digest",
    "class_names",
    "method",
    "options",
    "layer",
    "embed",
    "form",
    "keys_digest",
    "count",
    "shard_size",
    "outputs",
)


@dataclass(frozen=True, repr=False, kw_only=True)
class Plan:
    """What is done with a data set; made by `explain_dataset`, found again by `Plan.read(folder)`.

    Attributes:
        folder: where the results are.
        model: where the model lies: a file, a folder or a name; None for one that is in memory alone.
        allow: packages whose classes the model's file may use.
        model_digest: SHA-256 of the model's file, or of its configuration and weights.
        class_names: the model's classes; None where they are not known.
        method: the name of the method.
        options: the value of each of its options.
        layer: the path of the layer that the maps are made of; None where there is none.
        embed: the path of the layer whose vectors are kept; None where there is none.
        form: how the model takes pictures, as `PictureForm` has it.
        keys_digest: SHA-256 of all keys and classes, in order.
        count: pictures.
        shard_size: pictures in a part; the last may hold fewer.
        outputs: what the model returns, "probabilities" or "logits": found out once, for all parts.
        score_kind: what is explained, as in `Explanation`.
        map_shape: of a map.
        feature_shape: of the activations of `layer`, `(h, w, C)`; None where there is none.
        receptive: what each place of the layer sees of the picture, as `Receptive.to_json` gives it; or None.
        batch_size: pictures in one run.
        data: what the data set is called.
        versions: those of the packages that made the plan.

    >>> plan = Plan.read("explained")  # doctest: +SKIP
    >>> plan.count, plan.shards  # doctest: +SKIP
    (70000, 18)
    """

    folder: Path
    model: str | None
    allow: tuple[str, ...]
    model_digest: str
    class_names: tuple[str, ...] | None
    method: str
    options: Mapping[str, Any]
    layer: str | None
    embed: str | None
    form: Mapping[str, Any]
    keys_digest: str
    count: int
    shard_size: int
    outputs: str
    score_kind: str
    map_shape: tuple[int, ...]
    feature_shape: tuple[int, ...] | None
    receptive: Mapping[str, Any] | None
    batch_size: int
    data: str
    versions: Mapping[str, str]
    held: KnownModel | None = field(default=None, compare=False)
    held_pictures: PictureList | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        where = "" if self.layer is None else f" at {self.layer}"
        return f"Plan({self.method}{where}, {self.count:,} pictures of {self.data}, {self.shards:,} parts)"

    @property
    def shards(self) -> int:
        """How many parts there are."""
        return -(-self.count // self.shard_size)

    @property
    def picture_size(self) -> tuple[int, int]:
        """Height and width of the pictures that the model takes, in pixels."""
        return self.form["height"], self.form["width"]

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of everything that decides what the parts hold."""
        decides = {name: _plain(getattr(self, name)) for name in _DECIDES}
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()

    def shard_rows(self, index: int) -> range:
        """Return the numbers of the pictures of part `index`.

        Raises:
            InputError: there is no such part.
        """
        if not 0 <= index < self.shards:
            raise InputError(f"There is no part {index}: {self} has 0 to {self.shards - 1}.")
        start = index * self.shard_size
        return range(start, min(start + self.shard_size, self.count))

    def part(self, index: int) -> Path:
        """Return the file of part `index`."""
        return self.folder / f"part-{index:05}.parquet"

    def sums(self, index: int) -> Path:
        """Return the file beside part `index` that holds what the views need of it."""
        return self.folder / f"part-{index:05}.sums.npz"

    def listing(self) -> ListFile:
        """Return the list of the pictures."""
        return ListFile(self.folder / LIST, self.shard_size)

    def picture_list(self) -> PictureList:
        """Return what reads the pictures.

        Raises:
            InputError: they are in the memory of another process.
        """
        if self.held_pictures is not None:
            return self.held_pictures
        return list_again(())

    def known_model(self) -> KnownModel:
        """Return the model and its form, loaded once in a process.

        Raises:
            InputError: it is in the memory of another process, or the file is another one by now.
        """
        from kerasviz.dataset_jobs.known_model import known_model

        return self.held if self.held is not None else known_model(self)

    def pictures(self, numbers: Iterable[int]) -> Iterator[tuple[int, str, Picture]]:
        """Yield number, key and picture, in rising order; what cannot be read is left out."""
        form, source = self._form(), self.picture_list()
        for number, one in self.listing().rows(sorted(numbers)):
            with contextlib.suppress(ImageError):
                yield number, one.key, form.fit(source.read(one), one.path)

    def _form(self) -> PictureForm:
        return self.known_model().form if self.form["preprocessor"] else form_of_record(self.form)

    def write(self) -> None:
        """Write the plan into its folder."""
        names = [one.name for one in dataclasses.fields(self) if not one.name.startswith("held")]
        record = {name: _plain(getattr(self, name)) for name in names if name != "folder"}
        text = json.dumps({"format": _FORMAT, "digest": self.digest, **record}, indent=2) + "\n"
        with atomic_path(self.folder / PLAN, durable=True) as temporary:
            temporary.write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: str | Path) -> Plan:
        """Return the plan in a folder.

        Raises:
            DatasetError: there is none, or it is damaged, or of another kerasviz.
        """
        folder = Path(folder)
        path = folder / PLAN
        if not path.is_file():
            raise DatasetError(f"There is no {PLAN} in {folder}: name a folder that explain_dataset wrote.")
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            number, digest = record.pop("format"), record.pop("digest")
            if number != _FORMAT:
                raise DatasetError(f"{path} is of the format {number}; this kerasviz reads {_FORMAT}.")
            plan = cls(folder=folder, **{name: _as_tuple(value) for name, value in record.items()})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise DatasetError(f"{path} is damaged: make the folder anew.") from error
        if plan.digest != digest:
            raise DatasetError(f"{path} was changed by hand: its digest is not that of what it says.")
        return plan

    def same_there(self) -> Plan | None:
        """Return the plan in the folder, which says the same; None where there is none.

        Raises:
            InputError: the folder holds another plan; the message says what differs.
        """
        if not (self.folder / PLAN).is_file():
            return None
        there = Plan.read(self.folder)
        if there.digest == self.digest:
            return there
        names = [name for name in _DECIDES if _plain(getattr(there, name)) != _plain(getattr(self, name))]
        told = "; ".join(
            f"{word}: {_short(getattr(there, name))} there, {_short(getattr(self, name))} now"
            for name in names
            for word in [_WORDS.get(name, name)]
        )
        raise InputError(
            f"{self.folder} holds the parts of another plan ({told}): choose another folder, or remove it."
        )


_WORDS = {"model_digest": "model", "keys_digest": "pictures", "count": "number of pictures"}


def form_record(form: PictureForm) -> dict[str, Any]:
    """Return a form as JSON knows it; of a preprocessor only that there is one."""
    record = {one.name: _plain(getattr(form, one.name)) for one in dataclasses.fields(form)}
    return record | {"preprocessor": form.preprocessor is not None}


def form_of_record(record: Mapping[str, Any]) -> PictureForm:
    """Return the form that `form_record` made a record of, without a preprocessor."""
    given = record["input_range"]
    low_high = None if given is None else tuple(given)
    return PictureForm(**{**record, "input_range": low_high, "preprocessor": None})


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return value


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(_plain(value))
    return f"{text[:12]}..." if len(text) > 60 and isinstance(value, str) else text[:200]
