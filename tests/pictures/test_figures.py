"""Every kind of figure: it renders, nothing is clipped, and it holds what it was given."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest

from kerasviz.errors import InputError
from kerasviz.pictures import Scale, SheetLayout, color_table
from kerasviz.pictures.figures import (
    Figure,
    accuracy_figure,
    comparison_figure,
    confident_mistakes,
    confusion_figure,
    curves_figure,
    embedding_figure,
    feature_figure,
    feature_order,
    filtered_figure,
    heatmap_figure,
    kernel_figure,
    masking_figure,
    mistakes_figure,
    pairs_figure,
    prediction_figure,
    sample_figure,
    save_figure,
)

RNG = np.random.default_rng(0)
HEATMAP = RNG.random((7, 7))
IMAGE = RNG.integers(0, 256, (24, 32, 3)).astype(np.uint8)
GRAY = IMAGE[:, :, 0]
IMAGES = RNG.integers(0, 256, (6, 8, 8)).astype(np.uint8)
LABELS = [0, 1, 2, 0, 1, 2]
PROBABILITIES = np.array(
    [[0.8, 0.1, 0.1], [0.5, 0.4, 0.1], [0.0, 0.1, 0.9], [0.1, 0.7, 0.2], [0.3, 0.5, 0.2], [0.9, 0.1, 0.0]]
)
# Names that Matplotlib would read as mathematics, or leave out of a legend.
NAMES = ["_background", "$5_bill$", "a rather long name of a class, longer than its picture"]
TITLE = "pets/conv1_1: a long heading with $x_1 that must be wrapped to stay whole within its figure " * 2

KINDS: dict[str, Callable[[], Figure]] = {
    "heatmap": lambda: heatmap_figure(HEATMAP, title=TITLE),
    "heatmap with NaN": lambda: heatmap_figure(np.where(HEATMAP > 0.5, np.nan, HEATMAP)),
    "constant heatmap": lambda: heatmap_figure(np.zeros((3, 3))),
    "overlay": lambda: heatmap_figure(HEATMAP, IMAGE, title=TITLE),
    "tall overlay": lambda: heatmap_figure(HEATMAP, np.zeros((2000, 10), np.uint8)),
    "comparison": lambda: comparison_figure(
        [IMAGE, GRAY], [[HEATMAP] * 3] * 2, NAMES[:3], NAMES[:2], title=TITLE
    ),
    "comparison each": lambda: comparison_figure([IMAGE], [[HEATMAP, -HEATMAP]], ["a", "b"], scale="each"),
    "kernels": lambda: kernel_figure(RNG.normal(size=(3, 3, 1, 16)), title=TITLE),
    "one kernel": lambda: kernel_figure(RNG.normal(size=(1, 1, 1, 1))),
    "rgb kernels": lambda: kernel_figure(RNG.normal(size=(7, 7, 3, 64))),
    "all kernels": lambda: kernel_figure(RNG.normal(size=(3, 3, 64, 128)), channel="all"),
    "NaN kernels": lambda: kernel_figure(np.full((3, 3, 1, 4), np.nan)),
    "zero kernels": lambda: kernel_figure(np.zeros((3, 3, 3, 4))),
    "pairs": lambda: pairs_figure(RNG.normal(size=(3, 3, 1, 16)), GRAY, title=TITLE),
    "rgb pairs": lambda: pairs_figure(RNG.normal(size=(7, 7, 3, 5)), IMAGE, columns=4),
    "filtered": lambda: filtered_figure(RNG.normal(size=(7, 7, 3, 64)), IMAGE, title=TITLE),
    "features": lambda: feature_figure(RNG.normal(size=(9, 7, 64)), "conv1_1"),
    "one-pixel features": lambda: feature_figure(np.ones(512), "fc1"),
    "samples": lambda: sample_figure(IMAGES, LABELS, NAMES, title=TITLE),
    "predictions": lambda: prediction_figure(IMAGES, LABELS, PROBABILITIES, NAMES),
    "mistakes": lambda: mistakes_figure(IMAGES, LABELS, PROBABILITIES, NAMES),
    "no mistakes": lambda: mistakes_figure(IMAGES[:1], LABELS[:1], PROBABILITIES[:1]),
    "confusion": lambda: confusion_figure([[3, 1, 0], [0, 0, 0], [2, 2, 5]], NAMES, TITLE),
    "many classes": lambda: confusion_figure(np.eye(37)),
    "accuracy": lambda: accuracy_figure([0.5, np.nan, 0.98], NAMES, overall=0.75, title=TITLE),
    "curves": lambda: curves_figure(
        {n: {"train": [(0, 1), (5, np.nan), (9, 2)]} for n in NAMES}, "$loss", TITLE
    ),
    "embedding": lambda: embedding_figure(
        RNG.normal(size=(60, 2)), LABELS * 10, class_names=NAMES, title=TITLE
    ),
    "many embedded": lambda: embedding_figure(RNG.normal(size=(74, 2)), list(range(37)) * 2),
    "embedded pictures": lambda: embedding_figure(
        RNG.normal(size=(60, 2)), LABELS * 10, class_names=NAMES, title=TITLE, images=RNG.random((60, 9, 6))
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_clipped(kind: str, assert_whole: Callable[[Figure], None]) -> None:
    assert_whole(KINDS[kind]())


def test_figures_touch_no_global_state() -> None:
    code = (
        "import matplotlib, sys; before = dict(matplotlib.rcParams)\n"
        "from kerasviz.pictures.figures import heatmap_figure\n"
        "assert heatmap_figure([[1.0]])._repr_png_()[:4] == b'\\x89PNG'\n"
        "assert 'matplotlib.pyplot' not in sys.modules and dict(matplotlib.rcParams) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_saved_figure_has_its_size(tmp_path: Path) -> None:
    figure = heatmap_figure(HEATMAP)
    width, height = figure.get_size_inches()
    for dpi in (50, 100):
        save_figure(figure, tmp_path / "a.png", dpi=dpi)
        assert cv2.imread(str(tmp_path / "a.png")).shape[:2] == (int(height * dpi), int(width * dpi))
    save_figure(figure, tmp_path / "a.svg")
    assert "<svg" in (tmp_path / "a.svg").read_text()
    with pytest.raises(InputError, match="ends in"):
        save_figure(figure, tmp_path / "a.bmp2")
    with pytest.raises(InputError, match="dpi"):
        save_figure(figure, tmp_path / "a.png", dpi=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.svg"]


def picture_of(figure: Figure, axes: int = 0) -> np.ndarray:
    return np.asarray(figure.axes[axes].get_images()[0].get_array())


def test_the_heatmap_is_drawn_on_its_scale() -> None:
    assert picture_of(heatmap_figure([[0.0, 2.0]], colormap="gray")).tolist() == [[[0] * 3, [255] * 3]]
    halved = heatmap_figure([[0.0, 2.0]], colormap="gray", scale=Scale(0.0, 4.0))
    assert picture_of(halved).tolist() == [[[0] * 3, [128] * 3]]
    assert halved.axes[1].get_ylim() == (0.0, 4.0)


def test_a_comparison_shares_a_scale_or_says_each() -> None:
    maps = [[np.full((24, 32), 1.0), np.full((24, 32), 2.0)]]
    shared = comparison_figure([IMAGE], maps, ["a", "b"], alpha=1.0)
    assert (picture_of(shared, 1) != picture_of(shared, 2)).any()
    assert shared.axes[-1].get_ylim() == (0.0, 2.0)
    each = comparison_figure([IMAGE], maps, ["a", "b"], scale="each", alpha=1.0)
    assert (picture_of(each, 1) == picture_of(each, 2)).all()
    assert [axes.get_title() for axes in each.axes] == ["image", "a\n0 to 1", "b\n0 to 2"]
    stated = comparison_figure([IMAGE], maps, ["a", "b"], scale=Scale(0.0, 8.0))
    assert stated.axes[-1].get_ylim() == (0.0, 8.0)
    assert (picture_of(each, 0) == IMAGE).all()


@pytest.mark.parametrize(
    ("images", "maps", "columns", "rows", "scale"),
    [
        ([], [], ["a"], None, "shared"),
        ([IMAGE], [[HEATMAP]], ["a", "b"], None, "shared"),
        ([IMAGE], [[HEATMAP], [HEATMAP]], ["a"], None, "shared"),
        ([IMAGE], [[HEATMAP]], ["a"], ["x", "y"], "shared"),
        ([IMAGE], [[HEATMAP]], ["a"], None, "own"),
    ],
)
def test_a_comparison_refuses_what_does_not_match(
    images: list, maps: list, columns: list, rows: list | None, scale: str
) -> None:
    with pytest.raises(InputError):
        comparison_figure(images, maps, columns, rows, scale=scale)


def test_kernel_numbers_are_readable_on_their_color() -> None:
    kernel = np.array([[-1.0, -0.001, 0.04, 1.0]])[..., None, None]
    figure = kernel_figure(kernel)
    texts = [(text.get_text(), text.get_color()) for text in figure.axes[0].texts[1:]]
    assert texts == [("-1.00", "white"), ("0.00", "black"), ("0.04", "black"), ("1.00", "white")]


def test_kernel_annotation_is_chosen_by_size_and_by_the_caller() -> None:
    small, large = np.ones((3, 3, 1, 4)), np.ones((3, 3, 1, 100))
    assert len(kernel_figure(small).axes[0].texts) == 36 + 4
    assert len(kernel_figure(small, annotate=False).axes[0].texts) == 4
    assert len(kernel_figure(large).axes[0].texts) == 100
    assert len(kernel_figure(large, annotate=True).axes[0].texts) == 900 + 100
    with pytest.raises(InputError, match="RGB"):
        kernel_figure(np.ones((3, 3, 3, 4)), annotate=True)


def test_kernel_parameters_change_the_figure() -> None:
    kernel = RNG.normal(size=(3, 3, 4, 6))
    base = picture_of(kernel_figure(kernel))
    assert base.shape == (7, 11, 3)
    assert (picture_of(kernel_figure(kernel, channel=1)) != base).any()
    assert (picture_of(kernel_figure(kernel, scale=Scale(-9.0, 9.0))) != base).any()
    assert picture_of(kernel_figure(kernel, columns=6)).shape == (3, 23, 3)
    assert picture_of(kernel_figure(kernel, channel="all")).shape == (4 * 4 - 1, 6 * 4 - 1, 3)


def test_pairs_show_the_filter_and_its_effect() -> None:
    kernel = np.zeros((3, 3, 1, 16))
    kernel[1, 1] = 1.0
    image = np.full((140, 140), 255, np.uint8)
    figure = pairs_figure(kernel, image)
    picture = picture_of(figure)
    tile_height, tile_width, gap = 140, 46 * 3 + 7 + 140, 46
    assert picture.shape == (4 * (tile_height + gap) - gap, 4 * (tile_width + gap) - gap, 3)
    # The kernel's middle pixel is the end of the scale, the filtered white image is white.
    assert picture[70, 69].tolist() == [103, 0, 31]
    assert picture[70, 200].tolist() == [255, 255, 255]
    assert len(figure.axes[0].texts) == 16
    assert picture_of(pairs_figure(kernel, image, columns=4)).shape != picture.shape
    assert picture_of(pairs_figure(kernel, image, padding="valid")).shape != picture.shape
    with pytest.raises(InputError, match="even"):
        pairs_figure(kernel, image, columns=3)


def test_all_64_filters_are_run_over_a_picture() -> None:
    kernel = RNG.normal(size=(7, 7, 3, 64))
    figure = filtered_figure(kernel, IMAGE)
    assert [text.get_text() for text in figure.axes[0].texts] == [str(index) for index in range(64)]
    one = filtered_figure(kernel[..., :1], IMAGE)
    assert picture_of(one).shape == (24, 32, 3)
    assert picture_of(filtered_figure(kernel[..., :1], IMAGE, padding="valid")).shape == (18, 26, 3)


def test_features_are_sorted_and_counted() -> None:
    activations = np.zeros((2, 2, 3))
    activations[:, :, 1] = 1.0
    activations[0, 0, 2] = 3.0
    assert feature_order(activations).tolist() == [1, 2, 0]
    assert feature_order(activations, "max").tolist() == [2, 1, 0]
    assert feature_order(activations, "channel").tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="order"):
        feature_order(activations, "size")
    figure = feature_figure(activations, "conv", order="max", top=2)
    assert [text.get_text() for text in figure.axes[0].texts] == ["2", "1"]
    assert figure.get_suptitle() == "conv: 2 x 2 x 3, the first 2 of 3 channels by max activation"
    assert figure.axes[1].get_ylim() == (0.0, 3.0)
    assert picture_of(feature_figure(activations, "conv", columns=1)).shape == (3 * 3 - 1, 2, 3)
    with pytest.raises(InputError, match="top"):
        feature_figure(activations, "conv", top=0)


def test_nan_channels_come_last() -> None:
    assert feature_order([[np.nan, 1.0, 2.0]]).tolist() == [2, 1, 0]


def test_wrong_predictions_are_marked_by_more_than_color() -> None:
    figure = prediction_figure(IMAGES, LABELS, PROBABILITIES, ["cat", "dog", "bird"])
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [
        "cat 80%",
        "✗ cat 50%\nis dog",
        "bird 90%",
        "✗ dog 70%\nis cat",
        "dog 50%",
        "✗ cat 90%\nis bird",
    ]
    framed = [axes.spines["left"].get_visible() for axes in figure.axes]
    assert framed == [False, True, False, True, False, True]
    assert figure.get_suptitle() == "3 of 6 predictions right"


def test_the_most_confident_mistakes_come_first() -> None:
    assert confident_mistakes(LABELS, PROBABILITIES).tolist() == [5, 3, 1]
    assert confident_mistakes(LABELS, PROBABILITIES, count=1).tolist() == [5]
    figure = mistakes_figure(IMAGES, LABELS, PROBABILITIES, count=2)
    assert (picture_of(figure) == IMAGES[5]).all()
    assert (
        figure.get_suptitle().replace("\n", " ") == "The 2 most confident of 3 mistakes among 6 predictions"
    )
    assert len(mistakes_figure(IMAGES[:1], LABELS[:1], PROBABILITIES[:1]).axes) == 0


@pytest.mark.parametrize(
    "draw",
    [
        lambda: sample_figure([], []),
        lambda: sample_figure(IMAGES, LABELS[:-1]),
        lambda: sample_figure(IMAGES, LABELS, NAMES[:2]),
        lambda: sample_figure(IMAGES, LABELS, columns=-1),
        lambda: prediction_figure(IMAGES, LABELS, PROBABILITIES[:3]),
        lambda: prediction_figure(IMAGES, LABELS, np.full((6, 3), np.nan)),
        lambda: mistakes_figure(IMAGES, LABELS, PROBABILITIES, count=0),
        lambda: confusion_figure(np.ones((2, 3))),
        lambda: confusion_figure([[1, -1], [0, 1]]),
        lambda: confusion_figure(np.eye(2), NAMES),
        lambda: accuracy_figure([1.5]),
        lambda: accuracy_figure([np.inf]),
        lambda: accuracy_figure([0.5], NAMES),
        lambda: curves_figure({}, "loss"),
        lambda: curves_figure({"a": {"train": []}}, "loss"),
        lambda: embedding_figure(np.zeros((3, 3)), [0, 1, 2]),
        lambda: embedding_figure(np.full((1, 2), np.nan), [0]),
        lambda: embedding_figure(np.zeros((3, 2)), [0, 1]),
    ],
)
def test_bad_figures_are_refused(draw: Callable[[], Figure]) -> None:
    with pytest.raises(InputError):
        draw()


def test_confusion_colors_are_shares_and_numbers_counts() -> None:
    figure = confusion_figure([[3, 1], [0, 0]])
    assert [text.get_text() for text in figure.axes[0].texts] == ["3", "1", "0", "0"]
    blues = (np.array(matplotlib.colormaps["Blues"]([191, 64, 0, 0]))[:, :3] * 255).round()
    np.testing.assert_allclose(picture_of(figure).reshape(4, 3), blues, atol=1)


def test_accuracy_bars_have_their_lengths() -> None:
    axes = accuracy_figure([0.49, np.nan, 1.0], overall=0.87).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [0.49, 0.0, 1.0]
    assert [text.get_text() for text in axes.texts] == ["0.490", "no pictures", "1.000", "overall 0.870"]


def test_curves_keep_colors_for_runs_and_styles_for_parts() -> None:
    parts = {"train": [(5, 1.0), (0, 2.0)], "validation": [(0, np.nan), (5, 3.0)]}
    axes = curves_figure({"a": parts, "b": parts}, "loss", limits=(0.0, 5.0)).axes[0]
    assert axes.lines[0].get_xdata().tolist() == [0.0, 5.0]
    assert axes.lines[0].get_ydata().tolist() == [2.0, 1.0]
    looks = [(line.get_color(), line.get_linestyle()) for line in axes.lines]
    assert len(set(looks)) == 4
    assert looks[0][0] == looks[1][0] != looks[2][0]
    assert looks[0][1] == looks[2][1] != looks[1][1]
    assert [text.get_text() for text in axes.get_legend().get_texts()][:2] == [
        "a train",
        "a validation (1 not finite)",
    ]
    assert axes.get_ylim() == (0.0, 5.0)


def frames_of(axes) -> list[tuple[float, float, float, float]]:
    """Return x, y, width and height of the lines around tiles, as they are drawn."""
    (collection,) = axes.collections
    edge = np.asarray(collection.get_edgecolor()[0][:3]) * 255
    greys = np.arange(256)[:, None] * np.ones(3)
    for table in (greys, *(color_table(name) for name in ("RdBu_r", "inferno"))):
        assert np.linalg.norm(table - edge, axis=1).min() > 40, "a line is taken for a value"
    boxes = [path.get_extents() for path in collection.get_paths()]
    return [tuple(round(float(v), 6) for v in (box.x0, box.y0, box.width, box.height)) for box in boxes]


def test_tiles_are_framed_so_that_white_ones_end_somewhere() -> None:
    kernel = np.ones((3, 2, 3, 5), np.float32)  # all weights are the largest: white tiles
    (axes, _) = kernel_figure(kernel, columns=3).axes
    layout = SheetLayout(5, 3, 3, 2, 1)
    expected = [(x - 0.5, y - 0.5, 2.0, 3.0) for y, x in map(layout.origin, range(5))]
    assert frames_of(axes) == expected
    assert (axes.get_images()[0].get_array() == 255).all()
    axes = feature_figure(np.ones((4, 4, 6)), "conv").axes[0]
    assert len(frames_of(axes)) == 6
    masked = masking_figure((np.zeros((8, 8)),) * 2, (np.ones((4, 4, 6)),) * 2, "conv")
    assert [len(frames_of(axes)) for axes in masked.axes[2:4]] == [6, 6]


def test_filter_and_effect_of_a_pair_are_framed_each() -> None:
    figure = pairs_figure(np.ones((3, 3, 1, 4), np.float32), np.full((40, 60), 255, np.uint8), columns=4)
    frames = frames_of(figure.axes[0])
    assert len(frames) == 8
    picture = np.asarray(figure.axes[0].get_images()[0].get_array())
    framed = np.zeros(picture.shape[:2], bool)
    for x, y, width, height in frames:
        framed[round(y + 0.5) : round(y + 0.5 + height), round(x + 0.5) : round(x + 0.5 + width)] = True
    assert (picture[~framed] == 255).all()
    assert (picture[framed] != 255).any(axis=-1).mean() > 0.2  # the diverging red of the filters
