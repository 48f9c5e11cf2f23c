"""The parts as tasks of Dask: on processes of this machine, or on the workers of a scheduler."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasviz.dataset_jobs.engines.elsewhere import explain_there, refuse_what_is_here_alone, whole
from kerasviz.dataset_jobs.plan import Plan
from kerasviz.dataset_jobs.shard import Progress
from kerasviz.errors import InputError, MissingDependencyError, one_line

_CONNECT_SECONDS = 15
# A worker that is killed again and again while it explains one part would be started for ever.
_TRIES = 3


def needed() -> Any:
    """Return the module distributed.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import distributed
    except ImportError as error:
        raise MissingDependencyError(
            'Several processes need the package distributed (Dask): run pip install "kerasviz[cluster]", or '
            "start one process for each shard=(index, count)."
        ) from error
    return distributed


def run_on_workers(count: int, plan: Plan, indices: Sequence[int], on_progress: Progress) -> None:
    """Explain parts on processes of this machine, a GPU each, that listen on 127.0.0.1 alone."""
    refuse_what_is_here_alone(plan)
    distributed = needed()
    with (
        distributed.LocalCluster(
            n_workers=min(count, len(indices)),
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            memory_limit=0,
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        _run(distributed, client, plan, indices, on_progress)


def run_on_scheduler(address: str, plan: Plan, indices: Sequence[int], on_progress: Progress) -> None:
    """Explain parts on the workers of a scheduler, which see the same files under the same paths.

    Raises:
        InputError: there is no scheduler.
    """
    refuse_what_is_here_alone(plan)
    distributed = needed()
    try:
        client = distributed.Client(f"tcp://{address}", timeout=_CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(f"There is no Dask scheduler at {address}: {one_line(error)}.") from error
    with client:
        _run(distributed, client, plan, indices, on_progress)


def _run(distributed: Any, client: Any, plan: Plan, indices: Sequence[int], on_progress: Progress) -> None:
    client.register_plugin(_one_device_each(distributed))
    folder = whole(plan)
    # A part can be explained twice without harm, so that a lost one is simply done again.
    tasks = client.map(
        explain_there, [folder] * len(indices), indices, pure=False, retries=_TRIES, batch_size=1000
    )
    for task in distributed.as_completed(tasks):
        on_progress(task.result())


def _one_device_each(distributed: Any) -> Any:
    """Return what gives each worker of a machine one of its GPUs, before it imports a backend."""

    class OneDevice(distributed.WorkerPlugin):  # type: ignore[misc,name-defined]
        name = "kerasviz-one-device"

        def setup(self, worker: Any) -> None:
            take_device(worker.name)

    return OneDevice()


def take_device(name: object) -> None:
    """Show this process one GPU of the machine, by its number among the workers, unless it is told which."""
    count = gpus()
    if count and isinstance(name, int) and "CUDA_VISIBLE_DEVICES" not in os.environ:
        os.environ["CUDA_VISIBLE_DEVICES"] = str(name % count)


def gpus(place: Path = Path("/proc/driver/nvidia/gpus")) -> int:
    """Return how many NVIDIA GPUs the driver of this machine shows."""
    return len(list(place.iterdir())) if place.is_dir() else 0
