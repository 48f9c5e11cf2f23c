"""Class names inside a model and in files."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasviz.errors import InputError, ModelFileError, TargetError
from kerasviz.models import (
    NamedDense,
    check_class_names,
    class_names,
    find_class,
    load_model,
    read_class_names,
    save_model,
    transfer,
)
from kerasviz.probe import as_target


def classifier(head: keras.layers.Layer) -> keras.Model:
    inputs = keras.Input((3,))
    return keras.Model(inputs, head(inputs))


def test_named_dense_computes_what_dense_computes():
    layer = NamedDense(["a", "b"])
    plain = keras.layers.Dense(2)
    layer.build((None, 2))
    plain.build((None, 2))
    for each in (layer, plain):
        each.set_weights([np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0])])
    x = np.array([[1.0, 1.0]], np.float32)
    assert keras.ops.convert_to_numpy(layer(x)).tolist() == [[14.0, 26.0]]
    assert keras.ops.convert_to_numpy(plain(x)).tolist() == [[14.0, 26.0]]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:.*HDF5 file")
def test_names_survive_saving(tmp_path: Path, ending: str):
    file = tmp_path / f"model{ending}"
    classifier(NamedDense(["Bengal", "Abyssinian"])).save(file)
    assert class_names(keras.models.load_model(file)) == ["Bengal", "Abyssinian"]


def test_names_survive_cloning_and_json():
    model = classifier(NamedDense(["x", "y"]))
    assert class_names(keras.models.clone_model(model)) == ["x", "y"]
    assert class_names(keras.models.model_from_json(model.to_json())) == ["x", "y"]


def test_names_are_found_in_nested_models_the_last_first():
    inner = classifier(NamedDense(["inner1", "inner2", "inner3"]))
    inputs = keras.Input((3,))
    outer = keras.Model(inputs, keras.layers.Activation("linear")(inner(inputs)))
    assert class_names(outer) == ["inner1", "inner2", "inner3"]
    with_head = keras.Model(inputs, NamedDense(["outer1", "outer2"])(inner(inputs)))
    assert class_names(with_head) == ["outer1", "outer2"]


def named_in_every_way(tmp_path: Path) -> dict[str, keras.Model]:
    inputs = keras.Input((3,))
    inner = classifier(NamedDense(["cat", "dog"]))
    by_attribute = classifier(keras.layers.Dense(2))
    by_attribute.class_names = ["cat", "dog"]
    by_layer = classifier(keras.layers.Dense(2))
    by_layer.layers[-1].class_names = ("cat", "dog")
    nested_attribute = classifier(keras.layers.Dense(2))
    nested_attribute.class_names = ["cat", "dog"]
    other_head = classifier(NamedDense(["one", "two"]))
    other_head.class_names = ["cat", "dog"]  # what the caller says of the whole counts more than a layer
    return {
        "named layer": inner,
        "attribute of the model": by_attribute,
        "attribute of a layer": by_layer,
        "nested": keras.Model(inputs, keras.layers.Activation("linear")(inner(inputs))),
        "attribute, nested": keras.Model(inputs, keras.layers.Softmax()(nested_attribute(inputs))),
        "attribute before layer": other_head,
        "file, named layer": load_model(save_model(inner, tmp_path / "layer.keras")),
        "file, attribute": load_model(save_model(by_attribute, tmp_path / "attribute.keras")),
    }


def test_one_look_up_serves_names_and_targets(tmp_path: Path):
    for way, model in named_in_every_way(tmp_path).items():
        assert class_names(model) == ["cat", "dog"], way
        target = as_target("dog")
        assert target.parameters(model, 2)[0].tolist() == [1, 1], way
        with pytest.raises(TargetError, match="no class 'cow'"):
            as_target("cow").parameters(model, 2)


def test_names_after_transfer_and_of_networks_opened_by_name(tmp_path: Path, monkeypatch):
    model = transfer("MobileNetV2", ["cat", "dog"], weights=None, image_size=32, hidden=8, nested=True)
    assert class_names(model) == ["cat", "dog"]
    assert class_names(load_model(save_model(model, tmp_path / "transfer.keras"))) == ["cat", "dog"]
    monkeypatch.setattr("kerasviz.models.class_lookup.imagenet_names", lambda: ["tench", "goldfish"])
    opened = load_model("MobileNetV2", weights=None)
    assert class_names(opened) == ["tench", "goldfish"]
    assert class_names(load_model(save_model(opened, tmp_path / "opened.keras"))) == ["tench", "goldfish"]


def test_a_class_is_found_by_its_name_and_by_what_comes_near():
    names = ["tench, Tinca tinca", "Egyptian cat", "american_bulldog", "crane", "crane"]
    assert [find_class(name, names) for name in ("Tinca tinca", "egyptian_cat", "American Bulldog")] == [
        0,
        1,
        2,
    ]
    assert find_class("a", ["a, b", "a"]) == 1  # the whole name before one of several
    with pytest.raises(TargetError, match="3, 4 are all named 'crane'"):
        find_class("crane", names)
    with pytest.raises(TargetError, match="no class 'cat'"):
        find_class("cat", names)


def test_the_record_makes_keras_unpack_nothing_and_is_read_where_it_was_before(tmp_path: Path, monkeypatch):
    model = classifier(keras.layers.Dense(2))
    model.input_range = (0, 1)
    model.class_names = [f"name {at} of many" for at in range(20_000)]  # far more than a zip comment holds
    file = save_model(model, tmp_path / "model.keras")
    with zipfile.ZipFile(file) as archive:
        assert sorted(archive.namelist()) == ["config.json", "metadata.json", "model.weights.h5"]
        assert archive.testzip() is None
        metadata = json.loads(archive.read("metadata.json"))
        assert metadata["keras_version"] == keras.__version__
        old = tmp_path / "old.keras"
        with zipfile.ZipFile(old, "w") as before:
            for name in ("config.json", "model.weights.h5"):
                before.writestr(name, archive.read(name))
            before.writestr("metadata.json", json.dumps({"keras_version": keras.__version__}))
            before.writestr("kerasviz.json", json.dumps(metadata["kerasviz"]))
    for path in (file, old):
        loaded = load_model(path)
        assert (list(loaded.input_range), loaded.class_names) == ([0, 1], model.class_names)

    def unpacked(*_: object, **__: object) -> None:
        raise AssertionError("Keras unpacks the archive")

    monkeypatch.setattr(zipfile.ZipFile, "extractall", unpacked)
    assert keras.models.load_model(file).count_params() == model.count_params()
    with pytest.raises(AssertionError):  # as it did
        keras.models.load_model(old)


def test_a_damaged_record_is_refused(tmp_path: Path):
    file = save_model(classifier(keras.layers.Dense(2)), tmp_path / "damaged.keras")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("kerasviz.json", "[1")
    with pytest.raises(ModelFileError, match="damaged"):
        load_model(file)


def test_a_model_without_names_has_none():
    assert class_names(classifier(keras.layers.Dense(2))) is None


def test_the_list_returned_is_a_copy():
    layer = NamedDense(["a", "b"])
    layer.class_names.append("c")
    assert layer.class_names == ["a", "b"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("cat", "list of strings"),
        ([1, 2], "list of strings"),
        (["cat"], "two classes or more"),
        (["cat", " "], "is empty"),
        (["cat", "dog", "cat"], "more than one cat"),
    ],
)
def test_bad_names_are_refused(names, message: str):
    with pytest.raises(InputError, match=message):
        NamedDense(names)


def test_lines_are_stripped_and_empty_ones_left_out(tmp_path: Path):
    file = tmp_path / "names.txt"
    file.write_bytes("\ufeffchat\r\n\r\n  chien noir \r\nâne".encode())
    assert read_class_names(file) == ["chat", "chien noir", "âne"]


def test_json_list(tmp_path: Path):
    for name in ("names.json", "names.txt"):
        (tmp_path / name).write_text(json.dumps(["one", "two"]))
        assert read_class_names(tmp_path / name) == ["one", "two"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b'["one", ', "not valid JSON"),
        ("a.json", b'{"0": "one"}', "but a dict"),
        ("a.json", b"[1, 2]", "list of strings"),
        ("a.txt", b"", "two classes or more"),
        ("a.txt", b"\xff\xfe\x00\x01", "UTF-8"),
        ("a.json", b"[" * 100_000, "holds no JSON list of class names"),
        ("a.json", b"[" + b"9" * 5000 + b"]", "holds no JSON list of class names"),
        (
            "a.json",
            b"[" + b"1," * 10**6 + b"1]",
            "list of strings, but this was given: .1, 1, 1, 1, 1, 1, ....",
        ),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, name: str, content: bytes, message: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_class_names(tmp_path / name)


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_class_names(tmp_path / "none.txt")
    for path in (tmp_path, "x" * 300, "a\0b"):
        with pytest.raises(InputError, match="cannot be read"):
            read_class_names(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no file without end")
def test_a_file_without_end_is_refused():
    tracemalloc.start()
    with pytest.raises(InputError, match="/dev/zero has more than 16 MB: it is no list of class names"):
        read_class_names("/dev/zero")
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()


@pytest.mark.parametrize(("units", "names"), [(3, 4), (3, 2), (1, 3)])
def test_another_number_of_names_than_of_classes_is_refused(units: int, names: int):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(units)(inputs))
    check_class_names(["a", "b", "c", "d"][: max(2, units)], model)
    with pytest.raises(InputError, match=f"{names} class names, but the model tells {max(2, units)} classes"):
        check_class_names(["a", "b", "c", "d"][:names], model)


def test_imagenet_names(real_data: Path):
    names = read_class_names(real_data / "models" / "imagenet_classes.txt")
    assert len(names) == 1000
    assert names.count("crane") == 2
