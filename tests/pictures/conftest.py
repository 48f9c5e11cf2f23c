from __future__ import annotations

from collections.abc import Callable

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


@pytest.fixture
def assert_whole() -> Callable[[Figure], None]:
    """Return a check that nothing of a figure lies beyond its edges."""

    def check(figure: Figure) -> None:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        inside = figure.get_tightbbox(canvas.get_renderer())
        width, height = figure.get_size_inches()
        assert min(inside.x0, inside.y0) > -0.02
        assert inside.x1 < width + 0.02
        assert inside.y1 < height + 0.02
        # No axes collapsed for want of room.
        assert all(min(axes.bbox.width, axes.bbox.height) > 2 for axes in figure.axes)

    return check
