"""A whole data set in one pass: every picture a row, equal to what `predict` and `explain` say."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pyarrow.parquet as pq
import pytest
from small_set import CLASSES, files_of, small_classifier, write_model, write_pictures

import kerasviz as kv
from kerasviz.errors import DatasetError, InputError, UnsupportedModelError

# float16 keeps 11 bits.
HALF = 2.0**-11


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return small_classifier()


@pytest.fixture(scope="module")
def found(model: keras.Model, pictures: Path, tmp_path_factory: pytest.TempPathFactory):
    out = tmp_path_factory.mktemp("explained") / "new"
    return kv.explain_dataset(model, pictures, out, embed="features", batch_size=2, shard_size=4)


def batch_of(model: keras.Model, pictures: Path) -> tuple[list[str], np.ndarray]:
    form = kv.PictureForm.of(model)
    keys = [f"{name}/{path.name}" for name in CLASSES for path in sorted((pictures / name).iterdir())]
    return keys, form.batch([form.read(pictures / key) for key in keys])


def test_every_picture_is_a_row_in_order(found, model: keras.Model, pictures: Path) -> None:
    keys, _ = batch_of(model, pictures)
    rows = list(found)
    assert [row.key for row in rows] == keys
    assert [row.path for row in rows] == [str(pictures / key) for key in keys]
    assert [row.label_name for row in rows] == [key.split("/")[0] for key in keys]
    assert [row.label for row in rows] == [CLASSES.index(key.split("/")[0]) for key in keys]
    assert len(found) == found.plan.count == 10
    assert [path.name for path in sorted(found.plan.folder.glob("*.parquet"))] == [
        "part-00000.parquet",
        "part-00001.parquet",
        "part-00002.parquet",
    ]


def test_predictions_are_those_of_predict(found, model: keras.Model, pictures: Path) -> None:
    said = model.predict(batch_of(model, pictures)[1], verbose=0)
    rows = list(found)
    assert [row.prediction for row in rows] == said.argmax(axis=1).tolist()
    assert [row.prediction_name for row in rows] == [CLASSES[at] for at in said.argmax(axis=1)]
    np.testing.assert_allclose([row.confidence for row in rows], said.max(axis=1), rtol=1e-5)
    order = np.argsort(-said, axis=1)
    assert [row.top_classes for row in rows] == order.tolist()
    np.testing.assert_allclose(
        [row.top_confidences for row in rows], np.take_along_axis(said, order, axis=1), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("method", "options"), [("grad_cam", {"relu": False}), ("score_cam", {}), ("saliency", {}), ("cam", {})]
)
def test_maps_and_scores_are_those_of_explain(
    method: str, options: dict, model: keras.Model, pictures: Path, tmp_path: Path
) -> None:
    if method == "cam":  # is of one linear layer
        model = keras.Sequential([*model.layers[:-2], keras.layers.Dense(3)])
        model.build((None, 24, 24, 3))
    layer = None if method == "saliency" else "conv"
    _, batch = batch_of(model, pictures)
    whole = kv.explain(model, batch, method, layer=layer, raw=layer is not None, **options)
    found = kv.explain_dataset(model, pictures, tmp_path, method=method, layer=layer, **options)
    rows = list(found)
    for row, values in zip(rows, whole.maps, strict=True):
        np.testing.assert_allclose(row.map, values, rtol=HALF, atol=HALF * np.abs(values).max())
    np.testing.assert_allclose([row.score for row in rows], whole.scores, rtol=1e-4)
    assert found.plan.score_kind == whole.score_kind
    assert found.plan.map_shape == whole.maps.shape[1:]


def test_embeddings_are_those_of_embed(found, model: keras.Model, pictures: Path) -> None:
    vectors = kv.embed(model, batch_of(model, pictures)[1], "features").vectors
    np.testing.assert_allclose([row.embedding for row in found], vectors, rtol=1e-4, atol=1e-6)


def test_an_unreadable_picture_is_a_row(model: keras.Model, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 6)
    (folder / "square" / "1b.png").write_bytes(b"no picture")
    (folder / "star" / "cut.png").write_bytes((folder / "star" / "2.png").read_bytes()[:300])
    found = kv.explain_dataset(model, folder, tmp_path / "out", batch_size=3, shard_size=4)
    rows = {row.key: row for row in found}
    assert len(rows) == 8
    errors = {key: row.error for key, row in rows.items() if row.error}
    assert errors == {"square/1b.png": "not a picture", "star/cut.png": "damaged"}
    assert rows["square/1b.png"].label_name == "square"
    assert rows["square/1b.png"].prediction is None
    assert rows["square/1b.png"].map is None
    assert list(rows) == sorted(rows, key=lambda key: (key.split("/")[0], kv.images.natural_key(key)))
    assert [row.key for row in found.select(readable=False)] == list(errors)


def test_a_picture_whose_outputs_are_not_finite_is_a_row(pictures: Path, tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((24, 24, 3)),
            keras.layers.Conv2D(2, 3, kernel_initializer="ones"),
            keras.layers.GlobalAveragePooling2D(),
            # exp(88) is the last that float32 holds
            keras.layers.Dense(2, kernel_initializer="ones", activation="exponential"),
        ]
    )
    found = kv.explain_dataset(model, pictures, tmp_path, input_range=(0, 6))
    errors = [row.error for row in found]
    assert errors.count(None) not in (0, 10)
    assert set(errors) == {None, "the model returns values that are not finite"}


def test_the_same_command_changes_nothing(found, model: keras.Model, pictures: Path) -> None:
    folder = found.plan.folder
    before = files_of(folder)
    times = {path: path.stat().st_mtime_ns for path in folder.glob("part-*")}
    again = kv.explain_dataset(model, pictures, folder, embed="features", batch_size=2, shard_size=4)
    assert again.plan.digest == found.plan.digest
    assert files_of(folder) == before
    assert {path: path.stat().st_mtime_ns for path in folder.glob("part-*")} == times


def test_missing_and_damaged_parts_are_made_again(found, model: keras.Model, pictures: Path) -> None:
    folder = found.plan.folder
    before = files_of(folder)
    (folder / "part-00000.parquet").unlink()
    (folder / "part-00001.parquet").write_bytes(before["part-00001.parquet"][:500])
    assert found.missing == [0, 1]
    kv.explain_dataset(model, pictures, folder, embed="features", batch_size=2, shard_size=4)
    assert files_of(folder) == before


def test_a_shard_is_made_from_the_folder_alone(model: keras.Model, pictures: Path, tmp_path: Path) -> None:
    file = write_model(tmp_path)
    whole = kv.explain_dataset(file, pictures, tmp_path / "out", shard_size=4)
    before = files_of(tmp_path / "out")
    (tmp_path / "out" / "part-00001.parquet").unlink()
    assert kv.explain_shard(tmp_path / "out", 1) == whole.plan.part(1)
    assert files_of(tmp_path / "out") == before
    with pytest.raises(InputError, match=r"no part 3: .* has 0 to 2"):
        kv.explain_shard(tmp_path / "out", 3)


def test_two_shares_are_the_whole(found, model: keras.Model, pictures: Path, tmp_path: Path) -> None:
    asked = {"embed": "features", "batch_size": 2, "shard_size": 4}
    first = kv.explain_dataset(model, pictures, tmp_path, shard=(0, 2), **asked)
    assert first.parts == [0, 2]
    kv.explain_dataset(model, pictures, tmp_path, shard=(1, 2), **asked)
    assert files_of(tmp_path) == files_of(found.plan.folder)


@pytest.mark.parametrize("shard", [(2, 2), (0, 0), (-1, 2), "0/2", (0.5, 2)])
def test_odd_shares_are_refused(shard: object, model: keras.Model, pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"shard is .*; pass"):
        kv.explain_dataset(model, pictures, tmp_path, shard=shard)


def test_the_folder_of_another_plan_is_refused(found, model: keras.Model, pictures: Path) -> None:
    folder = found.plan.folder
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(InputError, match=r"another plan .*method: grad_cam there, layer_cam now"):
        kv.explain_dataset(model, pictures, folder, method="layer_cam", embed="features", shard_size=4)
    with pytest.raises(InputError, match="number of pictures: 10 there, 3 now"):
        kv.explain_dataset(model, pictures / "star", folder, embed="features", shard_size=4)
    other = keras.models.clone_model(model)
    other.class_names = model.class_names
    other.set_weights([2 * values for values in model.get_weights()])
    with pytest.raises(InputError, match=r"another plan \(model: \w+\.\.\. there, \w+\.\.\. now\)"):
        kv.explain_dataset(other, pictures, folder, embed="features", shard_size=4)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_logits_and_probabilities_are_told_apart_once(
    model: keras.Model, pictures: Path, tmp_path: Path
) -> None:
    logits = keras.Model(
        model.inputs, keras.layers.Dense(3, kernel_initializer="ones")(model.layers[-2].output)
    )
    found = kv.explain_dataset(logits, pictures, tmp_path / "logits", layer="conv")
    assert found.plan.outputs == "logits"
    values = logits.predict(batch_of(model, pictures)[1], verbose=0)
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    shares = (powers / powers.sum(axis=1, keepdims=True)).max(axis=1)
    np.testing.assert_allclose([row.confidence for row in found], shares, rtol=1e-5)
    assert kv.explain_dataset(model, pictures, tmp_path / "shares").plan.outputs == "probabilities"


def test_one_unit_speaks_for_the_second_class(model: keras.Model, pictures: Path, tmp_path: Path) -> None:
    one = keras.Model(model.inputs, keras.layers.Dense(1, activation="sigmoid")(model.layers[-2].output))
    one.class_names = ["circle", "star"]
    found = kv.explain_dataset(one, pictures, tmp_path, layer="conv")
    share = one.predict(batch_of(model, pictures)[1], verbose=0)[:, 0]
    assert [row.prediction for row in found] == (share > 0.5).astype(int).tolist()
    np.testing.assert_allclose([row.confidence for row in found], np.maximum(share, 1 - share), rtol=1e-5)
    # "square" is none of the model's classes.
    assert {(row.label, row.label_name) for row in found} == {(0, "circle"), (None, "square"), (1, "star")}


def test_large_and_small_maps_keep_their_digits(model: keras.Model, pictures: Path, tmp_path: Path) -> None:
    for factor in (1e7, 1e-9):
        other = keras.models.clone_model(model)
        other.set_weights(model.get_weights())
        kernel = other.layers[-2].kernel
        kernel.assign(kernel * factor)
        found = kv.explain_dataset(other, pictures, tmp_path / str(factor), layer="conv")
        whole = kv.explain(other, batch_of(model, pictures)[1], layer="conv", raw=True)
        for row, values in zip(found, whole.maps, strict=True):
            np.testing.assert_allclose(row.map, values, rtol=2 * HALF, atol=HALF * np.abs(values).max())


def test_the_files_are_plain_parquet(found) -> None:
    file = pq.ParquetFile(found.plan.part(0))
    assert file.schema_arrow.names == [
        "key",
        "path",
        "label",
        "label_name",
        "prediction",
        "prediction_name",
        "confidence",
        "top_classes",
        "top_confidences",
        "score",
        "map",
        "map_scale",
        "embedding",
        "error",
    ]
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert file.schema_arrow.metadata[b"kerasviz.plan"].decode() == found.plan.digest
    assert file.schema_arrow.metadata[b"kerasviz.map_shape"] == b"9x9"
    (first,) = file.read_row_group(0).column("map").slice(0, 1).to_pylist()
    assert len(first) == 81
    assert json.loads((found.plan.folder / "plan.json").read_text())["digest"] == found.plan.digest


def test_sums_beside_each_part_are_of_its_pictures(found, model: keras.Model, pictures: Path) -> None:
    activations = kv.Probe(model, "conv").activations(batch_of(model, pictures)[1])["conv"]
    peaks = activations.reshape(10, -1, 6).max(axis=1)
    sums = kv.dataset_jobs.Sums.merged(
        kv.dataset_jobs.Sums.load(found.plan.sums(index)) for index in range(found.plan.shards)
    )
    assert sums.count == 10
    np.testing.assert_allclose(sums.peaks, -np.sort(-peaks, axis=0)[:9].T, rtol=1e-5)
    filters = np.arange(6)
    places = np.unravel_index(sums.places[filters, 0], (9, 9))
    np.testing.assert_allclose(
        activations[sums.numbers[filters, 0], places[0], places[1], filters], sums.peaks[:, 0], rtol=1e-5
    )


def test_pictures_are_found_again_by_their_numbers(found, model: keras.Model, pictures: Path) -> None:
    keys, _ = batch_of(model, pictures)
    form = kv.PictureForm.of(model)
    numbers = [number for number, _, _ in found.plan.pictures([7, 2])]
    assert numbers == [2, 7]
    for number, key, picture in found.plan.pictures([7, 2]):
        assert key == keys[number]
        np.testing.assert_array_equal(picture.pixels, form.read(pictures / key).pixels)


def test_what_is_no_classifier_is_refused(model: keras.Model, pictures: Path, tmp_path: Path) -> None:
    maps = keras.Model(model.inputs, model.get_layer("conv").output)
    with pytest.raises(UnsupportedModelError, match="data sets are explained for classifiers"):
        kv.explain_dataset(maps, pictures, tmp_path, method="saliency")


def test_no_picture_is_refused(model: keras.Model, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="empty holds no picture"):
        kv.explain_dataset(model, tmp_path / "empty", tmp_path / "out")
    (tmp_path / "empty" / "a.md").write_text("words")
    with pytest.raises(DatasetError, match="empty holds no picture that can be read, of 1 in all"):
        kv.explain_dataset(model, tmp_path / "empty", tmp_path / "out")
    with pytest.raises(DatasetError, match="neither a folder, a file nor"):
        kv.explain_dataset(model, tmp_path / "none", tmp_path / "out")


def test_a_plan_is_written_and_read(found) -> None:
    again = kv.dataset_jobs.Plan.read(found.plan.folder)
    assert again == found.plan
    assert again.digest == found.plan.digest
    assert (again.layer, again.embed, again.shards, again.feature_shape) == ("conv", "features", 3, (9, 9, 6))
    with pytest.raises(DatasetError, match="There is no plan"):
        kv.open_explanations(found.plan.folder.parent)


def test_a_plan_changed_by_hand_is_refused(model: keras.Model, pictures: Path, tmp_path: Path) -> None:
    kv.explain_dataset(model, pictures, tmp_path)
    plan = tmp_path / "plan.json"
    text = plan.read_text()
    plan.write_text(text.replace('"layer": "conv"', '"layer": "first"'))
    with pytest.raises(DatasetError, match="changed by hand"):
        kv.open_explanations(tmp_path)
    plan.write_text(text[:100])
    with pytest.raises(DatasetError, match="damaged"):
        kv.open_explanations(tmp_path)
