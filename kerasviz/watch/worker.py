"""A worker thread behind a bounded queue: the training thread hands over and goes on at once."""

from __future__ import annotations

import atexit
import queue
import threading
import weakref
from collections.abc import Callable

Task = Callable[[], None]


class Worker:
    """Runs tasks one after another on its own thread.

    `offer` never blocks: when the queue is full the task is dropped and counted in `thinned`. `finish` and
    `require` do block, and lose nothing. After the first task that raises, later ones are dropped and the
    exception is kept in `error`: a full disk must not end a training run.

    >>> done = []
    >>> worker = Worker(capacity=4)
    >>> worker.offer(lambda: done.append("a"))
    True
    >>> worker.finish()
    >>> done, worker.thinned, worker.error
    (['a'], 0, None)
    """

    def __init__(self, capacity: int = 16) -> None:
        self.thinned = 0
        self.error: Exception | None = None
        self._tasks: queue.Queue[Task | None] = queue.Queue(capacity)
        self._thread = threading.Thread(target=self._run, name="kerasviz-worker", daemon=True)
        self._thread.start()
        # A script that ends in an exception still gets its last frames written.
        self._at_exit = _finish_at_exit(self)

    def offer(self, task: Task) -> bool:
        """Queue `task` if there is room; return whether there was."""
        try:
            self._tasks.put_nowait(task)
        except queue.Full:
            self.thinned += 1
            return False
        return True

    def require(self, task: Task) -> None:
        """Queue `task`, waiting for room if there is none."""
        self._tasks.put(task)

    def settle(self) -> None:
        """Wait until every task queued so far has run."""
        self._tasks.join()

    def finish(self) -> None:
        """Wait until every queued task has run, and end the thread. Calling it again does nothing."""
        if self._thread.is_alive():
            self._tasks.put(None)
            self._thread.join()
        atexit.unregister(self._at_exit)

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            if self.error is None:
                self._attempt(task)
            self._tasks.task_done()
        self._tasks.task_done()

    def _attempt(self, task: Task) -> None:
        try:
            task()
        except Exception as error:
            self.error = error


def _finish_at_exit(worker: Worker) -> Callable[[], None]:
    reference = weakref.ref(worker)

    def finish() -> None:
        alive = reference()
        if alive is not None:
            alive.finish()

    atexit.register(finish)
    return finish
