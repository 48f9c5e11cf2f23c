"""The whole files that damaged ones are made of: made anew for each campaign, by the project itself."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 16
# A run of one epoch, which a resumed one continues to two.
TRAINING = [
    *("shapes", "--pictures", "16", "--image-size", "16", "--batch-size", "8"),
    *("--every", "1", "--log-every", "1", "--learning-rate", "0.01"),
]


def build(folder: Path) -> None:
    """Write every whole file below `folder`, in a process of its own: what it compiles stays there."""
    if (folder / "whole").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    if not (child := os.fork()):
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            for make in _PARTS:
                make(folder)
            (folder / "whole").write_text("yes")
            os._exit(0)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise RuntimeError(f"the whole files were not made in {folder}")


def _pixels(seed: int = 0, side: int = SIDE) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)


def _pictures(folder: Path) -> None:
    formats = folder / "formats"
    formats.mkdir()
    picture = Image.fromarray(_pixels())
    for ending in ("png", "jpg", "gif", "bmp", "webp", "tiff", "ppm", "ico", "tga", "jp2"):
        picture.save(formats / f"rgb.{ending}")
    for mode in ("L", "LA", "RGBA", "P", "1", "I;16"):
        picture.convert("L" if mode == "I;16" else mode).save(formats / f"{mode.replace(';', '')}.png")
    Image.fromarray(np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE)).save(formats / "I16.png")
    picture.convert("CMYK").save(formats / "cmyk.jpg")
    picture.save(formats / "lzw.tiff", compression="tiff_lzw")
    turned = Image.Exif()
    turned[0x0112] = 6
    picture.save(formats / "turned.jpg", exif=turned)
    frames = [Image.fromarray(_pixels(seed)) for seed in range(3)]
    frames[0].save(formats / "film.gif", save_all=True, append_images=frames[1:])
    frames[0].save(formats / "film.png", save_all=True, append_images=frames[1:])
    for number in range(2):
        path = folder / "pictures" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(_pixels(number)).save(path)
    for number in range(8):
        path = folder / "classes" / ("dark", "light")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(_pixels(number) // (1 + number % 2)).save(path)


def _idx(folder: Path) -> None:
    sizes = {"images": (6, 8, 8), "labels": (6,)}
    (folder / "idx").mkdir()
    for name, shape in sizes.items():
        header = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
        content = header + (np.arange(np.prod(shape)) % 5).astype(np.uint8).tobytes()
        (folder / "idx" / name).write_bytes(content)
        (folder / "idx" / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))


def _archive(folder: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for number in range(4):
            content = Image.fromarray(_pixels(number)).tobytes()
            member = tarfile.TarInfo(f"images/{number}.bin")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    (folder / "images.tar").write_bytes(buffer.getvalue())


def _class_names(folder: Path) -> None:
    (folder / "names").mkdir()
    (folder / "names" / "names.txt").write_text("dark\nlight\n")
    (folder / "names" / "names.json").write_text(json.dumps(["dark", "light, bright"]))
    (folder / "names" / "labels.txt").write_text("0 dark\n1 light\n")


def _log(folder: Path) -> None:
    from kerasviz.events import EventLog
    from kerasviz.pictures import SheetLayout, sequential, sheet

    for run in ("one", "two"):
        with EventLog(folder / "log" / run) as log:
            for step in range(4):
                values = np.random.default_rng(step).normal(size=(6, 5, 5))
                layout = SheetLayout.for_tiles(values, None, 1)
                meta = {"kind": "responses", "layer": "conv", "scale": [0.0, 1.0], "tiles": layout.to_dict()}
                log.image("responses/conv", step, sheet(values, sequential(values)), meta)
                log.image("photo", step, _pixels(step))
                log.scalar("epoch_loss", step, 1.0 / (1 + step))
                log.histogram("weights", step, values)
            log.text("note", 0, "a *note*")
            log.keras_graph('{"class_name": "Sequential", "config": {"layers": []}}')


def _model(folder: Path) -> None:
    import keras
    from keras import layers

    from kerasviz.models import NamedDense, save_model

    keras.utils.set_random_seed(0)
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(3, 3, activation="relu", name="conv")(inputs)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(inputs, NamedDense(["dark", "light"], activation="softmax", name="softmax")(x))
    model.input_range = (0, 255)
    model.compile("adam", "sparse_categorical_crossentropy")
    save_model(model, folder / "model.keras")
    plain = keras.Sequential([keras.Input((3,)), layers.Dense(2, activation="relu"), layers.Dense(2)])
    plain.save(folder / "plain.keras")
    plain.save(folder / "plain.h5")


def _run(folder: Path) -> None:
    from kerasviz.cli import main

    if main(["train", *TRAINING, "--epochs", "1", "--log-dir", str(folder / "run")]):
        raise RuntimeError("the run was not made")


_PARTS: tuple[Callable[[Path], None], ...] = (
    _pictures,
    _idx,
    _archive,
    _class_names,
    _log,
    _model,
    _run,
)
