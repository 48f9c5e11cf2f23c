"""The targets of dense outputs and of detectors that the documentation shows do what it says of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers as kl
from tiny_unet import PICTURE, by_hand

import kerasviz as kv

PAGE = (Path(__file__).parents[2] / "docs" / "cam.md").read_text()


def block(heading: str) -> str:
    """Return the first piece of Python under a heading."""
    return re.search(rf"^## {heading}.*?^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1]


def test_segmentation_as_printed() -> None:
    mask = np.zeros((4, 4))
    mask[1, 1] = 1  # the one pixel where class 2 is predicted
    names: dict[str, Any] = {"kv": kv, "unet": by_hand(), "images": PICTURE, "mask": mask}
    found = [eval(line, names) for line in block("Segmentation").splitlines()]
    assert [one.classes.tolist() for one in found] == [[1], [2], [2], [2], [1]]
    np.testing.assert_allclose([one.scores.item() for one in found], [37 / 7, 5, 5, 5, 3], rtol=1e-6)


def test_detection_as_printed() -> None:
    keras.utils.set_random_seed(1)
    image = keras.Input((16, 16, 3))
    grid = kl.Conv2D(6, 3, strides=4, padding="same", activation="relu", name="grid")(image)
    classes = kl.Reshape((16, 2), name="classes")(kl.Conv2D(2, 1, activation="sigmoid")(grid))
    boxes = kl.Reshape((16, 4), name="boxes")(kl.Conv2D(4, 1)(grid))
    detector = keras.Model(image, {"boxes": boxes, "classes": classes})
    images = np.random.default_rng(0).random((3, 16, 16, 3), np.float32)
    names: dict[str, Any] = {"kv": kv, "detector": detector, "images": images}
    exec(block("Detection"), names)
    e, said = names["e"], np.asarray(detector(images)["classes"])
    assert (e.layer, e.score_kind) == ("grid", "output")
    np.testing.assert_allclose(e.scores, [said[0, :, 1].max()], rtol=1e-5)
    # The boxes are the cells of the grid: the evidence of HiResCAM lies in the box's own cell alone.
    options = {"target": names["score_of_the_box"], "layer": "grid", "raw": True, "relu": False}
    exact = kv.explain(detector, images[:1], "hires_cam", **options)
    assert np.flatnonzero(exact.maps).tolist() == [names["surest"]]
