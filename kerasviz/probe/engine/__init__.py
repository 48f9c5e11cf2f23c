"""The seam to the backends: what an engine must be able to do, and the engine of the backend in use.

An engine is a folder here that bears the backend's name and offers the functions of `Engine`. It alone knows
how to trace a model, differentiate and convert; what is computed is said by programs, each once for all
backends, in `keras.ops` (`kerasviz.probe.programs`).

A session keeps what is compiled as long as the model lives. So nothing that an engine returns may hold the
model other than weakly. A program holds neither the model nor, other than weakly, a user's function (which
may hold the model), so that an engine may keep it.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, Protocol, cast

import keras

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.probe.layers import CallPath, Place
from kerasviz.probe.specs import Spec

PRECISIONS = ("float32", "bfloat16")


class ReluRule(Enum):
    """How a gradient g passes a ReLU whose output is y.

    PLAIN: the derivative, g where y > 0 (and y < 6 for ReLU6).
    GUIDED: the same, and only where g > 0 [Springenberg et al. 2015, section 3.4].
    REDIRECTED: the derivative; but where it blocks the whole gradient of a picture, that picture's g also
        passes where it would raise a y of 0, so that a search does not stand still where nothing is active.
    """

    PLAIN = "plain"
    GUIDED = "guided"
    REDIRECTED = "redirected"


@dataclass(frozen=True)
class LayerCall:
    """What a survey saw of one call of one layer or operation.

    Attributes:
        place, call: which one, and which of its calls.
        shape: of the tensor that it returns; None where it returns none, or one of unknown rank.
        feeds_output: whether the output is computed from it.
        is_output: whether it is the output, or what becomes it by nothing but a final softmax or sigmoid,
            another size or another order of axes.
        source: calls that hand on the same value have the same, that of what computed it.
        is_branch: asks whether, after this call, what it returns is joined (added, multiplied, concatenated)
            with a map that was computed beside it, where no call returns the joined map.
    """

    place: Place
    call: int
    shape: tuple[int | None, ...] | None
    feeds_output: bool
    is_output: bool
    source: str
    is_branch: Callable[[], bool]


@dataclass(frozen=True)
class Outputs:
    """What one run of a model returned, as tensors of the backend.

    Attributes:
        values: the model's outputs in its own structure.
        names: of the outputs, where the model has them.
        activations: `{path: what that call returned}`, in the order of the calls.
        before: of an output, what went into the softmax or sigmoid that it is; None where it is none.
    """

    values: Any
    names: tuple[str, ...]
    activations: dict[str, Any]
    before: Callable[[Any], Any]


class Start(NamedTuple):
    """Where a differentiation starts: some values, the weights of their sum, and what else to hand out."""

    values: Any
    seed: Any
    kept: Any


class Slopes(NamedTuple):
    """What a differentiation by activations found.

    Attributes:
        kept: what the start kept.
        by_path: the derivatives by what the asked calls returned, in the shape of the activations; None where
            the start does not depend on them.
        linear: the paths in whose activations the start is linear, and a number: whose derivatives are the
            same whatever the activations are.
    """

    kept: Any
    by_path: dict[str, Any]
    linear: frozenset[str]


class Run(Protocol):
    """One run of a model, while its program is traced."""

    def forward(self, inputs: Any) -> Outputs:
        """Run the model once with `training=False`, keeping what the asked calls return.

        Raises:
            UnsupportedModelError: an asked call does not happen, or is hidden in a loop.
            InputError: a layer runs several times and the request does not say which.
        """

    def slopes_by_activations(self, score: Callable[[], Start]) -> Slopes:
        """Return the derivatives by what the asked calls returned; `score` runs `forward`."""

    def slopes_by(
        self, points: Sequence[Any], score: Callable[[Sequence[Any]], Start]
    ) -> tuple[Any, list[Any]]:
        """Return what `score(points)` kept, and the derivatives by the points, None as in `Slopes`."""


class Traced(NamedTuple):
    """What a program returns: a structure of tensors, and what was learned while tracing it."""

    values: Any
    facts: dict[str, Any]


# (run, the inputs as tensors in the model's own structure, parameters as tensors) -> what is computed.
Program = Callable[[Run, Any, Sequence[Any]], Traced]


class Compiled(Protocol):
    """A program compiled for one signature, for batches of any length; tracing it has run nothing."""

    @property
    def facts(self) -> dict[str, Any]:
        """What the program learned while it was traced."""

    def __call__(self, batch: Any, parameters: Sequence[Any] = ()) -> Any:
        """Run one batch; return the structure of tensors that the program computes."""


class Weights(Protocol):
    """The weights of a model at one moment."""

    def renew(self, model: keras.Model) -> bool:
        """Take the weights of now; return whether what was compiled with the old ones is void."""


class Engine(Protocol):
    """What a backend must be able to do."""

    def survey(
        self, model: keras.Model, places: Sequence[Place], inputs: Any, output: int | str | None = None
    ) -> list[LayerCall]:
        """Run the model on nothing but shapes; return every call of every layer, in order of execution."""

    def compile(
        self,
        model: keras.Model,
        program: Program,
        inputs: Any,
        parameters: Sequence[Spec] = (),
        calls: Sequence[CallPath] = (),
        rule: ReluRule = ReluRule.PLAIN,
        precision: str = "float32",
        weights: Any = None,
    ) -> Compiled:
        """Compile a program of one model.

        Args:
            model: the model; it is not changed, also not after an error.
            program: what is computed.
            inputs: `Spec`s in the model's own structure.
            parameters: of what the program is given beside the inputs.
            calls: the layer calls whose activations it asks for.
            rule: how gradients pass ReLUs.
            precision: one of `PRECISIONS`.
            weights: run with these (`Weights`) instead of the model's own at the time of each call.
        """

    def function(self, function: Callable[..., Any], examples: Sequence[Any]) -> Callable[..., Any]:
        """Return a function of structures of tensors, compiled, for batches of any length."""

    def to_numpy(self, values: Any) -> Any:
        """Return a structure of tensors as arrays."""

    def weights(self, model: keras.Model) -> Weights:
        """Return the weights of a model now."""

    def clear(self) -> None:
        """Empty whatever caches the engine has of its own."""


def engine() -> Engine:
    """Return the engine of the backend that Keras runs on.

    Raises:
        UnsupportedModelError: there is none for that backend.
    """
    return _engine(keras.backend.backend())


@functools.cache
def _engine(backend: str) -> Engine:
    # Found once: it is asked for several times in each call, which on a small network would be felt.
    name = f"{__name__}.{backend}"
    if importlib.util.find_spec(name) is None:
        engines = [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]
        raise UnsupportedModelError(
            f"Keras runs on {backend}, and looking inside models is possible on {' or '.join(engines)}: set "
            f"the environment variable KERAS_BACKEND={engines[0]} before Python starts."
        )
    return cast(Engine, importlib.import_module(name))


def checked_precision(precision: str) -> str:
    """Return the name of a precision.

    `"float32"` computes as the model says; `"bfloat16"` computes convolutions and products of matrices with
    8 bits of precision, exact to about 0.3 %: faster on CPUs with such instructions.

    Raises:
        InputError: another name.
    """
    if precision not in PRECISIONS:
        raise InputError(f"Got precision={precision!r}; expected {' or '.join(PRECISIONS)}.")
    return precision
