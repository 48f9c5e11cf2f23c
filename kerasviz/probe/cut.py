"""The cut: the runs of one model that look at some of its layers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from kerasviz.errors import InputError
from kerasviz.probe import programs
from kerasviz.probe.default import default_layer
from kerasviz.probe.engine import Compiled, checked_precision, engine
from kerasviz.probe.inputs import Batch
from kerasviz.probe.layers import CallPath, LayerRequest, is_pattern, resolve
from kerasviz.probe.programs import Finish, Traits
from kerasviz.probe.session import session_of
from kerasviz.probe.specs import ensure_built, signature, specs_of
from kerasviz.probe.target import Target, parameter_specs, with_parameters
from kerasviz.probe.tokens import Layout
from kerasviz.probe.trace import Trace

# Layers from which on tracing a model takes long beside running it.
_LARGE = 40


class Finished(NamedTuple):
    """What one compiled run made of a batch, and what the model said of it.

    `values` is what the run's `finish` returned, as arrays; `scores` float32 (N,), `classes` int32 (N,), -1
    where the target is no class; `outputs` the model's, float32 in its own structure; `score_kind` as in
    `Trace`; `paths` the layers where the model was cut; `shapes` those of the inputs without the batch axis,
    channels last; `linear` as in `Trace`.
    """

    values: Any
    scores: np.ndarray
    classes: np.ndarray
    outputs: Any
    score_kind: str
    paths: tuple[str, ...]
    shapes: Sequence[tuple[int, ...]]
    linear: frozenset[str]


class _Tracing(NamedTuple):
    """A compiled trace, what its own `finish` is, and how what it computes lies in the inputs."""

    compiled: Compiled
    finish: Finish | None
    layout: Layout


class Cut:
    """A model and the layers where it is cut; what is compiled for it is kept in the model's session.

    The model is held weakly. `layers` are paths, looked up when something is compiled. None cuts each
    signature at the last spatial layer that the explained output depends on.
    """

    def __init__(self, model: keras.Model, layers: Iterable[str] | None) -> None:
        self._layers = None if layers is None else tuple(layers)
        self._session = session_of(model)

    def activations(self, batch: Batch) -> dict[str, np.ndarray]:
        """Return `{path: activations}` for one checked batch."""
        ensure_built(self._session.model(), batch)

        def make(model: keras.Model) -> Compiled:
            program, calls = programs.activations(Traits.of(model)), self._calls(model, batch, None)
            return engine().compile(model, program, specs_of(batch), calls=calls)

        compiled = self._session.kept(("activations", self._layers, signature(batch)), make)
        return engine().to_numpy(compiled(batch))

    def traces(
        self, images: Any, target: Target, batch_size: int, precision: str = "float32"
    ) -> Iterator[Trace]:
        """Yield a trace per batch."""
        convert = engine().to_numpy
        for tracing, batch, found in self._runs(images, target, batch_size, precision, None):
            activations, gradients, scores, classes, outputs = map(convert, found[1:])
            kind, linear = (tracing.compiled.facts[name] for name in ("score_kind", "linear"))
            shapes = tracing.layout.shapes
            yield Trace(activations, gradients, scores, classes, outputs, kind, shapes, batch, linear)

    def finished(
        self,
        images: Any,
        target: Target,
        batch_size: int,
        finish: Finish,
        precision: str = "float32",
        apart: bool = False,
        alone: bool = False,
    ) -> Iterator[Finished]:
        """Yield, per batch, what `finish` makes of activations and gradients inside the compiled run.

        Args:
            images: as for `Probe.activations`.
            target: what is explained.
            batch_size: pictures per run.
            finish: `(activations, gradients, layout) -> tensors`, of two `{path: tensor}`, written in
                `keras.ops`. The first one of a layer and a kind of target is compiled into the model's run.
                So is every other one where the model is small; a large one is not traced again, they are
                compiled into small functions of their own. Equal ones share a function, so that it should
                compare by value; it must not hold the model.
            precision: see `checked_precision`.
            apart: compile it into a function of its own in any case: for a slow one, which the runs of others
                shall not pay for.
            alone: hand nothing else out of the compiled run: for activations that are large beside the rest.

        Raises:
            TargetError: the target does not fit the model's output, or does not depend on a layer.
        """
        key = ("finish", self._layers, target.key(), precision, finish)
        convert = engine().to_numpy
        for tracing, batch, found in self._runs(
            images, target, batch_size, precision, None if apart else finish, alone
        ):
            values, activations, gradients, scores, classes, outputs = found
            if tracing.finish != finish:
                small = functools.partial(_small, finish, tracing.layout, activations, gradients)
                values = self._session.kept((*key, signature(batch)), small)(activations, gradients)
            facts = tracing.compiled.facts
            values, scores, classes, outputs = map(convert, (values, scores, classes, outputs))
            kind, paths, shapes = facts["score_kind"], facts["paths"], tracing.layout.shapes
            yield Finished(values, scores, classes, outputs, kind, paths, shapes, facts["linear"])

    def _runs(
        self,
        images: Any,
        target: Target,
        batch_size: int,
        precision: str,
        finish: Finish | None,
        alone: bool = False,
    ) -> Iterator[tuple[_Tracing, Batch, Any]]:
        checked_precision(precision)
        for batch, parameters in with_parameters(self._session.model(), images, target, batch_size):
            tracing = self._tracing(batch, target, precision, finish, alone)
            target.check(tracing.compiled.facts["score_shape"] or (), parameters)
            yield tracing, batch, tracing.compiled(batch, parameters)

    def _tracing(
        self, batch: Batch, target: Target, precision: str, finish: Finish | None, alone: bool
    ) -> _Tracing:
        ensure_built(self._session.model(), batch)
        # Handing out what another `finish` would need costs a tenth of a small network's run.
        alone = finish is not None and (alone or self._session.layers() < _LARGE)

        def make(model: keras.Model) -> _Tracing:
            layout = Layout.of(model, batch)
            compiled = engine().compile(
                model,
                programs.trace(Traits.of(model), target.lasting(), finish, layout, alone),
                specs_of(batch),
                parameter_specs(target),
                self._calls(model, batch, target.output),
                precision=precision,
            )
            return _Tracing(compiled, finish, layout)

        key = ("trace", self._layers, target.key(), signature(batch), precision, alone and finish)
        return self._session.kept(key, make)

    def _calls(self, model: keras.Model, batch: Batch, output: int | str | None) -> Sequence[CallPath]:
        if self._layers is None:
            return resolve(model, default_layer(model, batch, output))
        return resolve(model, self._layers)


def _small(
    finish: Finish, layout: Layout, activations: dict[str, Any], gradients: dict[str, Any], _: keras.Model
) -> Callable[..., Any]:
    """Return what `finish` makes of activations and gradients like these, compiled on its own."""
    return engine().function(lambda a, g: finish(a, g, layout), (activations, gradients))


def cached_cut(model: keras.Model, layer: LayerRequest | Sequence[LayerRequest] | None) -> Cut:
    """Return the cut of a model at one layer, named in any way; None: the last spatial one.

    Raises:
        LayerNotFoundError: there is no such layer; of a name or a number, the cut's first run says so.
        InputError: the request means several layers.
    """
    if layer is None:
        return Cut(model, None)
    requests: list[Any] = list(layer) if isinstance(layer, (list, tuple)) else [layer]
    if len(requests) == 1 and isinstance(requests[0], str) and not is_pattern(requests[0]):
        return Cut(model, requests)
    found = resolve(model, requests)
    if len(found) > 1:
        listed = ", ".join(call.path for call in found[:5]) + (", ..." if len(found) > 5 else "")
        raise InputError(f"Got {len(found)} layers, {listed}; expected one: name it by its path.")
    return Cut(model, [found[0].path])
