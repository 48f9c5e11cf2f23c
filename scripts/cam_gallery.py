"""Make docs/gallery/cam-*.png: `KERASVIZ_DATA_DIR=FOLDER python scripts/cam_gallery.py`."""

import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from kerasviz.cli.main import main
from kerasviz.datasets import read_image
from kerasviz.pictures import write_png

DATA = Path(os.environ["KERASVIZ_DATA_DIR"])
PETS = DATA / "oxford-pets" / "images"
GALLERY = Path(__file__).parents[1] / "docs" / "gallery"
MODEL = [str(DATA / "models" / "efficientnet_lite0.keras")]
NAMES = ["--class-names", str(DATA / "models" / "imagenet_classes.txt")]


def make(name: str, picture: Path, *options: str, width: int = 640) -> None:
    """Write the figure of one picture as a small PNG of 256 colours."""
    with tempfile.TemporaryDirectory() as folder:
        status = main(["cam", *MODEL, str(picture), *NAMES, "--out", folder, *options])
        if status:
            raise SystemExit(status)
        figure = Image.open(Path(folder) / f"{picture.stem}-cam.png").convert("RGB")
        figure.thumbnail((width, width), Image.Resampling.LANCZOS)
        small = figure.quantize(palette=figure.quantize(256), dither=Image.Dither.FLOYDSTEINBERG)
        small.save(GALLERY / f"cam-{name}.png", optimize=True)


with tempfile.TemporaryDirectory() as folder:
    pair = Path(folder) / "pair.png"
    halves = [read_image(PETS / name, (360, 320)) for name in ("Bengal_77.jpg", "american_bulldog_10.jpg")]
    write_png(pair, np.concatenate(halves, axis=1))
    make("two-animals", pair, "--class", "Egyptian cat,boxer", "--contour")
make("methods", PETS / "Bengal_12.jpg", "--method", "grad_cam,layer_cam", width=880)
make("box", PETS / "american_bulldog_100.jpg", "--box")
