"""Methods of explanation compared: every measure of faithfulness for every method and the baselines."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from typing import Any

import keras
import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError, UnsupportedModelError, did_you_mean
from kerasviz.explanation import Request, explain, explained_classes, find_method
from kerasviz.images import PictureForm
from kerasviz.probe import LayerRequest, as_target, class_score, model_ready, uses_channels_first
from kerasviz.trust.agreement import (
    checked_pairs,
    energy_inside,
    intersection_over_union,
    pointing_game,
)
from kerasviz.trust.baselines import BASELINES
from kerasviz.trust.curves import Curves, deletion, insertion
from kerasviz.trust.mosaic import Mosaics, grid_pointing_game, make_mosaics

MEASURES = ("pointing", "energy", "iou", "grid", "deletion", "insertion")
# Of the other measures a higher value is better.
LOWER_IS_BETTER = ("deletion",)
OF_MASKS = ("pointing", "energy", "iou")


@dataclass(frozen=True)
class Settings:
    """What is measured, and how.

    Attributes:
        measures: some of `MEASURES`: the pointing game, the energy inside the mask, the intersection over
            union, the grid pointing game, the areas under the curves of deletion and insertion.
        threshold: of the intersection over union, a share of the map's maximum.
        steps: of the curves.
        mosaics: the number of mosaics, at most one for each picture.
        seed: of all that is random here: the baseline, the mosaics, the order of equal pixels.
        batch_size: pictures per run.
        layer: what the methods of the CAM family take as their layer; None for the last spatial one.
    """

    measures: Sequence[str] = MEASURES
    threshold: float = 0.5
    steps: int = 20
    mosaics: int = 100
    seed: int = 0
    batch_size: int = 32
    layer: LayerRequest | None = None

    def __post_init__(self) -> None:
        for name in self.measures:
            if name not in MEASURES:
                raise InputError(f"There is no measure {name!r}. {did_you_mean(name, MEASURES)}")
        check_numbers(
            threshold=self.threshold,
            steps=self.steps,
            mosaics=self.mosaics,
            seed=self.seed,
            batch_size=self.batch_size,
        )


@dataclass(frozen=True)
class MethodScores:
    """What one method got.

    Attributes:
        method: its name.
        baseline: whether it knows nothing of the network.
        values: `{measure: (n,)}`, one value for each picture, or mosaic.
        curves: the curves of "deletion" and "insertion", where they were measured.
        seconds: the time that its map of one picture took, on average; compiling is in it.
    """

    method: str
    baseline: bool
    values: dict[str, np.ndarray]
    curves: dict[str, Curves]
    seconds: float

    def __repr__(self) -> str:
        means = ", ".join(f"{measure} {self.mean(measure):.3f}" for measure in self.values)
        return f"MethodScores({self.method}: {means})"

    def mean(self, measure: str) -> float:
        """Return the mean of a measure over the pictures."""
        return float(self.values[measure].mean())

    def error(self, measure: str) -> float:
        """Return the standard error of that mean; NaN for one picture, which does not tell."""
        values = self.values[measure]
        return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else float("nan")


@dataclass(frozen=True)
class Evaluator:
    """A model, pictures with masks, and the settings, under which methods are compared.

    Args:
        model: any Keras model with one input of pictures; it is not changed.
        images: `(N, h, w, C)`, as `model.predict` takes them: a preprocessor that the model carries
            (`keras_hub`) is applied to them.
        masks: bool `(N, h, w)`, True on the object, of the size of `images`; None where no measure needs
            them. Where a preprocessor is applied to the pictures, the masks are cropped and padded with them.
        target: the classes explained, an index or one for each picture; None for the predicted ones.
        settings: what is measured.
        options: `{method: {option: value}}`, for `explain`; a `layer` there goes before that of the settings.
        preprocessed: whether the pictures have been through the model's preprocessor already.

    Raises:
        InputError: masks are missing, empty or of another size.
        UnsupportedModelError: the model takes channels first.

    >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 3),
    ...                           keras.layers.GlobalAveragePooling2D(), keras.layers.Softmax()])
    >>> mask = np.zeros((1, 4, 4), bool); mask[:, :2] = True
    >>> evaluator = Evaluator(model, np.ones((1, 4, 4, 1), np.float32), mask, settings=Settings(("energy",)))
    >>> evaluator.score("centre").mean("energy")
    0.5
    """

    model: keras.Model
    images: np.ndarray
    masks: np.ndarray | None = None
    _: KW_ONLY
    target: Any = None
    settings: Settings = field(default_factory=Settings)
    options: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    preprocessed: bool = False

    def __post_init__(self) -> None:
        ready = model_ready(self.model, self.images, self.preprocessed)
        if self.masks is not None and ready is not self.images:
            object.__setattr__(self, "masks", self._preprocessed(self.masks, ready.shape[1:3]))
        object.__setattr__(self, "images", ready)
        object.__setattr__(self, "preprocessed", True)
        if self.images.ndim != 4:
            raise InputError(f"Got images of shape {self.images.shape}; expected pictures (N, h, w, C).")
        if uses_channels_first(self.model):
            raise UnsupportedModelError("The model takes channels first; an evaluation needs channels last.")
        if set(OF_MASKS) & set(self.settings.measures):
            if self.masks is None:
                raise InputError(f"{', '.join(OF_MASKS)} need masks: pass them, or other measures.")
            checked_pairs(np.zeros(self.images.shape[:3], bool), self.masks)

    def __repr__(self) -> str:
        masks = "no masks" if self.masks is None else "masks"
        return f"Evaluator({self.model.name}: {len(self.images)} pictures, {masks}, {self.settings})"

    def _preprocessed(self, masks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Return masks of the pictures as they come out of the model's preprocessor, in that size."""
        given = np.asarray(self.images).shape[:3]
        if np.shape(masks) != given:
            raise InputError(
                f"Got pictures of shape {given} and masks of shape {np.shape(masks)}; expected masks of the "
                "pictures' size: what the model's preprocessor does to the pictures is done to them."
            )
        box = PictureForm.of(self.model).box(given[1:])
        if box is None:
            raise InputError(
                f"The preprocessor of the model {self.model.name!r} does more than stretch, crop, pad and "
                "scale, so that masks cannot follow: pass what it makes of the pictures, and masks of that, "
                "with preprocessed=True."
            )
        return np.stack([box.seen(mask, size) for mask in np.asarray(masks, bool)])

    @cached_property
    def classes(self) -> np.ndarray:
        """The explained class of each picture, int32 `(N,)`."""
        request = Request(
            self.model, self.images, None, as_target(self.target), False, self.settings.batch_size
        )
        return explained_classes(request)

    @cached_property
    def mosaics(self) -> Mosaics | None:
        """The mosaics of the grid pointing game; None where all pictures have one class."""
        return make_mosaics(self.images, self.classes, self.settings.mosaics, self.settings.seed)

    def check(self, methods: Sequence[str]) -> None:
        """Raise InputError where a method or an option of one does not exist."""
        for name in methods:
            if name not in BASELINES:
                own = self.options.get(name, {})
                find_method(name).resolved({option: own[option] for option in own if option != "layer"})
        for name in self.options:
            if name not in methods:
                raise InputError(f"There are options for {name!r}, which is not among {', '.join(methods)}.")

    def scores(self, methods: Sequence[str]) -> Iterator[MethodScores]:
        """Yield what each of the methods gets, and then the baselines; all are checked first."""
        self.check(methods)
        for name in dict.fromkeys([*methods, *BASELINES]):
            yield self.score(name)

    def score(self, method: str) -> MethodScores:
        """Return what one method, or baseline, gets."""
        wanted = self.settings.measures
        start = time.perf_counter()
        maps = self.maps(method, self.images, self.classes)
        seconds = (time.perf_counter() - start) / len(maps)
        values: dict[str, np.ndarray] = {}
        if self.masks is not None and set(OF_MASKS) & set(wanted):
            of_masks = {
                "pointing": pointing_game(maps, self.masks),
                "energy": energy_inside(maps, self.masks),
                "iou": intersection_over_union(maps, self.masks, self.settings.threshold),
            }
            values = {name: found for name, found in of_masks.items() if name in wanted}
        if "grid" in wanted and self.mosaics is not None:
            in_mosaics = self.maps(method, self.mosaics.images, self.mosaics.classes)
            values["grid"] = grid_pointing_game(in_mosaics, self.mosaics.cells)
        curves = self._curves(maps)
        values |= {name: found.areas for name, found in curves.items()}
        return MethodScores(method, method in BASELINES, values, curves, seconds)

    def maps(self, method: str, images: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Return the maps `(N, h, w)` of a method, or baseline, for those classes."""
        if method in BASELINES:
            return BASELINES[method](images, self.settings.seed)
        options = dict(self.options.get(method, {}))
        layer, found = options.pop("layer", None), find_method(method)
        if layer is None and found.uses_layer(found.resolved(options)):
            layer = self.settings.layer
        return explain(
            self.model,
            images,
            method,
            layer=layer,
            target=classes.tolist(),
            batch_size=self.settings.batch_size,
            preprocessed=True,
            **options,
        ).maps

    def _curves(self, maps: np.ndarray) -> dict[str, Curves]:
        target = class_score(self.classes.tolist(), probability=True)
        return {
            function.__name__: function(
                self.model,
                self.images,
                maps,
                target,
                self.settings.steps,
                self.settings.seed,
                self.settings.batch_size,
            )
            for function in (deletion, insertion)
            if function.__name__ in self.settings.measures
        }


def as_table(rows: Sequence[MethodScores]) -> list[dict[str, Any]]:
    """Return what each method got as plain numbers: mean and standard error of each measure, and seconds.

    A measure that nothing could be measured of (the grid game where all pictures have one class) is missing,
    and the error of a single picture is None.

    >>> row = MethodScores("rise", False, {"iou": np.array([0.25, 0.75])}, {}, 1.5)
    >>> as_table([row])[0]["iou"], as_table([row])[0]["iou_error"]
    (0.5, 0.25)
    """
    table = []
    for row in rows:
        cells: dict[str, Any] = {"method": row.method, "baseline": row.baseline}
        for name in MEASURES:
            if name in row.values:
                error = row.error(name)
                cells |= {name: row.mean(name), f"{name}_error": None if math.isnan(error) else error}
        table.append(cells | {"seconds": row.seconds})
    return table
