"""Pictures that are watched of a model with a preprocessor: raw arrays and files go through it."""

from __future__ import annotations

import keras
import numpy as np
from PIL import Image

from kerasviz.watch.watched_pictures import batch_of, shown


def test_arrays_and_files_are_what_predict_would_run_on(tmp_path) -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    resize = keras.layers.Resizing(8, 8, crop_to_aspect_ratio=True)
    model.preprocessor = lambda pictures: resize(pictures) / 127.5 - 1.0
    raw = np.random.default_rng(0).integers(0, 256, (12, 24, 3), dtype=np.uint8)
    Image.fromarray(raw).save(tmp_path / "raw.png")
    pictures = [raw, raw.astype(np.float32), tmp_path / "raw.png"]
    batch = batch_of(pictures, model, None)
    expected = keras.ops.convert_to_numpy(model.preprocessor(raw[None].astype(np.float32)))
    np.testing.assert_allclose(batch, np.repeat(expected, 3, axis=0), atol=1e-5)
    seen = np.rint((expected + 1) * 127.5)
    assert np.abs(shown(pictures, batch, model, None) - seen).max() <= 1
