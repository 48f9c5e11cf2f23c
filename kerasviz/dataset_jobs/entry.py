"""The one entry: a whole data set explained in one pass, on this machine or on others."""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras
from tqdm import tqdm

from kerasviz.bounds import short
from kerasviz.data import Data
from kerasviz.dataset_jobs.engines.choice import chosen_engine
from kerasviz.dataset_jobs.explanations import Explanations
from kerasviz.dataset_jobs.parts import is_done
from kerasviz.dataset_jobs.planning import make_plan
from kerasviz.errors import InputError
from kerasviz.explanation import Method
from kerasviz.images import Size
from kerasviz.probe import LayerRequest

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from kerasviz.explanation import Options


def explain_dataset(
    model: keras.Model | str | os.PathLike[str],
    data: Data,
    out: str | os.PathLike[str],
    *,
    method: str | Method = "grad_cam",
    layer: LayerRequest | None = None,
    embed: LayerRequest | None = None,
    class_names: Sequence[str] | None = None,
    input_range: Sequence[float] | None = None,
    image_size: Size | None = None,
    batch_size: int = 32,
    shard_size: int = 4096,
    workers: int | None = None,
    engine: str | None = None,
    shard: tuple[int, int] | None = None,
    allow: Sequence[str] = (),
    **options: Unpack[Options],
) -> Explanations:
    """Explain every picture of a data set, of any size, in one pass, and return the results, read lazily.

    For every picture one row: key, path, label, prediction, confidence, the 5 most probable classes, the
    score, the map of the predicted class as float16, an embedding if asked for; or why it cannot be read. The
    rows lie in Parquet files, `out/part-00000.parquet` and so on (docs/datasets.md says what each column is).
    Nothing is held in memory as a whole; reading, computing and writing go on at the same time. Killed and
    called again, it goes on with the parts that are missing; all files are the same as if it had never been
    killed.

    Args:
        model: a classifier, or where it lies, as `kv.load_model` takes it. Other processes need the latter.
        data: a folder of pictures, at any depth; a list of pictures and folders; tars as WebDataset packs
            them, Parquet files with a column of pictures, a text file with a path a line; or what
            `kerasviz.data.open_data` opens: the name of a data set, arrays, a split. All pictures are taken,
            those to train on and those to validate on.
        out: the folder for the results. One that holds the results of anything else is refused.
        method: as for `kv.explain`. Methods of the CAM family need one run for maps and predictions.
        layer: as for `kv.explain`; maps have the size of its feature map. Those of methods that take no layer
            have the picture's size.
        embed: a layer whose output is kept too, means over feature maps.
        class_names: the model's classes, where it does not keep them itself.
        input_range: what the model takes for black and white, where it does not say it itself.
        image_size: side or `(height, width)`, for a model that takes any; by default 224.
        batch_size: pictures in one run.
        shard_size: pictures in a file.
        workers: so many processes on this machine, by Dask, one GPU each where there are any.
        engine: `"dask://ADDRESS"` of a Dask scheduler, whose workers see the same files; `"ray"` for the Ray
            cluster that this machine belongs to.
        shard: (index, count): every count-th file, from the index-th on, counted from 0: for one of several
            jobs with one folder.
        allow: packages whose classes a model's file may use, as for `kv.load_model`.
        **options: the method's own, as for `kv.explain`.

    Raises:
        InputError: as `kv.explain`; or `out` holds the results of something else; or the model or the data
            are in this process's memory alone, and other processes were asked for.
        DatasetError: there is no such data, or no picture in it.
        UnsupportedModelError: the model is no classifier `(N, K)`, or as `kv.explain`.
        MissingDependencyError: pyarrow, Dask or Ray is not installed.
        OutputError: a file cannot be written.

    >>> import tempfile
    >>> model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3, name="conv"),
    ...                           keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)])
    >>> pictures = np.zeros((5, 8, 8, 3), np.uint8)
    >>> found = explain_dataset(model, pictures, tempfile.mkdtemp(), input_range=(0, 255))
    >>> found, next(iter(found)).map.shape
    (Explanations(5 pictures by grad_cam at conv), (6, 6))
    """
    mine = _checked_shard(shard)
    run = chosen_engine(workers, engine)
    plan = make_plan(
        model,
        data,
        out,
        method=method,
        options=options,
        layer=layer,
        embed=embed,
        class_names=class_names,
        input_range=input_range,
        image_size=image_size,
        batch_size=batch_size,
        shard_size=shard_size,
        allow=allow,
    )
    indices = range(plan.shards)[mine]
    total = sum(len(plan.shard_rows(index)) for index in indices)
    # Off where standard error is no terminal.
    with tqdm(total=total, unit="picture", disable=None) as bar:
        missing = []
        for index in indices:
            if is_done(plan, index):
                bar.update(len(plan.shard_rows(index)))
            else:
                missing.append(index)
        if missing:
            run(plan, missing, bar.update)
    return Explanations(plan)


def _checked_shard(shard: tuple[int, int] | None) -> slice:
    """Return which of the parts are meant."""
    if shard is None:
        return slice(None)
    try:
        index, count = shard
        if not 0 <= operator.index(index) < operator.index(count):
            raise ValueError
    except (TypeError, ValueError):
        raise InputError(
            f"shard is {short(shard)}; pass (index, count), the index from 0 to count - 1, such as (0, 8)."
        ) from None
    return slice(index, None, count)
