"""CONTRIBUTING's "How to add", tried: each thing is added with the files and the row that it names.

Methods of one's own, without a row, stand in `tests/explanation/test_table.py`; how any data set is opened,
in `tests/data/test_open.py`.
"""

from __future__ import annotations

import argparse
import importlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as kl
from keras import ops
from PIL import Image

import kerasviz as kv
from kerasviz import cli, explanation, film
from kerasviz.cli.parts.data import add_data, load_data
from kerasviz.data import DATA_SETS, Dataset, Split
from kerasviz.explanation import CAM, Method, Weighting, table
from kerasviz.explanation.cams.run_cam import run_cam
from kerasviz.film.formats import table as formats
from kerasviz.probe import engine as seam

CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"


@pytest.fixture
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    keep = kl.Conv2D(4, 3, activation="relu", name="conv")
    pool, dense = kl.GlobalAveragePooling2D(name="pool"), kl.Dense(2, name="scores")
    return keras.Sequential([keras.Input((8, 8, 3)), kl.Rescaling(1 / 255, name="form"), keep, pool, dense])


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(path)
    return path


def test_every_file_that_contributing_names_is_there() -> None:
    text = CONTRIBUTING.read_text()
    added = text[text.index("## How to add") :]
    named = re.findall(r"`((?:kerasviz|tests|docs)/[^`\s]*)`", added)
    assert len(named) > 15
    for name in named:
        if not any(letter in name for letter in "*<") and not re.search(r"[A-Z]{4}", name):
            assert (CONTRIBUTING.parent / name).exists(), name


def test_a_method_with_a_row_is_drawn_by_the_command(
    network: keras.Model, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    def run(request, **options):
        weighting = Weighting(lambda activations, gradients: ops.max(gradients, axis=(1, 2), keepdims=True))
        return run_cam(request, weighting=weighting, **options)

    options = table.METHODS[0].options
    row = Method("peak_cam", "Peak-CAM", "none", "w_k = max_i G_ki", CAM, run, options, takes_layer=True)
    for place in (table, explanation):
        monkeypatch.setattr(place, "METHODS", (*table.METHODS, row))
    assert kv.methods()[-1] == "peak_cam"
    network.save(tmp_path / "model.keras")
    call = ["explain", tmp_path / "model.keras", photo, "--method", "peak_cam", "--out", tmp_path / "drawn"]
    assert cli.main([*map(str, call)]) == 0
    assert any("peak_cam" in path.name for path in (tmp_path / "drawn").iterdir())
    with pytest.raises(SystemExit):
        cli.main(["explain", "--help"])
    assert re.search(r"peak_cam +Peak-CAM +1", capsys.readouterr().out)


@dataclass(frozen=True)
class _BiasSource(kv.watch.Source):
    """The mean of a layer's bias, as a scalar."""

    layer: str

    def bind(self, run: kv.watch.Run) -> list[kv.watch.Watch]:
        return [_BiasWatch(run.model.get_layer(self.layer))]


class _BiasWatch(kv.watch.Watch):
    def __init__(self, layer: keras.layers.Layer) -> None:
        self._layer = layer

    @property
    def tags(self) -> list[str]:
        return [f"bias/{self._layer.name}"]

    def collect(self) -> float:
        return float(ops.mean(self._layer.bias))

    def write(self, collected: float, step: int, output: kv.watch.Output) -> None:
        output.log.scalar(self.tags[0], step, collected)


def test_a_source_is_two_classes(network: keras.Model, tmp_path: Path) -> None:
    network.compile("sgd", "mse")
    images, wanted = np.ones((4, 8, 8, 3), np.float32), np.ones((4, 2), np.float32)
    evolution = kv.Evolution(tmp_path, [_BiasSource("scores")], every=1)
    network.fit(images, wanted, epochs=2, batch_size=4, verbose=0, callbacks=[evolution])
    steps, values = zip(*kv.open_log(tmp_path).scalars("bias/scores"), strict=True)
    assert steps == (0, 1, 2)
    assert values[-1] == pytest.approx(float(ops.mean(network.get_layer("scores").bias)))
    twice = kv.Evolution(tmp_path / "twice", [_BiasSource("scores"), _BiasSource("scores")])
    with pytest.raises(kv.errors.InputError, match="bias/scores"):
        network.fit(images, wanted, verbose=0, callbacks=[twice])


def test_a_film_format_is_a_writer_and_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def write_npy(path: Path, movie: Any) -> None:
        pictures = np.stack([picture for picture, _ in movie.pictures])
        with path.open("wb") as file:
            np.save(file, pictures)

    row = formats.Format((".npy",), "application/x-npy", write_npy, 9999)
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, row))
    shades = [np.full((32, 32), shade, np.uint8) for shade in (10, 20, 30)]
    with kv.events.EventLog(tmp_path / "log") as log:
        for step, picture in enumerate(shades):
            log.image("grey", step, picture)
    kv.animate(tmp_path / "log", tag="grey", out=tmp_path / "grey.npy", upscale=1, caption=False)
    np.testing.assert_array_equal(np.load(tmp_path / "grey.npy").reshape(3, 32, 32), shades)
    assert cli.main(["gif", str(tmp_path / "log"), "--all", "--format", "npy"]) == 0
    assert len(list((tmp_path / "log").glob("*.npy"))) == 1
    with pytest.raises(SystemExit):
        cli.main(["gif", "--help"])
    assert "npy" in capsys.readouterr().out
    assert ".npy" in film.endings()


def test_a_command_is_a_module_and_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    (tmp_path / "greet.py").write_text(
        'HELP = "greet somebody"\n\n\n'
        'def add_arguments(parser):\n    parser.add_argument("name")\n\n\n'
        'def run(args):\n    print(f"Good day, {args.name}.")\n'
    )
    from kerasviz.cli import commands, main

    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])
    module = importlib.import_module(main.__module__)
    monkeypatch.setattr(module, "COMMANDS", (*module.COMMANDS, "greet"))
    assert cli.main(["greet", "Ada"]) == 0
    assert capsys.readouterr().out == "Good day, Ada.\n"
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert re.search(r"greet +greet somebody", capsys.readouterr().out)


def test_a_data_set_with_a_row_is_known_to_the_commands(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def load(seed: int = 0) -> Dataset:
        """Return one picture of one grey."""
        split = Split(np.full((1, 4, 4, 3), seed, np.uint8), [0])
        return Dataset("greys", ("grey",), split, split)

    monkeypatch.setitem(DATA_SETS, "greys", load)
    parser = argparse.ArgumentParser()
    add_data(parser)
    assert "|greys|FOLDER" in parser.format_help()
    dataset = load_data(parser.parse_args(["--data", "greys", "--seed", "7"]), None, (4, 4))
    assert dataset.validation.image(0)[0, 0, 0] == 7
    assert "greys" in capsys.readouterr().out


# An engine that only runs forward, and compiles nothing: each program runs anew, in operations of Keras. It
# holds its programs, which an engine of the house must not: they may hold the model.
ENGINE = """
import weakref
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe.engine import LayerCall, Outputs
from kerasviz.probe.inputs import leaves
from kerasviz.probe.tap import tapped


class ForwardRun:
    def __init__(self, model, calls):
        self.model, self.calls = model, calls

    def forward(self, inputs):
        seen = {}

        def note(layer, call, value):
            seen[id(layer), call] = value
            return value

        with tapped([call.place.layer for call in self.calls], note):
            values = self.model(inputs, training=False)
        found = {call.path: seen[id(call.place.layer), call.call or 0] for call in self.calls}
        return Outputs(values, (), found, lambda output: None)

    def slopes_by(self, points, score):
        raise UnsupportedModelError("This engine does not differentiate.")

    def slopes_by_activations(self, score):
        raise UnsupportedModelError("This engine does not differentiate.")


@dataclass
class Repeated:
    run: object
    facts: dict

    def __call__(self, batch, parameters=()):
        values = [ops.convert_to_tensor(leaf) for leaf in (*leaves(batch), *parameters)]
        return self.run(values).values


def compile(model, program, inputs, parameters=(), calls=(), rule=None, precision="float32", weights=None):
    flat, held = keras.tree.flatten(inputs), weakref.ref(model)

    def run(values):
        fed = keras.tree.pack_sequence_as(inputs, values[: len(flat)])
        return program(ForwardRun(held(), calls), fed, values[len(flat) :])

    return Repeated(run, run([_blank(spec) for spec in (*flat, *parameters)]).facts)


def survey(model, places, inputs, output=None):
    calls, by_layer = [], {id(place.layer): place for place in places}

    def note(layer, call, value):
        calls.append((by_layer[id(layer)], call, value))
        return value

    with tapped([place.layer for place in places], note):
        values = model(keras.tree.map_structure(_blank, inputs), training=False)
    return [
        LayerCall(place, call, (None, *value.shape[1:]), True, value is values, str(id(value)), lambda: False)
        for place, call, value in calls
    ]


def function(function, examples):
    return function


def to_numpy(values):
    return keras.tree.map_structure(ops.convert_to_numpy, values)


class weights:
    def __init__(self, model):
        self.values = model.get_weights()

    def renew(self, model):
        before, self.values = self.values, model.get_weights()
        return any(not np.array_equal(a, b) for a, b in zip(before, self.values))


def clear():
    pass


def _blank(spec):
    return ops.zeros([1 if side is None else side for side in spec.shape], spec.dtype)
"""


def test_a_backend_is_a_folder_that_offers_the_engine(
    network: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "forward_only").mkdir()
    (tmp_path / "forward_only" / "__init__.py").write_text(ENGINE)
    again = keras.models.clone_model(network)
    again.set_weights(network.get_weights())
    images = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype(np.float32)
    arguments: dict[str, Any] = {"method": "rise", "target": 1, "masks": 4, "progress": False}
    activations = kv.Probe(network, "conv").activations(images)
    explained = kv.explain(network, images, **arguments)

    monkeypatch.setattr(seam, "__path__", [*seam.__path__, str(tmp_path)])
    monkeypatch.setattr(keras.backend, "backend", lambda: "forward_only")
    assert seam.engine().__file__ == str(tmp_path / "forward_only" / "__init__.py")
    assert [info.path for info in kv.layers(again)] == ["form", "conv", "pool", "scores"]
    np.testing.assert_allclose(kv.Probe(again, "conv").activations(images)["conv"], activations["conv"], 1e-5)
    found = kv.explain(again, images, **arguments)
    np.testing.assert_allclose(found, explained, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.scores, explained.scores, rtol=1e-4)
    with pytest.raises(kv.errors.UnsupportedModelError, match="does not differentiate"):
        kv.explain(again, images, "saliency")
    monkeypatch.setattr(keras.backend, "backend", lambda: "abacus")
    with pytest.raises(kv.errors.UnsupportedModelError, match=r"possible on (forward_only or )?tensorflow"):
        seam.engine()
