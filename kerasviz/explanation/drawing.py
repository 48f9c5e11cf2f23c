"""An explanation drawn: on its pictures, as a figure, in a notebook."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasviz.errors import InputError, KerasvizError
from kerasviz.explanation.styles import map_style
from kerasviz.images import WHOLE, Box
from kerasviz.pictures import overlay
from kerasviz.pictures.figures import CamStyle, Figure, MapStyle, maps_figure
from kerasviz.probe import leaves, picture_position

if TYPE_CHECKING:
    from kerasviz.explanation.result import Explanation

# More rows than a figure has room for; pictures that a notebook shows.
_MOST, _IN_NOTEBOOK = 32, 4


def pictures(explanation: Explanation, input_range: Sequence[float] | None) -> np.ndarray:
    """Return the explained pictures as they look, uint8 RGB `(N, h, w, 3)`; see `Explanation.pictures`."""
    return _ground(explanation, input_range)[0]


def overlays(explanation: Explanation, alpha: float, input_range: Sequence[float] | None) -> np.ndarray:
    """Return every map on its picture, uint8 RGB `(N, h, w, 3)`; see `Explanation.overlay`."""
    _refuse_other_axes(explanation)
    style = map_style(explanation.declaration, alpha=alpha)
    drawn, maps = _placed(explanation, input_range)
    return np.stack(
        [_laid_over(style, picture, one, alpha) for picture, one in zip(drawn, maps, strict=True)]
    )


def _laid_over(style: MapStyle, picture: np.ndarray, heatmap: np.ndarray, alpha: float) -> np.ndarray:
    """Return a map on its picture, uint8 RGB, on the style's scale, also where that draws maps alone."""
    if isinstance(style, CamStyle):
        return style.draw(picture, heatmap)
    return overlay(picture, heatmap, alpha, scale=style.scale(heatmap))


def explanation_figure(explanation: Explanation, alpha: float, input_range: Sequence[float] | None) -> Figure:
    """Return the figure of an explanation; see `Explanation.figure`."""
    _refuse_other_axes(explanation)
    if len(explanation) > _MOST:
        raise InputError(
            f"A figure has no room for {len(explanation)} pictures: draw some, e[:{_MOST}].figure()."
        )
    return maps_figure(
        *_placed(explanation, input_range),
        _headings(explanation),
        explanation.title,
        map_style(explanation.declaration, alpha=alpha),
    )


def as_html(explanation: Explanation) -> str:
    """Return an explanation as a notebook shows it: a figure of the first pictures, or why there is none."""
    text = f"<p>{html.escape(repr(explanation))}</p>"
    try:
        figure = explanation[:_IN_NOTEBOOK].figure()
    except KerasvizError as reason:
        return f"{text}<p>{html.escape(str(reason))}</p>"
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'{text}<img alt="{html.escape(explanation.title)}" src="data:image/png;base64,{data}">'


def _ground(explanation: Explanation, input_range: Sequence[float] | None) -> tuple[np.ndarray, Box]:
    """Return the pictures to draw on, uint8 RGB `(N, h, w, 3)`, and which part of them the model saw."""
    if explanation.images is None:
        raise InputError("The pictures were a stream and are not kept: explain an array to draw on it.")
    form = explanation.form
    if form is None:
        raise InputError("The model does not take one picture (N, h, w, 1 or 3): there is none to draw on.")
    if input_range is not None:
        form = form.with_range(input_range)
    elif explanation.originals is not None:
        raw = form.raw.shown(_picture(explanation.originals))
        box = form.box(raw.shape[1:3])
        if box is not None:
            return np.stack([box.dimmed(picture) for picture in raw]), box
    return form.shown(_picture(explanation.images)), WHOLE


def _picture(images: Any) -> np.ndarray:
    """Return the pictures among a model's inputs, `(N, h, w, C)`."""
    values = np.asarray(leaves(images)[picture_position(images)])
    return values[..., None] if values.ndim == 3 else values


def _placed(
    explanation: Explanation, input_range: Sequence[float] | None
) -> tuple[np.ndarray, Sequence[np.ndarray]]:
    """Return the pictures to draw on, and the maps as they lie on them."""
    drawn, box = _ground(explanation, input_range)
    from_zero = explanation.declaration.zero_is_nothing
    return drawn, [box.with_nothing_around(one, drawn.shape[1:3], from_zero) for one in explanation.maps]


def _headings(explanation: Explanation) -> list[str]:
    """Return what stands above each map: what it explains, with its score and its error."""
    headings = []
    nothing = explanation.without_evidence
    for at, label in enumerate(explanation.labels):
        said = [f"{explanation.score_kind} {explanation.scores[at]:.3g}", explanation.error_texts[at]]
        what = ", ".join(filter(None, said))
        headings.append(f"{'no evidence for ' if nothing[at] else ''}{label}: {what}")
    return headings


def _refuse_other_axes(explanation: Explanation) -> None:
    if explanation.maps.ndim != 3:
        raise InputError(
            f"The maps have the shape {explanation.maps.shape}; only maps (N, h, w) can be drawn: explain "
            "pictures, and pass channels='sum' where the channels were kept."
        )
