"""One part of a plan: its pictures read, explained and written, all three at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from kerasviz.data import Listed
from kerasviz.dataset_jobs.answers import probabilities, top_classes
from kerasviz.dataset_jobs.known_model import Classes, KnownModel
from kerasviz.dataset_jobs.parts import is_done, part_writer
from kerasviz.dataset_jobs.plan import Plan
from kerasviz.dataset_jobs.reading import Read, read_ahead
from kerasviz.dataset_jobs.rows import Rows, Unread
from kerasviz.dataset_jobs.sums import Sums
from kerasviz.dataset_jobs.writing import in_background
from kerasviz.explanation import see

_NOT_FINITE = "the model returns values that are not finite"
# Told how many pictures more are done.
Progress = Callable[[int], object]


def explain_shard(
    plan: Plan | str | os.PathLike[str], index: int, *, on_progress: Progress | None = None
) -> Path:
    """Explain the pictures of one part of a plan, write the part, and return its file.

    The part appears whole or not at all, with the plan's digest in its footer. A part that is there already
    is left as it is, so that the same call may be made twice, also by two machines at the same time: this
    function is all that an engine of one's own needs (Slurm, Kubernetes, Spark, Beam: see docs/datasets.md).
    Two runs of it on like machines write the same bytes.

    Args:
        plan: a plan, or the folder that it lies in.
        index: the number of the part, 0 to `plan.shards - 1`.
        on_progress: called with how many pictures more are done.

    Raises:
        InputError: there is no such part; the model is another one by now, or in another process's memory.
        DatasetError: there is no plan, its list of pictures is damaged, or a tar or Parquet file is gone.
        OutputError: the part cannot be written.
        MissingDependencyError: pyarrow is not installed.

    >>> explain_shard("explained", 3)  # doctest: +SKIP
    PosixPath('explained/part-00003.parquet')
    """
    plan = plan if isinstance(plan, Plan) else Plan.read(os.fspath(plan))
    numbers = plan.shard_rows(index)
    report = on_progress or (lambda count: None)
    if is_done(plan, index):
        report(len(numbers))
        return plan.part(index)
    known = plan.known_model()
    listed = plan.listing().part(index)
    batches = [listed[start : start + plan.batch_size] for start in range(0, len(listed), plan.batch_size)]
    reading = read_ahead(batches, plan.picture_list(), known.form)
    classes = Classes(plan.class_names)
    first = numbers.start
    sums = Sums()

    def keep(rows: Rows | None, unread: Sequence[Unread]) -> None:
        part.add(rows, unread)
        if rows is not None and rows.peaks is not None and rows.places is not None:
            sums.add(rows.numbers, rows.peaks, rows.places)

    with part_writer(plan, index) as part:
        with in_background(keep) as write:
            for batch, read in zip(batches, reading, strict=True):
                write(*_explained(plan, known, classes, first, batch, read))
                first += len(batch)
                report(len(batch))
        # Before the part, which is the mark that both are there.
        sums.save(plan.sums(index))
    return plan.part(index)


def _explained(
    plan: Plan, known: KnownModel, classes: Classes, first: int, batch: Sequence[Listed], read: Sequence[Read]
) -> tuple[Rows | None, list[Unread]]:
    """Return the rows of a batch whose first picture has the number `first`, and those without a map."""
    said = [classes.of(one) for one in batch]

    def unread(at: int, reason: str) -> Unread:
        return Unread(first + at, batch[at], *said[at], reason)

    failed = [unread(at, one) for at, one in enumerate(read) if isinstance(one, str)]
    good = [at for at, one in enumerate(read) if not isinstance(one, str)]
    if not good:
        return None, failed
    pictures = np.stack([read[at] for at in good])
    sight = see(known.model, pictures, known.method, plan.options, layer=plan.layer, embed=plan.embed)
    found = sight.found
    maps = found.maps.reshape(len(good), -1)
    finite = np.isfinite(found.outputs).all(axis=1) & np.isfinite(maps).all(axis=1)
    failed += [unread(good[at], _NOT_FINITE) for at in np.flatnonzero(~finite)]
    kept = np.flatnonzero(finite)
    if not len(kept):
        return None, failed
    shares = probabilities(found.outputs[kept], plan.outputs)
    top = top_classes(shares)
    ordered = np.take_along_axis(shares, top, axis=1)
    places = [good[at] for at in kept]
    rows = Rows(
        numbers=first + np.asarray(places, np.int64),
        listed=[batch[at] for at in places],
        labels=np.array([said[at][0] for at in places], np.int32),
        label_names=[said[at][1] for at in places],
        predictions=top[:, 0],
        confidences=ordered[:, 0],
        top_classes=top,
        top_confidences=ordered,
        scores=found.scores[kept],
        maps=found.maps[kept],
        peaks=None if sight.peaks is None else sight.peaks[kept],
        places=None if sight.places is None else sight.places[kept],
        vectors=None if sight.vectors is None else sight.vectors[kept],
    )
    return rows, failed
