"""The parts one after the other in this process; no port is opened."""

from __future__ import annotations

from collections.abc import Sequence

from kerasviz.dataset_jobs.plan import Plan
from kerasviz.dataset_jobs.shard import Progress, explain_shard


def run_in_process(plan: Plan, indices: Sequence[int], on_progress: Progress) -> None:
    """Explain these parts."""
    for index in indices:
        explain_shard(plan, index, on_progress=on_progress)
