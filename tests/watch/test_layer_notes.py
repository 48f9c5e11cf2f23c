"""What the log keeps of watched layers: once for a session, whatever the number of steps."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np

from kerasviz import watch
from kerasviz.events import EventLog, LayerNote, open_log
from kerasviz.events.layer_note import read_note
from kerasviz.watch import Evolution

PICTURES = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)


def small_model() -> keras.Model:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, name="conv"),
            layers.SeparableConv2D(5, 3, name="both"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def train(folder: Path, *sources: watch.Source, model: keras.Model | None = None, epochs: int = 1) -> None:
    model = model or small_model()
    evolution = Evolution(folder, sources, every=1)
    model.fit(PICTURES, np.zeros(3), batch_size=1, epochs=epochs, verbose=0, callbacks=[evolution])


def notes_in(folder: Path) -> dict[str, LayerNote | None]:
    reader = open_log(folder)
    return {info.tag: reader.layer_note(info) for info in reader.tags() if info.kind == "image"}


def picture_in(note: LayerNote | None) -> np.ndarray:
    assert note is not None
    return cv2.imdecode(np.frombuffer(note.picture, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_kind_shape_and_parameters(tmp_path: Path) -> None:
    train(tmp_path, watch.kernels(["conv", "both"]), watch.responses(PICTURES[0], "conv", name="cat"))
    notes = notes_in(tmp_path)
    conv = LayerNote("conv", "Conv2D", (None, 6, 6, 4), 112)
    both = LayerNote("both", "SeparableConv2D", (None, 4, 4, 5), 61)
    assert notes.pop("kernels/conv") == conv
    assert notes.pop("kernels/both/depthwise_kernel") == both
    assert notes.pop("kernels/both/pointwise_kernel") == both
    seen = notes.pop("responses/cat/conv")
    np.testing.assert_array_equal(picture_in(seen), PICTURES[0])
    assert not notes


def test_the_pictures_of_cams_are_one_sheet(tmp_path: Path) -> None:
    train(tmp_path, watch.cams(PICTURES, "conv"))
    sheet = picture_in(notes_in(tmp_path)["cams/conv"])
    np.testing.assert_array_equal(sheet[:8, :8], PICTURES[0])
    assert sheet.shape[0] * sheet.shape[1] >= 3 * 64


def test_written_once_for_a_session_and_a_picture_once_for_all_its_layers(tmp_path: Path) -> None:
    model = small_model()
    for _ in range(2):
        train(tmp_path, watch.responses(PICTURES[0], ["conv", "both"]), model=model, epochs=2)
    content = b"".join(path.read_bytes() for path in tmp_path.rglob("*tfevents*"))
    assert content.count(b"kerasviz/layer/responses/conv") == 2
    assert content.count(b"kerasviz/picture/") == 2
    assert len([one for one in open_log(tmp_path).tags() if one.tag.startswith("kerasviz")]) == 0
    for note in notes_in(tmp_path).values():
        np.testing.assert_array_equal(picture_in(note), PICTURES[0])


def test_an_array_whose_range_is_not_known_has_no_picture(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, name="conv")])
    with Evolution(tmp_path, watch.responses(np.ones((8, 8, 3), "float32"), "conv")).watching(model):
        pass
    assert notes_in(tmp_path)["responses/conv"] == LayerNote("conv", "Conv2D", (None, 6, 6, 4), 112)


def test_a_log_without_notes(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        log.image("a", 0, PICTURES[0])
    assert notes_in(tmp_path) == {"a": None}


def test_what_is_no_note_is_none() -> None:
    for content in (b"", b"[]", b"{}", b'{"path":"a","kind":"b","shape":3,"parameters":1}', b"[" * 100_000):
        assert read_note(content) is None
