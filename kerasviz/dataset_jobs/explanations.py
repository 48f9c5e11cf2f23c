"""The results of a data set, read when they are asked for."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasviz.bounds import short
from kerasviz.data import arrow
from kerasviz.dataset_jobs.parts import is_done
from kerasviz.dataset_jobs.plan import Plan
from kerasviz.errors import DatasetError, InputError, MissingDependencyError
from kerasviz.models import find_class

_TOGETHER = 1024
Class = int | str


@dataclass(frozen=True, repr=False)
class Row:
    """One picture of a data set.

    Attributes:
        key: what it is called in its data set.
        path: the file that it is, or lies in; None where it was in memory.
        label: the model's number of its class; None where it is not known.
        label_name: the name of its class; None where it is not known.
        prediction: the predicted class; None where the picture could not be read.
        prediction_name: its name, where the model's are known.
        confidence: its probability, 0..1.
        top_classes: the most probable classes, the most probable first.
        top_confidences: their probabilities.
        score: what is explained.
        map: float32 `(h, w)`; None where the picture could not be read.
        embedding: float32 `(D,)`, where one was asked for; or None.
        error: why the picture could not be read; None where it could.
    """

    key: str
    path: str | None
    label: int | None
    label_name: str | None
    prediction: int | None
    prediction_name: str | None
    confidence: float | None
    top_classes: list[int] | None
    top_confidences: list[float] | None
    score: float | None
    map: np.ndarray | None
    embedding: np.ndarray | None
    error: str | None

    def __repr__(self) -> str:
        if self.error is not None:
            return f"Row({self.key}: {self.error})"
        said = self.prediction if self.prediction_name is None else self.prediction_name
        return f"Row({self.key}: {said}, confidence {self.confidence:.3f})"


@dataclass(frozen=True, repr=False)
class Explanations:
    """The results of `explain_dataset`, lazily: iteration yields a `Row` a picture, in the data set's order.

    Made by `open_explanations` and `explain_dataset`. `len(e)` counts the rows without reading them, `select`
    narrows them down, `table` and `frame` give the columns that are named.

    Attributes:
        plan: what was asked for.
        chosen: what `select` was asked for, as an expression of pyarrow; None for all.
    """

    plan: Plan
    chosen: Any = None

    def __repr__(self) -> str:
        where = "" if self.plan.layer is None else f" at {self.plan.layer}"
        missing = len(self.missing)
        left = f", {missing:,} of {self.plan.shards:,} parts missing" if missing else ""
        return f"Explanations({len(self):,} pictures by {self.plan.method}{where}{left})"

    @property
    def parts(self) -> list[int]:
        """The numbers of the parts that are there."""
        return [index for index in range(self.plan.shards) if is_done(self.plan, index)]

    @property
    def missing(self) -> list[int]:
        """The numbers of the parts that are not there yet."""
        return [index for index in range(self.plan.shards) if not is_done(self.plan, index)]

    def __len__(self) -> int:
        return int(self._dataset().count_rows(filter=self.chosen))

    def __iter__(self) -> Iterator[Row]:
        for batch in self.batches():
            yield from self._rows(batch)

    def select(
        self,
        *,
        label: Class | Sequence[Class] | None = None,
        prediction: Class | Sequence[Class] | None = None,
        mistaken: bool | None = None,
        confidence: tuple[float, float] | None = None,
        readable: bool | None = None,
    ) -> Explanations:
        """Return those pictures of which all that is asked for holds.

        Args:
            label: their class, by name or the model's number, or one of several.
            prediction: what is predicted, likewise.
            mistaken: whether the prediction is another class than the label. Pictures whose class is not
                known are neither.
            confidence: (least, most), both included, 0..1.
            readable: whether the picture could be read.

        Raises:
            InputError: there is no such class, or the two confidences are no numbers in order.
        """
        field = arrow().compute.field
        wanted = [] if self.chosen is None else [self.chosen]
        for column, classes in (("label", label), ("prediction", prediction)):
            if classes is not None:
                wanted.append(self._is_one_of(column, classes))
        if mistaken is not None:
            wanted.append(
                field("label") != field("prediction") if mistaken else field("label") == field("prediction")
            )
        if confidence is not None:
            least, most = _checked_range(confidence)
            wanted.append((field("confidence") >= least) & (field("confidence") <= most))
        if readable is not None:
            wanted.append(field("error").is_null() if readable else field("error").is_valid())
        if not wanted:
            return self
        expression = wanted[0]
        for one in wanted[1:]:
            expression = expression & one
        return dataclasses.replace(self, chosen=expression)

    def batches(self, columns: Sequence[str] | None = None, rows: int = _TOGETHER) -> Iterator[Any]:
        """Yield the rows in pyarrow's record batches of at most `rows`, in the data set's order.

        Args:
            columns: which; None for all.
            rows: in a batch.

        Raises:
            InputError: there is no such column.
        """
        scanner = self._dataset().scanner(
            columns=self._known(columns), filter=self.chosen, batch_size=rows, use_threads=False
        )
        for batch in scanner.to_batches():
            if len(batch):
                yield batch

    def table(self, columns: Sequence[str] | None = None) -> Any:
        """Return the rows as one table of pyarrow: in memory, so name the columns of a large data set.

        Raises:
            InputError: there is no such column.
        """
        return self._dataset().to_table(columns=self._known(columns), filter=self.chosen)

    def frame(self, columns: Sequence[str] | None = None) -> Any:
        """Return the rows as a data frame of pandas: in memory, as `table`.

        Raises:
            InputError: there is no such column.
            MissingDependencyError: pandas is not installed.
        """
        try:
            import pandas  # noqa: F401
        except ImportError as error:
            raise MissingDependencyError(
                "A data frame needs the package pandas: run pip install pandas, or use table(), which needs "
                "nothing more."
            ) from error
        return self.table(columns).to_pandas()

    def maps_of(self, batch: Any) -> np.ndarray:
        """Return the maps of a batch of `batches`, or of a table: float32 `(N, *map_shape)`.

        Of pictures that could not be read they are NaN.
        """
        column = batch.column("map")
        column = column.combine_chunks() if hasattr(column, "combine_chunks") else column
        maps = np.full((len(batch), *self.plan.map_shape), np.nan, np.float32)
        known = np.asarray(column.is_valid())
        scales = np.asarray(batch.column("map_scale").drop_null(), np.float32)
        values = column.drop_null().flatten().to_numpy(zero_copy_only=False).astype(np.float32)
        shaped = values.reshape(-1, *self.plan.map_shape)
        maps[known] = shaped * scales.reshape(-1, *[1] * len(self.plan.map_shape))
        return maps

    def _rows(self, batch: Any) -> Iterator[Row]:
        maps = self.maps_of(batch)
        rest = batch.drop_columns([name for name in ("map", "map_scale") if name in batch.schema.names])
        for at, values in enumerate(rest.to_pylist()):
            vector = values.pop("embedding", None)
            yield Row(
                **values,
                map=maps[at] if values["error"] is None else None,
                embedding=None if vector is None else np.asarray(vector, np.float32),
            )

    def _is_one_of(self, column: str, classes: Class | Sequence[Class]) -> Any:
        asked = [classes] if isinstance(classes, int | str) else list(classes)
        names = self.plan.class_names
        field = arrow().compute.field
        numbers = [one for one in asked if not isinstance(one, str)]
        words = [one for one in asked if isinstance(one, str)]
        if words and names is None:
            return field(column).isin(numbers) | field(f"{column}_name").isin(words)
        numbers += [find_class(one, names or ()) for one in words]
        return field(column).isin(numbers)

    def _dataset(self) -> Any:
        arrow()
        import pyarrow.dataset

        files = [str(self.plan.part(index)) for index in self.parts]
        if not files:
            raise DatasetError(f"{self.plan.folder} holds no part yet: run the same explain_dataset again.")
        return pyarrow.dataset.dataset(files, format="parquet")

    def _known(self, columns: Sequence[str] | None) -> list[str] | None:
        if columns is None:
            return None
        names = self._dataset().schema.names
        if unknown := [one for one in columns if one not in names]:
            raise InputError(f"There is no column {unknown[0]!r}; there are {', '.join(names)}.")
        return list(columns)


def open_explanations(out: str | os.PathLike[str]) -> Explanations:
    """Return the results that `explain_dataset` wrote into a folder, read when they are asked for.

    Raises:
        DatasetError: it holds no plan, or a damaged one.
        MissingDependencyError: pyarrow is not installed.

    >>> found = open_explanations("explained")  # doctest: +SKIP
    >>> sure = found.select(mistaken=True, confidence=(0.9, 1))  # doctest: +SKIP
    >>> sure.frame(["path", "label_name", "prediction_name"])  # doctest: +SKIP
    """
    arrow()
    return Explanations(Plan.read(os.fspath(out)))


def _checked_range(confidence: tuple[float, float]) -> tuple[float, float]:
    try:
        least, most = (float(one) for one in confidence)
        if not 0 <= least <= most <= 1:
            raise ValueError
    except (TypeError, ValueError):
        raise InputError(
            f"confidence is {short(confidence)}; pass (least, most) in 0..1, such as (0.9, 1)."
        ) from None
    return least, most
