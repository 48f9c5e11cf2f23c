"""Measure the export of animations: time and size of 200 frames of 256x256 RGB, memory at 200 and 2000.

    python scripts/bench/animation.py [--frames 200] [--repeats 5]

The pictures are colour-mapped sheets of 16 responses that change slowly, as `responses(...)` logs them, and a
photograph-like picture of thousands of colours. Times are the best of the repeats, reading the log included.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from kerasviz.events import EventLog, open_log
from kerasviz.film import animate
from kerasviz.pictures import Scale, SheetLayout, sheet

SIZE = 256
KINDS = ("sheet", "photo")


def pictures(kind: str, count: int) -> Iterator[np.ndarray]:
    """Yield `count` pictures, uint8 (256, 256, 3), that turn slowly from one state into another."""
    rng = np.random.default_rng(0)
    side = (SIZE - 3) // 4
    shape = (16, side, side) if kind == "sheet" else (3, SIZE, SIZE)
    sigma = 3 if kind == "sheet" else 10
    start, end = (np.stack([_smooth(rng, shape[1:], sigma) for _ in range(shape[0])]) for _ in range(2))
    for angle in np.linspace(0, np.pi / 2, count):
        field = np.cos(angle) * start + np.sin(angle) * end
        if kind == "photo":
            yield np.clip(128 + 50 * np.moveaxis(field, 0, -1), 0, 255).astype(np.uint8)
        else:
            tiles = sheet(np.maximum(field, 0), Scale(0, 3), columns=4, colormap="viridis")
            yield cv2.copyMakeBorder(
                tiles, 0, SIZE - tiles.shape[0], 0, SIZE - tiles.shape[1], cv2.BORDER_REPLICATE
            )


def _smooth(rng: np.random.Generator, shape: tuple[int, ...], sigma: float) -> np.ndarray:
    field = cv2.GaussianBlur(rng.normal(size=shape), (0, 0), sigma)
    return field / field.std()


def write_log(folder: str, count: int) -> None:
    side = (SIZE - 3) // 4
    layout = SheetLayout(count=16, columns=4, height=side, width=side, gap=1)
    with EventLog(folder) as log:
        for kind in KINDS:
            for step, picture in enumerate(pictures(kind, count)):
                log.image(kind, step, picture, {"tiles": layout.to_dict()})


def export(folder: str, count: int, repeats: int) -> None:
    log = open_log(folder)
    print(f"{count} frames of {SIZE}x{SIZE} RGB\npicture format small  seconds (CPU)   MB")
    for kind in KINDS:
        for ending in ("gif", "png", "webp", "mp4"):
            for small in (False, True):
                wall, processor = [], []
                for _ in range(repeats):
                    begin = time.perf_counter(), time.process_time()
                    report = animate(log, kind, Path(folder, f"a.{ending}"), caption=False, small=small)
                    wall.append(time.perf_counter() - begin[0])
                    processor.append(time.process_time() - begin[1])
                times = f"{min(wall):7.2f} ({min(processor):.2f})"
                print(
                    f"{kind:7} {ending:6} {'yes' if small else 'no':5} {times:>15} {report.size / 1e6:6.2f}"
                )


def peak_memory(folder: str, file: str) -> str:
    """Return the peak memory of a process of its own that exports the sheets in that folder."""
    command = [sys.executable, __file__, "--export", folder, file]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return f"{float(result.stdout):.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--export", nargs=2, help="only export this log's sheets to a file, and print the peak"
    )
    args = parser.parse_args()
    if args.export:
        animate(args.export[0], "sheet", args.export[1])
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many:
        write_log(few, args.frames)
        export(few, args.frames, args.repeats)
        write_log(many, 10 * args.frames)
        for name in ("a.gif", "a.png", "a.webp", "a.mp4"):
            peaks = [peak_memory(folder, f"{folder}/{name}") for folder in (few, many)]
            print(
                f"peak memory, {name}: {args.frames} frames {peaks[0]}, {10 * args.frames} frames {peaks[1]}"
            )


if __name__ == "__main__":
    main()
