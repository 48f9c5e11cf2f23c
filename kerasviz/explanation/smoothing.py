"""Noise around any method: the mean of its maps over noisy copies of the picture, or their variance."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasviz.bounds import COUNT, NUMBERS
from kerasviz.explanation.copies import pictures_of, with_pictures
from kerasviz.explanation.found import Found, joined
from kerasviz.explanation.option import Option
from kerasviz.explanation.request import Request
from kerasviz.explanation.settled import Settled, settle
from kerasviz.probe import frozen_forward, leaves, with_parameters

SAMPLES = Option("samples", int, 20, "noisy copies of the picture", low=1, high=COUNT.high)
NOISE = Option("noise", float, 0.1, "standard deviation, as a share of the picture's range", low=0, high=100)
SEED = Option("seed", int, 0, "of all that is random", low=0, high=NUMBERS["seed"].high)
KIND = Option("kind", str, "mean", "of the maps of the copies", choices=("mean", "variance"))
SMOOTHING = (SAMPLES, NOISE, KIND, SEED)


@dataclass(frozen=True)
class Smoothing:
    """Noise around a method: how many copies, how strong, and what becomes of their maps.

    The noise of a picture depends on `seed` and the picture's place among all, not on the batch size; the
    class explained is that of the picture without noise. Memory does not grow with `samples`.

    >>> Smoothing(kind="variance").title
    'VarGrad'
    """

    samples: int = SAMPLES.default
    noise: float = NOISE.default
    kind: str = KIND.default
    seed: int = SEED.default

    @classmethod
    def checked(cls, name: str, options: Mapping[str, Any]) -> Smoothing:
        """Return the smoothing of these options, which `name` was given.

        Raises:
            InputError: an option out of its range.
        """
        declared = [SAMPLES, NOISE, KIND, SEED]
        if options["kind"] == "variance":
            declared[0] = dataclasses.replace(SAMPLES, low=2)
        return cls(**{option.name: option.checked(name, options[option.name]) for option in declared})

    @property
    def title(self) -> str:
        """As it is drawn."""
        return "SmoothGrad" if self.kind == "mean" else "VarGrad"

    def apply(self, request: Request, run: Callable[[Request], np.ndarray]) -> Found:
        """Return the smoothed maps of a request; `run` makes those of its copies.

        Of what `run` is asked, the target is settled and the pictures are at most `request.batch_size`.
        """
        forward = frozen_forward(request.model)
        parts: list[Found] = []
        first = 0
        for batch, parameters in with_parameters(
            request.model, request.images, request.target, request.batch_size
        ):
            clean = with_pictures(batch, range(len(leaves(batch)[0])), pictures_of(batch))
            said, settled = settle(request, forward, clean, parameters)

            def of_copies(
                rows: list[int], copies: np.ndarray, clean: Any = clean, target: Settled = settled
            ) -> Any:
                images = with_pictures(clean, rows, copies)
                return run(dataclasses.replace(request, images=images, target=target.at(rows)))

            maps = self._over_copies(pictures_of(batch), first, request.batch_size, of_copies)
            parts.append(Found.of(maps, said))
            first += len(maps)
        return joined(parts)

    def _over_copies(
        self,
        pictures: np.ndarray,
        first: int,
        limit: int,
        run: Callable[[list[int], np.ndarray], np.ndarray],
    ) -> np.ndarray:
        """Return mean or variance over the copies of each picture, of which `limit` exist at a time."""
        axes = tuple(range(1, pictures.ndim))
        deviations = self.noise * (pictures.max(axis=axes) - pictures.min(axis=axes))
        means: np.ndarray | None = None
        for pairs in _pairs(len(pictures), self.samples, limit):
            rows = [row for row, _ in pairs]
            copies = [
                pictures[row] + deviations[row] * self._standard((first + row, copy), pictures.shape[1:])
                for row, copy in pairs
            ]
            values = run(rows, np.stack(copies)).astype(np.float64)
            if means is None:
                means, squares = (np.zeros((len(pictures), *values.shape[1:])) for _ in range(2))
            # Welford's running mean and sum of squared differences.
            for (row, copy), value in zip(pairs, values, strict=True):
                difference = value - means[row]
                means[row] += difference / (copy + 1)
                squares[row] += difference * (value - means[row])
        assert means is not None
        return (means if self.kind == "mean" else squares / self.samples).astype(np.float32)

    def _standard(self, key: Sequence[int], shape: tuple[int, ...]) -> np.ndarray:
        return np.random.default_rng((self.seed, *key)).standard_normal(shape, np.float32)


def _pairs(rows: int, copies: int, limit: int) -> Iterator[list[tuple[int, int]]]:
    """Yield all (row, copy), at most `limit` together, the copies of one row after each other."""
    for start in range(0, rows * copies, limit):
        yield [divmod(at, copies) for at in range(start, min(start + limit, rows * copies))]
