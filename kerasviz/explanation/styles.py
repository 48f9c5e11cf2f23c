"""How the maps of a method are drawn."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from kerasviz.explanation.method import GRADIENT, Method

if TYPE_CHECKING:
    from kerasviz.pictures.figures import MapStyle


def map_style(method: Method, **drawing: Any) -> MapStyle:
    """Return how a method's maps are drawn: over their pictures, or alone where pixels have their own values.

    `drawing` are the fields of a `CamStyle` or a `PixelStyle`; those that the method's maps are not drawn
    with are left out.

    >>> from kerasviz.explanation.table import find_method
    >>> map_style(find_method("rise"), alpha=0.3, percentile=99)
    CamStyle(alpha=0.3, contour=False, box=False, threshold=0.5, from_zero=False, label='RISE')
    >>> map_style(find_method("saliency"), alpha=0.3, percentile=99)
    PixelStyle(percentile=99, label='attribution')
    """
    # Not above: they load Matplotlib.
    from kerasviz.pictures.figures import CamStyle, PixelStyle

    if method.family == GRADIENT:
        return PixelStyle(**_known(PixelStyle, drawing))
    return CamStyle(from_zero=method.zero_is_nothing, label=method.title, **_known(CamStyle, drawing))


def _known(style: type, drawing: dict[str, Any]) -> dict[str, Any]:
    fields = {field.name for field in dataclasses.fields(style)}
    return {name: value for name, value in drawing.items() if name in fields}
