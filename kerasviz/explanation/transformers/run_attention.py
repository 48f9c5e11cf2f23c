"""From attention scores to maps: what the methods of this family share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from keras import ops

from kerasviz.errors import UnsupportedModelError
from kerasviz.explanation.found import Found, joined
from kerasviz.explanation.interpolation import over_input
from kerasviz.explanation.request import Request
from kerasviz.explanation.transformers.flows import Values
from kerasviz.probe import Cut, Layout, attention_scores, batches, is_stream, shown, unknown_grid

# Of sums of a few hundred numbers in float32.
_ROUNDING = 1e-5

# (scores, gradients) of every attention layer -> how much flows from each token to each.
Flow = Callable[[Sequence[Values], Sequence[Values]], Values]


def run_attention(request: Request, token_grid: tuple[int, ...] | None, *, flow: Flow) -> Found:
    """Return the maps of one method of this family, which `flow` is.

    The map of a picture is what flows from its patches into the first token, where the network has one before
    its patches: the class token. Where it has none, it is the mean over all tokens.

    Raises:
        UnsupportedModelError: no `keras.layers.MultiHeadAttention` before the explained output; attention
            between other things than the picture's patches; or it is not known how they lie in the picture.
    """
    parts = []
    stream = is_stream(request.images)
    for images in batches(request.model, request.images, request.batch_size) if stream else [request.images]:
        first = next(iter(batches(request.model, images, request.batch_size)))
        paths = attention_scores(request.model, first, request.target.output)
        finish = _Maps(flow, token_grid, paths)
        cut = Cut(request.model, paths)
        found = cut.finished(images, request.target, request.batch_size, finish, alone=True)
        for one in found:
            maps = one.values if request.raw else over_input(one.values, one.shapes)
            parts.append(Found.of(maps, one))
    return joined(parts)


@dataclass(frozen=True)
class _Maps:
    """Makes the maps inside the compiled run; equal ones share it."""

    flow: Flow
    token_grid: tuple[int, ...] | None
    paths: tuple[str, ...]

    def __call__(self, scores: dict[str, Any], gradients: dict[str, Any], layout: Layout) -> Any:
        seen, slopes = (
            [layout.as_returned(values[path]) for path in self.paths] for values in (scores, gradients)
        )
        _refuse_other_shapes(self.paths, [tuple(one.shape) for one in seen])
        flow = self.flow(seen, slopes)
        path, tokens = self.paths[0], seen[0].shape[-1]
        grid = layout.laid(path.rpartition("/")[0], flow, self.token_grid)
        if grid is None:
            raise unknown_grid(path.rpartition("/")[0], tokens, layout.shapes)
        into = flow[:, :1] if grid.extra else flow
        return _without_rounding(grid.lay(ops.mean(into, axis=1)[..., None])[..., 0])


def _without_rounding(maps: Values) -> Values:
    """Return the maps, constant where they differ by rounding alone: nothing would be drawn as much."""
    low, high = (reduce(maps, axis=(1, 2), keepdims=True) for reduce in (ops.min, ops.max))
    return ops.where(high - low <= _ROUNDING * high, high, maps)


def _refuse_other_shapes(paths: Sequence[str], shapes: Sequence[tuple[int | None, ...]]) -> None:
    layers = [path.rpartition("/")[0] for path in paths]
    for layer, shape in zip(layers, shapes, strict=True):
        if len(shape) != 4:
            how = "It attends within windows or along some axes"
        elif shape[2] is None or shape[2] != shape[3]:
            how = "It attends from one list of tokens to another"
        elif shape[2:] != shapes[0][2:]:
            raise UnsupportedModelError(
                f"Attention layer {layer} sees {shape[2]} tokens, {layers[0]} before it {shapes[0][2]}; maps "
                "of attention need the same tokens in all: use grad_cam."
            )
        else:
            continue
        raise UnsupportedModelError(
            f"Attention layer {layer} has scores of shape {shown(shape)}; maps of attention need those of "
            f"all tokens with all, (N, heads, T, T). {how}: use grad_cam."
        )
