"""Which of a model's outputs is explained, and the logits behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kerasviz.errors import TargetError
from kerasviz.probe.engine import Outputs
from kerasviz.probe.target import Target


def pick(model: keras.Model, outputs: Any, output: int | str | None) -> Any:
    """Return one of a model's outputs, by name or position: a tensor or an array, as `outputs` holds.

    Raises:
        TargetError: there is no such output, or several and `output` is None.
    """
    return picked(outputs, output_names(model), output)


def output_names(model: keras.Model) -> tuple[str, ...]:
    """Return the names of a model's outputs; none where it has no list of them."""
    return tuple(getattr(model, "output_names", None) or ())


def picked(outputs: Any, names: Sequence[str], output: int | str | None) -> Any:
    """Return one of the outputs, whose names are `names`, as `pick` does."""
    if isinstance(outputs, dict):
        names, tensors = list(outputs), list(outputs.values())
    else:
        tensors = keras.tree.flatten(outputs)
    if output is None:
        if len(tensors) > 1:
            listed = f": {', '.join(names)}" if names else ""
            raise TargetError(
                f"The model has {len(tensors)} outputs{listed}; say which to explain: "
                f"target=top_class(output={(names or (0,))[0]!r}), or explain_outputs for each."
            )
        return tensors[0]
    if isinstance(output, str):
        if output not in names:
            raise TargetError(
                f"The model has no output {output!r}; it has {', '.join(names) or 'unnamed ones'}."
            )
        return tensors[list(names).index(output)]
    if not -len(tensors) <= output < len(tensors):
        raise TargetError(f"The model has {len(tensors)} outputs: output {output} does not exist.")
    return tensors[output]


def explained(outputs: Outputs, target: Target) -> tuple[Any, str]:
    """Return what a target scores, and what it is: logit, probability or output."""
    if target.whole:
        return outputs.values, "output"
    tensor = picked(outputs.values, outputs.names, target.output)
    logits = outputs.before(tensor)
    if logits is None:
        return ops.cast(tensor, "float32"), "output"
    if target.probability:
        return ops.cast(tensor, "float32"), "probability"
    return ops.cast(logits, "float32"), "logit"
