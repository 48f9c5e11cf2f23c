"""The weights that a run uses: those of now, or those of one moment; none of them asks for a gradient."""

from __future__ import annotations

from typing import Any

import keras
import torch


class CurrentWeights(keras.StatelessScope):
    """Within the block, variables hold what they hold, cut off from gradients; updates of them go nowhere."""

    def get_current_value(self, variable: keras.Variable) -> Any:
        """Return what a variable holds within the block."""
        value = super().get_current_value(variable)
        if value is not None or variable._value is None:
            return value
        return variable._value.detach()


class HeldWeights:
    """See `kerasviz.probe.engine.Weights`.

    PyTorch writes updates where the old numbers were, and some of them leave no trace. So this is a copy, and
    looking is copying again.
    """

    def __init__(self, model: keras.Model) -> None:
        self._variables: list[int] = []
        self._values: list[torch.Tensor] = []
        self.renew(model)

    def scope(self) -> CurrentWeights:
        """Return a block within which a model's variables hold what they held at the last look."""
        scope = CurrentWeights()
        scope.state_mapping.update(zip(self._variables, self._values, strict=True))
        return scope

    def renew(self, model: keras.Model) -> bool:
        """Take the weights of now; nothing is compiled with them, so nothing is void."""
        variables = model.variables
        now = [variable.value.detach() for variable in variables]
        names = [*map(id, variables)]
        if names == self._variables and all(map(_fit, self._values, now)):
            torch._foreach_copy_(self._values, now)
        else:
            self._variables, self._values = names, [value.clone() for value in now]
        return False


def _fit(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.device == b.device
