"""The parts of pictures that activate a filter most, and from which classes they come.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section 4 and figure 2: for a
feature map the nine highest activations, and the part of the picture that each place sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasviz.dataset_jobs.receptive import Receptive
from kerasviz.dataset_jobs.sums import Sums
from kerasviz.images import Box

Area = tuple[float, float, float, float]
WHOLE_INPUT: Area = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Crop:
    """A part of a picture.

    Attributes:
        number: of the picture, in the plan's list.
        peak: how much it activates the filter.
        area: which part of the model's input it is: top, left, bottom and right, shares of 0..1.
        cell: which part of the input the place of the peak stands for in the feature map, likewise.
    """

    number: int
    peak: float
    area: Area
    cell: Area


def top_crops(
    sums: Sums, filter_number: int, feature_size: tuple[int, int], receptive: Receptive | None = None
) -> list[Crop]:
    """Return the parts of pictures that activate a filter most, the strongest first, at most nine.

    Pictures that do not activate it (0 or less) are left out, so that a dead filter has none.

    Args:
        sums: of the whole data set.
        filter_number: which of the filters.
        feature_size: height and width of the feature map.
        receptive: which part of the input each place sees; without it, that is the whole.

    >>> sums = Sums()
    >>> sums.add(np.array([4]), peaks=np.array([[2.0]]), places=np.array([[3]]))
    >>> half = np.array([[0.0, 0.75], [0.25, 1.0]])
    >>> top_crops(sums, 0, (2, 2), Receptive(half, half))
    [Crop(number=4, peak=2.0, area=(0.25, 0.25, 1.0, 1.0), cell=(0.5, 0.5, 1.0, 1.0))]
    """
    height, width = feature_size
    crops = []
    for peak, number, place in zip(
        sums.peaks[filter_number].tolist(),
        sums.numbers[filter_number].tolist(),
        sums.places[filter_number].tolist(),
        strict=True,
    ):
        if peak > 0:
            row, column = divmod(place, width)
            cell = (row / height, column / width, (row + 1) / height, (column + 1) / width)
            crops.append(
                Crop(number, peak, WHOLE_INPUT if receptive is None else receptive.area(place), cell)
            )
    return crops


def cut_out(picture: np.ndarray, area: Area, box: Box) -> np.ndarray:
    """Return a part of the model's input as that part of the picture, `(h, w, C)`, at least a pixel.

    Args:
        picture: `(h, w, C)`, of its own size.
        area: top, left, bottom and right, shares of the input's sides.
        box: which part of the picture the input is; what lies in its padding is left out.

    >>> picture = np.arange(16).reshape(4, 4, 1)
    >>> cut_out(picture, (0.0, 0.5, 0.5, 1.0), Box(0.0, 0.0, 1.0, 1.0))[:, :, 0].tolist()
    [[2, 3], [6, 7]]
    >>> cut_out(picture, (0.0, 0.5, 0.5, 1.0), Box(0.0, 0.5, 1.0, 1.0))[:, :, 0].tolist()  # of the right half
    [[3], [7]]
    """
    top, bottom = _pixels(area[0], area[2], box.top, box.bottom, picture.shape[0])
    left, right = _pixels(area[1], area[3], box.left, box.right, picture.shape[1])
    return picture[top:bottom, left:right]


def classes_of(crops: Sequence[Crop], classes: np.ndarray) -> list[tuple[int, int]]:
    """Return the classes of the crops' pictures and how many are of each, the most frequent first.

    Of equally frequent ones that of the stronger crop comes first; unknown classes, -1, are not counted.

    >>> crops = [Crop(number, 1.0, WHOLE_INPUT, WHOLE_INPUT) for number in (2, 0, 1)]
    >>> classes_of(crops, np.array([5, 5, 7]))
    [(5, 2), (7, 1)]
    """
    counts: dict[int, int] = {}
    for crop in crops:
        found = int(classes[crop.number])
        if found >= 0:
            counts[found] = counts.get(found, 0) + 1
    return sorted(counts.items(), key=lambda pair: -pair[1])


def _pixels(first: float, last: float, low: float, high: float, length: int) -> tuple[int, int]:
    """Return the first pixel of a part, and the one behind its last."""
    start = int(np.floor(np.clip(low + first * (high - low), 0, 1) * length + 1e-6))
    end = int(np.ceil(np.clip(low + last * (high - low), 0, 1) * length - 1e-6))
    start = min(start, length - 1)
    return start, max(end, start + 1)
