from __future__ import annotations

import numpy as np
import pytest
from maps_of import maps_of
from vision_transformer import images, vision_transformer

import kerasviz as kv
from kerasviz.errors import InputError, LayerNotFoundError
from kerasviz.images import write_png
from kerasviz.pictures import Scale, SheetLayout, overlay

RANGE = (0.0, 255.0)


def fit(model, pictures, source, log_dir) -> list:
    images, labels = pictures
    watch = [kv.Evolution(log_dir, [source], every=3)]
    model.fit(images, labels, batch_size=2, shuffle=False, verbose=0, callbacks=watch)
    log = kv.open_log(log_dir)
    return list(log.frames(log.tags()[0].tag))


@pytest.fixture
def photos() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, size=(3, 8, 8, 3)).astype("float32")


def test_each_overlay_is_the_pictures_cam_at_that_step(tmp_path, small_model, pictures, photos) -> None:
    model = small_model(learning_rate=0.0)
    cams = maps_of(model, photos, method="grad_cam", layer="conv1", target=1)
    frames = fit(model, pictures, kv.watch.cams(list(photos), "conv1", target=1, input_range=RANGE), tmp_path)
    assert [(frame.step, frame.tag) for frame in frames] == [(s, "cams/conv1") for s in (0, 3, 6)]
    meta, tiles = frames[0].meta, frames[0].meta.tiles
    assert meta.no_evidence == ()
    assert (meta.method, tiles["count"], tiles["height"], tiles["width"]) == ("grad_cam", 3, 8, 8)
    for index in range(3):
        row, column = divmod(index, tiles["columns"])
        y, x = row * 9, column * 9
        expected = overlay(
            photos[index].astype("uint8"), cams[index], scale=Scale(0, float(cams[index].max()))
        )
        np.testing.assert_array_equal(frames[0].image[y : y + 8, x : x + 8], expected)
        assert meta.scales[index] == pytest.approx([0, cams[index].max()])


def test_a_picture_without_evidence_is_shown_as_it_is_and_recorded(
    tmp_path, small_model, pictures, photos
) -> None:
    model = small_model(learning_rate=0.0)
    layer = model.get_layer("sep")
    layer.bias.assign(np.full(layer.bias.shape, -1e9))  # a ReLU that is never above 0
    (frame, *_) = fit(model, pictures, kv.watch.cams(photos, "sep", target=1, input_range=RANGE), tmp_path)
    assert frame.meta.no_evidence == (0, 1, 2)
    layout = SheetLayout(**frame.meta.tiles)
    for index, photo in enumerate(photos):
        np.testing.assert_array_equal(layout.crop(frame.image, index), photo)


@pytest.mark.parametrize("input_range", [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)])
def test_the_picture_below_is_the_true_one_whatever_the_model_takes(
    tmp_path, small_model, pictures, photos, input_range
) -> None:
    low, high = input_range
    model = small_model(learning_rate=0.0)
    layer = model.get_layer("sep")
    layer.bias.assign(np.full(layer.bias.shape, -1e9))  # no evidence: the picture alone is drawn
    file = tmp_path / "photo.png"
    write_png(file, photos[0].astype("uint8"))
    given = [low + photos[0] / 255 * (high - low), file, photos[0].astype("uint8")]
    (frame, *_) = fit(
        model, pictures, kv.watch.cams(given, "sep", target=1, input_range=input_range), tmp_path / "log"
    )
    layout = SheetLayout(**frame.meta.tiles)
    for index in range(3):
        np.testing.assert_array_equal(layout.crop(frame.image, index), photos[0])


def test_a_file_is_explained_as_the_model_takes_it(tmp_path, small_model, pictures, photos) -> None:
    write_png(tmp_path / "photo.png", photos[0].astype("uint8"))
    scales = [
        fit(
            small_model(learning_rate=0.0),
            pictures,
            kv.watch.cams(photo, "conv1", target=1, input_range=(0, 1)),
            tmp_path / str(number),
        )[0].meta.scales[0][1]
        for number, photo in enumerate([tmp_path / "photo.png", photos[0] / 255])
    ]
    assert scales[0] == pytest.approx(scales[1], rel=1e-5)


def test_floats_are_not_drawn_where_nothing_says_what_they_mean(
    tmp_path, small_model, pictures, photos
) -> None:
    with pytest.raises(InputError, match=r"input_range=\(low, high\).*Rescaling"):
        fit(small_model(), pictures, kv.watch.cams(photos, "conv1"), tmp_path)
    assert fit(small_model(), pictures, kv.watch.cams(photos.astype("uint8"), "conv1"), tmp_path)


@pytest.mark.parametrize(
    ("layer", "tag"), [(None, "cams/sep"), (0, "cams/conv1"), (-3, "cams/sep"), ("c*1", "cams/conv1")]
)
def test_the_tag_says_the_path_of_the_layer(tmp_path, small_model, pictures, photos, layer, tag) -> None:
    (frame, *_) = fit(small_model(), pictures, kv.watch.cams(photos.astype("uint8"), layer), tmp_path)
    assert (frame.tag, frame.meta.layer) == (tag, tag.removeprefix("cams/"))


def test_a_method_without_a_layer_stands_in_the_tag(tmp_path, small_model, pictures, photos) -> None:
    source = kv.watch.cams(photos.astype("uint8"), method="saliency")
    (frame, *_) = fit(small_model(), pictures, source, tmp_path)
    assert (frame.tag, frame.meta.layer, frame.meta.method) == ("cams/saliency", "", "saliency")


def test_every_parameter_changes_the_frames(tmp_path, small_model, pictures, photos) -> None:
    options = [{}, {"layer": "conv1"}, {"method": "layer_cam"}, {"target": 0}, {"target": 1}]
    images = [
        fit(
            small_model(),
            pictures,
            kv.watch.cams(photos[0], input_range=RANGE, **option),
            tmp_path / str(number),
        )[-1].image.tobytes()
        for number, option in enumerate(options)
    ]
    assert len(set(images[:3])) == 3
    assert images[3] != images[4]


def test_mistakes_are_refused_before_training(tmp_path, small_model, pictures, photos) -> None:
    source = kv.watch.cams(photos[0], "conv9", input_range=RANGE)
    with pytest.raises(LayerNotFoundError):
        fit(small_model(), pictures, source, tmp_path)


def test_attention_is_a_source(tmp_path) -> None:
    model, watched = vision_transformer(), list(images(2))
    source = kv.watch.cams(watched, method="attention_rollout", input_range=(0, 1))
    model.compile("sgd", "sparse_categorical_crossentropy")
    expected = maps_of(model, np.stack(watched), "attention_rollout")
    watch = [kv.Evolution(tmp_path, [source], every=1)]
    model.fit(images(4), np.zeros(4), batch_size=4, verbose=0, callbacks=watch)
    log = kv.open_log(tmp_path)
    frames = list(log.frames("cams/attention_rollout"))
    assert [frame.step for frame in frames] == [0, 1]
    assert frames[0].meta.method == "attention_rollout"
    for found, heatmap in zip(frames[0].meta.scales, expected, strict=True):
        assert found == pytest.approx([heatmap.min(), heatmap.max()], rel=1e-5)


def test_signed_maps_are_drawn_around_zero_in_diverging_colours(
    tmp_path, small_model, pictures, photos
) -> None:
    """Before, they were drawn from 0: what speaks against the class looked like nothing."""
    model = small_model(learning_rate=0.0)
    watched = [("conv1", "grad_cam", {"relu": False}), (None, "occlusion", {"patch": 2, "stride": 2})]
    for number, (layer, method, options) in enumerate(watched):
        maps = kv.explain(model, photos, method, layer=layer, target=1, **options).maps
        assert (maps < 0).any()
        source = kv.watch.cams(photos, layer, method, 1, input_range=RANGE, **options)
        (frame, *_) = fit(model, pictures, source, tmp_path / str(number))
        assert frame.meta.more["options"] == options
        layout = SheetLayout(**frame.meta.tiles)
        for index, heatmap in enumerate(maps):
            most = float(np.abs(heatmap).max())
            assert frame.meta.scales[index] == pytest.approx([-most, most], rel=1e-5)
            expected = overlay(photos[index].astype("uint8"), heatmap, scale=Scale(-most, most))
            np.testing.assert_array_equal(layout.crop(frame.image, index), expected)
        # Red where it speaks for the class, blue where it speaks against it.
        against = np.unravel_index(maps[0].argmin(), maps[0].shape)
        change = layout.crop(frame.image, 0)[against].astype(int) - photos[0][against].astype(int)
        assert change[2] - change[0] > 20


def test_input_gradients_span_their_percentile_as_elsewhere(tmp_path, small_model, pictures, photos) -> None:
    model = small_model(learning_rate=0.0)
    for number, method in enumerate(("saliency", "input_x_gradient")):
        maps = kv.explain(model, photos, method, target=1).maps
        source = kv.watch.cams(photos, method=method, target=1, input_range=RANGE)
        (frame, *_) = fit(model, pictures, source, tmp_path / str(number))
        for index, heatmap in enumerate(maps):
            high = np.percentile(np.abs(heatmap), 99.5)
            low = 0.0 if method == "saliency" else -high
            assert frame.meta.scales[index] == pytest.approx([low, high], rel=1e-5)
        expected = kv.explain(model, photos, method, target=1, input_range=RANGE).overlay()
        layout = SheetLayout(**frame.meta.tiles)
        np.testing.assert_array_equal(layout.crop(frame.image, 1), expected[1])


def test_once_signed_the_scale_stays_around_zero(small_model, photos) -> None:
    from kerasviz.watch.cam_frames import _Scales

    scales = _Scales(kv.explanation.find_method("grad_cam"), {"relu": False})
    assert scales.of(np.full((1, 2, 2), 3.0)) == [Scale(0.0, 3.0)]
    assert scales.of(np.array([[[-1.0, 3.0]]])) == [Scale(-3.0, 3.0)]
    assert scales.of(np.full((1, 2, 2), 3.0)) == [Scale(-3.0, 3.0)]
    unsigned = _Scales(kv.explanation.find_method("input_x_gradient"), {"channels": "sum_abs"})
    assert unsigned.of(np.full((1, 2, 2), 3.0)) == [Scale(0.0, 3.0)]


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        ("grad_cam", {"masks": 3}, "Method grad_cam has no option 'masks'"),
        ("rise", {"masks": 0}, "masks is 0; rise takes a whole number from 1"),
        ("rise", {"relu": True}, "Method rise has no option 'relu'"),
        ("grad_kam", {}, "There is no method 'grad_kam'"),
    ],
)
def test_options_are_checked_as_explain_checks_them_and_at_once(photos, method, options, said) -> None:
    with pytest.raises(InputError, match=said):
        kv.watch.cams(photos, method=method, **options)


def test_no_bar_is_shown_while_a_network_trains(tmp_path, small_model, pictures, photos, capsys) -> None:
    source = kv.watch.cams(photos[0], method="rise", masks=8, input_range=RANGE)
    fit(small_model(), pictures, source, tmp_path)
    assert capsys.readouterr().err == ""
