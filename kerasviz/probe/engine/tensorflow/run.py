"""One run of a model while TensorFlow traces it: forward, recorded at the asked calls, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from kerasviz.probe.attention import computing_scores
from kerasviz.probe.engine import Outputs, ReluRule, Slopes, Start
from kerasviz.probe.engine.recorder import Recorder
from kerasviz.probe.engine.tensorflow.final_activation import before_activation
from kerasviz.probe.engine.tensorflow.graph_walks import independent_of
from kerasviz.probe.engine.tensorflow.normalisation import folded_normalisation, fused_normalisation
from kerasviz.probe.engine.tensorflow.relu_rules import relu_rule
from kerasviz.probe.engine.tensorflow.weights import HeldWeights
from kerasviz.probe.layers import CallPath
from kerasviz.probe.tap import tapped


class TracedRun:
    """See `kerasviz.probe.engine.Run`. Everything that is differentiated lies in the current graph."""

    def __init__(
        self, model: keras.Model, calls: Sequence[CallPath], rule: ReluRule, weights: HeldWeights | None
    ) -> None:
        self._model = model
        self._calls = calls
        self._rule = rule
        self._weights = weights
        self._activations: dict[str, tf.Tensor] = {}

    def forward(self, inputs: Any) -> Outputs:
        """Run the model once with `training=False`, keeping what the asked calls return."""
        model, weights = self._model, self._weights
        if weights is None:
            normalised = fused_normalisation(model)
        else:
            normalised = folded_normalisation(model, weights.of(model))
        graph = tf.compat.v1.get_default_graph()
        recorder = Recorder(self._calls, tf.identity, lambda value: value.graph is not graph)
        with (
            relu_rule(self._rule),
            keras.StatelessScope(),
            normalised,
            computing_scores(model, self._calls),
            tapped(recorder.layers, recorder.note),
        ):
            values = model(inputs, training=False)
        self._activations = recorder.outputs()
        names = tuple(getattr(model, "output_names", None) or ())
        return Outputs(values, names, self._activations, before_activation)

    def slopes_by_activations(self, score: Callable[[], Start]) -> Slopes:
        """Return the derivatives by what the asked calls returned; `score` runs `forward`."""
        start = score()
        slopes = dict(zip(self._activations, _slopes(start, list(self._activations.values())), strict=True))
        # Which class is the highest decides where a gradient starts, not what it is.
        linear = independent_of(self._activations, slopes, start.seed)
        return Slopes(start.kept, slopes, linear)

    def slopes_by(
        self, points: Sequence[Any], score: Callable[[Sequence[Any]], Start]
    ) -> tuple[Any, list[Any]]:
        """Return what `score(points)` kept, and the derivatives by the points."""
        own = [tf.identity(point) for point in points]
        start = score(own)
        return start.kept, _slopes(start, own)


def _slopes(start: Start, points: Sequence[tf.Tensor]) -> list[tf.Tensor | None]:
    # Not a tape, which would look neither at the rules for ReLUs nor at the normalisation's derivative.
    slopes = tf.gradients(start.values, points, grad_ys=start.seed)
    return [None if slope is None else tf.convert_to_tensor(slope) for slope in slopes]
