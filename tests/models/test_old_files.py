"""Files of Keras 2, and files of weights alone: read where Keras can, else named for what they are."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from teachable_machine import small_model, write_export

import kerasviz as kv
from kerasviz.errors import InputError, ModelFileError
from kerasviz.models import load_model, read_class_names, save_model


def test_an_export_of_teachable_machine_is_read_with_its_labels(tmp_path: Path) -> None:
    file, labels, pictures, expected = write_export(tmp_path)
    with pytest.raises(Exception, match="groups"):  # what Keras says of it by itself
        keras.models.load_model(file, compile=False)
    model = load_model(file)
    np.testing.assert_allclose(model.predict(pictures, verbose=0), expected, atol=1e-6)
    assert read_class_names(labels) == ["cat", "hot dog"]
    model.class_names = read_class_names(labels)
    found = kv.explain(model, pictures, target="hot dog", layer="sequential_1/model1/relu")
    assert (found.labels[0], found.score_kind) == ("hot dog", "logit")
    again = load_model(save_model(model, tmp_path / "new.keras"))
    np.testing.assert_allclose(again.predict(pictures, verbose=0), expected, atol=1e-6)
    assert again.class_names == ["cat", "hot dog"]


def test_groups_that_mean_something_are_not_dropped(tmp_path: Path) -> None:
    file, *_ = write_export(tmp_path)
    with h5py.File(file, "r+") as archive:
        archive.attrs["model_config"] = archive.attrs["model_config"].replace('"groups": 1', '"groups": 2')
    with pytest.raises(ModelFileError, match="groups"):
        load_model(file)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0 cat\n1 hot dog\n", ["cat", "hot dog"]),
        ("0 cat\r\n1\tdog\r\n\r\n", ["cat", "dog"]),
        ("1 cat\n2 dog\n", ["1 cat", "2 dog"]),
        ("0 cat\ndog\n", ["0 cat", "dog"]),
        ("0\n1\n", ["0", "1"]),
        ("0 1\n1 2\n", ["1", "2"]),
    ],
)
def test_numbers_before_names_are_left_out_where_they_are_the_classes(tmp_path: Path, text, names) -> None:
    (tmp_path / "labels.txt").write_text(text)
    assert read_class_names(tmp_path / "labels.txt") == names


def test_numbers_without_names_name_nothing_of_one_class(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("0 cat\n")
    with pytest.raises(InputError, match=r"two classes or more, but the names given are \['cat'\]"):
        read_class_names(tmp_path / "labels.txt")


@pytest.mark.parametrize("version", ["2.12.0", "2.13.1", "2.15.0"])
def test_a_keras_file_of_keras_2_says_what_it_is_and_how_to_convert_it(tmp_path: Path, version) -> None:
    """As Keras 2.13 to 2.15 write them: other modules in the config, other paths in the weights."""
    small_model().save(tmp_path / "whole.keras")
    old = tmp_path / "old.keras"
    with zipfile.ZipFile(tmp_path / "whole.keras") as source, zipfile.ZipFile(old, "w") as target:
        config = json.loads(source.read("config.json"))
        config["module"] = "keras.src.engine.sequential"
        target.writestr("config.json", json.dumps(config))
        target.writestr("metadata.json", json.dumps({"keras_version": version, "date_saved": "2023-08-01"}))
        target.writestr("model.weights.h5", source.read("model.weights.h5"))
    message = rf"old\.keras was saved by Keras {version}, .*load_model\('old\.keras'\)\.save\('old\.h5'\)"
    with pytest.raises(ModelFileError, match=message):
        load_model(old)


def test_weights_alone_say_that_they_are_and_how_to_use_them(tmp_path: Path) -> None:
    model = small_model()
    model.save_weights(tmp_path / "new.weights.h5")
    with h5py.File(tmp_path / "old.h5", "w") as file:  # as save_weights("old.h5") of Keras 2 writes
        file.attrs["layer_names"] = [layer.name for layer in model.layers]
        file.attrs["keras_version"] = "2.9.0"
        file.create_group("dense").attrs["weight_names"] = []
    for name in ("new.weights.h5", "old.h5"):
        with pytest.raises(ModelFileError, match=rf"holds weights alone.*model\.load_weights\('{name}'\)"):
            load_model(tmp_path / name)
    with h5py.File(tmp_path / "table.h5", "w") as file:
        file["numbers"] = np.arange(3)
    with pytest.raises(ModelFileError, match="holds no model of Keras"):
        load_model(tmp_path / "table.h5")


@pytest.mark.parametrize("version", ["2.4.0", "3.0.0"])
def test_what_is_looked_at_is_what_keras_is_given(tmp_path: Path, version) -> None:
    """Of Keras 2 a name is left out before both; of Keras 3 before neither."""
    file, *_ = write_export(tmp_path)
    with h5py.File(file, "r+") as archive:
        config = json.loads(archive.attrs["model_config"])
        layer = config["config"]["layers"][-1]["config"]["layers"][-1]
        assert layer["class_name"] == "Dense"
        layer |= {"module": "keras.layers", "registered_name": "evil>Dense"}
        archive.attrs["model_config"] = json.dumps(config)
        archive.attrs["keras_version"] = np.bytes_(version) if version == "2.4.0" else version
    if version == "2.4.0":
        assert load_model(file).count_params()
    else:
        with pytest.raises(ModelFileError):
            load_model(file)


def test_readers_of_files_stay_refused(tmp_path: Path) -> None:
    file, *_ = write_export(tmp_path)
    with h5py.File(file, "r+") as archive:
        config = json.loads(archive.attrs["model_config"])
        config["config"]["layers"].append(
            {"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}}
        )
        archive.attrs["model_config"] = json.dumps(config)
    with pytest.raises(ModelFileError, match=r"names a file that would be read.*/etc/passwd"):
        load_model(file)
