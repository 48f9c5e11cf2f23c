"""The figure that compares methods: a panel for each measure, a bar for each method."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from kerasviz.errors import InputError
from kerasviz.pictures.colors import CLASS_COLORS
from kerasviz.pictures.figures.base import Figure, axes_grid, new_figure

_BASELINE = "0.6"
_COLUMNS = 3


def methods_figure(
    methods: Sequence[str],
    measures: Mapping[str, Sequence[tuple[float, float] | None]],
    baselines: Collection[str] = (),
    lower_is_better: Collection[str] = (),
    title: str | None = None,
) -> Figure:
    """Return a figure of bars with their standard errors: a panel for each measure, a row for each method.

    Args:
        methods: their names, from above.
        measures: for each measure the mean and its standard error of every method, None where there is none.
        baselines: the methods whose bars are grey; the best of them is a dashed line through the panel.
        lower_is_better: the measures of which that is so; the others' higher values are better.
        title: the figure's.

    Raises:
        InputError: there is nothing to draw, or a measure has not one value for each method.
    """
    if not methods or not measures:
        raise InputError("There are no methods or no measures to draw: pass at least one of each.")
    columns = min(_COLUMNS, len(measures))
    rows = -(-len(measures) // columns)
    figure = new_figure(1.4 + 3.2 * columns, rows * (0.9 + 0.26 * len(methods)) + 0.4, title)
    for number, (axes, (name, values)) in enumerate(
        zip(axes_grid(figure, len(measures), columns), measures.items(), strict=True)
    ):
        if len(values) != len(methods):
            raise InputError(f"{name} has {len(values)} values for {len(methods)} methods: one for each.")
        means = np.array([np.nan if value is None else value[0] for value in values])
        errors = np.array([0.0 if value is None else value[1] for value in values])
        places = np.arange(len(methods))
        colors = [_BASELINE if method in baselines else CLASS_COLORS[0] for method in methods]
        axes.barh(places, np.nan_to_num(means), xerr=errors, color=colors, error_kw={"lw": 1})
        for place in np.flatnonzero(np.isnan(means)):
            axes.text(0, int(place), " not measured", va="center", fontsize=8)
        best = min if name in lower_is_better else max
        known = [m for m, method in zip(means, methods, strict=True) if method in baselines and m == m]
        if known:
            axes.axvline(best(known), color="black", linestyle="--", linewidth=1)
        labels = methods if number % columns == 0 else [""] * len(methods)
        axes.set_yticks(places, labels, fontsize=8, parse_math=False)
        axes.invert_yaxis()
        direction = "lower is better" if name in lower_is_better else "higher is better"
        axes.set_title(f"{name} ({direction})", fontsize=9, parse_math=False)
        axes.tick_params(axis="x", labelsize=8)
        axes.grid(axis="x", alpha=0.3)
        axes.set_axisbelow(True)
    return figure
