from __future__ import annotations

import argparse

import keras
import pytest
from PIL import Image

from kerasviz.cli.parts.class_choice import choose_classes, class_label
from kerasviz.cli.parts.flags import as_flags
from kerasviz.cli.parts.inputs import output_names, read_batches, read_form, report_skipped
from kerasviz.cli.parts.rectangle import parse_rectangle
from kerasviz.cli.parts.tables import print_table
from kerasviz.errors import ImageError, InputError, TargetError
from kerasviz.images import PictureForm


def model_of(*shape: int | None, data_format: str = "channels_last") -> keras.Model:
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.Conv2D(2, 1, data_format=data_format)(inputs))


def form_of(model: keras.Model, text: str | None, side: int | None = None) -> PictureForm:
    return read_form(argparse.Namespace(input_range=text, image_size=side), model)


def test_the_form_is_the_models_or_that_of_the_flags() -> None:
    assert form_of(model_of(8, 6, 3), "-1,1").input_range == (-1.0, 1.0)
    assert form_of(model_of(None, None, 3), "0,1").size == (224, 224)
    assert form_of(model_of(None, None, 1), "0,1", 12).size == (12, 12)
    for text in ("1", "a,b", "1,0", "0,inf", "nan,1", "0,1,2"):
        with pytest.raises(InputError, match="input_range is"):
            form_of(model_of(4, 4, 3), text)
    with pytest.raises(InputError, match="Nothing says which values"):
        form_of(model_of(4, 4, 3), None)


def test_sentences_name_flags_where_the_command_has_them() -> None:
    arguments = {
        "input_range": None,
        "log_dir": "log_dir/a",
        "download": False,
        "layer": "conv",
        "classes": [],
    }
    sentence = "the layer log_dir/x: pass input_range=(low, high), download=True, classes or log_dir"
    assert as_flags(sentence, arguments) == (
        "the layer log_dir/x: pass --input-range=LOW,HIGH, --download, classes or --log-dir"
    )
    assert as_flags(sentence, ["model"]) == sentence


def test_unreadable_files_are_left_out_and_named(tmp_path, capsys) -> None:
    for name in "abcde":
        Image.new("RGB", (4, 4)).save(tmp_path / f"{name}.png")
    (tmp_path / "b.png").write_text("no picture")
    files, skipped = sorted(tmp_path.iterdir()), []
    form = form_of(model_of(4, 4, 3), "0,255")
    sizes = [[picture.path.stem for picture in batch] for batch in read_batches(files, form, 2, skipped)]
    assert sizes == [["a"], ["c", "d"], ["e"]]
    report_skipped(files, skipped)
    assert capsys.readouterr().out == f"left out 1 of 5 files: {tmp_path / 'b.png'} (not a picture)\n"
    with pytest.raises(ImageError, match="None of 1 files"):
        report_skipped(files[1:2], skipped)
    with pytest.raises(InputError, match="batch_size"):
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
    with pytest.raises(TargetError, match="class_names"):
        choose_classes(["cat"], None)
    assert class_label(9, names) == "class 9"


@pytest.mark.parametrize("text", ["1,2,3", "1,2,0,4", "-1,2,3,4", "a,b,c,d"])
def test_wrong_rectangles_are_refused(text) -> None:
    with pytest.raises(InputError, match="--mask"):
        parse_rectangle(text, "--mask")


def test_a_table_keeps_its_cells_as_they_are(capsys) -> None:
    print_table(["name", "n"], [["[bold]x[/bold]", "1"], ["y" * 200, "22"]], numbers=["n"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [["name", "n"], ["[bold]x[/bold]", "1"], ["y" * 200, "22"]]
    assert len({len(line.rstrip()) for line in lines}) == 1  # aligned at the right
