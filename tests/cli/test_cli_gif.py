"""`kerasviz gif` and scripts/export_gif.py."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasviz.cli.commands import gif
from kerasviz.errors import InputError, KerasvizError, LogError
from kerasviz.events import EventLog

EXPORT = Path(__file__).parents[2] / "scripts" / "export_gif.py"
PICTURES = np.random.default_rng(0).integers(0, 256, (8, 4, 6), dtype=np.uint8)
LAYOUT = {"count": 2, "columns": 2, "height": 4, "width": 2, "gap": 2}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    for run in ("one", "two"):
        with EventLog(folder / run) as writer:
            for step in range(8):
                writer.image("kernels/conv1", step * 50, PICTURES[step], {"tiles": LAYOUT})
                writer.scalar("loss", step, 0.0)
    with EventLog(folder / "two") as writer:
        writer.image("only", 3, PICTURES[0])
    return folder


def run(*arguments: object) -> None:
    parser = argparse.ArgumentParser()
    gif.add_arguments(parser)
    gif.run(parser.parse_args([str(argument) for argument in arguments]))


def made(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.suffix in (".gif", ".png", ".webp", ".mp4"))


def open_one(path: Path) -> tuple[str, int, tuple[int, int], int]:
    with Image.open(path) as image:
        image.load()
        return image.format or "", image.n_frames, image.size, image.info["duration"]


def test_lists_the_tags(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(log)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["run", "tag", "frames", "steps", "size"],
        ["one", "kernels/conv1", "8", "0-350", "6x4"],
        ["two", "kernels/conv1", "8", "0-350", "6x4"],
        ["two", "only", "1", "3-3", "6x4"],
    ]
    assert made(log) == []


def test_long_tags_are_not_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with EventLog(tmp_path) as writer:
        writer.image("x" * 150, 0, PICTURES[0])
    run(tmp_path)
    assert "x" * 150 in capsys.readouterr().out


def test_lists_damage(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = next((log / "one").iterdir())
    path.write_bytes(path.read_bytes()[:-5])
    run(log)
    assert "not whole: 1 file ends inside a record" in capsys.readouterr().out


def test_a_tag_in_every_run_that_has_it(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(log, "--tag", "kernels/conv1")
    assert made(log) == ["one-kernels-conv1.gif", "two-kernels-conv1.gif"]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{log / 'one-kernels-conv1.gif'}: 8 frames of 258x196, 0.0")


def test_several_tags(log: Path) -> None:
    run(log, "--tag", "kernels/conv1", "--tag", "only", "--out", log / "out")
    assert made(log / "out") == ["one-kernels-conv1.gif", "two-kernels-conv1.gif", "two-only.gif"]


def test_all(log: Path) -> None:
    run(log, "--all")
    assert made(log) == ["one-kernels-conv1.gif", "two-kernels-conv1.gif", "two-only.gif"]


@pytest.mark.parametrize(("name", "kind"), [("gif", "GIF"), ("png", "PNG"), ("webp", "WEBP")])
def test_format(log: Path, name: str, kind: str) -> None:
    run(log / "one", "--all", "--format", name)
    assert open_one(log / "one" / f"kernels-conv1.{name}")[0] == kind
    run(log / "one", "--all", "--out", log / f"a.{name}")
    assert open_one(log / f"a.{name}")[0] == kind


def test_every_option_changes_the_file(log: Path) -> None:
    def export(*options: object) -> bytes:
        out = log / "a.gif"
        run(log / "one", "--all", "--out", out, *options)
        return out.read_bytes()

    plain = export()
    assert plain == export()
    variants = [
        export("--fps", 4),
        export("--every", 3),
        export("--tile", 1),
        export("--upscale", 3),
        export("--no-caption"),
        export("--small"),
    ]
    assert len({plain, *variants}) == 7
    export("--every", 3, "--tile", 1, "--upscale", 30, "--no-caption", "--fps", 4)
    assert open_one(log / "a.gif") == ("GIF", 4, (60, 120), 250)


def test_tags_that_would_share_a_file_do_not(tmp_path: Path) -> None:
    with EventLog(tmp_path) as writer:
        for tag in ("responses/a-b", "responses/a/b"):
            writer.image(tag, 0, PICTURES[0])
    run(tmp_path, "--all")
    assert made(tmp_path) == ["responses-a-b-2.gif", "responses-a-b.gif"]


def test_one_event_file_exports_beside_it(log: Path) -> None:
    run(next((log / "one").iterdir()), "--all")
    assert made(log / "one") == ["kernels-conv1.gif"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["--tag", "kernels/conv2"], InputError, "Did you mean kernels/conv1"),
        (["--all", "--out", "a.gif"], InputError, "3 animations are to be written: give a folder"),
        (["--tag", "only", "--out", "a.gif", "--format", "png"], InputError, "does not end in .png"),
        (["--tag", "only", "--out", "a.avi"], InputError, "ends in one of"),
        (["--all", "--fps", "0"], InputError, "--fps is 0; it must be a number above 0 and at most 50"),
        (["--all", "--format", "gfi"], InputError, "ends in .gif, .png.*Did you mean .gif"),
    ],
)
def test_errors(log: Path, arguments: list[str], error: type[KerasvizError], message: str) -> None:
    with pytest.raises(error, match=message):
        run(log, *arguments)
    assert made(log) == []


def test_missing_log_and_log_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="does not exist"):
        run(tmp_path / "nothing")
    with EventLog(tmp_path) as writer:
        writer.scalar("loss", 0, 0.0)
    with pytest.raises(LogError, match="holds no pictures: all of its 1 tags"):
        run(tmp_path)


def test_script(log: Path) -> None:
    command = [sys.executable, EXPORT, log / "one", "kernels/conv1", "--every", "3", "--tile", "0"]
    result = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True)
    assert "kernels-conv1-tile0.gif: 4 frames of 128x280" in result.stdout
    assert open_one(log / "one" / "kernels-conv1-tile0.gif")[1] == 4


def test_a_list_without_end_ends(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gif, "_MOST_LISTED", 2)
    run(log)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["run", "one", "two", "and"]
    assert lines[-1] == "and 1 more tags"


def test_a_log_without_pictures_says_what_it_has_lost(tmp_path: Path) -> None:
    with EventLog(tmp_path) as writer:
        writer.scalar("loss", 0, 0.0)
    (tmp_path / "events.out.tfevents.1").symlink_to("nowhere")
    with pytest.raises(LogError, match=r"of other kinds\. It is not whole: 1 file cannot be read"):
        run(tmp_path)


def test_the_command_offers_an_apng_where_a_gif_has_too_few_colours(tmp_path: Path, capsys) -> None:
    with EventLog(tmp_path / "log") as writer:
        for step in range(3):
            colours = np.random.default_rng(step).integers(0, 256, (40, 40, 3), dtype=np.uint8)
            writer.image("kernels/rgb", step, colours)
    run(tmp_path / "log", "--all", "--out", tmp_path)
    assert "of 255 levels: an APNG (.png) that is not small keeps them" in capsys.readouterr().out
    run(tmp_path / "log", "--all", "--out", tmp_path, "--format", "png")
    assert "of 255 levels" not in capsys.readouterr().out
