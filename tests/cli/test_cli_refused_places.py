"""Every command that writes, where nothing can be written: one sentence, and nothing left behind."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from places_that_refuse import file_size_limit

from kerasviz.cli import main
from kerasviz.events import EventLog
from kerasviz.images import write_png
from kerasviz.models import NamedDense, save_model

# Command -> its arguments, with the place to write to as OUT.
COMMANDS = {
    "filters": "filters MODEL --layer conv --out OUT",
    "features": "features MODEL PICTURES --layer conv --out OUT",
    "explain": "explain MODEL PICTURES --method grad_cam --out OUT",
    "cam": "cam MODEL PICTURES --layer conv --out OUT",
    "saliency": "saliency MODEL PICTURES --out OUT",
    "occlude": "occlude MODEL PICTURES --patch 8 --stride 8 --out OUT",
    "maximize": "maximize MODEL --layer conv --steps 1 --out OUT/sheet.png",
    "report": "report MODEL --data PICTURES_BY_CLASS --out OUT/report.html",
    "embed": "embed MODEL --data PICTURES_BY_CLASS --layer conv --out OUT",
    "evaluate": "evaluate MODEL --data PICTURES_BY_CLASS --method grad_cam --measure deletion --out OUT",
    "sanity": "sanity MODEL PICTURES --stages 1 --out OUT",
    "gif": "gif LOG --all --out OUT/all.gif",
    "train": "train shapes --log-dir OUT --epochs 1 --image-size 16",
    "demo": "demo --log-dir OUT --epochs 1",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refused")
    inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(2, 3, activation="relu", name="conv")(inputs)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(inputs, NamedDense(["dark", "light"], activation="softmax", name="softmax")(x))
    model.input_range = (0, 255)
    save_model(model, folder / "model.keras")
    generator = np.random.default_rng(0)
    for number in range(12):
        for split in ("train", "validation"):
            name = ("dark", "light")[number % 2]
            picture = generator.integers(0, 255, (16, 16, 3), dtype=np.uint8)
            write_png(folder / "classes" / split / name / f"{number}.png", picture)
    write_png(folder / "pictures" / "a.png", picture)
    with EventLog(folder / "log") as log:
        log.image("noise", 0, generator.integers(0, 255, (64, 64, 3), dtype=np.uint8))
    return folder


def arguments(command: str, place: Path, out: Path) -> list[str]:
    names = {"PICTURES_BY_CLASS": "classes", "MODEL": "model.keras", "PICTURES": "pictures", "LOG": "log"}
    found = []
    for part in COMMANDS[command].split():
        if part in names:
            found.append(str(place / names[part]))
        else:
            found.append(part.replace("OUT", str(out)) if part.startswith("OUT") else part)
    return found


def sentence(capsys: pytest.CaptureFixture[str], command: str) -> str:
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith(f"kerasviz {command}: "), said
    return said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_where_a_folder_is_wanted(
    command: str, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    assert main(arguments(command, place, tmp_path / "file" / "out")) == 2
    assert "a part of the path is a file and no folder: choose another folder" in sentence(capsys, command)
    assert (tmp_path / "file").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_is_too_long(
    command: str, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(command, place, tmp_path / ("n" * 300))) == 2
    assert "the name is too long: choose a shorter one" in sentence(capsys, command)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("train", "demo")])
def test_a_full_disk(
    command: str,
    place: Path,
    tiny_disk: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with contextlib.suppress(OSError), (tiny_disk / "filled").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    assert main(arguments(command, place, tiny_disk)) == 2
    assert "the disk is full: free some space, or choose another folder" in sentence(capsys, command)
    assert not [path for path in tiny_disk.rglob("*") if path.name.startswith(".kerasviz-tmp")]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_that_can_only_be_read(
    command: str, place: Path, tiny_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], capture_output=True).returncode:
        pytest.skip("disks cannot be mounted here")
    assert main(arguments(command, place, tiny_disk / "out")) == 2
    assert "it is on a disk that can only be read: choose another folder" in sentence(capsys, command)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("train", "demo")])
def test_a_limit_on_the_size_of_files(
    command: str, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with file_size_limit(10):
        assert main(arguments(command, place, tmp_path / "out")) == 2
    said = sentence(capsys, command)
    assert "files of that size are not allowed here: raise the limit, or choose another folder" in said
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


@pytest.mark.parametrize("command", ["maximize", "report", "cam", "filters"])
def test_a_folder_where_a_file_is_wanted(
    command: str, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = {
        "maximize": "sheet.png",
        "report": "report.html",
        "cam": "a-grad_cam-conv.png",
        "filters": "kernels-conv.png",
    }
    (tmp_path / name[command] / "mine").mkdir(parents=True)
    assert main(arguments(command, place, tmp_path)) == 2
    assert "a folder of that name is there: choose another name" in sentence(capsys, command)
    assert [path.name for path in tmp_path.rglob("*")] == [name[command], "mine"]


@pytest.mark.parametrize("command", ["cam", "gif", "report", "layers"])
def test_a_name_to_read_that_is_too_long(
    command: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "n" * 300
    given = {
        "cam": ["cam", str(place / "model.keras"), name],
        "gif": ["gif", name],
        "report": ["report", str(place / "model.keras"), "--data", name],
        "layers": ["layers", f"{name}.keras"],
    }
    assert main(given[command]) == 2
    sentence(capsys, command)


def test_what_cannot_be_read_is_one_sentence(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(path: Path) -> None:
        raise OSError(5, "Input/output error", str(path))

    monkeypatch.setattr("kerasviz.events.open_log", failing)
    assert main(["gif", str(tmp_path)]) == 2
    assert sentence(capsys, "gif") == f"kerasviz gif: {tmp_path}: Input/output error"
