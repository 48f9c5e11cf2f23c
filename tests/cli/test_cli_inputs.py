from __future__ import annotations

import keras
import numpy as np
import pytest
from PIL import Image

from kerasviz.cli.commands.features import parse_rectangle
from kerasviz.cli.parts.class_choice import choose_classes, class_label
from kerasviz.cli.parts.inputs import Form, output_names, read_batches, report_skipped
from kerasviz.cli.parts.tables import print_table
from kerasviz.errors import ImageError, InputError, TargetError, UnsupportedModelError


def model_of(*shape: int | None, data_format: str = "channels_last") -> keras.Model:
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.Conv2D(2, 1, data_format=data_format)(inputs))


def test_a_picture_is_fed_at_the_models_size_and_range(tmp_path) -> None:
    Image.new("RGB", (40, 20), (255, 0, 51)).save(tmp_path / "a.png")
    form = Form.of(model_of(8, 6, 3), "-1,1", None)
    picture = form.read(tmp_path / "a.png")
    batch = form.batch([picture])
    assert (batch.shape, batch.dtype) == ((1, 8, 6, 3), np.float32)
    np.testing.assert_allclose(batch[0, 0, 0], [1.0, -1.0, -0.6], atol=1e-6)
    assert picture.shown.shape == (80, 160, 3)  # enlarged for drawing: each pixel a square of four


def test_grey_channels_first_and_any_size(tmp_path) -> None:
    Image.new("RGB", (10, 10), (255, 0, 0)).save(tmp_path / "a.png")
    gray = Form.of(model_of(None, None, 1), "0,255", 12)
    assert gray.batch([gray.read(tmp_path / "a.png")]).ravel().tolist() == [76.0] * 144
    first = Form.of(model_of(3, 4, 5, data_format="channels_first"), "0,255", None)
    batch = first.batch([first.read(tmp_path / "a.png")])
    assert batch.shape == (1, 3, 4, 5)
    assert batch[0, :, 0, 0].tolist() == [255.0, 0.0, 0.0]
    assert Form.of(model_of(None, None, 3), "0,1", None).height == 224


@pytest.mark.parametrize("text", ["1", "a,b", "1,0", "0,inf", "nan,1", "0,1,2"])
def test_wrong_ranges_are_refused(text) -> None:
    with pytest.raises(InputError, match="--input-range"):
        Form.of(model_of(4, 4, 3), text, None)


def test_models_that_take_no_pictures_are_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="4, 4, 5"):
        Form.of(model_of(4, 4, 5), "0,255", None)
    with pytest.raises(InputError, match="4 x 4 only"):
        Form.of(model_of(4, 4, 3), "0,255", 8)


def test_large_pictures_are_drawn_smaller(tmp_path) -> None:
    Image.new("RGB", (1280, 320)).save(tmp_path / "a.png")
    assert Form.of(model_of(4, 4, 3), "0,255", None).read(tmp_path / "a.png").shown.shape == (160, 640, 3)


def test_unreadable_files_are_left_out_and_named(tmp_path, capsys) -> None:
    for name in "abcde":
        Image.new("RGB", (4, 4)).save(tmp_path / f"{name}.png")
    (tmp_path / "b.png").write_text("no picture")
    files, skipped = sorted(tmp_path.iterdir()), []
    form = Form.of(model_of(4, 4, 3), "0,255", None)
    sizes = [[picture.path.stem for picture in batch] for batch in read_batches(files, form, 2, skipped)]
    assert sizes == [["a"], ["c", "d"], ["e"]]
    report_skipped(files, skipped)
    assert capsys.readouterr().out == f"left out 1 of 5 files: {tmp_path / 'b.png'} (not a picture)\n"
    with pytest.raises(ImageError, match="None of 1 files"):
        report_skipped(files[1:2], skipped)
    with pytest.raises(InputError, match="--batch-size"):
        list(read_batches(files, form, 0, skipped))


def test_names_of_what_is_written_differ(tmp_path) -> None:
    files = [tmp_path / name for name in ("a/1.png", "b/1.png", "b/1.jpg", "c/2.png")]
    assert output_names(files) == ["a-1", "b-1", "b-1-2", "2"]


def test_classes_by_index_name_or_one_of_its_names() -> None:
    names = ["tench, Tinca tinca", "crane", "crane", "7"]
    assert choose_classes(["Tinca tinca", "2"], names) == [0, 2]
    assert choose_classes(["7"], names) == [3]
    assert choose_classes(["tench, Tinca tinca"], names) == [0]
    assert choose_classes(["4,5", "4"], None) == [4, 5]
    with pytest.raises(TargetError, match="1, 2 are all named 'crane'"):
        choose_classes(["crane"], names)
    with pytest.raises(TargetError, match="tench"):
        choose_classes(["tensh"], names)
    with pytest.raises(TargetError, match="--class-names"):
        choose_classes(["cat"], None)
    assert class_label(9, names) == "class 9"


@pytest.mark.parametrize("text", ["1,2,3", "1,2,0,4", "-1,2,3,4", "a,b,c,d"])
def test_wrong_rectangles_are_refused(text) -> None:
    with pytest.raises(InputError, match="--mask"):
        parse_rectangle(text)


def test_a_table_keeps_its_cells_as_they_are(capsys) -> None:
    print_table(["name", "n"], [["[bold]x[/bold]", "1"], ["y" * 200, "22"]], numbers=["n"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [["name", "n"], ["[bold]x[/bold]", "1"], ["y" * 200, "22"]]
    assert len({len(line.rstrip()) for line in lines}) == 1  # aligned at the right
