"""An explanation drawn: on its pictures, as a figure, in a notebook."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from kerasviz.errors import InputError, KerasvizError
from kerasviz.explanation.styles import map_style
from kerasviz.pictures import overlay
from kerasviz.pictures.figures import CamStyle, Figure, maps_figure
from kerasviz.probe import leaves, picture_position

if TYPE_CHECKING:
    from kerasviz.explanation.result import Explanation

# More rows than a figure has room for; pictures that a notebook shows.
_MOST, _IN_NOTEBOOK = 32, 4


def pictures(explanation: Explanation, input_range: Sequence[float] | None) -> np.ndarray:
    """Return the explained pictures as they look, uint8 RGB `(N, h, w, 3)`; see `Explanation.pictures`."""
    if explanation.images is None:
        raise InputError("The pictures were a stream and are not kept: explain an array to draw on it.")
    if explanation.form is None:
        raise InputError("The model does not take one picture (N, h, w, 1 or 3): there is none to draw on.")
    form = explanation.form
    if input_range is not None:
        form = form.with_range(input_range)
    values = np.asarray(leaves(explanation.images)[picture_position(explanation.images)])
    return form.shown(values[..., None] if values.ndim == 3 else values)


def overlays(explanation: Explanation, alpha: float, input_range: Sequence[float] | None) -> np.ndarray:
    """Return every map on its picture, uint8 RGB `(N, h, w, 3)`; see `Explanation.overlay`."""
    _refuse_other_axes(explanation)
    style = map_style(explanation.declaration, alpha=alpha)
    return np.stack(
        [
            style.draw(picture, values)
            if isinstance(style, CamStyle)
            else overlay(picture, values, alpha, scale=style.scale(values))
            for picture, values in zip(pictures(explanation, input_range), explanation.maps, strict=True)
        ]
    )


def explanation_figure(explanation: Explanation, alpha: float, input_range: Sequence[float] | None) -> Figure:
    """Return the figure of an explanation; see `Explanation.figure`."""
    _refuse_other_axes(explanation)
    if len(explanation) > _MOST:
        raise InputError(
            f"A figure has no room for {len(explanation)} pictures: draw some, e[:{_MOST}].figure()."
        )
    return maps_figure(
        pictures(explanation, input_range),
        explanation.maps,
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
