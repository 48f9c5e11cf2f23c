"""The charts of an evolution in TensorBoard's tab Custom Scalars: one for all layers, not one for each."""

from __future__ import annotations

from collections.abc import Iterable

CATEGORY = "Evolution"
_CHARTS = {
    "drift": "how far kernels have moved from where they began",
    "dead_filters": "the share of filters that are silent",
}


def charts_of(tags: Iterable[str]) -> dict[str, str]:
    """Return the charts for the curves among these tags: by title, the regular expression of the tags.

    >>> charts_of(["kernels/conv1", "drift/conv1", "drift/conv2"])
    {'drift: how far kernels have moved from where they began': '^drift/'}
    """
    kinds = {tag.partition("/")[0] for tag in tags}
    return {f"{kind}: {what}": f"^{kind}/" for kind, what in _CHARTS.items() if kind in kinds}
