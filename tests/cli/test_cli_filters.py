"""`kerasviz filters` and the figures it writes: all filters there, right channels, clear refusals."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

import kerasviz as kv
from kerasviz.cli import main
from kerasviz.errors import InputError, LayerNotFoundError, UnsupportedModelError
from kerasviz.layer_filters import filtered_figure, kernel_figure, layer_filters, pairs_figure


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(64, 7, padding="same", name="rgb"),
            layers.Conv2D(5, 3, name="deep"),
            layers.SeparableConv2D(2, 3, name="sep"),
            layers.Flatten(name="flat"),
            layers.Dense(3, name="fc"),
        ],
        name="small",
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory, model) -> Path:
    folder = tmp_path_factory.mktemp("filters")
    model.save(folder / "rgb.keras")
    grey = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3, name="conv")])
    grey.save(folder / "grey.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).save(folder / "rgb.png")
    Image.fromarray(pixels[:, :, 0]).save(folder / "grey.png")
    Image.fromarray(pixels).save(folder / "cut.png")
    (folder / "cut.png").write_bytes((folder / "cut.png").read_bytes()[:700])
    return folder


def numbers(figure) -> list[str]:
    """The filters' numbers written into a figure's sheet."""
    return [text.get_text() for text in figure.axes[0].texts if text.get_text().isdigit()]


def test_every_filter_is_drawn(model) -> None:
    assert numbers(kernel_figure(model, "rgb")) == [str(i) for i in range(64)]
    assert numbers(pairs_figure(model, np.zeros((9, 9)), "rgb")) == [str(i) for i in range(64)]
    assert numbers(filtered_figure(model, np.zeros((9, 9)), "rgb")) == [str(i) for i in range(64)]
    assert len(numbers(kernel_figure(model, "sep/depthwise_kernel", annotate=False))) == 5


def test_all_64_filters_of_resnet50() -> None:
    model = keras.applications.ResNet50(weights=None)
    figure = filtered_figure(model, np.full((30, 40, 3), 90, np.uint8))
    assert figure.get_suptitle().replace("\n", " ") == (
        "conv1_conv: 64 filters of 7 x 7 x 3; over a picture (40 x 30 pixels)"
    )
    assert numbers(figure) == [str(i) for i in range(64)]


def test_the_default_is_the_first_convolution_and_titles_say_what_is_drawn(model) -> None:
    def title(layer=None, **options) -> str:
        return kv.kernel_figure(model, layer, **options).get_suptitle().replace("\n", " ")

    assert title() == "rgb: 64 filters of 7 x 7 x 3"
    assert title("rgb", channel="mean") == "rgb: 64 filters of 7 x 7 x 3, mean over the 3 input channels"
    assert title("deep") == "deep: 5 filters of 3 x 3 x 64, mean over the 64 input channels"
    assert title("deep", channel=63) == "deep: 5 filters of 3 x 3 x 64, input channel 63"
    assert title("deep", channel="all") == "deep: 5 filters of 3 x 3 x 64, each input channel"
    assert title("fc") == "fc: 3 filters of 8 x 8 x 2, mean over the 2 input channels"


def test_channel_and_annotate_change_the_figure(model) -> None:
    def pixels(**options) -> np.ndarray:
        return np.asarray(kernel_figure(model, "deep", **options).axes[0].get_images()[0].get_array())

    assert not np.array_equal(pixels(channel=0), pixels(channel=1))
    assert pixels(channel="all").shape[0] > pixels(channel=0).shape[0]
    assert len(kernel_figure(model, "deep", annotate=True).axes[0].texts) == 5 * 9 + 5
    assert len(kernel_figure(model, "deep", annotate=False).axes[0].texts) == 5
    assert pixels(columns=1).shape[0] > pixels(columns=5).shape[0]


def test_large_pictures_are_reduced_and_it_is_said(model) -> None:
    figure = filtered_figure(model, np.zeros((20, 2000), np.uint8), "deep", channel=0)
    assert "(512 x 5 pixels)" in figure.get_suptitle().replace("\n", " ")


def test_what_cannot_be_drawn_is_refused(model) -> None:
    with pytest.raises(InputError, match="sep/depthwise_kernel, sep/pointwise_kernel"):
        kernel_figure(model, "sep")
    with pytest.raises(LayerNotFoundError, match="deep has no pointwise_kernel"):
        layer_filters(model, "deep/pointwise_kernel")
    with pytest.raises(UnsupportedModelError, match="no kernel"):
        kernel_figure(model, "flat")
    with pytest.raises(UnsupportedModelError, match="do not run over a picture"):
        pairs_figure(model, np.zeros((9, 9)), "fc")
    with pytest.raises(UnsupportedModelError, match="no convolution"):
        kernel_figure(keras.Sequential([keras.Input((4,)), layers.Dense(2)]))


def test_the_command_writes_figures_for_every_layer(place, tmp_path, capsys) -> None:
    command = ["filters", str(place / "rgb.keras"), "--layer", "rgb,sep", "--out", str(tmp_path)]
    assert main(command) == 0
    names = {"kernels-rgb.png", "kernels-sep-depthwise_kernel.png", "kernels-sep-pointwise_kernel.png"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert {Path(line).name for line in capsys.readouterr().out.split()} == names
    for name in names:
        with Image.open(tmp_path / name) as image:
            assert min(image.size) > 100


@pytest.mark.parametrize("network", ["rgb", "grey"])
@pytest.mark.parametrize("picture", ["rgb", "grey"])
def test_grey_and_rgb_pictures_fit_any_network(place, tmp_path, network, picture) -> None:
    command = ["filters", str(place / f"{network}.keras"), "--image", str(place / f"{picture}.png")]
    assert main([*command, "--channel", "0", "--out", str(tmp_path)]) == 0
    assert len(list(tmp_path.glob("*.png"))) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--image", "cut.png"], "damaged"),
        (["--image", "none.png"], "does not exist"),
        (["--layer", "cnv"], "no layer 'cnv'"),
        (["--channel", "7"], "channel 7 is out of range"),
        (["--channel", "red"], "channel is 'red'"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    place, tmp_path, capsys, monkeypatch, options, message
) -> None:
    monkeypatch.chdir(place)
    assert main(["filters", "rgb.keras", "--out", str(tmp_path), *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
