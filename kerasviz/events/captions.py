"""What is said below a frame, beside its picture."""

from __future__ import annotations

from kerasviz.events.meta import FrameMeta

# A larger share of values beyond the scale is shown where the picture is.
TOLERATED_CLIPPING = 0.01


def caption(
    step: int, meta: FrameMeta, tile: int | None = None, *, scale: bool = True, size: str = ""
) -> str:
    """Return one line: the step, the scale, the size, what lies beyond the scale, what is bare.

    Args:
        step: the optimizer step.
        meta: what was recorded with the frame.
        tile: the number of the tile that is shown alone.
        scale: whether to say the scale.
        size: of the picture, where it is to be said.

    >>> caption(50, FrameMeta(scale=(-0.25, 0.25), clipped=0.021))
    'step 50, -0.25 to 0.25, 2% beyond the scale'
    """
    parts = [
        f"step {step}",
        scale_text(meta) if scale else "",
        size,
        f"{meta.clipped:.0%} beyond the scale" if meta.clipped > TOLERATED_CLIPPING else "",
        _without_evidence(meta, tile),
    ]
    return ", ".join(part for part in parts if part)


def scale_text(meta: FrameMeta) -> str:
    """Return the values drawn darkest and brightest as text; empty where the frame does not tell."""
    if meta.scale is None:
        return ""
    low, high = meta.scale
    return f"{low:.3g} to {high:.3g}{' (grown)' if meta.grown_from else ''}"


def _without_evidence(meta: FrameMeta, tile: int | None) -> str:
    """Return which of a frame's pictures are bare because nothing was found, or an empty text."""
    nothing = meta.no_evidence
    if not nothing or (tile is not None and tile not in nothing):
        return ""
    count = meta.tiles.get("count", len(nothing))
    if tile is not None or count == len(nothing):
        return "no evidence"
    return f"no evidence in {len(nothing)} of {count}"
