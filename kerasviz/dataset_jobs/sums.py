"""The sums of a part: what the views need of the activations, which the rows do not hold.

Sums are exact and every order of the pictures is settled by value and number, so that sums of the same
pictures are the same file, in whatever order pictures were added and parts were merged.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable

import numpy as np

from kerasviz.atomic import atomic_path
from kerasviz.errors import DatasetError, InputError

# Pictures kept of every filter, as in figure 2 of Zeiler and Fergus (2014).
TOP = 9
_NOBODY = -1


class Sums:
    """Of the C filters of a layer: the pictures that activate each most, and how many activate it at all.

    Memory does not grow with the number of pictures. Begin with `Sums()`, which takes the number of filters
    from the first pictures.

    Attributes:
        peaks: float32 `(C, 9)`, the highest activations of each filter anywhere in a picture, highest first;
            -inf where there were fewer pictures.
        numbers: int64 `(C, 9)`, of the pictures in the plan's list; -1 where there were fewer.
        places: int32 `(C, 9)`, where in the feature map: row times width plus column.
        active: int64 `(C,)`, in how many pictures a filter is somewhere above 0.
        count: how many pictures were added.

    >>> sums = Sums()
    >>> sums.add(np.array([7, 8]), np.array([[0.5, 0.0], [2.0, 0.0]]), places=np.array([[3, 0], [1, 0]]))
    >>> sums.numbers[0, :3].tolist(), sums.places[0, :2].tolist(), sums.active.tolist()
    ([8, 7, -1], [1, 3], [2, 0])
    """

    def __init__(self) -> None:
        self.count = 0
        self._begin(0)

    def __repr__(self) -> str:
        return f"Sums({len(self.active)} filters, {self.count:,} pictures)"

    def add(self, numbers: np.ndarray, peaks: np.ndarray, places: np.ndarray) -> None:
        """Add pictures, each once.

        Args:
            numbers: int `(N,)`, the pictures' places in the plan's list.
            peaks: `(N, C)`, the highest activation of each filter in each picture; NaN counts as none.
            places: int `(N, C)`, where it is, as in `Sums.places`.

        Raises:
            InputError: the shapes do not fit each other or the filters that are known.
        """
        peaks, places = np.asarray(peaks, np.float32), np.asarray(places)
        if peaks.ndim != 2 or places.shape != peaks.shape or len(numbers) != len(peaks):
            raise InputError(
                f"Got {len(numbers)} numbers of pictures, peaks of the shape {peaks.shape} and places of the "
                f"shape {places.shape}; expected (N,), (N, C) and (N, C)."
            )
        self._fit(peaks.shape[1])
        peaks = np.where(np.isnan(peaks), -np.inf, peaks)
        self.active += (peaks > 0).sum(axis=0)
        self.count += len(peaks)
        # After some thousand pictures few filters see a higher peak: only these are sorted anew.
        changed = np.flatnonzero((peaks >= self.peaks[:, -1]).any(axis=0))
        shape = (len(changed), len(peaks))
        self._keep(changed, peaks.T[changed], np.broadcast_to(np.asarray(numbers), shape), places.T[changed])

    @classmethod
    def merged(cls, parts: Iterable[Sums]) -> Sums:
        """Return the sums of all parts, which share no picture; the order does not matter.

        Raises:
            InputError: they are of other numbers of filters.
        """
        whole = cls()
        for part in parts:
            if not part.count:
                continue
            whole._fit(len(part.active))
            whole.active += part.active
            whole.count += part.count
            whole._keep(np.arange(len(part.active)), part.peaks, part.numbers, part.places)
        return whole

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a `.npz` file that appears whole or not at all: the same bytes for the same sums."""
        with atomic_path(path) as temporary, open(temporary, "wb") as file:
            np.savez(
                file,
                peaks=self.peaks,
                numbers=self.numbers,
                places=self.places,
                active=self.active,
                count=np.int64(self.count),
            )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Sums:
        """Return what `save` wrote.

        Raises:
            DatasetError: there is no such file, or it is damaged.
        """
        try:
            # A file that NumPy opens itself stays open where it is damaged.
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as found:
                sums = cls()
                sums._begin(len(found["active"]))
                for name in ("peaks", "numbers", "places", "active"):
                    getattr(sums, name)[...] = found[name]
                sums.count = int(found["count"])
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise DatasetError(
                f"The sums {os.fspath(path)!r} are missing or damaged: remove the part of the same number, "
                "and explain the data set again; only that part is computed anew."
            ) from error
        return sums

    def dead(self) -> np.ndarray:
        """Return the filters that are above 0 in no picture, int64, ascending.

        >>> sums = Sums()
        >>> sums.add(np.arange(1), peaks=np.array([[0.0, 0.1]]), places=np.zeros((1, 2), int))
        >>> sums.dead().tolist()
        [0]
        """
        return np.flatnonzero(self.active == 0) if self.count else np.zeros(0, np.int64)

    def _begin(self, filters: int) -> None:
        self.peaks = np.full((filters, TOP), -np.inf, np.float32)
        self.numbers = np.full((filters, TOP), _NOBODY, np.int64)
        self.places = np.zeros((filters, TOP), np.int32)
        self.active = np.zeros(filters, np.int64)

    def _fit(self, filters: int) -> None:
        if not self.count:
            self._begin(filters)
        if len(self.active) != filters:
            raise InputError(
                f"These sums are of {len(self.active)} filters, and peaks of {filters} were added: they are "
                "of different layers."
            )

    def _keep(self, filters: np.ndarray, peaks: np.ndarray, numbers: np.ndarray, places: np.ndarray) -> None:
        """Keep the nine highest of what there is and what is new, of equal ones the first in the list."""
        kept: list[np.ndarray] = [self.peaks, self.numbers, self.places]
        peaks, numbers, places = (
            np.concatenate([old[filters], new], axis=1)
            for old, new in zip(kept, (peaks, numbers, places), strict=True)
        )
        # Who is nobody comes after everybody, also after pictures whose peak is -inf.
        order = np.lexsort((numbers, numbers == _NOBODY, -peaks), axis=1)[:, :TOP]
        self.peaks[filters] = np.take_along_axis(peaks, order, axis=1)
        self.numbers[filters] = np.take_along_axis(numbers, order, axis=1)
        self.places[filters] = np.take_along_axis(places, order, axis=1)
