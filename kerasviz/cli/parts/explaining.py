"""Pictures explained as the command line asks: every target by every method at every layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kerasviz.cli.parts.class_choice import class_label
from kerasviz.cli.parts.predictions import Prediction, names_that_fit, predictions

if TYPE_CHECKING:
    import keras
    import numpy as np

    from kerasviz.cli.parts.columns import Column
    from kerasviz.explanation import Explanation, Trace
    from kerasviz.probe import Target


@dataclass(frozen=True)
class Map:
    """One map `(h, w)`, its method and layer as they are drawn, and how far it may be off, in words.

    `chosen` are the values of the options that were left to the method.
    """

    values: np.ndarray
    title: str
    layer: str | None
    error: str
    chosen: Mapping[str, Any]


@dataclass(frozen=True)
class View:
    """What one target is for one picture: the words of the table, and a map for each column.

    `index` is the explained class, -1 where there is none; `output` the explained output, where one of
    several was named.
    """

    maps: Sequence[Map]
    index: int
    explained: str
    prediction: Prediction
    score: str
    output: str = ""

    @property
    def heading(self) -> str:
        """What stands above the maps; a number stays on the line of its word."""
        words = [self.score]
        if self.prediction.probability != "?":
            words.insert(0, f"probability {self.prediction.probability}")
        if self.prediction.share:
            words.insert(0, f"on {self.prediction.share}")
        explained = f"output {self.output}, {self.explained}" if self.output else self.explained
        return f"{explained}: " + ", ".join(word.replace(" ", "\N{NO-BREAK SPACE}") for word in words)


@dataclass
class Explainer:
    """Explains batches.

    `smoothing` is what `smooth` is given. `stopped` says, once a method was interrupted within a picture, how
    far it came.
    """

    model: keras.Model
    columns: Sequence[Column]
    names: Sequence[str] | None
    batch_size: int
    smoothing: Mapping[str, Any] | None
    stopped: str = field(default="", init=False)

    def views(self, batch: np.ndarray, targets: Sequence[Target], output: str = "") -> list[list[View]]:
        """Return the views of each picture of a batch, one for each target, of the output that is named.

        Once a method is interrupted, they hold its maps as far as it came, and none of what was to follow.
        """
        by_target = [self._views(batch, target, output) for target in targets if not self.stopped]
        return [list(views) for views in zip(*by_target, strict=True)]

    def _views(self, batch: np.ndarray, target: Target, output: str) -> list[View]:
        from kerasviz.explanation import Interrupted

        found: list[Explanation] = []
        try:
            found.extend(self._explanations(batch, target))
        except Interrupted as interrupted:
            self.stopped = str(interrupted)
            found.append(interrupted.explanation)
        names = names_that_fit(self.names, found[0], self.model, target)
        said = predictions(found[0], self.model, target, names)
        return [self._view(found, prediction, at, names, output) for at, prediction in enumerate(said)]

    def _explanations(self, batch: np.ndarray, target: Target) -> Iterator[Explanation]:
        """Yield the explanation of each column; all class activation maps are made of one run."""
        traces = {} if self.smoothing else self._traces(batch, target)
        for column in self.columns:
            if column.method.weighting is None or self.smoothing:
                yield self._run(column, batch, target)
                continue
            trace = traces[column.options["precision"]]
            layer = column.layer or next(iter(trace.activations))
            shared = {name: column.options[name] for name in ("relu", "token_grid")}
            yield trace.cam(column.method.name, layer=layer, **shared)

    def _traces(self, batch: np.ndarray, target: Target) -> dict[str, Trace]:
        """Return, by precision, the run that all class activation maps are made of."""
        from kerasviz.explanation import Trace
        from kerasviz.probe import Cut

        cams = [column for column in self.columns if column.method.weighting is not None]
        layers = list(dict.fromkeys(column.layer for column in cams if column.layer))
        cut = Cut(self.model, layers or None)
        traces = {}
        for precision in dict.fromkeys(column.options["precision"] for column in cams):
            (found,) = cut.traces(batch, target, len(batch), precision)
            traces[precision] = Trace(**vars(found), model=self.model)
        return traces

    def _run(self, column: Column, batch: np.ndarray, target: Target) -> Explanation:
        from kerasviz.explanation import explain, smooth

        method = column.method
        return (smooth(explain, **self.smoothing) if self.smoothing else explain)(
            self.model,
            batch,
            method,
            layer=column.layer,
            target=target,
            # What is made of feature maps alone has their size.
            raw=method.takes_layer and method.layer_if is None,
            batch_size=self.batch_size,
            preprocessed=True,
            **column.options,
        )

    def _view(
        self,
        found: Sequence[Explanation],
        prediction: Prediction,
        at: int,
        names: Sequence[str] | None,
        output: str,
    ) -> View:
        first = found[0]
        maps = [
            Map(one.maps[at], one.title, one.layer, one.error_texts[at], _chosen(column, one))
            for column, one in zip(self.columns, found, strict=False)  # fewer, where a run was interrupted
        ]
        index = int(first.classes[at])
        score = f"{first.score_kind} {first.scores[at]:.3f}"
        return View(maps, index, class_label(index, names), prediction, score, output)


def _chosen(column: Column, explanation: Explanation) -> dict[str, Any]:
    asked = column.options
    return {name: value for name, value in explanation.options.items() if value != asked.get(name, value)}
