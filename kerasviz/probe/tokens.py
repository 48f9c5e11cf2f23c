"""Tokens put back into the picture: which row and column of it each token of a transformer stands for.

A vision transformer cuts its picture into patches, row by row, and goes on with a list of them, `(N, T, C)`,
often with class and register tokens before the patches: T = rows x columns + extra.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
from keras import ops

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.probe.attention import is_of_attention
from kerasviz.probe.engine import LayerCall, engine
from kerasviz.probe.inputs import Batch
from kerasviz.probe.layer_table import call_path
from kerasviz.probe.layers import uses_channels_first, walk_operations
from kerasviz.probe.session import Session, session_of
from kerasviz.probe.specs import input_shapes, specs_of

# More class and register tokens than any published network has are no such tokens.
_MOST_EXTRA = 8
# Where nothing but the picture's proportions speaks: a class token, and that of a distillation.
_MOST_EXTRA_BY_PROPORTION = 2

Size = tuple[int, int]


class TokenGrid(NamedTuple):
    """How tokens lie in a picture: `rows` x `columns` of them, after `extra` that stand for no place."""

    rows: int
    columns: int
    extra: int

    def lay(self, values: Any) -> Any:
        """Return what a layer says of its tokens, `(N, T, C)`, as `(N, rows, columns, C)`.

        >>> TokenGrid(1, 2, 1).lay(ops.array([[[9.0], [1.0], [2.0]]])).numpy().tolist()
        [[[[1.0], [2.0]]]]
        """
        return ops.reshape(values[:, self.extra :], (-1, self.rows, self.columns, values.shape[-1]))


class _Seen(NamedTuple):
    """One call of a survey: where, the shape it returns without the batch axis, the patch that it cuts."""

    path: str
    shape: tuple[int | None, ...]
    patch: Size | None
    is_map: bool


@dataclass(frozen=True)
class Layout:
    """How what a model computes lies in what it was fed. The model is held by its session, weakly.

    `shapes` is the shape of each input without the batch axis, channels last.
    """

    session: Session
    specs: Any
    shapes: Sequence[tuple[int, ...]]

    @classmethod
    def of(cls, model: keras.Model, batch: Batch) -> Layout:
        """Return that of a checked batch."""
        return cls(session_of(model), specs_of(batch), input_shapes(model, batch))

    @property
    def channels_first(self) -> bool:
        """Whether the model's feature maps are `(N, C, h, w)`."""
        return uses_channels_first(self.session.model())

    def lies_over(self, axes: int) -> bool:
        """Return whether maps with that many axes lie over an input, with or without channels."""
        return any(len(shape) in (axes, axes + 1) for shape in self.shapes)

    def grid(self, path: str, tokens: int | None) -> TokenGrid | None:
        """Return how the tokens of a layer lie in the picture; None where the model does not say.

        It is said by the feature map that the tokens were made of, by the `patch_size` of a layer, or by the
        picture's proportions, where only one grid of them has that many tokens.

        Raises:
            InputError: several grids are possible.
        """
        flat = keras.tree.flatten(self.specs)

        def look(model: keras.Model) -> tuple[_Seen, ...]:
            calls = engine().survey(model, list(walk_operations(model)), self.specs)
            first = uses_channels_first(model)
            return tuple(_seen(call, calls, first, self._picture()) for call in calls)

        key = ("tokens", *((spec.shape, spec.dtype) for spec in flat))
        return _grid_at(self.session.kept(key, look), path, tokens, self._picture())

    def tokens_second(self, values: Any) -> Any:
        """Return `(N, T, C)` of what was turned from `(N, C, T)` as a feature map of channels first would be.

        Whatever the model's feature maps, its tokens' channels come last.
        """
        turned = self.channels_first and len(values.shape) == 3 and not self.lies_over(1)
        return ops.transpose(values, (0, 2, 1)) if turned else values

    def as_returned(self, values: Any) -> Any:
        """Return attention scores `(N, heads, T, T)`, where they were turned as a feature map would be."""
        return ops.transpose(values, (0, 3, 1, 2)) if self.channels_first else values

    def laid(self, path: str, values: Any, asked: Sequence[int] | None) -> TokenGrid | None:
        """Return the grid for what a layer returns, `(N, ..., C)`; None where none is needed or known.

        `asked` is `(rows, columns)` or `(rows, columns, extra)`, where somebody knows it.

        Raises:
            InputError: what is asked for does not fit, or several grids are possible.
        """
        tokens = values.shape[1] if len(values.shape) == 3 else None
        if asked is not None:
            return asked_grid(path, values.shape, asked)
        if len(values.shape) != 3 or self._picture() is None or self.lies_over(1):
            return None
        return self.grid(path, tokens)

    def _picture(self) -> Size | None:
        sizes = [shape[:2] for shape in self.shapes if len(shape) == 3]
        return sizes[0] if sizes else None


def asked_grid(path: str, shape: Sequence[int | None], asked: Sequence[int]) -> TokenGrid:
    """Return a grid that somebody asked for: `(rows, columns)`, or with the number of tokens before them.

    Raises:
        InputError: a layer that returns no tokens, or another number of them.
    """
    if len(shape) != 3:
        raise InputError(
            f"Got token_grid={tuple(asked)}; layer {path} returns {tuple(shape)}, no list of tokens "
            "(N, T, C): leave it out."
        )
    tokens = shape[1]
    rows, columns, *rest = asked
    extra = rest[0] if rest else (tokens or 0) - rows * columns
    if extra < 0 or tokens not in (None, rows * columns + extra):
        more = f" and {extra} before them" if rest else ""
        raise InputError(
            f"Got token_grid={tuple(asked)}; layer {path} returns {tokens} tokens, not "
            f"{rows} x {columns}{more}."
        )
    return TokenGrid(rows, columns, extra)


def unknown_grid(path: str, tokens: int | None, shapes: Sequence[tuple[int, ...]]) -> UnsupportedModelError:
    """Return the refusal of tokens that nobody knows how to put into the picture."""
    return UnsupportedModelError(
        f"Layer {path} returns {tokens} tokens or steps, and how they lie in inputs of shapes {list(shapes)} "
        "is not known: pass token_grid=(rows, columns), or raw=True for a map without the picture's axes, or "
        "ask for a layer with them."
    )


def _seen(call: LayerCall, calls: Sequence[LayerCall], channels_first: bool, picture: Size | None) -> _Seen:
    shape = () if call.shape is None else tuple(call.shape[1:])
    if channels_first and len(shape) > 2:
        shape = (*shape[1:], shape[0])
    is_map = len(shape) == 3 and None not in shape[:2] and not is_of_attention(call, calls)
    if call.place.is_bare:  # Such as the product of an attention written by hand: axes of heads and tokens.
        is_map = is_map and _shrinks_alike(shape[:2], picture)
    return _Seen(call_path(call, calls), shape, _patch(call.place.layer), is_map)


def _shrinks_alike(size: tuple[Any, ...], picture: Size | None) -> bool:
    """Return whether a map is about as much smaller than the picture along both axes."""
    if picture is None:
        return True
    low, high = sorted(part / whole for part, whole in zip(size, picture, strict=True))
    return bool(high <= 1.5 * low)


def _patch(layer: Any) -> Size | None:
    """Return the side of the patches that a layer cuts, where it has it as an attribute."""
    side = getattr(layer, "patch_size", None)
    if isinstance(side, int):
        return side, side
    return tuple(side) if isinstance(side, (tuple, list)) and len(side) == 2 else None


def _grid_at(calls: Sequence[_Seen], path: str, tokens: int | None, picture: Size | None) -> TokenGrid | None:
    ends = [at for at, call in enumerate(calls) if call.path == path]
    if not ends or tokens is None or picture is None:
        return None
    before = calls[: ends[0] + 1]
    maps = [at for at, call in enumerate(before) if call.is_map]
    size = before[maps[-1]].shape[:2] if maps else picture
    made = next((c.shape[0] for c in before[maps[-1] + 1 if maps else 0 :] if len(c.shape) == 2), tokens)
    patches = {call.patch for call in before if call.patch is not None}
    found = _origins(int(made or tokens), size, patches)
    grids = {grid for origin in found for grid in [_merged(origin, tokens)] if grid is not None}
    if len(grids) > 1:
        listed = ", ".join(str(tuple(grid)) for grid in sorted(grids))
        raise InputError(f"The {tokens} tokens of layer {path} may be {listed}: say which, token_grid=...")
    return grids.pop() if grids else None


def _origins(tokens: int, size: tuple[Any, ...], patches: set[Size]) -> set[TokenGrid]:
    """Return the grids in which so many tokens can have been cut from a map of that size."""
    rows, columns = size
    sizes = [(rows, columns), *((rows // high, columns // wide) for high, wide in patches)]
    said = {
        TokenGrid(high, wide, tokens - high * wide)
        for high, wide in sizes
        if high * wide > 1 and 0 <= tokens - high * wide <= min(_MOST_EXTRA, high * wide)
    }
    # As many as the map has rows or columns: steps along one of its axes, in all likelihood.
    if said or tokens in size:
        return said
    return {
        TokenGrid(high, high * columns // rows, extra)
        for extra in range(_MOST_EXTRA_BY_PROPORTION + 1)
        for high in range(1, rows + 1)
        if high * columns % rows == 0 and high * high * columns // rows == tokens - extra > 1
    }


def _merged(origin: TokenGrid, tokens: int) -> TokenGrid | None:
    """Return the grid of later tokens: other extra ones, or four patches merged into one, once or more."""
    rows, columns, extra = origin
    if 0 <= tokens - rows * columns <= _MOST_EXTRA:
        return TokenGrid(rows, columns, tokens - rows * columns)
    while extra == 0 and rows % 2 == columns % 2 == 0:
        rows, columns = rows // 2, columns // 2
        if rows * columns == tokens:
            return TokenGrid(rows, columns, 0)
    return None
