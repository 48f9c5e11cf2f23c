"""A small classifier and some pictures in files, as whole data sets are explained."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np

from kerasviz.models import save_model

CLASSES = ("circle", "square", "star")


def small_classifier() -> keras.Model:
    """Return a classifier of 3 classes for pictures of 24 x 24, with layers `conv` and `features`."""
    initializer = keras.initializers.GlorotUniform
    model = keras.Sequential(
        [
            keras.Input((24, 24, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, activation="relu", kernel_initializer=initializer(1), name="first"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(6, 3, activation="relu", kernel_initializer=initializer(2), name="conv"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(5, kernel_initializer=initializer(3), name="features"),
            keras.layers.Dense(3, activation="softmax", kernel_initializer=initializer(4)),
        ]
    )
    model.class_names = list(CLASSES)
    return model


def write_model(folder: Path) -> Path:
    """Write the classifier, and return its file."""
    return save_model(small_classifier(), folder / "small.keras")


def write_pictures(folder: Path, count: int = 10) -> Path:
    """Write pictures of noise into a sub-folder for each class, and return the folder."""
    rng = np.random.default_rng(0)
    for at in range(count):
        place = folder / CLASSES[at % 3]
        place.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (20 + at % 5, 24, 3), np.uint8) // (1 + at % 4)
        cv2.imwrite(str(place / f"{at}.png"), pixels)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """Return what the parts of a data set's explanations hold, by their names."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("part-*"))}
