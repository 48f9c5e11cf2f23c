"""Which engine is meant."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from kerasviz.bounds import check_numbers, short
from kerasviz.dataset_jobs.engines.in_process import run_in_process
from kerasviz.dataset_jobs.plan import Plan
from kerasviz.dataset_jobs.shard import Progress
from kerasviz.errors import InputError

# Explains parts of a plan.
Engine = Callable[[Plan, Sequence[int], Progress], None]
_DASK, _RAY = "dask://", "ray"


def chosen_engine(workers: int | None, engine: str | None) -> Engine:
    """Return what explains parts: in this process where nothing is asked for.

    Raises:
        InputError: there is no such engine, or both are asked for.
        MissingDependencyError: it is not installed.
    """
    if workers is not None and engine is not None:
        raise InputError("workers are processes on this machine, engine is a cluster: leave out one of them.")
    if workers is not None:
        check_numbers(workers=workers)
        from kerasviz.dataset_jobs.engines.dask_cluster import needed, run_on_workers

        needed()
        return functools.partial(run_on_workers, workers)
    if engine is None:
        return run_in_process
    if isinstance(engine, str) and engine.startswith(_DASK) and engine != _DASK:
        from kerasviz.dataset_jobs.engines.dask_cluster import needed, run_on_scheduler

        needed()
        return functools.partial(run_on_scheduler, engine.removeprefix(_DASK))
    if engine == _RAY:
        from kerasviz.dataset_jobs.engines.ray_tasks import needed, run_on_ray

        needed()
        return run_on_ray
    raise InputError(f"engine is {short(engine)}; pass dask://HOST:PORT, the address of a scheduler, or ray.")
