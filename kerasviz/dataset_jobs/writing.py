"""Work that is done in a thread beside the model, in order."""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

# What waits to be written is in memory.
_WAITING = 2


@contextlib.contextmanager
def in_background(work: Callable[..., None]) -> Iterator[Callable[..., None]]:
    """Yield what calls `work` in a thread, one call after the other, and waits where it is behind.

    All is done when the block ends; an error of `work` is raised by the next call, or there.
    """
    pending: collections.deque[Future[None]] = collections.deque()

    def call(*arguments: Any) -> None:
        pending.append(pool.submit(work, *arguments))
        while pending and (pending[0].done() or len(pending) > _WAITING):
            pending.popleft().result()

    with ThreadPoolExecutor(1, "kerasviz-write") as pool:
        yield call
        while pending:
            pending.popleft().result()
