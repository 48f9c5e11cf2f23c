"""Cost of a pass inside the rescoring methods, as a ratio to `model.predict_on_batch` of the same batch.

Each pair alternates the two; the line prints the median of the pairwise ratios, so that a busy machine slows
both alike. Making the masks and adding up the maps is in the cost, compiling is not:

    python scripts/bench/explain.py                 every line
    python scripts/bench/explain.py bfloat16        the lines whose name contains "bfloat16"
    python scripts/bench/explain.py memory          the peak of Score-CAM's memory instead, in a fresh process
"""

from __future__ import annotations

import argparse
import functools
import os
import resource
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from cam import densenet169, pictures, ratio

import kerasviz as kv

BATCH = 16
# What happens once for a picture, such as looking whether weights changed, is shared by all of its passes.
PASSES = 144


@functools.cache
def resnet50() -> keras.Model:
    return keras.applications.ResNet50(weights=None, classes=200)


def options(method: str) -> dict:
    if method == "rise":
        return {"masks": PASSES}
    if method == "score_cam":
        return {"channels": PASSES}
    # 12 x 12 windows on 224 x 224.
    return {"patch": 26, "stride": 18}


LINES = [
    (f"{name} {method} {precision}", build, method, precision, 0.95 if precision == "float32" else 0.55)
    for name, build in (("DenseNet169", functools.cache(densenet169)), ("ResNet50", resnet50))
    for method in ("occlusion", "rise", "score_cam")
    for precision in ("float32", "bfloat16")
]


def pass_ratio(model: keras.Model, method: str, precision: str, pairs: int) -> tuple[float, float]:
    """Return the median ratio, per pass, and the seconds of a reference pass."""
    picture, batch = pictures(model, 1), pictures(model, BATCH)
    chosen = options(method) | {"precision": precision, "progress": False, "target": 0, "batch_size": BATCH}
    # Beside the masked batches two look at the whole picture once.
    passes = PASSES + (method != "rise")

    def ours(_: object) -> None:
        kv.explain(model, picture, method, **chosen)

    def reference(_: object) -> None:
        for _ in range(PASSES // BATCH):
            model.predict_on_batch(batch)

    found, seconds = ratio(ours, reference, batch, pairs)
    return found * PASSES / passes, seconds / PASSES


def peak_of_score_cam() -> None:
    model = densenet169()
    kv.explain(model, pictures(model, 1), "score_cam", target=0, channels=64)
    first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    kv.explain(model, pictures(model, 1), "score_cam", target=0)
    spent = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"Score-CAM, one picture, DenseNet169: {spent:.0f} s")
    print(f"peak memory of the process: {first:.0f} MB after 64 channels, {peak:.0f} MB after all of them")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", default="", help="run the lines whose name contains this")
    parser.add_argument("--pairs", type=int, default=5, help="pairs for each line")
    args = parser.parse_args()
    if args.name == "memory":
        peak_of_score_cam()
        return
    print(f"{'':32} predict_on_batch, a pass   ratio  wanted")
    for name, build, method, precision, limit in LINES:
        if args.name in name:
            found, seconds = pass_ratio(build(), method, precision, args.pairs)
            print(f"{name:32} {1000 * seconds:20.2f} ms  {found:6.3f}  {limit:6.2f}", flush=True)


if __name__ == "__main__":
    main()
