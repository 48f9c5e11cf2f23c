"""Other derivatives for ReLU: within a block, every call of one from Python runs a function with another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe.engine import ReluRule

_RELUS = {torch.relu, torch.Tensor.relu, functional.relu}
_IN_PLACE = {torch.relu_, torch.Tensor.relu_}


class RuledRelus(TorchFunctionMode):
    """Within the block, ReLUs that this thread calls are differentiated by a rule; nothing is changed."""

    def __init__(self, rule: ReluRule) -> None:
        super().__init__()
        self._derivative = {ReluRule.GUIDED: _guided, ReluRule.REDIRECTED: _redirected}[rule]
        self._rule = rule
        self._found = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call one function of PyTorch."""
        kwargs = kwargs or {}
        highest = _highest(func, args, kwargs)
        if highest is None:
            return func(*args, **kwargs)
        self._found = True
        given = args[0] if args else kwargs["input"]
        result = _Relu.apply(given, highest, self._derivative)
        return given.copy_(result) if func in _IN_PLACE else result

    def __exit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        """Leave the block.

        Raises:
            UnsupportedModelError: GUIDED, and no ReLU was called.
        """
        super().__exit__(exc_type, exc_val, exc_tb)
        if exc_type is None and self._rule is ReluRule.GUIDED and not self._found:
            raise UnsupportedModelError(
                "The model has no ReLU, and guided backpropagation is nothing but another derivative for it: "
                "use saliency."
            )


def _highest(func: Any, args: Any, kwargs: Any) -> float | None:
    """Return the highest value that a ReLU returns; None where a function is none."""
    if func in _RELUS or func in _IN_PLACE:
        return float("inf")
    if func is functional.relu6:
        return 6.0
    # What torch.nn.ReLU6 calls.
    bounds = args[1:3] or (kwargs.get("min_val"), kwargs.get("max_val"))
    return 6.0 if func is functional.hardtanh and bounds == (0, 6) else None


class _Relu(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any, given: torch.Tensor, highest: float, derivative: Callable[..., torch.Tensor]
    ) -> torch.Tensor:
        result = torch.clamp(given, 0, highest)
        context.save_for_backward(result)
        context.highest, context.derivative = highest, derivative
        return result

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (result,) = context.saved_tensors
        passes = (result > 0) & (result < context.highest)
        return context.derivative(passes, gradient), None, None


def _guided(passes: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    return torch.where(passes & (gradient > 0), gradient, 0)


def _redirected(passes: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    plain = torch.where(passes, gradient, 0)
    moves = (plain != 0).flatten(1).any(1).reshape(-1, *[1] * (gradient.ndim - 1))
    return torch.where(moves, plain, torch.where(passes | (gradient > 0), gradient, 0))
