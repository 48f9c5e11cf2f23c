"""Noise around any method: SmoothGrad and VarGrad."""

from __future__ import annotations

import tracemalloc

import keras
import numpy as np
import pytest

import kerasviz as kv
from kerasviz.errors import InputError
from kerasviz.explanation import METHODS, TRANSFORMER, explain

QUICK = {
    "occlusion": {"patch": 4, "stride": 4},
    "rise": {"masks": 10, "cells": 3},
    "score_cam": {"channels": 2},
    "integrated_gradients": {"steps": 8},
    "smooth_grad": {"samples": 2},
}
# Those of transformers have tests of their own.
NAMES = [method.name for method in METHODS if method.family != TRANSFORMER]


def noisy(pictures: np.ndarray, samples: int, noise: float, seed: int) -> np.ndarray:
    """Return the noisy copies `(N, samples, ...)`, made one by one."""
    copies = []
    for at, picture in enumerate(pictures):
        deviation = noise * (picture.max() - picture.min())
        for copy in range(samples):
            rng = np.random.default_rng((seed, at, copy))
            copies.append(picture + deviation * rng.standard_normal(picture.shape, np.float32))
    return np.stack(copies).reshape(len(pictures), samples, *pictures.shape[1:])


@pytest.mark.filterwarnings("ignore:Integrated gradients miss")
@pytest.mark.parametrize("method", NAMES)
@pytest.mark.parametrize("kind", ["mean", "variance"])
def test_any_method_against_a_plain_loop(
    network: keras.Model, pictures: np.ndarray, method: str, kind: str
) -> None:
    options = QUICK.get(method, {})
    calm = kv.smooth(explain, samples=3, noise=0.2, kind=kind, seed=4)
    e = calm(network, pictures[:2], method, target=[1, 2], batch_size=4, **options)
    copies = noisy(pictures[:2], 3, 0.2, 4)
    for at, label in enumerate((1, 2)):
        maps = explain(network, copies[at], method, target=label, **options).maps.astype(np.float64)
        if method == "smooth_grad":  # its own noise depends on the place of the picture
            continue
        expected = maps.mean(axis=0) if kind == "mean" else maps.var(axis=0)
        np.testing.assert_allclose(e.maps[at], expected, rtol=1e-3, atol=1e-6 + 1e-4 * np.abs(expected).max())
    plain = explain(network, pictures[:2], method, target=[1, 2], **options)
    np.testing.assert_allclose(e.scores, plain.scores, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(e.outputs, plain.outputs, atol=1e-5)
    assert (e.layer, e.method, e.error) == (plain.layer, plain.method, None)
    assert e.title == f"{'SmoothGrad' if kind == 'mean' else 'VarGrad'} of {plain.title}"
    assert e.images is not None
    assert len(e.images) == 2


def test_the_row_smooth_grad_is_the_same_noise(network: keras.Model, pictures: np.ndarray) -> None:
    calm = kv.smooth(explain, samples=5, noise=0.15, seed=2)
    whole = calm(network, pictures, "saliency", target=1, channels="all")
    row = explain(network, pictures, "smooth_grad", target=1, samples=5, noise=0.15, seed=2)
    np.testing.assert_allclose(np.abs(whole.maps).max(axis=-1), row.maps, rtol=1e-5, atol=1e-8)
    reduced_first = calm(network, pictures, "saliency", target=1)
    assert not np.allclose(reduced_first.maps, row.maps, rtol=1e-2)


@pytest.mark.parametrize("change", [{"samples": 4}, {"noise": 0.3}, {"kind": "variance"}, {"seed": 1}])
def test_every_option_changes_the_result(network: keras.Model, pictures: np.ndarray, change: dict) -> None:
    options = {"samples": 3, "noise": 0.1, "kind": "mean", "seed": 0}
    one, again, other = (
        kv.smooth(explain, **o)(network, pictures, target=1) for o in (options, options, options | change)
    )
    np.testing.assert_array_equal(one.maps, again.maps)
    assert not np.allclose(one.maps, other.maps, rtol=1e-4)


def test_batches_and_streams_do_not_matter(network: keras.Model, pictures: np.ndarray) -> None:
    calm = kv.smooth(explain, samples=3)
    whole = calm(network, pictures)
    small = calm(network, pictures, batch_size=2)
    streamed = calm(network, iter([pictures[:1], pictures[1:]]))
    for other in (small, streamed):
        np.testing.assert_allclose(other.maps, whole.maps, atol=1e-5)
        np.testing.assert_array_equal(other.classes, whole.classes)
    assert streamed.images is None


def test_no_noise_changes_nothing(network: keras.Model, pictures: np.ndarray) -> None:
    plain = explain(network, pictures, "layer_cam")
    calm = kv.smooth(explain, samples=2, noise=0.0)(network, pictures, "layer_cam")
    np.testing.assert_allclose(calm.maps, plain.maps, rtol=1e-4, atol=1e-7)
    still = kv.smooth(explain, samples=2, noise=0.0, kind="variance")(network, pictures, "layer_cam")
    assert np.abs(still.maps).max() < 1e-9


def test_memory_does_not_grow_with_the_samples(network: keras.Model, pictures: np.ndarray) -> None:
    def peak(samples: int) -> int:
        calm = kv.smooth(explain, samples=samples)
        tracemalloc.start()
        calm(network, pictures[:1], target=0, batch_size=8)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(8)
    # 1200 copies of 1440 bytes and their maps of 480 would be 2.3 MB. Tensors are freed behind tracemalloc's
    # back, which counts them until their place is taken again.
    assert peak(1208) < peak(8) + 500_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 0}, "samples is 0; smooth takes a whole number from 1 to 1,000,000"),
        ({"samples": 1, "kind": "variance"}, "samples is 1; smooth takes a whole number from 2 to 1,000,000"),
        ({"noise": float("nan")}, "noise is nan"),
        ({"kind": "median"}, "kind is 'median'; smooth takes mean or variance"),
    ],
)
def test_wrong_options_are_refused_at_once(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        kv.smooth(explain, **options)


def test_the_folder_says_it_is_smoothed(network: keras.Model, pictures: np.ndarray, tmp_path) -> None:
    import json

    e = kv.smooth(explain, samples=2)(network, pictures, input_range=(0, 1))
    e.save(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["smoothing"] == {"samples": 2, "noise": 0.1, "kind": "mean", "seed": 0}
    assert manifest["title"] == "SmoothGrad of Grad-CAM at last"
