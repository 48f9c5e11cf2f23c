"""A model file from a stranger: nothing that it names runs, and no other file is read."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import h5py
import hostile_models
import keras
import load_under_watch
import numpy as np
import pytest
from hostile_models import CONTAINERS, Aim, write_hostile_files

from kerasviz.errors import ModelFileError
from kerasviz.models import load_model, transfer

pytestmark = pytest.mark.filterwarnings("ignore:.*HDF5 file", "ignore:.*legacy")
COUNT, SEED = 75, 15
OLD_KERAS = tuple(map(int, keras.__version__.split(".")[:2])) < (3, 9)


Found = dict[str, tuple[str, list[str]]]


def run_under_watch(loader: str, aim: Aim, files: list[Path], allow: str = "") -> Found:
    command = [sys.executable, load_under_watch.__file__, loader, str(aim.bait), str(aim.sentinel), allow]
    result = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Aim, list[Path]]:
    folder = tmp_path_factory.mktemp("hostile")
    aim = Aim(folder / "sentinel", folder / "secret" / "bait.txt", folder / "victim")
    aim.bait.parent.mkdir()
    aim.bait.write_text("one\ntwo\n")
    return aim, write_hostile_files(folder, aim, COUNT, SEED)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="opened files are watched with inotify")
def test_no_hostile_file_has_an_effect(hostile: tuple[Aim, list[Path]]):
    aim, files = hostile
    aim.victim.mkdir(exist_ok=True)
    found = run_under_watch("kerasviz", aim, files)
    assert len(found) == COUNT + len(CONTAINERS)
    assert aim.victim.is_dir()
    for name, (said, effects) in found.items():
        assert effects == [], f"{name}: {said}"
        assert said.startswith("refused: "), f"{name}: {said}"
        assert "\n" not in said, said
        assert len(said) < 600, said


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="opened files are watched with inotify")
@pytest.mark.skipif(not OLD_KERAS, reason="this Keras refuses them itself")
def test_the_hostile_files_are_live(hostile: tuple[Aim, list[Path]]):
    """Keras 3.8 alone runs commands from many of them and reads the bait: they are no straw men."""
    aim, files = hostile
    aim.victim.mkdir(exist_ok=True)
    found = run_under_watch("keras", aim, files)
    assert sum("sentinel made" in effects for _, effects in found.values()) >= 10
    assert sum("bait opened" in effects for _, effects in found.values()) >= 4


def test_the_allow_list_holds_what_networks_are_made_of(tmp_path: Path):
    """Every class of these modules of Keras that a config can hold, and functions under all their names."""
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(2, 3, dtype="mixed_float16", kernel_regularizer="l2")(inputs)
    x = keras.layers.TimeDistributed(keras.layers.Dense(2, activation=keras.activations.gelu))(x)
    x = keras.ops.concatenate([x[:, :4], keras.ops.relu(x[:, :4] * 2)], axis=-1)
    x = keras.layers.Bidirectional(keras.layers.LSTM(2))(keras.layers.Reshape((4, -1))(x))
    x = keras.layers.Dropout(0.1)(x)
    model = keras.Model(inputs, keras.Sequential([keras.layers.Dense(2, activation="softmax")])(x))
    rate = keras.optimizers.schedules.CosineDecay(0.1, 10)
    model.compile(
        keras.optimizers.Adam(rate), keras.losses.categorical_crossentropy, metrics=[keras.metrics.AUC()]
    )
    pictures = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)
    model.fit(pictures, np.eye(2), verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras", compile=True)
    np.testing.assert_array_equal(loaded(pictures), model(pictures))
    assert isinstance(loaded.optimizer, keras.optimizers.Adam)


def test_a_vocabulary_in_the_config_is_no_file(tmp_path: Path):
    keras.Sequential(
        [keras.Input((1,), dtype="string"), keras.layers.StringLookup(vocabulary=["a", "b"])]
    ).save(tmp_path / "m.keras")
    assert load_model(tmp_path / "m.keras").layers[-1].get_vocabulary() == ["[UNK]", "a", "b"]


def test_what_the_user_allows_is_loaded(tmp_path: Path):
    def halved(x):
        return x / 2

    class Own(keras.layers.Layer):
        def call(self, inputs):
            return inputs

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation=halved), Own()])
    model.save(tmp_path / "m.keras")
    with pytest.raises(ModelFileError, match="uses 'Own', which is not part of Keras"):
        load_model(tmp_path / "m.keras")
    with keras.saving.custom_object_scope({"halved": halved, "Own": Own}):
        assert load_model(tmp_path / "m.keras").layers[-1].__class__ is Own


def test_an_unknown_loss_matters_only_when_it_is_asked_for(tmp_path: Path):
    def own_loss(truth, prediction):
        return keras.ops.mean(prediction)

    for ending in (".keras", ".h5"):
        model = hostile_models.benign()
        model.compile("adam", own_loss)
        model.save(tmp_path / f"m{ending}")
        assert load_model(tmp_path / f"m{ending}").output_shape == (None, 2)
    with pytest.raises(ModelFileError, match="uses 'own_loss', which is not part of Keras"):
        load_model(tmp_path / "m.keras", compile=True)


def peak_of_refusing(path: Path, match: str) -> int:
    """Return the bytes that Python takes at most while `path` is refused."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match=match) as caught:
            load_model(path)
        assert "\n" not in str(caught.value)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5", "assets/words.txt"])
def test_an_archive_that_fills_the_memory_is_refused_packed(tmp_path: Path, name: str):
    path = tmp_path / "m.keras"
    hostile_models.rewrite(path, {}, without=name)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as member:
        for _ in range(128):
            member.write(b" " * 2**20)
    assert path.stat().st_size < 2**18
    assert peak_of_refusing(path, f"{name} would grow from .* to 134,217,728 on reading") < 2**21


def test_many_small_members_that_fill_the_disk_are_refused(tmp_path: Path):
    path = tmp_path / "m.keras"
    hostile_models.rewrite(path, {f"assets/{n}": b" " * 2**20 for n in range(100)})
    assert peak_of_refusing(path, "the whole would grow from") < 2**21


@pytest.mark.parametrize("name", ["a" * 300, "assets/" + "b/" * 200 + "c" * 300])
def test_a_member_that_no_disk_takes_leaves_nothing_unpacked(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "m.keras"
    hostile_models.rewrite(path, {name: b"text"})
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with pytest.raises(ModelFileError, match="name too long"):
        load_model(path)
    assert not list((tmp_path / "temporary").iterdir())


def test_a_config_of_many_megabytes_is_refused(tmp_path: Path):
    path = tmp_path / "m.keras"
    hostile_models.rewrite(path, {"config.json": np.random.default_rng(0).bytes(33 * 2**20)})
    assert peak_of_refusing(path, "config has more than 32 MB") < 2**21


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_weights_of_a_size_that_is_only_claimed_are_refused(tmp_path: Path, ending: str):
    def claim(file: h5py.File) -> None:
        file.create_dataset("claimed", (10**6, 10**6), "float32", chunks=(100, 100))

    path = tmp_path / f"m.{ending}"
    hostile_models.with_other_weights(path, claim)
    assert peak_of_refusing(path, "its weights would grow from .* to 4,000,000,") < 2**21


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[" * 100_000, "nested too deep"),
        ('{"a": ' * 100_000, "nested too deep"),
        ("9" * 5000, "damaged or no Keras model: Exceeds the limit"),
        ('{"module": "keras", "class_name": "Sequential", "config": ' + "8" * 4000 + "}", "cannot be loaded"),
        ("", "damaged or no Keras model: Expecting value"),
        ("null", "cannot be loaded"),
        ("7", "cannot be loaded"),
        ('"text"', "cannot be loaded"),
        ("\x00\xff", "damaged or no Keras model"),
    ],
    ids=lambda text: text[:8],
)
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_odd_json_is_refused_in_one_sentence(tmp_path: Path, ending: str, text: str, match: str):
    path = tmp_path / f"m.{ending}"
    if ending == "keras":
        hostile_models.rewrite(path, {"config.json": text})
    else:
        with h5py.File(path, "w", track_order=True) as file:
            file.attrs["model_config"] = np.bytes_(text.encode()) if len(text) < 2**15 else text
    peak_of_refusing(path, match)


@pytest.mark.parametrize(
    "value", [np.arange(4), np.float32(1), h5py.Empty("f"), np.array([b"a", b"b"])], ids=repr
)
def test_an_h5_config_that_is_no_text_is_refused(tmp_path: Path, value: object):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = value
    with pytest.raises(ModelFileError, match="damaged or no Keras model: "):
        load_model(tmp_path / "m.h5")


def test_a_backbone_file_with_weights_elsewhere_is_refused(tmp_path: Path):
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        file["kernel"] = h5py.ExternalLink("/etc/passwd", "/")
    with pytest.raises(ModelFileError, match="'kernel' lies in another file"):
        transfer("MobileNetV2", 2, weights=tmp_path / "m.weights.h5", image_size=32)


@pytest.mark.parametrize("name", ["x" * 300 + ".keras", "x" * 5000, "a\0b.keras", "a\0b"])
def test_paths_that_no_system_has_are_refused(name: str):
    with pytest.raises(ModelFileError):
        load_model(name)


@pytest.mark.parametrize(
    "record",
    [
        '{"class_names": 7}',
        '{"class_names": ["a", 2]}',
        '{"class_names": "ab"}',
        '{"input_range": [0]}',
        '{"input_range": ["0", {}]}',
        '{"class_set": []}',
        "[" * 100_000,
        "7",
        "9" * 5000,
    ],
    ids=lambda text: text[:20],
)
@pytest.mark.parametrize("member", ["metadata.json", "kerasviz.json"])
def test_an_odd_record_is_refused_in_one_sentence(tmp_path: Path, record: str, member: str):
    path = tmp_path / "m.keras"
    text = f'{{"keras_version": "3.0.0", "kerasviz": {record}}}' if member == "metadata.json" else record
    hostile_models.rewrite(path, {member: text})
    # Metadata that are no JSON are refused before a record is looked for.
    no_record = "is damaged: its record of kerasviz is none"
    peak_of_refusing(path, no_record if member == "kerasviz.json" else f"{no_record}|is damaged or no Keras")


@pytest.mark.parametrize("metadata", ["7", "[]", "{", "[" * 100_000])
def test_odd_metadata_is_refused_in_one_sentence(tmp_path: Path, metadata: str):
    path = tmp_path / "m.keras"
    hostile_models.rewrite(path, {"metadata.json": metadata})
    peak_of_refusing(path, "is damaged: its record of kerasviz is none|is damaged or no Keras model")
