"""The CAM family's run: maps made inside one compiled pass, where nothing large leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kerasviz.explanation.cams.in_picture import in_picture, refuse_without_part
from kerasviz.explanation.cams.pooling_head import refuse_other_heads
from kerasviz.explanation.cams.weigh import Weighting
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
    finish = CamMaps(weighting, relu, request.raw, token_grid)
    for found in cut.finished(
        request.images, request.target, request.batch_size, finish, precision, weighting.slow
    ):
        maps, pooled, has_part = found.values
        (path,) = found.paths
        refuse_without_part(path, has_part)
        if weighting.pooled is not None:
            chosen_in = request.model if request.layer is None else None
            refuse_other_heads(path, pooled, path in found.linear, chosen_in, found.shapes)
        parts.append(Found.of(maps if request.raw else over_input(maps, found.shapes), found, path))
    return joined(parts)


@dataclass(frozen=True)
class CamMaps:
    """Makes the maps inside the compiled run; equal ones share it."""

    weighting: Weighting
    relu: bool
    raw: bool
    token_grid: tuple[int, ...] | None

    def __call__(
        self, activations: dict[str, Any], gradients: dict[str, Any], layout: Layout
    ) -> tuple[Any, Any, Any]:
        """Return maps, whether scores average the feature maps, and whether places have a part in them."""
        ((path, values),) = activations.items()
        found = in_picture(layout, path, values, gradients[path], self.token_grid, self.raw)
        maps, pooled = self.weighting.maps(path, found.activations, found.gradients, self.relu)
        return maps, pooled, found.has_part if self.weighting.by_gradients else ()
