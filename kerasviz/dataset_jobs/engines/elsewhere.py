"""What every engine of other processes needs: a plan that they can read, and parts explained there."""

from __future__ import annotations

import os

from kerasviz.dataset_jobs.plan import Plan
from kerasviz.dataset_jobs.shard import explain_shard
from kerasviz.errors import InputError


def refuse_what_is_here_alone(plan: Plan) -> None:
    """Refuse a plan whose model or pictures other processes cannot read.

    Raises:
        InputError: it is such a plan.
    """
    if plan.model is None:
        raise InputError(
            "Other processes do not have the model that was passed as an object: save it by "
            "kerasviz.models.save_model, and pass the file."
        )
    if plan.held_pictures is not None and plan.held_pictures.in_memory:
        raise InputError(
            f"Other processes do not have the pictures of {plan.data}, which are in this one's memory: write "
            "them into files, or leave workers and engine out."
        )


def explain_there(folder: str, index: int) -> int:
    """Explain a part in another process; return how many pictures it holds."""
    plan = Plan.read(folder)
    explain_shard(plan, index)
    return len(plan.shard_rows(index))


def whole(plan: Plan) -> str:
    """Return the plan's folder as it is called in any working directory."""
    return os.path.abspath(plan.folder)
