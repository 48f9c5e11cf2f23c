from __future__ import annotations

import subprocess
import sys
import threading
import time

from kerasviz.watch.worker import Worker


def test_tasks_run_in_order_and_finish_waits() -> None:
    done: list[int] = []
    worker = Worker(capacity=8)
    for number in range(6):
        assert worker.offer(lambda number=number: (time.sleep(0.005), done.append(number)))
    worker.finish()
    assert done == list(range(6))


def test_full_queue_thins_and_counts_but_never_blocks_and_required_tasks_survive() -> None:
    gate, done = threading.Event(), []
    worker = Worker(capacity=2)
    worker.offer(gate.wait)
    time.sleep(0.05)  # the worker has taken the first task and waits in it
    accepted = [worker.offer(lambda number=number: done.append(number)) for number in range(5)]
    assert accepted == [True, True, False, False, False]
    assert worker.thinned == 3
    threading.Timer(0.05, gate.set).start()
    worker.require(lambda: done.append("last"))
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
        "import time; from kerasviz.watch.worker import Worker; w = Worker();"
        "w.offer(lambda: (time.sleep(0.2), print('written', flush=True))); raise SystemExit(3)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 3
    assert result.stdout == "written\n"
