"""The log that the page is tried on: two runs, one that wants to be markup, one of another writer."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from kerasviz.events import EventLog
from kerasviz.film import log_sheet
from kerasviz.pictures import Scale

FIRST, SECOND = "pets/dropout", "pets/plain"
HOSTILE = "<img src=x onerror=window.hacked=1>"
OTHER = "pytorch"
CURVES = "curves"
STEPS = range(0, 200, 10)
# The second run has every third frame only.
FEWER = range(0, 200, 30)
RESPONSES, KERNELS, COLOURED = "responses/conv", "kernels/conv", "kernels/rgb"


def write_sample(folder: Path) -> None:
    """Write all runs below `folder`."""
    write_run(folder / FIRST, STEPS, seed=0)
    write_run(folder / SECOND, FEWER, seed=1)
    with EventLog(folder / HOSTILE) as log:
        log_sheet(log, "<b>bold</b>", 0, tiles_at(0, 5, (4, 6, 6)), Scale(-4.0, 4.0), kind="kernels")
    write_as_pytorch(folder / OTHER)
    with EventLog(folder / CURVES) as log:
        # One value of many is a peak, a hundred are none.
        for step in range(4000):
            value = 9.0 if step == 1234 else np.nan if 2000 <= step < 2100 else np.sin(step / 300)
            log.scalar("batch_accuracy", step, value)


def write_run(folder: Path, steps: range, seed: int) -> None:
    """Write sheets at native size, small ones that are enlarged, coloured ones, and curves."""
    with EventLog(folder) as log:
        for step in steps:
            write_frames(log, step, seed)


def write_frames(log: EventLog, step: int, seed: int) -> None:
    """Write one frame of every tag; the scale grows from frame to frame."""
    scale = Scale(0.0, 2.0 + step / 50)
    responses = np.abs(tiles_at(step, seed, (6, 90, 120)))
    log_sheet(log, RESPONSES, step, responses, scale, kind="responses", layer="conv")
    kernels = tiles_at(step, seed, (8, 3, 3))
    kernels[0, 0, 0] = np.nan
    log_sheet(log, KERNELS, step, kernels, Scale(-scale.high, scale.high), kind="kernels", layer="conv")
    coloured = tiles_at(step, seed, (8, 3, 3, 3))
    log_sheet(log, COLOURED, step, coloured, Scale(-3.0, 3.0), kind="kernels", layer="rgb")
    log.scalar("drift/conv", step, step / 400)
    log.scalar("batch_loss", step, float(np.exp(-step / 100)))


def tiles_at(step: int, seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return values that change a little from step to step."""
    generator = np.random.default_rng(seed)
    start, direction = generator.normal(size=(2, *shape))
    return (start + direction * step / 100).astype("float32")


def write_as_pytorch(folder: Path) -> None:
    """Write what `torch.utils.tensorboard.SummaryWriter` writes: images without any metadata."""
    writer = EventFileWriter(str(folder))
    for step in range(0, 100, 20):
        image = np.full((24, 32, 3), (step, 255 - step, 90), np.uint8)
        image[:, : step // 5] = 255
        file = io.BytesIO()
        Image.fromarray(image).save(file, "PNG")
        picture = summary_pb2.Summary.Image(
            height=24, width=32, colorspace=3, encoded_image_string=file.getvalue()
        )
        summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="samples", image=picture)])
        writer.add_event(event_pb2.Event(step=step, wall_time=step, summary=summary))
    writer.close()
