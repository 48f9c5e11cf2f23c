"""What a person sees of what a public function returns: a line or two, no array, no address."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import kerasviz as kv
from kerasviz.data import from_arrays
from kerasviz.events import EventLog
from kerasviz.training import Phase
from kerasviz.trust import deletion, make_mosaics

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 0, 1, 0, 1])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A model, a data set and a log."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(layers.Rescaling(1 / 255)(inputs))
    outputs = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    folder = tmp_path_factory.mktemp("shown")
    with EventLog(folder / "log") as closed:
        for step in range(3):
            closed.image("grey", step, np.full((32, 32), 40 * step, np.uint8))
    data = from_arrays(IMAGES, LABELS, class_names=("one", "two"))
    return SimpleNamespace(
        closed=closed,
        model=keras.Model(inputs, outputs),
        data=data,
        folder=folder,
        log=kv.open_log(folder / "log"),
    )


def _evaluator(at: SimpleNamespace) -> kv.Evaluator:
    masks = np.zeros((6, 16, 16), bool)
    masks[:, 4:8, 4:8] = True
    settings = kv.trust.Settings(measures=("pointing", "energy", "deletion"), steps=2)
    return kv.Evaluator(at.model, IMAGES.astype(np.float32), masks, target=LABELS.tolist(), settings=settings)


def _maps(at: SimpleNamespace) -> np.ndarray:
    return kv.explain(at.model, IMAGES).maps


MADE: dict[str, Callable[[SimpleNamespace], Any]] = {
    "Explanation": lambda at: kv.explain(at.model, IMAGES),
    "Explanation in noise": lambda at: kv.smooth(kv.explain, samples=2)(at.model, IMAGES, "saliency"),
    "Method": lambda at: kv.explanation.METHODS[-2],
    "Option": lambda at: kv.explanation.METHODS[0].options[0],
    "Probe": lambda at: kv.Probe(at.model, "conv"),
    "Trace": lambda at: kv.Probe(at.model, "conv").trace(IMAGES),
    "LayerInfo": lambda at: kv.layers(at.model)[0],
    "class_score": lambda at: kv.class_score(1),
    "top_class": lambda at: kv.top_class(),
    "region_score": lambda at: kv.region_score(np.ones((16, 16), bool), 1),
    "PictureForm": lambda at: kv.PictureForm.of(at.model),
    "Scale": lambda at: kv.Scale(0, 1),
    "Search": lambda at: kv.Search(),
    "objective": lambda at: kv.filter_activation("conv", 1) - 0.5 * kv.class_logit(0),
    "direction": lambda at: kv.direction_activation("conv", np.ones(4)),
    "Maximized": lambda at: kv.maximize(at.model, kv.filter_activation("conv", 1), search=kv.Search(steps=2)),
    "Embedding": lambda at: kv.embed(at.model, IMAGES, "conv"),
    "SanityCheck": lambda at: kv.sanity_check(at.model, IMAGES),
    "SanityStage": lambda at: kv.sanity_check(at.model, IMAGES).stages[0],
    "Evaluator": _evaluator,
    "MethodScores": lambda at: next(iter(_evaluator(at).scores(["grad_cam"]))),
    "Settings": lambda at: kv.trust.Settings(),
    "Curves": lambda at: deletion(at.model, IMAGES, _maps(at), kv.class_score(1), steps=2),
    "Mosaics": lambda at: make_mosaics(IMAGES, LABELS, 2),
    "Evaluation": lambda at: kv.classification.evaluate(at.model, at.data.validation),
    "Report": lambda at: kv.write_report(at.model, at.data, at.folder / "report.html"),
    "Dataset": lambda at: at.data,
    "Split": lambda at: at.data.validation,
    "LogReader": lambda at: at.log,
    "EventLog": lambda at: at.closed,
    "TagInfo": lambda at: at.log.tags()[0],
    "Frame": lambda at: next(iter(at.log.frames("grey"))),
    "Animation": lambda at: kv.animate(at.log, "grey", at.folder / "grey.gif"),
    "Evolution": lambda at: kv.Evolution(at.folder / "run", kv.watch.kernels("conv")),
    "TrainingLog": lambda at: kv.TrainingLog(at.folder / "run"),
    "kernels": lambda at: kv.watch.kernels("conv"),
    "responses": lambda at: kv.watch.responses(IMAGES[0], "conv"),
    "cams": lambda at: kv.watch.cams(IMAGES, "conv"),
    "drift": lambda at: kv.watch.drift(),
    "dead_filters": lambda at: kv.watch.dead_filters(IMAGES),
    "Phase": lambda at: Phase("head", 2),
    "Picture": lambda at: kv.PictureForm.of(at.model).fit(IMAGES[0]),
}


@pytest.mark.parametrize("name", MADE)
def test_an_object_says_in_a_line_or_two_what_it_is(place: SimpleNamespace, name: str) -> None:
    shown = repr(MADE[name](place))
    assert len(shown) <= 400, shown
    assert shown.count("\n") <= 3, shown
    assert "array(" not in shown
    assert " at 0x" not in shown, shown
