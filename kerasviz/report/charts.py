"""Charts drawn as elements of the page: curves over steps, the colour bar of a scale, bars in a table.

They take their colours from the page's style sheet, so that they fit a light and a dark screen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from kerasviz.pictures import Scale, color_table
from kerasviz.report.markup import Html, join, tag

Points = Sequence[tuple[float, float]]

# Of the chart, in units of its own; the page scales it.
_WIDTH, _HEIGHT = 360, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 12, 38
# More points than this cannot be told apart at the chart's width.
MOST_POINTS = 300
# Curves that the style sheet has colours for; further ones begin again.
COLORS = 8


def line_chart(title: str, curves: Mapping[str, Points], step_label: str, logarithmic: bool = False) -> Html:
    """Return a figure of curves `{name: [(step, value), ...]}` over their steps, with a legend.

    Of a curve with more than 300 points, means over neighbours are drawn, which the legend says, as it does
    of values that are not finite and so cannot be drawn. With `logarithmic`, the values' axis is that where
    they are all above 0 and the largest is a hundred times the smallest; the heading says so.

    >>> chart = line_chart("loss", {"train": [(0, 2.0), (1, 1.0)]}, "epoch")
    >>> '<path class="line c0" d="M46 12L350 192"></path>' in chart
    True
    """
    known = {name: [point for point in points if math.isfinite(point[1])] for name, points in curves.items()}
    drawn = {name: _thinned(points) for name, points in known.items()}
    steps = [step for points in drawn.values() for step, _ in points] or [0.0]
    values = [value for points in drawn.values() for _, value in points] or [0.0]
    logarithmic = logarithmic and min(values) > 0 and max(values) >= 100 * min(values)
    across, up = _Axis(min(steps), max(steps)), _Axis(min(values), max(values), logarithmic)
    parts = [*_grid(across, up, step_label)]
    legend = []
    for index, name in enumerate(curves):
        color = f"c{index % COLORS}"
        parts += _curve(drawn[name], across, up, color)
        lost = len(curves[name]) - len(known[name])
        notes = [f"{lost} not finite"] if lost else []
        if len(drawn[name]) < len(known[name]):
            notes.append(f"means over {-(-len(known[name]) // MOST_POINTS)} values")
        text = f"{name} ({', '.join(notes)})" if notes else name
        legend.append(tag("span", tag("i", class_=color), text, class_="key"))
    svg = tag(
        "svg", *parts, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", aria_label=f"{title} over {step_label}s"
    )
    heading = f"{title} (logarithmic)" if logarithmic else title
    return tag("figure", tag("h3", heading), svg, tag("figcaption", *legend), class_="chart")


def color_bar(scale: Scale, colormap: str, label: str) -> Html:
    """Return the colour bar of a scale, its two ends written beside it."""
    stops = color_table(colormap)[np.linspace(0, 255, 9).astype(int)]
    colors = ",".join("#{:02x}{:02x}{:02x}".format(*stop) for stop in stops.tolist())
    low, high = f"{scale.low:.3g}", f"{scale.high:.3g}"
    return tag(
        "span",
        tag("span", low),
        tag("span", class_="ramp", style=f"background:linear-gradient(to right,{colors})"),
        tag("span", high),
        class_="scale",
        role="img",
        aria_label=f"{label}: colours from {low} to {high}",
    )


def share_bar(share: float) -> Html:
    """Return a share, 0.0 to 1.0, as a bar with its number."""
    fill = tag("span", style=f"width:{100 * share:.1f}%")
    return join([tag("span", fill, class_="bar"), f"{share:.3f}"])


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers, evenly spaced, within `low` to `high`: at most `most` steps of them.

    >>> ticks(0.0, 1.0), ticks(7.0, 23.0)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [10.0, 15.0, 20.0])
    """
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * power for unit in (1, 2, 5, 10) if unit * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.10g}") for number in range(first, last + 1)]


class _Axis:
    """The values from `low` to `high`; where they are one value, some room around it."""

    def __init__(self, low: float, high: float, logarithmic: bool = False) -> None:
        room = 0.0 if high > low else abs(low) * 0.1 or 1.0
        self.low, self.high, self.logarithmic = low - room, high + room, logarithmic

    def place(self, value: float, first: float, last: float) -> float:
        """Return where a value stands between the places of the two ends."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        return round(first + (value - low) / (high - low) * (last - first), 1)

    def ticks(self, most: int) -> list[float]:
        """Return the round numbers to write; of a logarithmic axis, the powers of ten."""
        if not self.logarithmic:
            return ticks(self.low, self.high, most)
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        return [10.0**power for power in range(first, last + 1)]


def _x(axis: _Axis, step: float) -> float:
    return axis.place(step, _LEFT, _WIDTH - _RIGHT)


def _y(axis: _Axis, value: float) -> float:
    return axis.place(value, _HEIGHT - _BOTTOM, _TOP)


def _grid(across: _Axis, up: _Axis, step_label: str) -> list[Html]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for value in up.ticks(6):
        y = _y(up, value)
        parts.append(tag("line", class_="grid", x1=_LEFT, x2=right, y1=y, y2=y))
        parts.append(tag("text", f"{value:g}", x=_LEFT - 6, y=y + 4, text_anchor="end"))
    for step in across.ticks(5):
        x = _x(across, step)
        parts.append(tag("line", class_="grid", x1=x, x2=x, y1=bottom, y2=bottom + 4))
        parts.append(tag("text", f"{step:,.10g}", x=x, y=bottom + 17, text_anchor="middle"))
    middle = (_LEFT + right) / 2
    return [*parts, tag("text", step_label, x=middle, y=_HEIGHT - 6, text_anchor="middle")]


def _curve(points: Points, across: _Axis, up: _Axis, color: str) -> list[Html]:
    places = [(_x(across, step), _y(up, value)) for step, value in points]
    if len(places) == 1:
        return [tag("circle", class_=f"dot {color}", cx=places[0][0], cy=places[0][1], r=4)]
    path = "L".join(f"{x:g} {y:g}" for x, y in places)
    return [tag("path", class_=f"line {color}", d=f"M{path}")] if places else []


def _thinned(points: Points) -> list[tuple[float, float]]:
    """Return at most 300 points: means over neighbours, each at the step of the last of them."""
    size = -(-len(points) // MOST_POINTS)
    if size <= 1:
        return list(points)
    parts = [points[start : start + size] for start in range(0, len(points), size)]
    return [(part[-1][0], sum(value for _, value in part) / len(part)) for part in parts]
