"""How large a film's file will be, told from a few of its frames before it is made."""

from __future__ import annotations

from dataclasses import dataclass

from kerasviz.atomic import scratch_folder
from kerasviz.events import LogReader, TagInfo
from kerasviz.film.animation import Animation, animate

# Neighbours are written together: what a format saves between frames that are alike is seen.
_TOGETHER = 9


@dataclass(frozen=True)
class Estimate:
    """What a film will be.

    Attributes:
        frames: The number of its pictures.
        size: The file's size in bytes, about.
        width: The pictures' width in pixels.
        height: Their height.
    """

    frames: int
    size: int
    width: int
    height: int


def estimate(
    log: LogReader,
    info: TagInfo,
    ending: str,
    *,
    fps: float = 12,
    tile: int | None = None,
    upscale: int | None = None,
    caption: bool = True,
) -> Estimate:
    """Return what `animate` would write, from films of one frame and of nine neighbours in the middle.

    A film of nine frames or fewer is made as a whole, and its size is exact.

    Args:
        log: what `open_log` returned.
        info: the tag; of `LogReader.between` where not all steps are meant.
        ending: of the film's file, such as ".gif".
        fps: see `animate`, as `tile`, `upscale` and `caption`.

    Raises:
        InputError: an argument is out of its range.
        LogError: not one of the frames is whole.
        MissingDependencyError: see `animate`.
    """
    steps = [step for step in log.versions(info) if info.first_step <= step <= info.last_step]

    def film(part: list[int]) -> Animation:
        with scratch_folder() as folder:
            return animate(
                log,
                info,
                folder / f"film{ending}",
                fps=fps,
                between=(part[0], part[-1]),
                tile=tile,
                upscale=upscale,
                caption=caption,
            )

    middle = max(0, len(steps) // 2 - _TOGETHER // 2)
    several = film(steps[middle : middle + _TOGETHER])
    if len(steps) <= _TOGETHER:
        return Estimate(several.frames, several.size, several.width, several.height)
    one = film(steps[middle : middle + 1])
    each = max(0, several.size - one.size) / max(1, several.frames - 1)
    return Estimate(len(steps), round(one.size + each * (len(steps) - 1)), several.width, several.height)
