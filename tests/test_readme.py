"""README's Python, and short pieces of docs, run as they stand, in a folder with what they name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import kerasviz as kv
from kerasviz.models import NamedDense, save_model

ROOT = Path(__file__).parents[1]


def blocks_of(document: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL)


BLOCKS = blocks_of("README.md")
RNG = np.random.default_rng(0)
PICTURES = RNG.uniform(0, 255, (4, 16, 16, 3)).astype(np.float32)


def convolutions() -> keras.Model:
    """Return a network with the layers conv1 to conv4."""
    convs = [layers.Conv2D(4, 3, padding="same", activation="relu", name=f"conv{k}") for k in range(1, 5)]
    head = [layers.GlobalAveragePooling2D(), layers.Dense(2)]
    return keras.Sequential([keras.Input((16, 16, 3)), layers.Rescaling(1 / 255), *convs, *head])


def nested_model() -> keras.Model:
    """Return one with the layers conv2_2 and densenet169/conv4_block32_concat, and the class samoyed."""
    inputs = keras.Input((16, 16, 4))
    branch = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    inner = keras.Model(inputs, layers.Concatenate(name="conv4_block32_concat")([inputs, branch]))
    image = keras.Input((16, 16, 3))
    x = layers.Rescaling(1 / 255)(image)
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv2_2")(x)
    backbone = keras.Model(inputs, inner.output, name="densenet169")
    x = layers.GlobalAveragePooling2D()(backbone(x))
    return keras.Model(image, NamedDense(["beagle", "samoyed"], activation="softmax")(x))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(PICTURES[0].astype(np.uint8)).save("cat.jpg")
    keras.utils.set_random_seed(0)
    return tmp_path


def test_there_are_three_examples() -> None:
    assert len(BLOCKS) == 3


def test_watching_a_fit(place: Path) -> None:
    model = convolutions()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    pairs = [(PICTURES, np.array([0, 1, 0, 1]))]

    class Batches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 1

        def __getitem__(self, at: int) -> tuple[np.ndarray, np.ndarray]:
            return pairs[at]

    given: dict[str, Any] = {"model": model, "train": Batches(), "test": Batches(), "some_pictures": PICTURES}
    exec(BLOCKS[0], given)
    log = kv.open_log("logs/mine")
    written = {info.tag for info in log.tags()}
    assert {"kernels/conv1", "responses/conv1", "responses/conv4", "drift/conv2"} <= written
    assert any(tag.startswith("cams/conv4") for tag in written)
    assert any(tag.startswith("dead_filters/") for tag in written)
    assert [step for step, _ in log.scalars("drift/conv2")] == [0, 20]
    with Image.open("conv4.gif") as film:
        assert film.format == "GIF"


def test_watching_a_loop(place: Path) -> None:
    generator, optimizer = convolutions(), keras.optimizers.SGD(0.1)
    generator.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    batches = [(PICTURES, np.array([0, 1, 0, 1]))] * 3
    given = {
        "kv": kv,
        "generator": generator,
        "g_optimizer": optimizer,
        "batches": batches,
        "train_one_step": lambda batch: generator.train_on_batch(*batch),
    }
    exec(BLOCKS[1], given)
    found = {info.tag: info for info in kv.open_log("logs/gan").tags()}
    assert {f"kernels/conv{k}" for k in range(1, 5)} <= set(found)
    assert (found["kernels/conv1"].first_step, found["kernels/conv1"].last_step) == (0, 3)


def test_looking_into_a_trained_network(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_model(nested_model(), "model.keras")
    given: dict[str, Any] = {"kv": kv, "images": PICTURES}
    exec(BLOCKS[2], given)
    assert "densenet169/conv4_block32_concat" in capsys.readouterr().out
    found = given["probe"].activations(PICTURES)
    assert {path: values.shape for path, values in found.items()} == {
        "conv2_2": (4, 16, 16, 4),
        "densenet169/conv4_block32_concat": (4, 16, 16, 8),
    }
    e = given["e"]
    assert (e.method, e.layer) == ("layer_cam", "densenet169/conv4_block32_concat")
    assert (e.maps.shape, e.maps.dtype) == ((4, 16, 16), np.float32)
    assert e.classes.tolist() == [1] * 4
    assert e.labels[0] == "samoyed"
    assert (e.scores.shape, e.outputs.shape) == ((4,), (4, 2))
    assert e.overlay().shape == (4, 16, 16, 3)
    files = {path.name for path in (place / "out").iterdir()}
    assert files == {"maps.npy", "outputs.npy", "manifest.json", *(f"overlay-000{k}.png" for k in range(4))}
    np.testing.assert_array_equal(np.load("out/outputs.npy"), e.outputs)
    assert given["calm"].smoothing.samples == 20


def test_embeddings(place: Path) -> None:
    images = RNG.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
    labels, class_names = np.arange(12) % 2, ("one", "two")
    given = {
        "kv": kv,
        "model": convolutions(),
        "images": images,
        "labels": labels,
        "class_names": class_names,
    }
    (block,) = blocks_of("docs/embeddings.md")
    exec(block, given)
    assert given["embedding"].vectors.shape == (12, 4)
    assert {"metadata.tsv", "projector_config.pbtxt", "sprite.png"} <= {
        path.name for path in (place / "embedding").iterdir()
    }


def test_a_picture_as_a_model_takes_it_and_back(place: Path) -> None:
    given: dict[str, Any] = {"model": convolutions()}
    exec(blocks_of("docs/pictures.md")[0], given)
    assert (given["batch"].shape, given["batch"].dtype) == ((1, 16, 16, 3), np.float32)
    np.testing.assert_array_equal(given["form"].shown(given["batch"])[0], given["picture"].pixels)
