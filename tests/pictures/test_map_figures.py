"""The figures of CAMs, saliency and masking: nothing clipped, each map on its scale, wrong counts refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kerasviz.errors import InputError
from kerasviz.pictures import Scale, colorize
from kerasviz.pictures.figures import (
    CamStyle,
    Figure,
    PixelStyle,
    cam_figure,
    comparison_figure,
    heatmap_figure,
    masking_figure,
    methods_figure,
    saliency_figure,
)

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (24, 32, 3)).astype(np.uint8)
DARK = np.zeros((8, 8), np.uint8)
CAM = np.array([[0.0, 0.0], [0.0, 4.0]])
LONG = "a rather long name of a class with a $ in it, longer than its picture"
MAPS = RNG.random((9, 7, 12))

KINDS: dict[str, Callable[[], Figure]] = {
    "one CAM": lambda: cam_figure(IMAGE, [[CAM]], [LONG], ["grad_cam"]),
    "CAMs": lambda: cam_figure(IMAGE, [[CAM, CAM]] * 2, [LONG] * 2, ["a", "b"], CamStyle(1.0, True, True)),
    "saliency": lambda: saliency_figure(IMAGE, {LONG: RNG.normal(size=(24, 32)), "b": IMAGE[..., 0]}, LONG),
    "masking": lambda: masking_figure((IMAGE, IMAGE), (MAPS, MAPS), LONG),
    "methods": lambda: methods_figure(
        ["guided_backpropagation", "b"], {"energy": [(0.5, 0.1), None]}, ["b"], title=LONG
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_clipped(kind: str, assert_whole: Callable[[Figure], None]) -> None:
    assert_whole(KINDS[kind]())


def pictures_of(figure: Figure) -> list[np.ndarray]:
    found = [np.asarray(image.get_array()) for axes in figure.axes for image in axes.get_images()]
    return [picture for picture in found if picture.ndim == 3]


def test_each_cam_has_its_own_scale_from_0() -> None:
    figure = cam_figure(DARK, [[CAM, CAM / 2]], ["cat"], ["a", "b"], CamStyle(alpha=1.0))
    bare, one, half = pictures_of(figure)
    assert (bare == 0).all()
    assert (one == half).all()
    bars = [axes.get_ylim() for axes in figure.axes if axes.get_ylabel() == "CAM"]
    assert bars == [(0.0, 4.0), (0.0, 2.0)]


def test_every_part_of_the_style_is_drawn() -> None:
    plain = CamStyle().draw(DARK, CAM)
    assert (CamStyle(alpha=0.0).draw(IMAGE, CAM) == IMAGE).all()
    for style in (CamStyle(contour=True), CamStyle(box=True)):
        drawn = style.draw(DARK, CAM)
        assert (drawn == 255).all(axis=-1).any(), "a white line"
        higher = CamStyle(style.alpha, style.contour, style.box, threshold=0.95).draw(DARK, CAM)
        assert (higher != drawn).any()
        assert (drawn != plain).any()
    nothing = CamStyle(contour=True, box=True).draw(DARK, np.zeros((2, 2)))
    assert (nothing == CamStyle().draw(DARK, np.zeros((2, 2)))).all()


ZEROS = np.zeros((2, 2))


def titles_of(figure: Figure) -> list[str]:
    return [" ".join(axes.get_title().split()) for axes in figure.axes if axes.get_images()]


def test_no_evidence_is_drawn_as_none_and_said() -> None:
    figure = cam_figure(IMAGE, [[CAM, ZEROS], [ZEROS, CAM]], ["cat", "dog"], ["a", "b"])
    assert titles_of(figure) == [
        "picture",
        "cat a",
        "no evidence for cat b",
        "picture",
        "no evidence for dog a",
        "dog b",
    ]
    bare, shown, nothing, *_ = pictures_of(figure)
    assert (nothing == bare).all()
    assert (shown != bare).any()
    compared = comparison_figure([IMAGE, IMAGE], [[CAM, ZEROS], [ZEROS, CAM]], ["a", "b"], scale="each")
    assert titles_of(compared) == ["image", "a 0 to 4", "b no evidence", "", "no evidence", "0 to 4"]
    assert (pictures_of(compared)[2] == IMAGE).all()
    together = comparison_figure([IMAGE], [[ZEROS, ZEROS]], ["a", "b"])
    assert titles_of(together) == ["image", "a no evidence", "b no evidence"]
    alone = heatmap_figure(ZEROS)
    assert titles_of(alone) == titles_of(heatmap_figure(ZEROS, IMAGE)) == ["no evidence"]
    assert titles_of(heatmap_figure(CAM)) == [""]
    saliency = saliency_figure(IMAGE, {"gradient": np.zeros((24, 32))})
    assert titles_of(saliency)[1] == "gradient (no evidence)"
    lowest = colorize(0.0, Scale(0.0, 1.0), "inferno")
    assert (pictures_of(alone)[0] == lowest).all()
    assert (pictures_of(saliency)[1] == lowest).all()


def test_the_bar_of_nothing_has_its_tick_at_the_color_of_the_map() -> None:
    for value, end in ((0.0, 0), (2.0, 1)):
        figure = heatmap_figure(np.full((2, 2), value), scale=Scale(value, value))
        bar = figure.axes[-1]
        assert bar.get_yticks().tolist() == [value] == [bar.get_ylim()[end]]


@pytest.mark.parametrize("shape", [(24, 32), (40, 20), (64, 64)])
@pytest.mark.parametrize("kind", ["saliency", "smaller saliency", "cam"])
def test_a_pixel_is_at_the_same_place_in_picture_and_map(shape: tuple[int, int], kind: str) -> None:
    image, hot = np.zeros(shape, np.uint8), np.zeros(shape)
    y, x = shape[0] // 4, shape[1] - 4
    image[y, x] = 255
    hot[y, x] = 1.0
    if kind == "cam":
        figure = cam_figure(image, [[hot, hot]], ["cat"], ["a", "b"], CamStyle(alpha=1.0))
        maps = figure.axes[1:4:2]
    elif kind == "saliency":
        figure = saliency_figure(
            image, {"signed and long, so that its title is wrapped": hot - 1e-9, "b": hot}
        )
        maps = figure.axes[1:4:2]
    else:
        figure = saliency_figure(image, {"half as large": hot[::2, ::2] + hot[1::2, 1::2]})
        maps = figure.axes[1:2]
    drawn = rendered(figure)
    places = [brightest(drawn, axes) for axes in (figure.axes[0], *maps)]
    sizes = [axes.get_window_extent().size for axes in (figure.axes[0], *maps)]
    np.testing.assert_allclose(sizes, np.broadcast_to(sizes[0], np.shape(sizes)), atol=0.01)
    pixel = sizes[0][0] / shape[1]  # of the picture, in pixels of the figure
    np.testing.assert_allclose(places, np.broadcast_to(places[0], (len(places), 2)), atol=1.2 * pixel)


def rendered(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def brightest(drawn: np.ndarray, axes: Axes) -> np.ndarray:
    """Return (y, x) of the middle of what differs within the axes, in pixels from their upper left corner."""
    box = axes.get_window_extent()
    top, left = drawn.shape[0] - box.y1, box.x0
    inside = drawn[int(top) + 2 : int(drawn.shape[0] - box.y0) - 2, int(left) + 2 : int(box.x1) - 2]
    ground = np.median(inside.reshape(-1, 3), axis=0)
    return np.argwhere(np.abs(inside - ground).sum(axis=-1) > 150).mean(axis=0)


def test_titles_must_be_as_many_as_maps() -> None:
    for heatmaps, rows, columns in (
        ([[CAM]], ["a"], ["b", "c"]),
        ([[CAM]], ["a", "b"], ["c"]),
        ([], [], ["a"]),
    ):
        with pytest.raises(InputError, match="one title for each"):
            cam_figure(DARK, heatmaps, rows, columns)


def test_saliency_says_what_lies_beyond_its_scale() -> None:
    values = np.zeros((10, 10))
    values[0, 0], values[0, 1] = 1.0, 100.0
    figure = saliency_figure(DARK, {"gradient": values}, percentile=99)
    assert "1.0% beyond the scale" in " ".join(figure.axes[1].get_title().split())
    whole = saliency_figure(DARK, {"gradient": values}, percentile=100)
    assert whole.axes[1].get_title() == "gradient"
    assert whole.axes[2].get_ylim() == (0.0, 100.0)
    signed = saliency_figure(DARK, {"gradient": values - 1}, percentile=100)
    assert signed.axes[2].get_ylim() == (-99.0, 99.0)
    with pytest.raises(InputError, match="no maps"):
        saliency_figure(DARK, {})


def test_masking_compares_on_one_scale_and_in_one_order() -> None:
    before = np.zeros((2, 2, 3))
    before[..., 1], before[..., 2] = 4.0, 2.0
    figure = masking_figure((DARK, DARK), (before, before / 2), "conv", top=2)
    assert figure.get_suptitle().replace("\n", " ") == (
        "conv: 2 x 2 x 3, the first 2 of 3 channels by mean activation; the mask changes the layer by 50%"
    )
    sheets = pictures_of(figure)[-2:]
    first, second = (sheet[0, 0].tolist() for sheet in sheets)  # channel 1: 4 of 4, then 2 of 4
    assert first != second
    assert sheets[0][0, -1].tolist() == second  # channel 2 before: 2 of 4
    own = masking_figure((DARK, DARK), (before, before / 2), "conv", "channel")
    assert "all 3 channels in their order" in own.get_suptitle().replace("\n", " ")
    with pytest.raises(InputError, match="differ in shape"):
        masking_figure((DARK, DARK), (before, before[:1]), "conv")


def test_each_column_may_have_its_own_style() -> None:
    values = np.array([[1.0, 2.0], [3.0, 5.0]])
    styles = [CamStyle(alpha=1.0), CamStyle(alpha=1.0, from_zero=False), PixelStyle(percentile=75)]
    figure = cam_figure(DARK, [[values] * 3], ["cat"], ["cam", "rise", "saliency"], styles)
    bars = [(axes.get_ylabel(), axes.get_ylim()) for axes in figure.axes if axes.get_ylabel()]
    assert bars == [("CAM", (0.0, 5.0)), ("CAM", (1.0, 5.0)), ("attribution", (0.0, 3.5))]
    assert titles_of(figure)[3] == "cat saliency (25.0% beyond the scale)"
    # Where 0 means nothing in particular, the smallest value leaves the picture as it is.
    _, from_zero, from_lowest, alone = pictures_of(figure)
    assert from_zero[0, 0].any()
    assert not from_lowest[0, 0].any()
    assert from_lowest[-1, -1].any()
    assert alone.shape == (2, 2, 3)
    with pytest.raises(InputError, match="2 styles"):
        cam_figure(DARK, [[values] * 3], ["cat"], ["cam", "rise", "saliency"], styles[:2])


def test_many_maps_take_several_lines(assert_whole: Callable[[Figure], None]) -> None:
    names = [f"method {number} with a name of some length" for number in range(8)]
    figure = cam_figure(IMAGE, [[CAM] * 8], [LONG], names)
    assert_whole(figure)
    titles = titles_of(figure)
    assert [title == "picture" for title in titles] == [at in (0, 5) for at in range(10)]
    for title, name in zip(titles[1:5] + titles[6:], names, strict=True):
        assert title.endswith(name)
    whole = figure.bbox.width
    for axes in figure.axes:
        if axes.get_images():
            assert axes.get_window_extent().width == pytest.approx(whole / 6, rel=0.3)
