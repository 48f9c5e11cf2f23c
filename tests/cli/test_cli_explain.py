"""`kerasviz explain` and its short forms, on a model that looks for red and blue, and a picture with both."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image
from vision_transformer import vision_transformer

import kerasviz as kv
from kerasviz.cli import main
from kerasviz.cli.parts.drawing import Naming
from kerasviz.explanation import CAM, GRADIENT, METHODS, TRANSFORMER, Method, Option, find_method
from kerasviz.models import NamedDense, save_model

# Rows and columns of the red and of the blue rectangle.
RED, BLUE = (slice(8, 40), slice(8, 48)), (slice(80, 112), slice(120, 176))
# Those of transformers have a test of their own.
NAMES = [method.name for method in METHODS if method.family != TRANSFORMER]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, two pictures of 128 x 192 with a red and a blue rectangle, and a text."""
    folder = tmp_path_factory.mktemp("explained")
    inputs = keras.Input((16, 24, 3), name="image")
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(4, 1, use_bias=False, activation="relu", name="conv")(x)
    x = layers.AveragePooling2D(2, name="later")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(inputs, NamedDense(["red", "blue"], activation="softmax", name="softmax")(x))
    kernel = np.full((1, 1, 3, 4), -0.8, np.float32)
    kernel[0, 0, 0, 0] = kernel[0, 0, 2, 1] = 1.0
    kernel[0, 0, :, 2:] = [[0.1, 0.02], [0.1, 0.03], [0.1, 0.01]]
    model.get_layer("conv").set_weights([kernel])
    dense = np.array([[9, -4], [-4, 8], [0.3, 0], [0, 0.2]], np.float32)
    model.get_layer("softmax").set_weights([dense, np.array([0.2, 0.0], np.float32)])
    save_model(model, folder / "model.keras")
    (folder / "photos").mkdir()
    pixels = np.random.default_rng(0).integers(60, 90, (128, 192, 3)).astype(np.uint8)
    pixels[RED], pixels[BLUE] = (240, 10, 10), (10, 10, 240)
    Image.fromarray(pixels).save(folder / "photos" / "a.png")
    Image.fromarray(pixels[:, ::-1]).save(folder / "photos" / "b.png")
    (folder / "photos" / "notes.txt").write_text("no picture")
    return folder


def run(
    place: Path, out: Path, *options: str, command: str = "explain", images: str = "photos/a.png"
) -> set[str]:
    """Run the command and return the names of the files that it wrote."""
    arguments = [command, str(place / "model.keras"), str(place / images), "--out", str(out), *options]
    assert main(arguments) == 0
    return {path.name for path in out.iterdir()}


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def is_inside(at: tuple[int, int], area: tuple[slice, slice]) -> bool:
    return all(part.start <= number < part.stop for part, number in zip(area, at, strict=True))


def strongest(values: np.ndarray) -> tuple[int, int]:
    """Return where, in pixels of the picture, the strongest value of a map is."""
    row, column = np.unravel_index(np.nanargmax(values), values.shape)
    return int((row + 0.5) * 128 / values.shape[0]), int((column + 0.5) * 192 / values.shape[1])


# Fast settings, where the default ones take long.
FEW = {"rise": ["--masks", "400"], "integrated_gradients": ["--steps", "16"]}


@pytest.mark.parametrize("method", NAMES)
def test_every_method_draws_heat_where_the_evidence_is(place: Path, tmp_path: Path, method: str) -> None:
    for label, area in (("red", RED), ("blue", BLUE)):
        if method == "eigen_cam":  # knows no class: it shows what is strongest in the layer
            area = BLUE
        out = tmp_path / label
        options = ["--method", method, "--class", label, "--plain", "--raw", *FEW.get(method, [])]
        made = run(place, out, *options)
        assert len(made) == 2
        (raw,) = out.glob(f"a-{method}*.npy")
        heatmap = np.load(raw)
        assert heatmap.dtype == np.float32
        assert is_inside(strongest(heatmap), area)
        drawn = pixels(raw.with_suffix(".png"))
        # Maps of pixels are drawn alone, on the colour of nothing; others over the picture.
        alone = find_method(method).family == GRADIENT
        assert drawn.shape == ((16, 24, 3) if alone else (128, 192, 3))
        ground = drawn[8, 12] if alone else pixels(place / "photos" / "a.png")
        heat = np.abs(drawn - ground).sum(axis=-1)
        step = 128 // len(heat)
        rows, columns = (slice(part.start // step, part.stop // step) for part in area)
        assert heat[rows, columns].mean() > 1.5 * heat.mean()


def test_all_methods_in_one_figure(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (name,) = run(place, tmp_path, "--method", ",".join(NAMES), "--masks", "20", "--steps", "4")
    assert len(name) < 130
    figure = pixels(tmp_path / name)
    assert figure.shape[1] == 2600
    # 17 maps in lines of six.
    assert 600 < figure.shape[0] < 1000
    lines = capsys.readouterr().out.splitlines()
    words, of_maps = ["picture", "predicted", "explained", "probability", "score"], ["method", "lowest"]
    assert lines[0].split() == [*words, *of_maps, "highest", "error"]
    assert [re.split(r"\s{2,}", line.strip())[5].split(" at ")[0] for line in lines[1:-1]] == NAMES
    assert "1 of 1 files explained" in lines[-1]


@pytest.mark.parametrize("method", ["grad_cam", "attention_rollout"])
def test_tokens_lie_in_the_picture_as_the_flag_says(place: Path, tmp_path: Path, method: str) -> None:
    vision_transformer(extra=0).save(tmp_path / "vit.keras")
    asked = ["--method", method, "--raw", "--plain", "--token-grid", "2,8", "--input-range", "0,255"]
    out = tmp_path / "tokens"
    files = [str(tmp_path / "vit.keras"), str(place / "photos")]
    assert main(["explain", *files, *asked, "--out", str(out)]) == 0
    size = (2, 8) if method == "grad_cam" else (32, 32)
    assert {np.load(file).shape for file in out.glob("*.npy")} == {size}


def declared() -> Iterator[tuple[Method, Option]]:
    """Yield every declaration once, with the first method that has it."""
    seen: list[Option] = []
    for method in METHODS:
        for option in method.options:
            if option not in seen and option.type not in (dict, tuple):
                seen.append(option)
                yield method, option


OTHERS = {"channels": 1, "patch": 5, "stride": 2, "masks": 50, "cells": 3, "keep": 0.3, "seed": 3}
OTHERS |= {"baseline": 60, "steps": 3, "samples": 3, "noise": 0.5}


@pytest.mark.parametrize(
    ("method", "option"), [pytest.param(*pair, id=f"{pair[0].name}-{pair[1].name}") for pair in declared()]
)
def test_every_option_is_a_flag_that_counts(
    place: Path, tmp_path: Path, method: Method, option: Option
) -> None:
    others = [choice for choice in option.choices if choice not in (option.default, "all")]
    value = others[0] if others else not option.default if option.type is bool else OTHERS[option.name]
    flag = "--" + option.name
    flags = [f"--no-{option.name}"] if value is False else [flag] if value is True else [flag, str(value)]
    fast = [] if option.name == "masks" else FEW.get(method.name, [])[: 2 * (method.name == "rise")]
    # A class with evidence for and against it, so that the sign counts.
    common = ["--method", method.name, "--class", "red", "--raw", "--plain", *fast]
    plain = run(place, tmp_path / "plain", *common)
    changed = run(place, tmp_path / "changed", *common, *flags)
    maps = {}
    for folder in ("plain", "changed"):
        (file,) = (tmp_path / folder).glob("*.npy")
        maps[folder] = np.load(file)
    if option.name == "progress":  # what is shown meanwhile changes no map
        np.testing.assert_array_equal(maps["plain"], maps["changed"])
        assert plain == changed
    else:
        assert not np.array_equal(maps["plain"], maps["changed"])
        assert not plain & changed


def test_titles_and_names_carry_what_was_asked_for(place: Path, tmp_path: Path) -> None:
    asked = {
        "a-grad_cam.png": [],
        "a-layer_cam.png": ["--method", "layer_cam"],
        "a-grad_cam+layer_cam.png": ["--method", "grad_cam,layer_cam"],
        "a-grad_cam-reluFalse.png": ["--no-relu"],
        "a-grad_cam-reluFalse+layer_cam.png": [
            *("--method", "grad_cam,layer_cam"),
            *("--set", "grad_cam.relu=False"),
        ],
        "a-grad_cam-conv-later.png": ["--layer", "conv,later"],
        "a-grad_cam-class1.png": ["--class", "blue"],
        "a-grad_cam-top2.png": ["--top", "2"],
        "a-rise-masks30-seed7.png": ["--method", "rise", "--masks", "30", "--seed", "7"],
        "a-occlusion-ofactivations-conv.png": [
            *("--method", "occlusion"),
            *("--of", "activations", "--layer", "conv"),
        ],
    }
    for options in asked.values():
        run(place, tmp_path, *options)
    assert {path.name for path in tmp_path.iterdir()} == set(asked)


def test_classes_methods_and_layers_side_by_side(place: Path, tmp_path: Path, capsys) -> None:
    options = ["--class", "blue", "--class", "0", "--method", "grad_cam,hires_cam", "--layer", "conv,later"]
    made = run(place, tmp_path, *options, "--plain", "--raw")
    endings = [
        f"{m}-{x}-class{c}" for c in "01" for m in ("grad_cam", "hires_cam") for x in ("conv", "later")
    ]
    assert made == {f"a-{ending}.{kind}" for ending in endings for kind in ("png", "npy")}
    blue, red = (np.load(tmp_path / f"a-grad_cam-conv-class{label}.npy") for label in (1, 0))
    assert blue.shape == (16, 24)
    assert np.load(tmp_path / "a-grad_cam-later-class1.npy").shape == (8, 12)
    assert is_inside(strongest(blue), BLUE)
    assert is_inside(strongest(red), RED)
    printed = capsys.readouterr().out
    assert "hires_cam at later" in printed
    assert run(place, tmp_path / "one", *options) == {"a-grad_cam+hires_cam-conv-later-class1-0.png"}


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (["--top", "2"], "grad_cam"),
        (["--class", "blue"], "grad_cam"),
        (["--class-names", "names.txt"], "grad_cam"),
        (["--layer", "conv"], "grad_cam"),
        (["--input-range", "0,1"], "grad_cam"),
        (["--alpha", "0.9"], "grad_cam"),
        (["--contour"], "grad_cam"),
        (["--box"], "grad_cam"),
        (["--box", "--threshold", "0.9"], "layer_cam"),
        (["--percentile", "60"], "saliency"),
    ],
)
def test_every_other_option_changes_the_picture(place, tmp_path, options, kind) -> None:
    (place / "names.txt").write_text("scarlet\nnavy\n")
    options = [str(place / option) if option == "names.txt" else option for option in options]
    before = ["--box"] if "--threshold" in options else []
    seen = []
    for folder, chosen in (("plain", before), ("changed", options)):
        (name,) = run(place, tmp_path / folder, "--method", kind, *chosen)
        seen.append(pixels(tmp_path / folder / name))
    assert seen[0].shape != seen[1].shape or (seen[0] != seen[1]).any()


def test_the_table_says_what_was_predicted(place: Path, tmp_path: Path, capsys) -> None:
    made = run(place, tmp_path, "--method", "grad_cam,occlusion,integrated_gradients", images="photos")
    assert made == {f"{name}-grad_cam+occlusion+integrated_gradients.png" for name in "ab"}
    printed = capsys.readouterr().out
    rows = [re.split(r"\s{2,}", line.strip()) for line in printed.splitlines() if ".png" in line]
    model = keras.models.load_model(place / "model.keras")
    image = Image.open(place / "photos" / "a.png").resize((24, 16), Image.Resampling.BOX)
    expected = model.predict(np.asarray(image, np.float32)[None], verbose=0)[0]
    assert [row[1:3] for row in rows] == [[("red", "blue")[expected.argmax()]] * 2] * 6
    assert float(rows[0][3]) == pytest.approx(expected.max(), abs=2e-3)
    assert rows[0][4].startswith("logit ")
    assert [row[5] for row in rows[:3]] == ["grad_cam at later", "occlusion", "integrated_gradients"]
    assert [len(row) for row in rows[:3]] == [8, 8, 9]
    explained = kv.explain(model, np.asarray(image)[None], "integrated_gradients")
    (error,) = explained.error_texts
    assert rows[2][8] == error == f"completeness error {explained.error[0]:.1%}"
    assert error in explained.figure().axes[1].get_title().replace("\n", " ")
    assert "2 of 3 files explained" in printed
    assert "left out 1 of 3 files" in printed


def test_one_run_serves_all_class_activation_maps(place: Path, tmp_path: Path, monkeypatch) -> None:
    from kerasviz.probe import Cut

    calls = []
    traces = Cut.traces
    monkeypatch.setattr(Cut, "traces", lambda *args: calls.append(args) or traces(*args))
    cams = ",".join(method.name for method in METHODS if method.family == CAM)
    run(place, tmp_path, "--method", cams, "--layer", "conv,later", images="photos")
    assert len(calls) == 1


@pytest.mark.parametrize("command", ["cam", "occlude", "saliency"])
def test_short_forms_are_the_same(place: Path, tmp_path: Path, command: str) -> None:
    default = {"cam": "grad_cam", "occlude": "occlusion", "saliency": "saliency"}[command]
    (name,) = run(place, tmp_path / "short", command=command)
    run(place, tmp_path / "long", "--method", default)
    assert name == f"a-{default}.png"
    np.testing.assert_array_equal(pixels(tmp_path / "short" / name), pixels(tmp_path / "long" / name))


@pytest.mark.parametrize("command", ["explain", "cam", "occlude", "saliency"])
def test_help_names_every_method_and_option(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    printed = " ".join(capsys.readouterr().out.split())
    family = {"cam": CAM, "occlude": "perturbation", "saliency": GRADIENT}.get(command)
    for method in METHODS:
        if family in (None, method.family):
            assert f"{method.name} {method.title} {method.passes}" in printed
            for option in method.options:
                if option.type is not dict:
                    assert f"--{option.name.replace('_', '-')}" in printed
                    assert option.help in printed
        else:
            assert f" {method.name} {method.title} " not in printed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--method", "gradcam"], "Did you mean grad_cam?"),
        (["--masks", "3"], "--masks is an option of rise"),
        (["--noise", "0.1"], "--noise is an option of smooth_grad, --smooth"),
        (["--smooth", "0"], "--smooth is 0"),
        (["--method", "rise", "--masks", "few"], "masks is 'few'; rise takes a whole number"),
        (["--method", "rise", "--keep", "2"], "above 0 and below 1"),
        (["--method", "score_cam,saliency", "--channels", "2"], "saliency takes sum, sum_abs, max_abs"),
        (["--set", "rise.masks=3"], "--set names 'rise'"),
        (["--set", "grad_cam=3"], "METHOD.OPTION=VALUE"),
        (["--set", "grad_cam.masks=3"], "no option 'masks'"),
        (["--method", "saliency", "--layer", "conv"], "made of no layer"),
        (["--method", "occlusion", "--layer", "conv"], "--of activations"),
        (["--method", "saliency", "--alpha", "0.3"], "--alpha is for maps that lie over their picture"),
        (["--percentile", "90"], "--percentile is for input gradients"),
        (["--layer", "konv"], "conv"),
        (["--layer", "softmax"], "softmax"),
        (["--class", "green"], "green"),
        (["--class", "2"], "0..1"),
        (["--top", "3"], "2 classes"),
        (["--top", "0"], "--top is 0"),
        (["--batch-size", "0"], "--batch-size is 0"),
        (["--class-names", "nowhere.txt"], "nowhere.txt"),
        (["--alpha", "2"], "alpha is 2"),
        (["--box", "--threshold", "0"], "threshold"),
        (["--method", "occlusion", "--patch", "99"], "patch"),
    ],
    ids=" ".join,
)
def test_errors_are_one_sentence(place, tmp_path, capsys, options, said) -> None:
    picture = str(place / "photos" / "a.png")
    assert main(["explain", str(place / "model.keras"), picture, "--out", str(tmp_path), *options]) == 2
    err = capsys.readouterr().err
    assert err.startswith("kerasviz explain: ")
    assert said in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_short_form_has_its_family_only(place: Path, tmp_path: Path, capsys) -> None:
    arguments = ["cam", str(place / "model.keras"), str(place / "photos"), "--out", str(tmp_path)]
    assert main([*arguments, "--method", "rise"]) == 2
    assert "kerasviz explain has them all" in capsys.readouterr().err


def test_without_a_picture_that_can_be_read(place: Path, tmp_path: Path, capsys) -> None:
    notes = str(place / "photos" / "notes.txt")
    assert main(["explain", str(place / "model.keras"), notes, "--out", str(tmp_path)]) == 2
    assert "None of 1 files" in capsys.readouterr().err
    assert main(["explain", str(place / "model.keras"), str(tmp_path / "gone"), "--out", str(tmp_path)]) == 2


def test_one_output_of_several(place: Path, tmp_path: Path, capsys) -> None:
    single = keras.models.load_model(place / "model.keras")
    other = layers.Dense(3, activation="softmax", kernel_initializer="ones", name="size")
    file = tmp_path / "two.keras"
    save_model(keras.Model(single.input, [single.output, other(single.get_layer("pool").output)]), file)
    arguments = ["explain", str(file), str(place / "photos" / "a.png"), "--raw", "--out"]
    maps = []
    for output, probability in {"softmax": "0.", "0": "0.", "1": "0.333"}.items():
        assert main([*arguments, str(tmp_path / output), "--output", output]) == 0
        assert probability in capsys.readouterr().out
        (file,) = (tmp_path / output).glob("a-grad_cam-class*.npy")
        maps.append(np.load(file))
    np.testing.assert_array_equal(maps[0], maps[1])
    assert not np.array_equal(maps[0], maps[2])
    for wrong in ([], ["--output", "age"], ["--output", "2"]):
        assert main([*arguments, str(tmp_path / "wrong"), *wrong]) == 2
        assert "output" in capsys.readouterr().err


def test_of_logits_the_predicted_class_is_known_and_no_probability(
    place: Path, tmp_path: Path, capsys
) -> None:
    single = keras.models.load_model(place / "model.keras")
    logits = layers.Dense(
        3, kernel_initializer="ones", bias_initializer=keras.initializers.Constant([0, 2, 1])
    )
    file = tmp_path / "logits.keras"
    keras.Model(single.input, logits(single.get_layer("pool").output)).save(file)
    arguments = [
        "explain",
        str(file),
        str(place / "photos" / "a.png"),
        "--class",
        "2",
        "--input-range",
        "0,255",
    ]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    row = capsys.readouterr().out.splitlines()[1].split()
    assert row[1:6] == ["class", "1", "class", "2", "?"]


def test_every_output_in_a_file_of_its_own(place: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    single = keras.models.load_model(place / "model.keras")
    size = layers.Dense(4, activation="softmax", name="size")(single.get_layer("pool").output)
    file = tmp_path / "two.keras"
    save_model(keras.Model(single.input, [single.output, size]), file)
    headings = []
    draw = kv.pictures.figures.cam_figure

    def noting(*arguments):
        headings.append(arguments[2])
        return draw(*arguments)

    monkeypatch.setattr("kerasviz.pictures.figures.cam_figure", noting)
    arguments = ["explain", str(file), str(place / "photos" / "a.png"), "--raw", "--out"]
    assert main([*arguments, str(tmp_path / "all"), "--output", "all"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split()[:3] == ["picture", "output", "predicted"]
    rows = {line.split()[1]: line.split() for line in printed[1:3]}
    assert list(rows) == ["softmax", "size"]
    # The names are those of the first output's two classes; of the second they would not be true.
    assert rows["softmax"][2] in ("red", "blue")
    assert rows["size"][2] == "class"
    assert [heading.split(",")[0] for (heading,) in headings] == ["output softmax", "output size"]
    names = sorted(path.name for path in (tmp_path / "all").iterdir())
    assert [name for name in names if name.endswith(".png")] == [
        "a-grad_cam-outputsize.png",
        "a-grad_cam-outputsoftmax.png",
    ]
    maps = {name.rpartition("-output")[2]: name for name in names if name.endswith(".npy")}
    for output in rows:
        assert main([*arguments, str(tmp_path / output), "--output", output]) == 0
        (alone,) = (tmp_path / output).glob("*.npy")
        assert alone.name == maps[f"{output}.npy"]
        np.testing.assert_array_equal(np.load(alone), np.load(tmp_path / "all" / alone.name))
    assert main([*arguments, str(tmp_path / "wrong"), "--output", "all", "--class", "3"]) == 2
    assert "Output softmax: " in capsys.readouterr().err


def test_no_evidence_is_drawn_as_none(place: Path, tmp_path: Path) -> None:
    gray = tmp_path / "black.png"
    Image.new("RGB", (192, 128)).save(gray)
    arguments = ["explain", str(place / "model.keras"), str(gray), "--class", "red", "--plain", "--out"]
    assert main([*arguments, str(tmp_path / "out")]) == 0
    assert not pixels(tmp_path / "out" / "black-grad_cam-class0.png").any()


@pytest.mark.parametrize("method", ["rise", "grad_cam", "saliency"])
def test_a_map_without_evidence_has_its_title_in_the_figure(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """A map of RISE says nothing where it is the same everywhere, others where they are 0."""
    explain, cam = kv.explain, kv.explanation.Trace.cam
    constant = 3.0 if method == "rise" else 0.0

    def flat(explanation: kv.Explanation) -> kv.Explanation:
        return dataclasses.replace(explanation, maps=np.full_like(explanation.maps, constant))

    monkeypatch.setattr("kerasviz.explanation.explain", lambda *args, **more: flat(explain(*args, **more)))
    monkeypatch.setattr(kv.explanation.Trace, "cam", lambda *args, **more: flat(cam(*args, **more)))
    titles = drawn_titles(monkeypatch)
    options = ["--masks", "9"] if method == "rise" else []
    run(place, tmp_path, "--method", method, *options)
    assert titles[0] == "picture"
    assert titles[1].replace("\n", " ").startswith("no evidence for red: probability")


def test_saliency_names_the_predicted_class(place: Path, tmp_path: Path, monkeypatch) -> None:
    titles = drawn_titles(monkeypatch)
    run(place, tmp_path, command="saliency")
    assert titles[1].startswith("red: probability")
    assert titles[1].endswith("Saliency")


def drawn_titles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list that the titles of the next figure are put into."""
    from kerasviz.pictures import figures

    titles: list[str] = []
    save = figures.save_figure

    def watched(figure: figures.Figure, *args: object, **more: object) -> None:
        titles.extend(axes.get_title() for axes in figure.axes)
        save(figure, *args, **more)

    monkeypatch.setattr(figures, "save_figure", watched)
    return titles


def test_a_run_interrupted_within_a_picture_writes_what_is_done(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kerasviz.probe import FrozenForward

    whole_pass = FrozenForward.scores
    passes: list[int] = []

    def interrupted(self: FrozenForward, batch: np.ndarray, target: object) -> np.ndarray:
        passes.append(len(batch))
        if len(passes) == 4:
            raise KeyboardInterrupt
        return whole_pass(self, batch, target)

    monkeypatch.setattr(FrozenForward, "scores", interrupted)
    arguments = [
        "occlude",
        str(place / "model.keras"),
        str(place / "photos"),
        "--out",
        str(tmp_path),
        "--raw",
    ]
    assert main([*arguments, "--batch-size", "60", "--patch", "4", "--stride", "2"]) == 130
    assert [path.name for path in sorted(tmp_path.glob("*.npy"))] == [
        "a-occlusion-patch4-stride2.npy",
        "b-occlusion-patch4-stride2.npy",
    ]
    printed = capsys.readouterr().out
    assert "2 of 3 files explained" in printed
    assert "stopped after" in printed
    whole, part = (np.load(tmp_path / f"{name}-occlusion-patch4-stride2.npy") for name in "ab")
    assert not np.isnan(whole).any()
    assert 0 < np.isnan(part).sum() < part.size


def test_an_option_of_one_method_alone(place: Path, tmp_path: Path) -> None:
    options = ["--method", "score_cam,rise", "--masks", "30", "--raw", "--plain", "--precision", "bfloat16"]
    flags = run(place, tmp_path, *options, "--set", "rise.precision=float32", "--set", "score_cam.channels=2")
    assert {name.removesuffix(".npy") for name in flags if name.endswith(".npy")} == {
        "a-score_cam-channels2-precisionbfloat16",
        "a-rise-masks30",
    }
    alone = run(place, tmp_path / "alone", "--method", "rise", "--masks", "30", "--raw")
    assert "a-rise-masks30.npy" in alone
    maps = [np.load(folder / "a-rise-masks30.npy") for folder in (tmp_path, tmp_path / "alone")]
    np.testing.assert_array_equal(*maps)


def test_any_method_in_noise(place: Path, tmp_path: Path) -> None:
    base = ["--method", "saliency,grad_cam", "--raw", "--plain", "--smooth", "4"]
    asked = {
        "smooth4": [],
        "smooth4-noise0.4": ["--noise", "0.4"],
        "smooth4-seed2": ["--seed", "2"],
        "smooth4-kindvariance": ["--kind", "variance"],
    }
    for method in ("saliency", "grad_cam"):
        maps = []
        for ending, options in asked.items():
            assert f"a-{method}-{ending}.png" in run(place, tmp_path, *base, *options)
            maps.append(np.load(tmp_path / f"a-{method}-{ending}.npy"))
        assert all((one != other).any() for at, one in enumerate(maps) for other in maps[:at])
    # Nothing of it overwrites the plain map.
    assert "a-saliency.png" in run(place, tmp_path, "--method", "saliency", "--plain")
    calm = run(place, tmp_path / "calm", "--method", "grad_cam", "--raw", "--smooth", "3", "--noise", "0")
    assert calm == {"a-grad_cam-smooth3-noise0.npy", "a-grad_cam-smooth3-noise0.png"}
    run(place, tmp_path / "plain", "--method", "grad_cam", "--raw")
    np.testing.assert_allclose(
        np.load(tmp_path / "calm" / "a-grad_cam-smooth3-noise0.npy"),
        np.load(tmp_path / "plain" / "a-grad_cam.npy"),
        rtol=1e-5,
        atol=1e-7,
    )


def test_titles_say_what_was_left_to_a_method(
    place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    titles = []
    title = Naming.title
    monkeypatch.setattr(Naming, "title", lambda *said: titles.append(title(*said)) or titles[-1])
    run(place, tmp_path, "--method", "grad_cam,occlusion")
    run(place, tmp_path, "--method", "occlusion", "--patch", "4")
    assert titles == ["Grad-CAM at later", "Occlusion, patch=2, stride=1", "Occlusion, patch=4, stride=2"]
