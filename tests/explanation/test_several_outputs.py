"""A model with several outputs: what is said without one named, and every one explained."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers as kl

import kerasviz as kv
from kerasviz.cli.parts.flags import as_flags
from kerasviz.errors import InputError, TargetError

IMAGES = np.random.default_rng(0).random((3, 8, 8, 2), np.float32)


def heads(kind: str = "list") -> keras.Model:
    """A classifier whose last layer is "deep", and a segmentation whose last layer is "wide"."""
    keras.utils.set_random_seed(4)
    image = keras.Input((8, 8, 2))
    wide = kl.Conv2D(4, 3, padding="same", activation="relu", name="wide")(image)
    deep = kl.Conv2D(5, 3, activation="relu", name="deep")(wide)
    breed = kl.Dense(3, activation="softmax", name="breed")(kl.GlobalAveragePooling2D()(deep))
    mask = kl.Conv2D(1, 1, activation="sigmoid", name="mask")(wide)
    return keras.Model(image, {"breed": breed, "mask": mask} if kind == "dict" else [breed, mask])


class Unnamed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.inner = heads()

    def call(self, images):
        return tuple(self.inner(images))


@pytest.mark.parametrize("kind", ["list", "dict"])
def test_each_output_is_explained_as_it_is_alone(kind: str) -> None:
    model = heads(kind)
    found = kv.explain_outputs(model, IMAGES, "layer_cam", raw=True)
    assert list(found) == ["breed", "mask"]
    assert [one.layer for one in found.values()] == ["deep", "wide"]
    for name, one in found.items():
        alone = kv.explain(model, IMAGES, "layer_cam", target=kv.top_class(output=name), raw=True)
        np.testing.assert_array_equal(one.maps, alone.maps)
        np.testing.assert_array_equal(one.classes, alone.classes)
        np.testing.assert_array_equal(one.scores, alone.scores)
    assert (
        found["breed"].classes == np.asarray(model(IMAGES)["breed" if kind == "dict" else 0]).argmax(1)
    ).all()


def test_a_class_of_each_output_and_outputs_without_names() -> None:
    found = kv.explain_outputs(Unnamed(), IMAGES, "saliency", target=1)
    assert [(name, one.classes.tolist()) for name, one in found.items()] == [("0", [1] * 3), ("1", [1] * 3)]
    one = keras.Sequential([keras.Input((8, 8, 2)), kl.Conv2D(2, 3), kl.Flatten(), kl.Dense(2, name="only")])
    assert list(kv.explain_outputs(keras.Model(one.inputs, one.outputs), IMAGES)) == ["only"]
    assert list(kv.explain_outputs(one, IMAGES)) == ["0"]


def test_what_is_refused_and_how_it_is_mended() -> None:
    sentence = (
        r"The model has 2 outputs: breed, mask; say which to explain: target=top_class\(output='breed'\), or"
    )
    with pytest.raises(TargetError, match=sentence) as caught:
        kv.explain(heads(), IMAGES)
    assert as_flags(str(caught.value), ["output"]).endswith("say which to explain: --output breed.")
    with pytest.raises(TargetError, match=r"Output mask: The output has 2 classes, 0\.\.1; got class 2"):
        kv.explain_outputs(heads(), IMAGES, target=2)
    for target in (lambda outputs: outputs[0][:, 0], kv.top_class(output="mask")):
        with pytest.raises(TargetError, match="says itself what it reads"):
            kv.explain_outputs(heads(), IMAGES, target=target)
    with pytest.raises(InputError, match="iterator"):
        kv.explain_outputs(heads(), iter([IMAGES]))
