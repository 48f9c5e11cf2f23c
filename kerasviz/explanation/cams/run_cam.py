"""The CAM family's run: maps made inside one compiled pass, where nothing large leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keras import ops

from kerasviz.errors import InputError
from kerasviz.explanation.cams.in_picture import in_picture, refuse_without_part
from kerasviz.explanation.cams.weigh import Weighting, refuse_undefined
from kerasviz.explanation.found import Found, joined
from kerasviz.explanation.interpolation import interpolate
from kerasviz.explanation.request import Request
from kerasviz.probe import Layout, cached_cut


def run_cam(
    request: Request,
    relu: bool,
    precision: str,
    token_grid: tuple[int, ...] | None = None,
    *,
    weighting: Weighting,
) -> Found:
    """Return the maps of one method of the CAM family, which `weighting` is."""
    cut = cached_cut(request.model, request.layer)
    parts = []
    finish = _Maps(weighting, relu, request.raw, token_grid)
    for found in cut.finished(
        request.images, request.target, request.batch_size, finish, precision, weighting.slow
    ):
        maps, defined, has_part = found.values
        refuse_without_part(found.paths[0], has_part)
        refuse_undefined(defined)
        parts.append(Found.of(maps, found, found.paths[0]))
    return joined(parts)


@dataclass(frozen=True)
class _Maps:
    """Makes the maps inside the compiled run; equal ones share it."""

    weighting: Weighting
    relu: bool
    raw: bool
    token_grid: tuple[int, ...] | None

    def __call__(
        self, activations: dict[str, Any], gradients: dict[str, Any], layout: Layout
    ) -> tuple[Any, Any, Any]:
        ((path, values),) = activations.items()
        found = in_picture(layout, path, values, gradients[path], self.token_grid, self.raw)
        maps, defined = self.weighting.maps(path, found.activations, found.gradients, self.relu)
        if not self.raw:
            maps = interpolate(maps, input_size(layout.shapes, len(maps.shape) - 1))
        return maps, defined, found.has_part if self.weighting.by_gradients else ops.ones(1, "bool")


def input_size(input_shapes: Sequence[tuple[int, ...]], axes: int) -> tuple[int, ...]:
    """Return the spatial size of the first input that has that many spatial axes, with or without channels.

    Raises:
        InputError: there is none, so a map cannot lie over the input.

    >>> input_size([(7,), (28, 28, 1)], 2)
    (28, 28)
    """
    for shape in input_shapes:
        if len(shape) == axes + 1:
            return shape[:-1]
    for shape in input_shapes:
        if len(shape) == axes:
            return shape
    raise InputError(
        f"The maps have {axes} spatial axes, and no input of shapes {list(input_shapes)} has as many: "
        "ask for raw=True."
    )
