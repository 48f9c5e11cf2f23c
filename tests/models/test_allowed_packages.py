"""Packages that a model file may use because its reader names them: their classes, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import hostile_models
import keras
import pytest
from test_hostile_files import run_under_watch

from kerasviz.cli import main
from kerasviz.errors import InputError, ModelFileError
from kerasviz.models import load_model

PACKAGE = """
import keras
from keras.saving import register_keras_serializable

import {name}_helper

@register_keras_serializable(package="{name}")
class Twice(keras.layers.Layer):
    def call(self, inputs):
        return inputs * 2

@register_keras_serializable(package="{name}")
def wipe(inputs, folder=None):
    open(folder, "w").close()
    return inputs

@register_keras_serializable(package="{name}")
class Opener:
    def __init__(self, path=None):
        open(path, "w").close()

    def get_config(self):
        return {{}}
"""
HELPER = """
import keras

@keras.saving.register_keras_serializable(package="{name}_helper")
class Other(keras.layers.Layer):
    def call(self, inputs):
        return inputs
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    """The name of an installed package that registers a layer, a function and a class of no model."""
    name = "stranger_" + "".join(filter(str.isalnum, request.node.name.lower()))[:40]
    folder = tmp_path / "site"
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(PACKAGE.format(name=name))
    (folder / f"{name}_helper.py").write_text(HELPER.format(name=name))
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "top_level.txt").write_text(f"{name}\n")
    monkeypatch.syspath_prepend(str(folder))
    yield name
    registry = keras.saving.get_custom_objects()
    for key in [key for key in registry if key.startswith(name)]:
        del registry[key]
    for module in [module for module in sys.modules if module.startswith(name)]:
        del sys.modules[module]


def file_with(path: Path, package: str, part: str, config: dict | None = None) -> Path:
    """Write a model whose last layer a config says to be that part of the package, and return the file."""

    def change(whole: dict) -> None:
        node = whole["config"]["layers"][-1]
        node |= {"module": package, "class_name": part, "registered_name": f"{package}>{part}"}
        node["config"] = {"name": node["name"]} if config is None else config

    hostile_models.write(path, change)
    return path


def test_a_package_is_imported_only_when_its_reader_names_it(tmp_path, package, capsys) -> None:
    path = file_with(tmp_path / "m.keras", package, "Twice")
    with pytest.raises(
        ModelFileError, match=rf"uses 'Twice' of the package {package}, .*allow=\['{package}'\]"
    ):
        load_model(path)
    assert package not in sys.modules
    assert main(["layers", str(path)]) == 2
    assert f"pass --allow {package} to import it" in capsys.readouterr().err
    assert package not in sys.modules
    assert type(load_model(path, allow=[package]).layers[-1]).__name__ == "Twice"


def test_the_command_takes_it(tmp_path, package, capsys) -> None:
    path = file_with(tmp_path / "m.keras", package, "Twice")
    assert main(["layers", str(path), "--allow", package]) == 0
    assert "Twice" in capsys.readouterr().out


@pytest.mark.parametrize("registered_before", [False, True])
def test_functions_and_classes_of_no_model_stay_unknown(tmp_path, package, registered_before) -> None:
    """A function could be called with anything: here it would write a file."""
    if registered_before:
        __import__(package)
    made = tmp_path / "made"
    by_function = {"function": f"{package}>wipe", "arguments": {"folder": str(made)}, "name": "last"}
    files = [
        file_with(tmp_path / "class.keras", package, "Opener", {"path": str(made)}),
        file_with(tmp_path / "function.keras", package, "wipe", {"folder": str(made)}),
    ]

    def as_lambda(whole: dict) -> None:
        whole["config"]["layers"][-1] = {
            "module": "keras.layers",
            "class_name": "Lambda",
            "config": by_function,
        }

    def as_activation(whole: dict) -> None:
        named = {"module": package, "class_name": "function", "config": f"{package}>wipe"}
        whole["config"]["layers"][-1]["config"]["activation"] = {
            **named,
            "registered_name": f"{package}>wipe",
        }

    for name, change in (("lambda", as_lambda), ("activation", as_activation)):
        files.append(tmp_path / f"{name}.keras")
        hostile_models.write(files[-1], change)
    for file in files:
        with pytest.raises(ModelFileError):
            load_model(file, allow=[package])
        assert not made.exists(), file


def test_what_a_package_imports_is_not_allowed_with_it(tmp_path, package) -> None:
    path = file_with(tmp_path / "m.keras", f"{package}_helper", "Other")
    with pytest.raises(ModelFileError, match="uses 'Other'"):
        load_model(path, allow=[package])
    assert type(load_model(path, allow=[package, f"{package}_helper"]).layers[-1]).__name__ == "Other"


@pytest.mark.parametrize(
    ("allow", "said"),
    [
        (["no_such_package_here"], "cannot be imported .*install it"),
        (["os"], "allow names 'os', which registers no class with Keras"),
        (["../evil"], "pass names of packages"),
        (["a b"], "pass names of packages"),
        ("keras_hub", r"pass names of packages, such as \['keras_hub'\]"),
    ],
)
def test_what_is_no_such_package_is_refused(tmp_path, allow, said, capsys) -> None:
    path = tmp_path / "m.keras"
    hostile_models.benign().save(path)
    with pytest.raises(InputError, match=said):
        load_model(path, allow=allow)
    if isinstance(allow, list):
        assert main(["layers", str(path), "--allow", allow[0]]) == 2
        assert "--allow" in capsys.readouterr().err


def test_python_itself_is_never_proposed(tmp_path) -> None:
    for name in ("os", "antigravity", "subprocess", "no_such_package_here"):
        with pytest.raises(ModelFileError, match="import the module that defines it"):
            load_model(file_with(tmp_path / "m.keras", name, "Popen"))


def test_hostile_files_have_no_effect_with_a_package_allowed(tmp_path) -> None:
    """The classes of keras_hub are known then; tokenizers that read files are refused by what they name."""
    pytest.importorskip("keras_hub", reason="keras_hub is not installed: pip install keras-hub")
    aim = hostile_models.Aim(tmp_path / "sentinel", tmp_path / "secret" / "bait.txt", tmp_path / "victim")
    aim.bait.parent.mkdir()
    aim.bait.write_text("one\n")
    aim.victim.mkdir()
    files = hostile_models.write_hostile_files(tmp_path, aim, 75, 3)
    for number, (part, config) in enumerate(
        [
            ("BytePairTokenizer", {"vocabulary": {"a": 0}, "merges": str(aim.bait)}),
            ("WordPieceTokenizer", {"vocabulary": str(aim.bait)}),
            ("SentencePieceTokenizer", {"proto": str(aim.bait)}),
            ("decode_imagenet_predictions", {"name": "last"}),
            ("upload_preset", {"uri": "kaggle://a/b/c", "preset": str(aim.bait.parent)}),
        ]
    ):
        files.append(file_with(tmp_path / f"hub-{number}.keras", "keras_hub", part, config))
    found = run_under_watch("kerasviz", aim, files, allow="keras_hub")
    assert len(found) == len(files)
    for name, (said, effects) in found.items():
        assert effects == [], f"{name}: {said}"
        assert said.startswith("refused: "), f"{name}: {said}"


@pytest.mark.parametrize("kind", ["ResNet", "ViT"])
def test_a_classifier_of_keras_hub_is_explained_on_the_command_line(kind, tmp_path, capsys) -> None:
    import numpy as np
    from hub_tasks import hub_task

    from kerasviz.images import write_png

    model = hub_task(kind)
    model.save(tmp_path / "m.keras")
    raw = np.random.default_rng(0).integers(0, 256, (40, 90, 3), np.uint8)
    write_png(tmp_path / "wide.png", raw)
    out = tmp_path / "out"
    command = ["explain", str(tmp_path / "m.keras"), str(tmp_path / "wide.png"), "--out", str(out)]
    command += ["--allow", "keras_hub", "--method", "saliency", "--raw"]
    assert main(command) == 0
    expected = model.predict(raw[None], verbose=0)[0]
    assert f"class {expected.argmax()}" in capsys.readouterr().out
    assert np.load(next(out.glob("*.npy"))).shape == (32, 32)
    loaded = load_model(tmp_path / "m.keras", allow=["keras_hub"])
    np.testing.assert_allclose(loaded.predict(raw[None], verbose=0)[0], expected, atol=1e-5)
