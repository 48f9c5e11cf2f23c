"""The smallest network of each family of `keras.applications`, without its weights, on small pictures."""

from __future__ import annotations

import keras
from convolutional_networks import noise
from keras import applications
from model_kind import Case

# The smallest member, a small picture whose last feature map is larger than one pixel, and the values that it
# takes for black and white.
FAMILIES = (
    ("MobileNet", 64, (-1, 1)),
    ("MobileNetV2", 64, (-1, 1)),
    ("MobileNetV3Small", 64, (0, 255)),
    ("EfficientNetB0", 64, (0, 255)),
    ("EfficientNetV2B0", 64, (0, 255)),
    ("ResNet50", 64, (-128, 128)),
    ("ResNet50V2", 64, (-1, 1)),
    ("DenseNet121", 64, (-1, 1)),
    ("NASNetMobile", 64, (-1, 1)),
    ("Xception", 71, (-1, 1)),
    ("InceptionV3", 107, (-1, 1)),
    ("VGG16", 32, (-128, 128)),
    ("ConvNeXtTiny", 64, (0, 255)),
)


def application(name: str, side: int, values: tuple[float, float]) -> Case:
    keras.utils.set_random_seed(3)
    build = getattr(applications, name)
    small = {"alpha": 0.25} if name == "MobileNet" else {}
    model = build(weights=None, input_shape=(side, side, 3), classes=5, **small)
    return Case(model, noise(side, side, 3, low=values[0], high=values[1]), (side, side), tolerance=1e-4)
