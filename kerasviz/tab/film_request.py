"""What `export` and `estimate` are asked for: a film of some steps of a tag, or the picture of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request

from kerasviz.errors import InputError, MissingDependencyError
from kerasviz.events import LogReader, TagInfo
from kerasviz.film import Estimate, animate, estimate, file_name, save_still
from kerasviz.tab import parameters
from kerasviz.tab.answer import RefusedRequestError

# What the page calls each format, and the ending of its files; "png" is the picture of one step.
ENDINGS = {"gif": ".gif", "apng": ".png", "webp": ".webp", "mp4": ".mp4", "png": ".png"}
_MOST_UPSCALE = 16


@dataclass(frozen=True)
class FilmRequest:
    """One film or picture.

    Attributes:
        log: the log.
        info: the tag, with the steps that are meant.
        ending: of the file.
        step: of a picture; None for a film.
        fps: frames per second of a film.
        drawn: how frames are drawn: tile, upscale, caption.
    """

    log: LogReader
    info: TagInfo
    ending: str
    step: int | None
    fps: float
    drawn: dict[str, Any]

    @property
    def file_name(self) -> str:
        """What the file is called."""
        ending = self.ending if self.step is None else f"-step{self.step}{self.ending}"
        return file_name(self.info, self.drawn["tile"], ending)

    def write(self, path: Path) -> None:
        """Write the file."""
        with _refusing():
            if self.step is None:
                animate(self.log, self.info, path, fps=self.fps, **self.drawn)
            else:
                save_still(self.log, self.info, path, step=self.step, **self.drawn)

    def estimated(self, folder: Path) -> Estimate:
        """Return how large the file will be; `folder` is for what is tried."""
        with _refusing():
            if self.step is None:
                return estimate(self.log, self.info, self.ending, fps=self.fps, **self.drawn)
            path = folder / f"picture{self.ending}"
            width, height = save_still(self.log, self.info, path, step=self.step, **self.drawn)
            return Estimate(1, path.stat().st_size, width, height)


def film_request(request: Request, log: LogReader, info: TagInfo) -> FilmRequest:
    """Return what a request asks for.

    Raises:
        RefusedRequestError: a parameter is missing or wrong.
        InputError: the tag has no such steps.
    """
    kind = parameters.one_of(request, "format", tuple(ENDINGS))
    tile = None if request.args.get("tile", "none") == "none" else parameters.whole_number(request, "tile", 0)
    drawn = {
        "tile": tile,
        "upscale": parameters.whole_number(request, "scale", 1, _MOST_UPSCALE, default=1),
        "caption": parameters.one_of(request, "caption", ("0", "1"), default="1") == "1",
    }
    if kind == "png":
        step = parameters.whole_number(request, "step")
        return FilmRequest(log, log.between(info, step, step), ENDINGS[kind], step, 1, drawn)
    first = parameters.whole_number(request, "first", default=info.first_step)
    last = parameters.whole_number(request, "last", default=info.last_step)
    fps = parameters.number(request, "fps", default=12)
    return FilmRequest(log, log.between(info, first, last), ENDINGS[kind], None, fps, drawn)


@contextmanager
def _refusing() -> Iterator[None]:
    """Refuse what the film room refuses."""
    try:
        yield
    except (InputError, MissingDependencyError) as error:
        raise RefusedRequestError(400, str(error)) from error
