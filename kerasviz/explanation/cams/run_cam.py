"""The CAM family's run: maps made inside one compiled pass, where nothing large leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kerasviz.explanation.cams.in_picture import in_picture, refuse_without_part
from kerasviz.explanation.cams.weigh import Weighting, refuse_undefined
from kerasviz.explanation.found import Found, joined
from kerasviz.explanation.interpolation import over_input
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
        parts.append(Found.of(maps if request.raw else over_input(maps, found.shapes), found, found.paths[0]))
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
        return maps, defined, found.has_part if self.weighting.by_gradients else ()
