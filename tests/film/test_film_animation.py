"""Animations, decoded again by Pillow and OpenCV and compared with their sources."""

from __future__ import annotations

import base64
import html
import re
import shutil
import sys
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageSequence
from places_that_refuse import file_size_limit
from tensorboard.compat.proto import event_pb2, summary_pb2

from kerasviz.errors import InputError, LogError, MissingDependencyError, OutputError
from kerasviz.events import EventLog, Frame, TagInfo, open_log
from kerasviz.events.image_summary import image_value
from kerasviz.events.records import frame_record
from kerasviz.film import animate, log_sheet
from kerasviz.film.canvas import Canvas, shapes_of
from kerasviz.film.formats import table
from kerasviz.pictures import Scale, sheet

RNG = np.random.default_rng(0)
COUNT = 7
GREY = RNG.integers(0, 256, (COUNT, 12, 16), dtype=np.uint8)
PHOTO = np.stack([cv2.GaussianBlur(RNG.integers(0, 256, (32, 48, 3), dtype=np.uint8), (0, 0), 3)] * COUNT)
PHOTO = np.clip(
    128 + (PHOTO.astype(int) - 128) * 4 + np.arange(COUNT)[:, None, None, None] * 5, 0, 255
).astype(np.uint8)
# 200 colours, some of them closer to each other than 5 or 6 bits can tell.
COLOURS = np.stack([np.arange(200), np.arange(200) // 3, 255 - np.arange(200)], axis=1).astype(np.uint8)
MAPPED = COLOURS[RNG.integers(0, 200, (COUNT, 20, 24))]
# Two rows of three tiles of 4 x 5 pixels: (4 + 1 + 4, 5 + 1 + 5 + 1 + 5).
LAYOUT = {"count": 6, "columns": 3, "height": 4, "width": 5, "gap": 1}
SHEET = RNG.integers(0, 256, (COUNT, 9, 17), dtype=np.uint8)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    with EventLog(folder) as log:
        for i in range(COUNT):
            log.image("grey", i * 10, GREY[i])
            log.image("photo", i * 10, PHOTO[i])
            log.image("smooth", i * 10, PHOTO[i, ..., 0])
            log.image("mapped", i * 10, MAPPED[i])
            log.image("sheet", i * 10, SHEET[i], {"tiles": LAYOUT})
            log.image("still", i * 10, GREY[i // 3])
            log.scalar("loss", i, 0.0)
    return folder


def decode(path: Path) -> tuple[np.ndarray, list[int]]:
    """Return all frames as RGB `(n, h, w, 3)` and their durations in milliseconds, as Pillow sees them."""
    with Image.open(path) as image:
        assert image.info.get("loop") == 0
        frames, durations = [], []
        for frame in ImageSequence.Iterator(image):
            frames.append(np.asarray(frame.convert("RGB")))
            durations.append(round(frame.info["duration"]))
    return np.stack(frames), durations


def fitted(frames: list[Frame], tile: int | None, upscale: int, caption_step: int) -> Canvas:
    return Canvas.fit(frames, shapes_of(frames, tile), tile, upscale, caption_step)


def as_rgb(pictures: np.ndarray) -> np.ndarray:
    return pictures if pictures.ndim == 4 else np.repeat(pictures[..., None], 3, axis=3)


def plain(log: Path, tag: str, out: Path, **options: object) -> np.ndarray:
    report = animate(log, tag, out, caption=False, **{"upscale": 1, **options})
    frames, _ = decode(out)
    assert report.frames == len(frames)
    assert (report.height, report.width) == frames.shape[1:3]
    assert report.size == out.stat().st_size
    assert report.path == out
    return frames


@pytest.mark.parametrize("ending", [".gif", ".png", ".apng", ".webp"])
@pytest.mark.parametrize(("tag", "source"), [("grey", GREY), ("mapped", MAPPED), ("sheet", SHEET)])
def test_exact_frames(log: Path, tmp_path: Path, ending: str, tag: str, source: np.ndarray) -> None:
    np.testing.assert_array_equal(plain(log, tag, tmp_path / f"a{ending}"), as_rgb(source))


@pytest.mark.parametrize("ending", [".png", ".webp"])
def test_lossless_colour(log: Path, tmp_path: Path, ending: str) -> None:
    np.testing.assert_array_equal(plain(log, "photo", tmp_path / f"a{ending}"), PHOTO)


def test_gif_of_many_colours_is_near(log: Path, tmp_path: Path) -> None:
    frames = plain(log, "photo", tmp_path / "a.gif")
    assert frames.shape == PHOTO.shape
    assert np.abs(frames.astype(int) - PHOTO).mean() < 5


def test_a_gif_of_grey_sheets_with_coloured_gaps_is_off_by_a_level_at_most(tmp_path: Path) -> None:
    tiles = np.arange(COUNT * 6 * 64, dtype=np.int64).astype(np.uint8).reshape(COUNT, 6, 8, 8)
    frames = [sheet(one) for one in tiles]  # all 256 greys, and the gaps' colour: one more than a GIF has
    drawn = [sheet(one, Scale(0.0, 255.0)) for one in tiles]  # as many as it has
    with EventLog(tmp_path) as log:
        for step, frame in enumerate(frames):
            log.image("kernels", step, frame)
            log_sheet(log, "logged", step, tiles[step], Scale(0.0, 255.0))
    np.testing.assert_array_equal(plain(tmp_path, "logged", tmp_path / "b.gif"), np.stack(drawn))
    shown = plain(tmp_path, "kernels", tmp_path / "a.gif").astype(int)
    assert np.abs(shown - np.stack(frames)).max() == 1
    gaps = (np.stack(frames) == (70, 80, 130)).all(axis=-1)
    assert (shown[gaps] == (70, 80, 130)).all()


def test_gif_has_one_palette(log: Path, tmp_path: Path) -> None:
    plain(log, "photo", tmp_path / "a.gif")
    colours = {tuple(c) for frame in decode(tmp_path / "a.gif")[0] for c in frame.reshape(-1, 3)}
    assert 100 < len(colours) <= 256


@pytest.mark.parametrize("ending", [".gif", ".png", ".webp"])
@pytest.mark.parametrize("tag", ["smooth", "photo"])
def test_small_is_smaller_and_near(log: Path, tmp_path: Path, ending: str, tag: str) -> None:
    normal = plain(log, tag, tmp_path / f"a{ending}", upscale=6)
    small = plain(log, tag, tmp_path / f"b{ending}", upscale=6, small=True)
    assert (tmp_path / f"b{ending}").stat().st_size < (tmp_path / f"a{ending}").stat().st_size
    assert len(small) == COUNT
    assert np.abs(small.astype(int) - normal).mean() < 8


def test_the_caption_says_where_there_is_no_evidence(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        for step, nothing in enumerate(([], [1, 4], [0, 1, 2, 3, 4, 5])):
            log.image("cams", step, SHEET[0], {"tiles": LAYOUT, "no_evidence": nothing})
    frames = list(open_log(tmp_path).frames("cams"))
    whole, tile = fitted(frames, None, 1, 2), fitted(frames, 4, 1, 2)
    assert [whole.caption_of(frame) for frame in frames] == [
        "step 0",
        "step 1, no evidence in 2 of 6",
        "step 2, no evidence",
    ]
    assert [tile.caption_of(frame) for frame in frames] == [
        "step 0",
        "step 1, no evidence",
        "step 2, no evidence",
    ]
    # A strip that was made for shorter captions still holds the whole of it: nothing touches its right edge.
    strip = fitted(frames[:1], None, 6, 0).draw(frames[1])[-24:]
    assert (strip == 0).any()
    assert (strip[:, -4:] == 255).all()


def test_the_caption_says_what_is_beyond_the_scale_and_where_it_grew(tmp_path: Path) -> None:
    metas = [
        {"scale": [0, 1], "clipped": 0.01},
        {"scale": [0, 1], "clipped": 0.153},
        {"scale": [0, 2.5], "grown_from": [0, 1]},
    ]
    with EventLog(tmp_path) as log:
        for step, meta in enumerate(metas):
            log.image("a", step, SHEET[0], {"tiles": LAYOUT, **meta})
    frames = list(open_log(tmp_path).frames("a"))
    canvas = fitted(frames, None, 1, 2)
    assert [canvas.caption_of(frame) for frame in frames] == [
        "step 0, 0 to 1",
        "step 1, 0 to 1, 15% beyond the scale",
        "step 2, 0 to 2.5 (grown)",
    ]


def test_small_merges_equal_frames(log: Path, tmp_path: Path) -> None:
    report = animate(log, "still", tmp_path / "a.gif", caption=False, fps=10, small=True)
    frames, durations = decode(tmp_path / "a.gif")
    assert (report.frames, report.merged, len(frames)) == (3, 4, 3)
    assert durations == [300, 300, 1100]
    assert "4 equal to the one before" in str(report)
    _, durations = decode(animate(log, "still", tmp_path / "b.png", caption=False, fps=10).path)
    assert len(durations) == COUNT


@pytest.mark.parametrize("ending", [".gif", ".png", ".webp"])
def test_fps_and_the_last_frame_held(log: Path, tmp_path: Path, ending: str) -> None:
    for fps in (5, 12, 50):
        path = tmp_path / f"{fps}{ending}"
        plain(log, "grey", path, fps=fps)
        durations = decode(path)[1]
        assert sum(durations) == pytest.approx(1000 + COUNT * 1000 / fps, abs=10)
        assert durations[0] == pytest.approx(1000 / fps, abs=5)
        assert durations[-1] == pytest.approx(1000 + 1000 / fps, abs=10)


def test_every(log: Path, tmp_path: Path) -> None:
    np.testing.assert_array_equal(plain(log, "grey", tmp_path / "a.gif", every=4), as_rgb(GREY[[0, 4, 6]]))


def test_tile(log: Path, tmp_path: Path) -> None:
    for tile, rows, columns in [(0, slice(0, 4), slice(0, 5)), (5, slice(5, 9), slice(12, 17))]:
        frames = plain(log, "sheet", tmp_path / "a.gif", tile=tile)
        np.testing.assert_array_equal(frames, as_rgb(SHEET[:, rows, columns]))


def test_upscale(log: Path, tmp_path: Path) -> None:
    animate(log, "grey", tmp_path / "a.gif", upscale=3, caption=False)
    frames, _ = decode(tmp_path / "a.gif")
    np.testing.assert_array_equal(frames, as_rgb(GREY.repeat(3, axis=1).repeat(3, axis=2)))


@pytest.mark.parametrize(
    ("tag", "tile", "size"),
    [("grey", None, (256, 192)), ("photo", None, (288, 192)), ("sheet", 1, (260, 208))],
)
def test_default_upscale_reaches_256(
    log: Path, tmp_path: Path, tag: str, tile: int | None, size: tuple[int, int]
) -> None:
    report = animate(log, tag, tmp_path / "a.gif", tile=tile, caption=False)
    assert (report.width, report.height) == size


@pytest.mark.parametrize("tag", ["grey", "photo"])
def test_caption_is_a_strip_below(log: Path, tmp_path: Path, tag: str) -> None:
    animate(log, tag, tmp_path / "a.png", upscale=8)
    captioned, _ = decode(tmp_path / "a.png")
    animate(log, tag, tmp_path / "b.png", upscale=8, caption=False)
    without, _ = decode(tmp_path / "b.png")
    height = without.shape[1]
    assert captioned.shape[1] == height + 24
    np.testing.assert_array_equal(captioned[:, :height], without)
    strips = captioned[:, height:]
    assert (strips.reshape(COUNT, -1) == 0).any(axis=1).all()
    assert len({strip.tobytes() for strip in strips}) == COUNT
    # Nothing of the text touches the strip's edges.
    edges = np.concatenate([strips[:, [0, -1]].reshape(-1), strips[:, :, [0, -1]].reshape(-1)])
    assert (edges == 255).all()


def test_the_caption_names_a_scale_that_changes(tmp_path: Path) -> None:
    texts: dict[str, list[str]] = {"same": [], "other": []}
    for folder, tops in {"same": (1.0, 1.0), "other": (1.0, 0.25)}.items():
        with EventLog(tmp_path / folder) as log:
            for step, top in enumerate(tops):
                log.image("a", step, np.zeros((8, 8), np.uint8), {"scale": [0.0, top]})
        frames = list(open_log(tmp_path / folder).frames("a"))
        canvas = fitted(frames, None, 1, 1)
        texts[folder] = [canvas.caption_of(frame) for frame in frames]
        assert canvas.draw(frames[0]).shape == (8 + 24, canvas.width)
    assert texts == {"same": ["step 0", "step 1"], "other": ["step 0, 0 to 1", "step 1, 0 to 0.25"]}


def test_narrow_picture_is_centred_over_its_caption(log: Path, tmp_path: Path) -> None:
    report = animate(log, "grey", tmp_path / "a.png", upscale=1)
    frames, _ = decode(tmp_path / "a.png")
    assert report.width > GREY.shape[2]
    left = (report.width - GREY.shape[2]) // 2
    np.testing.assert_array_equal(frames[:, :12, left : left + 16], as_rgb(GREY))
    assert (frames[:, :12, :left] == 255).all()
    assert (frames[:, :, -1] == 255).all()


@pytest.mark.parametrize("small", [False, True])
def test_mp4(log: Path, tmp_path: Path, small: bool) -> None:
    pytest.importorskip("imageio_ffmpeg")
    report = animate(log, "photo", tmp_path / "a.mp4", upscale=1, caption=False, fps=10, small=small)
    video = cv2.VideoCapture(str(tmp_path / "a.mp4"))
    frames = []
    while (read := video.read())[0]:
        frames.append(read[1][..., ::-1])
    assert video.get(cv2.CAP_PROP_FPS) == 10
    assert report.frames == COUNT
    assert len(frames) == COUNT + 10
    np.testing.assert_array_less(np.abs(np.mean(frames[:COUNT], (1, 2)) - PHOTO.mean((1, 2))), 6)


def test_mp4_of_odd_size_and_small(log: Path, tmp_path: Path) -> None:
    pytest.importorskip("imageio_ffmpeg")
    for small in (False, True):
        animate(log, "sheet", tmp_path / f"{small}.mp4", upscale=1, caption=False, small=small)
    assert (tmp_path / "True.mp4").stat().st_size < (tmp_path / "False.mp4").stat().st_size
    read, frame = cv2.VideoCapture(str(tmp_path / "False.mp4")).read()
    assert read
    assert frame.shape == (10, 18, 3)


def test_mp4_in_a_folder_whose_name_ffmpeg_takes_for_a_protocol(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("imageio_ffmpeg")
    monkeypatch.chdir(tmp_path)
    Path("udp:runs").mkdir()
    assert animate(log, "photo", Path("udp:runs") / "-a.mp4").size == Path("udp:runs/-a.mp4").stat().st_size


def test_mp4_that_ffmpeg_cannot_write_is_no_film(log: Path, tmp_path: Path) -> None:
    for size in (0, 100, 1000):
        with file_size_limit(size), pytest.raises(OutputError, match="ffmpeg did not write all of it"):
            animate(log, "photo", tmp_path / "a.mp4")
        assert not list(tmp_path.glob("*.mp4"))


def test_mp4_without_its_package(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "kerasviz\[mp4\]"'):
        animate(log, "photo", tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


def test_default_file_and_folders(log: Path, tmp_path: Path) -> None:
    with EventLog(tmp_path / "run") as writer:
        writer.image("responses/conv 1", 0, GREY[0])
    assert animate(tmp_path / "run", "responses/conv 1").path == tmp_path / "run" / "responses-conv-1.gif"
    assert animate(tmp_path, "responses/conv 1").path == tmp_path / "run-responses-conv-1.gif"
    assert animate(log, "sheet", tmp_path, tile=2).path == tmp_path / "sheet-tile2.gif"
    assert animate(log, "sheet", tmp_path / "new").path == tmp_path / "new" / "sheet.gif"
    assert animate(writer.path, "responses/conv 1", every=5).path.parent == tmp_path / "run"


def test_a_tag_of_several_runs(tmp_path: Path) -> None:
    for run in ("one", "two"):
        with EventLog(tmp_path / run) as writer:
            writer.image("a", 0, GREY[int(run == "two")])
    reader = open_log(tmp_path)
    with pytest.raises(InputError, match="one, two"):
        animate(reader, "a")
    for info, source in zip(reader.tags(), GREY, strict=False):
        assert isinstance(info, TagInfo)
        report = animate(reader, info, caption=False, upscale=1)
        assert report.path == tmp_path / f"{info.run}-a.gif"
        with Image.open(report.path) as image:
            np.testing.assert_array_equal(np.asarray(image.convert("L")), source)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fps": 0}, "fps is 0; it must be "),
        ({"fps": 51}, "fps is 51; it must be "),
        ({"fps": float("nan")}, "fps is nan; it must be "),
        ({"every": 0}, "every is 0; it must be "),
        ({"upscale": 0}, "upscale is 0; it must be "),
        ({"tile": 6}, "its tiles are 0 to 5"),
        ({"tile": -1}, "its tiles are 0 to 5"),
    ],
)
def test_refuses(log: Path, tmp_path: Path, options: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        animate(log, "sheet", tmp_path / "a.gif", **options)
    assert list(tmp_path.iterdir()) == []


def test_refuses_other_endings_tags_and_sheets_without_tiles(log: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in one of \.gif"):
        animate(log, "sheet", tmp_path / "a.avi")
    with pytest.raises(InputError, match="Did you mean sheet"):
        animate(log, "shet")
    with pytest.raises(InputError, match="no image tag 'loss'"):
        animate(log, "loss")
    with pytest.raises(InputError, match="no tile layout"):
        animate(log, "grey", tile=0)


@pytest.mark.parametrize("ending", [".gif", ".png", ".webp"])
def test_smaller_frames_stand_in_a_margin(tmp_path: Path, ending: str) -> None:
    sizes = [(4, 6), (9, 3), (12, 16), (7, 16), (12, 16)]
    sources = [GREY[step, :height, :width] for step, (height, width) in enumerate(sizes)]
    with EventLog(tmp_path) as writer:
        for step, source in enumerate(sources):
            writer.image("a", step, source)
    report = animate(tmp_path, "a", tmp_path / f"a{ending}", caption=False, upscale=2)
    assert (report.frames, report.letterboxed, report.width, report.height) == (5, 3, 32, 24)
    assert "3 smaller than the film, in a grey margin" in str(report)
    expected = np.full((5, 12, 16), 170, np.uint8)
    for picture, source, (top, left) in zip(
        expected, sources, [(4, 5), (1, 6), (0, 0), (2, 0), (0, 0)], strict=True
    ):
        picture[top : top + source.shape[0], left : left + source.shape[1]] = source
    shown = as_rgb(expected.repeat(2, axis=1).repeat(2, axis=2))
    np.testing.assert_array_equal(decode(report.path)[0], shown)


def test_the_caption_says_the_size_of_a_smaller_frame(tmp_path: Path) -> None:
    with EventLog(tmp_path) as writer:
        writer.image("a", 0, GREY[0, :4, :6])
        writer.image("a", 1, GREY[1])
    frames = list(open_log(tmp_path).frames("a"))
    canvas = fitted(frames, None, 1, 1)
    assert [canvas.caption_of(frame) for frame in frames] == ["step 0, 6x4", "step 1"]


@pytest.mark.parametrize("ending", [".gif", ".png"])
@pytest.mark.parametrize("other", ["large", "coloured"])
def test_one_frame_unlike_all_others_is_in_the_film(tmp_path: Path, ending: str, other: str) -> None:
    """Not among the twelve that are looked at first."""
    odd = np.full((20, 24), 90, np.uint8) if other == "large" else MAPPED[0, :12, :16]
    with EventLog(tmp_path) as writer:
        for step in range(50):
            writer.image("a", step, odd if step == 7 else GREY[step % COUNT])
    report = animate(tmp_path, "a", tmp_path / f"a{ending}", caption=False, upscale=1)
    frames, _ = decode(report.path)
    assert len(frames) == report.frames == 50
    height, width = odd.shape[:2]
    assert (report.height, report.width) == (height, width)
    assert report.letterboxed == (49 if other == "large" else 0)
    off = np.abs(frames[7].astype(int) - (odd[..., None] if odd.ndim == 2 else odd)).max()
    assert off == report.error if ending == ".gif" else off == 0
    top, left = (height - 12) // 2, (width - 16) // 2
    others = np.delete(frames, 7, axis=0)[:, top : top + 12, left : left + 16]
    expected = as_rgb(np.stack([GREY[step % COUNT] for step in range(50) if step != 7]))
    assert np.abs(others.astype(int) - expected).max() <= (report.error if ending == ".gif" else 0)


def rgb_kernels(spread: float, count: int = 40, filters: int = 16) -> np.ndarray:
    """Sheets of RGB kernels that turn from one state into another: `(count, h, w, 3)`."""
    start, end = RNG.uniform(-1, 1, (2, filters, 5, 5, 3))
    mixed = [(1 - t) * start + t * end for t in np.linspace(0, 1, count)]
    return np.stack([sheet(np.clip(127.5 + 127.5 * spread * m, 0, 255).astype(np.uint8)) for m in mixed])


@pytest.mark.parametrize("spread", [0.15, 0.25])
def test_a_gif_of_rgb_kernels_is_off_by_eight_levels_at_most(tmp_path: Path, spread: float) -> None:
    sources = rgb_kernels(spread)
    assert len(np.unique(sources.reshape(-1, 3), axis=0)) > 3000
    with EventLog(tmp_path) as writer:
        for step, source in enumerate(sources):
            writer.image("kernels", step, source)
    report = animate(tmp_path, "kernels", caption=False, upscale=1)
    off = np.abs(decode(report.path)[0].astype(int) - sources).max()
    assert report.error == off <= 8
    assert "off by" not in str(report)


@pytest.mark.parametrize("upscale", [1, 4])
def test_where_256_colours_are_too_few_the_film_says_so(tmp_path: Path, upscale: int) -> None:
    sources = rgb_kernels(1.0)
    with EventLog(tmp_path) as writer:
        for step, source in enumerate(sources):
            writer.image("kernels", step, source)
    large = sources.repeat(upscale, axis=1).repeat(upscale, axis=2)
    report = animate(tmp_path, "kernels", caption=False, upscale=upscale)
    off = np.abs(decode(report.path)[0].astype(int) - large).max()
    assert report.error == off > 8
    said = f"colours off by up to {off} of 255 levels: an APNG (.png) that is not small keeps them"
    assert said in str(report)
    exact = animate(tmp_path, "kernels", tmp_path / "a.png", caption=False, upscale=upscale)
    np.testing.assert_array_equal(decode(exact.path)[0], large)
    assert exact.error == 0
    assert "off by" not in str(exact)
    few = animate(tmp_path, "kernels", tmp_path / "b.png", caption=False, upscale=upscale, small=True)
    assert few.error == np.abs(decode(few.path)[0].astype(int) - large).max() > off
    assert "that is not small keeps them" in str(few)


def test_grey_frames_join_colour_ones(tmp_path: Path) -> None:
    with EventLog(tmp_path) as writer:
        writer.image("a", 0, GREY[0])
        writer.image("a", 1, as_rgb(GREY[1:2])[0])
    report = animate(tmp_path, "a", tmp_path / "a.png", caption=False, upscale=1)
    assert (report.frames, report.letterboxed) == (2, 0)
    np.testing.assert_array_equal(decode(report.path)[0], as_rgb(GREY[:2]))


def test_torn_log_gives_its_whole_frames(log: Path, tmp_path: Path) -> None:
    (source,) = log.glob("*tfevents*")
    data = bytearray(source.read_bytes()[:-300])
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "events.out.tfevents.1").write_bytes(data)
    totals = []
    for tag in ("grey", "photo", "mapped", "sheet", "still"):
        report = animate(tmp_path, tag, caption=False, upscale=1)
        totals.append(report.frames)
        assert report.damage.total == 2
        assert "1 file ends inside a record; 1 record has a wrong checksum" in str(report)
    assert 5 * COUNT - 4 <= sum(totals) < 5 * COUNT


def test_a_film_says_what_is_lost_of_its_own_frames(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        for step in range(3):
            log.image("whole", step, GREY[step])
            log.image("holed", step, PHOTO[step])
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    # A picture that does not decode, in a record whose checksum is right.
    value = image_value("holed", PHOTO[0])
    value.tensor.string_val[2] = b"no picture"
    record = event_pb2.Event(step=9, summary=summary_pb2.Summary(value=[value])).SerializeToString()
    path.write_bytes(bytes(data) + frame_record(record))
    reader = open_log(tmp_path)
    assert "1 picture does not decode" in str(animate(reader, "holed", tmp_path / "a.png"))
    assert "not whole" not in str(animate(reader, "whole", tmp_path / "b.png"))


def test_no_frame_decodes(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kerasviz.events.reader.decode_image", lambda *args: None)
    with pytest.raises(LogError, match="not one of the 7 pictures of 'grey' decodes"):
        animate(log, "grey", tmp_path / "a.gif")


def test_failure_leaves_the_old_file(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.gif").write_text("old")

    def fail(path: Path, movie: object) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    failing = table.Format((".gif",), "image/gif", fail, 9999)
    monkeypatch.setattr(table, "FORMATS", (*table.FORMATS, failing))
    with pytest.raises(OutputError, match="cannot be written: the disk is full"):
        animate(log, "grey", tmp_path / "a.gif")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize(
    ("ending", "start"), [("gif", "image/gif"), ("webp", "image/webp"), ("png", "image/png")]
)
def test_a_notebook_shows_the_file(log: Path, tmp_path: Path, ending: str, start: str) -> None:
    report = animate(log, "grey", tmp_path / f"a<b.{ending}")
    page = report._repr_html_()
    kind, data = re.match(r'<img src="data:(.+);base64,(.+)" alt="a&lt;b"><br>', page).groups()
    assert kind == start
    assert base64.b64decode(data) == report.path.read_bytes()
    assert page.endswith(html.escape(str(report)))


def test_a_notebook_plays_a_movie(log: Path, tmp_path: Path) -> None:
    pytest.importorskip("imageio_ffmpeg")
    assert animate(log, "grey", tmp_path / "a.mp4")._repr_html_().startswith("<video controls loop")


@pytest.mark.parametrize("ending", [".gif", ".png", ".webp"])
@pytest.mark.parametrize("upscale", [1000, 10_000, 10**9])
def test_pictures_that_fill_the_memory_are_refused_before_they_are_drawn(
    log: Path, tmp_path: Path, ending: str, upscale: int
):
    tracemalloc.start()
    with pytest.raises(InputError, match=r"would have pictures of .* pixels, but .*enlarge them less"):
        animate(log, "mapped", tmp_path / f"a{ending}", upscale=upscale)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("ending", "longest"), [(".gif", 65_535), (".webp", 16_383)])
def test_sides_that_a_format_cannot_say_are_refused(tmp_path: Path, ending: str, longest: int):
    with EventLog(tmp_path) as log:
        for step in range(2):
            log.image("fits", step, np.full((1, longest), step, np.uint8))
            log.image("wide", step, np.full((1, longest + 1), step, np.uint8))
    with pytest.raises(InputError, match=f"no side of a {ending} file exceeds {longest:,}: enlarge"):
        animate(tmp_path, "wide", tmp_path / f"a{ending}", caption=False)
    assert animate(tmp_path, "fits", tmp_path / f"a{ending}", caption=False).width == longest
    assert decode(tmp_path / f"a{ending}")[0].shape == (2, 1, longest, 3)
    assert animate(tmp_path, "wide", tmp_path / "a.png", caption=False).width == longest + 1


def test_a_log_that_is_removed_before_its_film_is_written(log: Path, tmp_path: Path, monkeypatch) -> None:
    fit = Canvas.fit
    log = Path(shutil.copytree(log, tmp_path / "log"))

    def fit_and_remove(*arguments: object) -> Canvas:
        for path in log.rglob("*tfevents*"):
            path.unlink()
        return fit(*arguments)

    monkeypatch.setattr(Canvas, "fit", fit_and_remove)
    with pytest.raises(LogError, match="not one of the 7 pictures of 'grey' decodes: 7 pictures are no"):
        animate(log, "grey", tmp_path / "a.gif")
    assert not (tmp_path / "a.gif").exists()


def test_no_more_large_frames_are_held_than_fit_the_memory(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []
    fit = Canvas.fit
    monkeypatch.setattr(
        Canvas, "fit", lambda samples, *rest: (held.append(len(samples)), fit(samples, *rest))[1]
    )
    animate(log, "grey", tmp_path / "a.png")
    monkeypatch.setattr("kerasviz.film.animation._MOST_SAMPLE_PIXELS", 100)
    animate(log, "grey", tmp_path / "b.png")
    assert held == [7, 1]
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
