"""The parts as tasks of Ray, on the cluster that this machine belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasviz.dataset_jobs.engines.elsewhere import explain_there, refuse_what_is_here_alone, whole
from kerasviz.dataset_jobs.plan import Plan
from kerasviz.dataset_jobs.shard import Progress
from kerasviz.errors import InputError, MissingDependencyError

_TRIES = 3


def needed() -> Any:
    """Return the module ray.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError(
            'The engine ray needs the package ray: run pip install "kerasviz[ray]", or use workers.'
        ) from error
    return ray


def run_on_ray(plan: Plan, indices: Sequence[int], on_progress: Progress) -> None:
    """Explain parts on a Ray cluster that runs, whose machines see the same files; each task gets a GPU.

    None is started here: Ray's services listen on all interfaces, which is for you to decide.

    Raises:
        InputError: no cluster runs.
    """
    refuse_what_is_here_alone(plan)
    ray = needed()
    ours = not ray.is_initialized()
    if ours:
        try:
            ray.init(address="auto", logging_level="error")
        except ConnectionError as error:
            raise InputError(
                "No Ray cluster runs on this machine: start its head with Ray's command `ray start` (its "
                "services listen on all interfaces), or use workers."
            ) from error
    try:
        gpus = 1 if ray.cluster_resources().get("GPU") else 0
        task = ray.remote(explain_there).options(num_cpus=1, num_gpus=gpus, max_retries=_TRIES)
        waiting = [task.remote(whole(plan), index) for index in indices]
        while waiting:
            done, waiting = ray.wait(waiting)
            for count in ray.get(done):
                on_progress(count)
    finally:
        if ours:
            ray.shutdown()
