"""Pictures read and decoded in threads, a few batches ahead of the model."""

from __future__ import annotations

import collections
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from kerasviz.data import Listed, PictureList
from kerasviz.errors import ImageError
from kerasviz.images import PictureForm, why_unreadable

_AHEAD = 3
_MOST_THREADS = 8
# A picture as the model takes it, or why it cannot be read.
Read = np.ndarray | str


def read_ahead(
    batches: Sequence[Sequence[Listed]], source: PictureList, form: PictureForm
) -> Iterator[list[Read]]:
    """Yield each batch's pictures as the model takes them, in order; of those that cannot be read why.

    A few batches are read ahead, and no more, however slow the model is.
    """
    threads = min(_MOST_THREADS, os.cpu_count() or 1)

    def read(part: Sequence[Listed]) -> list[Read]:
        return [_read(one, source, form) for one in part]

    with ThreadPoolExecutor(threads, "kerasviz-read") as pool:
        pending: collections.deque[list[Future[list[Read]]]] = collections.deque()
        try:
            for batch in batches:
                # One piece a thread: a future for each small picture would cost as much as reading it.
                size = -(-len(batch) // threads)
                pieces = [batch[start : start + size] for start in range(0, len(batch), size)]
                pending.append([pool.submit(read, piece) for piece in pieces])
                if len(pending) > _AHEAD:
                    yield _joined(pending.popleft())
            while pending:
                yield _joined(pending.popleft())
        finally:
            for futures in pending:
                for future in futures:
                    future.cancel()


def _joined(futures: Sequence[Future[list[Read]]]) -> list[Read]:
    return [one for future in futures for one in future.result()]


def _read(one: Listed, source: PictureList, form: PictureForm) -> Read:
    try:
        return form.values_of(source.read(one))
    except ImageError as error:
        return _reason(one, error)


def _reason(one: Listed, error: ImageError) -> str:
    """Return why a picture cannot be read, without its path, which stands beside it."""
    if error.__cause__ is None:
        return "no such file" if one.path is not None and one.extent < 0 else str(error)
    return why_unreadable(error)
