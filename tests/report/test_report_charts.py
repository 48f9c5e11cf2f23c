"""Charts, markup and compressed pictures, each against values worked out by hand."""

from __future__ import annotations

import io
import os
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from tensorboard.compat.proto import event_pb2, types_pb2

from kerasviz.events import EventLog
from kerasviz.events.records import frame_record
from kerasviz.pictures import Scale
from kerasviz.report.charts import color_bar, line_chart, share_bar, ticks
from kerasviz.report.inline_picture import compress, img
from kerasviz.report.markup import Html, table, tag
from kerasviz.report.numbers import curves


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.0, 59.0, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]),
        (-0.3, 0.3, [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]),
        (0.0012, 0.0031, [0.0015, 0.002, 0.0025, 0.003]),
        (1e6, 3.1e6, [1e6, 1.5e6, 2e6, 2.5e6, 3e6]),
    ],
)
def test_ticks_are_round_and_inside(low, high, expected) -> None:
    assert ticks(low, high) == expected


def test_curves_go_from_the_left_to_the_right_and_up() -> None:
    chart = line_chart("loss", {"a<b": [(0, 0.0), (5, 1.0), (10, 0.5)]}, "epoch")
    assert 'd="M46 192L198 12L350 102"' in chart
    assert "a&lt;b" in chart


def test_a_constant_and_an_empty_curve_are_drawn() -> None:
    assert 'd="M46 102L350 102"' in line_chart("loss", {"a": [(0, 2.0), (1, 2.0)]}, "epoch")
    chart = line_chart("loss", {"a": [(0, float("nan"))]}, "epoch")
    assert "a (1 not finite)" in chart
    assert "<path" not in chart


def test_a_logarithmic_axis_is_for_positive_values_that_differ_widely() -> None:
    chart = line_chart("loss", {"a": [(0, 1000.0), (1, 10.0), (2, 1.0)]}, "epoch", logarithmic=True)
    assert 'd="M46 12L198 132L350 192"' in chart
    assert "<h3>loss (logarithmic)</h3>" in chart
    assert [f">{value}</text>" in chart for value in (1, 10, 100, 1000)] == [True] * 4
    for values in ([(0, 1000.0), (1, 0.0)], [(0, 99.0), (1, 1.0)]):
        assert "logarithmic" not in line_chart("loss", {"a": values}, "epoch", logarithmic=True)


def test_a_color_bar_has_the_colours_of_its_ends() -> None:
    bar = color_bar(Scale(0.0, 12.345), "gray", "CAM")
    assert "#000000" in bar
    assert "#ffffff" in bar
    assert 'aria-label="CAM: colours from 0 to 12.3"' in bar
    assert "width:82.5%" in share_bar(0.825)


def test_only_html_is_markup() -> None:
    assert tag("p", "<b>", Html("<i></i>"), title='"&') == '<p title="&quot;&amp;">&lt;b&gt;<i></i></p>'
    assert "&lt;b&gt;" in table(("<b>",), [])


def test_no_control_character_is_on_the_page() -> None:
    odd = "a\0b\x1b[2Jc\u202ed" + os.fsdecode(b"caf\xe9") + "\nend"
    page = tag("p", odd, title=odd) + table((odd,), [(odd,)], caption=odd)
    assert page.isprintable()
    assert page.count("a\\x00b\\x1b[2Jc\\u202edcaf\\udce9 end") == 6
    page.encode()


@pytest.mark.parametrize("most", [3000, 12_000])
def test_pictures_keep_to_their_size(most) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    data = compress(noise, most)
    assert len(data) <= most
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (100, 100))
    assert len(compress(noise, 12_000)) > len(compress(noise, 3000))


def test_small_pictures_lose_nothing() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    with Image.open(io.BytesIO(compress(noise, 12_000))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), noise)


def test_enlarged_pictures_keep_their_pixels() -> None:
    small = np.zeros((3, 5), np.uint8)
    assert 'class="crisp" style="width:50px"' in img(small, "a", width=50)
    assert 'width="5" height="3"' in img(small, "a")
    assert "crisp" not in img(np.zeros((200, 200), np.uint8), "a")


def test_scalars_that_are_no_numbers_are_left_out_of_the_curves_and_said(tmp_path) -> None:
    with EventLog(tmp_path) as log:
        log.scalar("epoch_loss", 0, 0.5)
        log.scalar("epoch_loss", 1, 0.25)
    event = event_pb2.Event(step=2)
    for name in ("epoch_loss", "epoch_accuracy"):
        value = event.summary.value.add(tag=name)
        value.metadata.plugin_data.plugin_name = "scalars"
        value.tensor.dtype = types_pb2.DT_FLOAT
        for _ in range(2):
            value.tensor.tensor_shape.dim.add(size=100_000)
        value.tensor.float_val.append(1.0)
    with log.path.open("ab") as file:
        file.write(frame_record(event.SerializeToString()))
    page = curves(SimpleNamespace(log_dir=tmp_path))
    assert page.count("<svg") == 1
    assert "The log is damaged: 2 scalars are not one real number." in page
