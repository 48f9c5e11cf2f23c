"""The table of methods: what it declares is what happens, for every method and every option."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops
from maps_of import maps_of

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.explanation import CAM, METHODS, PERTURBATION, TRANSFORMER, Method, Option, Weighting, methods
from kerasviz.explanation.cams.run_cam import run_cam
from kerasviz.explanation.perturbation.rescoring import Experiment, Sample, rescore

# Those of transformers have tests of their own.
NAMES = [method.name for method in METHODS if method.family != TRANSFORMER]
# Few passes, so that every method can be run for every option.
QUICK = {
    "occlusion": {"patch": 4, "stride": 4},
    "rise": {"masks": 20, "cells": 3},
    "integrated_gradients": {"steps": 4},
    "smooth_grad": {"samples": 2},
}
# What each option is changed to; those of one meaning in every method stand for all.
CHANGED = {
    "relu": False,
    "precision": "bfloat16",
    "channels": "sum_abs",
    "patch": 5,
    "stride": 2,
    "fill": "mean",
    "of": "activations",
    "masks": 21,
    "cells": 4,
    "keep": 0.3,
    "seed": 1,
    "baseline": 0.3,
    "steps": 3,
    "samples": 3,
    "noise": 0.4,
    ("score_cam", "channels"): 2,
    ("smooth_grad", "of"): "input_x_gradient",
}


def _pairs() -> list[tuple[str, str]]:
    # A bar, the place of tokens and the options of another method have tests of their own.
    apart = ("progress", "options", "token_grid")
    return [(m.name, option.name) for m in METHODS for option in m.options if option.name not in apart]


@pytest.mark.parametrize(("method", "option"), _pairs())
@pytest.mark.filterwarnings("ignore:Integrated gradients miss")
def test_every_option_changes_the_result(
    network: keras.Model, pictures: np.ndarray, method: str, option: str
) -> None:
    quick = QUICK.get(method, {})
    # What a ReLU takes away is seen where activations are negative: before the network's own.
    whole = {"layer": "inner"} if option == "relu" and method != "cam" else {}
    one, again = (maps_of(network, pictures[:1], method, target=0, **quick | whole) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    value = CHANGED.get((method, option), CHANGED[option])
    assert value != known(method)[option].default
    other = maps_of(network, pictures[:1], method, target=0, **quick | whole | {option: value})
    assert not np.array_equal(one, other)


def known(method: str) -> dict[str, Option]:
    (row,) = (row for row in METHODS if row.name == method)
    return {option.name: option for option in row.options}


@pytest.mark.parametrize("method", [m.name for m in METHODS if "progress" in {o.name for o in m.options}])
def test_a_bar_is_shown_or_not(
    network: keras.Model, pictures: np.ndarray, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    class Bar:
        n, total = 0, None

        def __init__(self, disable: bool, **_: object) -> None:
            seen.append(disable)

        def __enter__(self):
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, count: int) -> None:
            pass

    monkeypatch.setattr("kerasviz.explanation.perturbation.rescoring.tqdm", Bar)
    for progress in (True, False):
        maps_of(network, pictures[:1], method, target=0, progress=progress, **QUICK.get(method, {}))
    assert seen == [False, True]


@pytest.mark.parametrize("method", NAMES)
def test_a_method_takes_a_layer_where_the_table_says_so(
    network: keras.Model, pictures: np.ndarray, method: str
) -> None:
    (row,) = (row for row in METHODS if row.name == method)
    options = QUICK.get(method, {}) | ({row.layer_if[0]: row.layer_if[1]} if row.layer_if else {})
    if method == "cam":  # CAM is defined at the last layer alone
        with pytest.raises(UnsupportedModelError, match="global average pooling"):
            maps_of(network, pictures[:1], method, layer="inner", target=0)
    elif row.takes_layer:
        last, inner = (
            maps_of(network, pictures[:1], method, layer=layer, target=0, **options)
            for layer in ("last", "inner")
        )
        assert not np.array_equal(last, inner)
    if not row.takes_layer or row.layer_if:
        with pytest.raises(InputError, match=f"{method} explains a score, not a layer: leave it out"):
            maps_of(network, pictures[:1], method, layer="last", target=0, **QUICK.get(method, {}))


@pytest.mark.parametrize("method", NAMES)
def test_only_signed_methods_have_values_below_zero(
    network: keras.Model, pictures: np.ndarray, method: str
) -> None:
    (row,) = (row for row in METHODS if row.name == method)
    found = [maps_of(network, pictures, method, target=k, **QUICK.get(method, {})) for k in range(4)]
    assert (np.min(found) < 0) == row.signed


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_row_says_what_it_is(method: Method) -> None:
    assert method.title
    assert '"' in method.paper
    assert any(year in method.paper for year in map(str, range(2013, 2027)))
    assert "=" in method.equation
    for option in method.options:
        assert option.help
        assert option.expected
        assert option.checked(method.name, option.default) == option.default


def test_the_names_are_listed_once() -> None:
    assert methods() == tuple(method.name for method in METHODS)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("Grad-CAM", "grad_cam"),
        ("gradcam", "grad_cam"),
        ("GradCAM++", "grad_cam_plus_plus"),
        ("gradcam_pp", "grad_cam"),
        ("SmoothGrad", "smooth_grad"),
        ("Input x gradient", "input_x_gradient"),
        ("saliancy", "saliency"),
    ],
)
def test_other_spellings_are_understood(spelled: str, meant: str) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(InputError, match=rf"no method '.*'\. Did you mean {meant}\b"):
        maps_of(model, np.ones((1, 2)), spelled)


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("rise", {"maks": 3}, r"Method rise has no option 'maks'\. Did you mean masks"),
        ("grad_cam", {"methode": 1}, r"no option 'methode'\. There are: relu, precision, token_grid\."),
        ("rise", {"masks": 2.5}, "masks is 2.5; rise takes a whole number from 1 to 1,000,000 there"),
        ("rise", {"masks": True}, "masks is True; rise takes a whole number"),
        ("rise", {"keep": float("nan")}, "keep is nan; rise takes a number above 0 and below 1"),
        ("rise", {"keep": 1}, "keep is 1; rise takes a number above 0 and below 1"),
        ("grad_cam", {"relu": 1}, "relu is 1; grad_cam takes True or False"),
        (
            "occlusion",
            {"fill": "men"},
            r"fill is 'men'; occlusion takes zero, mean or blur there\. Did you mean mean",
        ),
        (
            "score_cam",
            {"channels": 0},
            "channels is 0; score_cam takes a whole number of at least 1, or None",
        ),
        (
            "integrated_gradients",
            {"baseline": "black"},
            "baseline is 'black'; .* a number or an array of numbers",
        ),
        (
            "integrated_gradients",
            {"baseline": [1, [2]]},
            "baseline is \\[1, \\[2\\]\\]; .* a number or an array of numbers",
        ),
        ("smooth_grad", {"noise": float("inf")}, "noise is inf; smooth_grad takes a number from 0 to 100"),
        ("smooth_grad", {"options": 3}, "options is 3; smooth_grad takes a mapping of options, or None"),
    ],
)
def test_wrong_options_are_refused_by_their_declaration(
    network: keras.Model, pictures: np.ndarray, method: str, options: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        maps_of(network, pictures, method, **options)


def test_numbers_of_numpy_are_numbers(network: keras.Model, pictures: np.ndarray) -> None:
    plain = maps_of(network, pictures, "rise", target=0, masks=8, keep=0.25)
    same = maps_of(network, pictures, "rise", target=0, masks=np.int64(8), keep=np.float32(0.25))
    np.testing.assert_array_equal(plain, same)


def test_a_cam_of_ones_own_is_one_function(network: keras.Model, pictures: np.ndarray) -> None:
    def peak_cam(activations, gradients):
        return ops.max(gradients, axis=(1, 2), keepdims=True)

    weighting = Weighting(peak_cam)

    def run(request, **options):
        return run_cam(request, weighting=weighting, **options)

    grad_cam = METHODS[0]
    own = Method(
        "peak_cam", "Peak-CAM", "none", "w = max_i G_ki", CAM, run, grad_cam.options, takes_layer=True
    )
    found = maps_of(network, pictures, own, target=0)
    # The head of the network is a pooling: every gradient of a channel is its mean and its maximum.
    np.testing.assert_allclose(found, maps_of(network, pictures, "grad_cam", target=0), rtol=1e-5, atol=1e-7)
    with pytest.raises(InputError, match="Method peak_cam has no option 'value'"):
        maps_of(network, pictures, own, value=2)


class _Halves(Experiment):
    """How much the score falls without the left, and without the right half of the picture."""

    count = 2

    def __init__(self, sample: Sample, value: float) -> None:
        self._sample, self._value, self._falls = sample, value, np.zeros(2)

    def run(self, part: range) -> None:
        pixels = np.repeat(self._sample.pixels[None], len(part), axis=0)
        middle = pixels.shape[2] // 2
        for copy, number in zip(pixels, part, strict=True):
            copy[:, slice(0, middle) if number == 0 else slice(middle, None)] = self._value
        whole = self._sample.score(self._sample.pixels[None])
        self._falls[part.start : part.stop] = whole - self._sample.score(pixels)

    def map(self) -> np.ndarray:
        return self._falls[None]


def test_a_perturbation_method_of_ones_own_is_one_file_and_one_row(
    network: keras.Model, pictures: np.ndarray
) -> None:
    def run(request, value):
        return rescore(request, lambda sample: _Halves(sample, value), "float32", False, "halves")

    option = Option("value", float, 0.0, "what hides")
    halves = Method(
        "halves", "Halves", "none", "Y - Y hidden", PERTURBATION, run, (option,), signed=True, passes=2
    )
    found = maps_of(network, pictures, halves, target=1, raw=True)
    assert found.shape == (3, 1, 2)
    windows = maps_of(network, pictures, "occlusion", target=1, patch=10, stride=10)
    hidden = pictures.copy()
    hidden[:, :, :5] = 0
    logits = keras.Model(network.inputs, network.layers[-2].output)
    kernel, bias = network.layers[-1].get_weights()
    before, after = (logits.predict(p, verbose=0) @ kernel[:, 1] + bias[1] for p in (pictures, hidden))
    np.testing.assert_allclose(found[:, 0, 0], before - after, atol=1e-5)
    assert windows.shape == maps_of(network, pictures, halves, target=1).shape
    assert not np.allclose(found, maps_of(network, pictures, halves, target=1, raw=True, value=1.0))
