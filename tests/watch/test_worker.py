from __future__ import annotations

import subprocess
import sys
import threading

from kerasviz.watch.worker import Worker


def test_tasks_run_in_order_and_finish_waits() -> None:
    gate, done = threading.Event(), []
    worker = Worker(capacity=8)
    assert worker.offer(gate.wait)  # nothing has run before all are offered
    for number in range(6):
        assert worker.offer(lambda number=number: done.append(number))
    assert done == []
    gate.set()
    worker.finish()
    assert done == list(range(6))


def test_full_queue_thins_and_counts_but_never_blocks_and_required_tasks_survive() -> None:
    taken, gate, done = threading.Event(), threading.Event(), []
    worker = Worker(capacity=2)
    worker.offer(lambda: (taken.set(), gate.wait()))
    taken.wait()  # the queue is empty again, its only task under way
    accepted = [worker.offer(lambda number=number: done.append(number)) for number in range(5)]
    assert accepted == [True, True, False, False, False]
    assert worker.thinned == 3
    required = threading.Thread(target=worker.require, args=(lambda: done.append("last"),))
    required.start()
    assert done == []
    gate.set()
    required.join()
    worker.finish()
    assert done == [0, 1, "last"]


def test_an_error_is_kept_and_ends_the_writing_only() -> None:
    done: list[int] = []
    worker = Worker()
    worker.offer(lambda: 1 / 0)
    worker.offer(lambda: done.append(1))
    worker.finish()
    worker.finish()
    assert isinstance(worker.error, ZeroDivisionError)
    assert done == []


def test_a_program_that_ends_without_finish_loses_nothing() -> None:
    code = (
        "import atexit, threading; from kerasviz.watch.worker import Worker; w = Worker();"
        # What is registered last runs first: the task cannot be done before the program ends.
        "gate = threading.Event(); atexit.register(gate.set);"
        "w.offer(lambda: (gate.wait(), print('written', flush=True))); raise SystemExit(3)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 3
    assert result.stdout == "written\n"
