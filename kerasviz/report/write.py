"""The report: one HTML file about a trained classifier."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
from tqdm import tqdm

from kerasviz.atomic import atomic_path
from kerasviz.data import Data
from kerasviz.errors import InputError, KerasvizError
from kerasviz.report import embedding as points
from kerasviz.report import inside, numbers, predictions
from kerasviz.report.markup import Html
from kerasviz.report.page import Section, missing, page
from kerasviz.report.subject import Subject, open_subject

# Anchor, heading, and what makes the section of a subject.
SECTIONS: tuple[tuple[str, str, Callable[[Subject], Html]], ...] = (
    ("architecture", "Architecture", numbers.architecture),
    ("curves", "Training curves", numbers.curves),
    ("accuracy", "Accuracy of each class", numbers.accuracy),
    ("confusion", "Confusion matrix", numbers.confusion),
    ("samples", "Sample predictions", predictions.samples),
    ("mistakes", "Most confident mistakes", predictions.mistakes),
    ("kernels", "Kernels", inside.kernels),
    ("filtered", "Filtered pictures", inside.filtered),
    ("features", "Feature maps", inside.feature_maps),
    ("cams", "Class activation maps", predictions.cams),
    ("embedding", "Embedding", points.embedding),
)


@dataclass(frozen=True)
class Report:
    """What `write_report` wrote: the file, its size in bytes, and the sections that could not be made.

    `missing` holds the reason for each of them by its heading. `str()` is a sentence.

    >>> print(Report(Path("report.html"), 1_234_567, {"Kernels": "no convolution."}))
    report.html: 1.2 MB; not in it: Kernels (no convolution)
    """

    path: Path
    size: int
    missing: dict[str, str]

    def __str__(self) -> str:
        text = f"{self.path}: {self.size / 1e6:.1f} MB"
        reasons = [f"{title} ({reason.rstrip('.')})" for title, reason in self.missing.items()]
        return f"{text}; not in it: {', '.join(reasons)}" if reasons else text


def write_report(
    model: keras.Model,
    data: Data,
    out: str | os.PathLike[str] = "report.html",
    *,
    class_names: Sequence[str] | None = None,
    log_dir: str | os.PathLike[str] | None = None,
    image_size: int | tuple[int, int] | None = None,
    input_range: Sequence[float] | None = None,
    progress: bool = False,
) -> Report:
    """Write one HTML file about a trained classifier and what it does to pictures it has not learned from.

    It shows the layers, the training curves, the accuracy of each class, the confusion matrix, sample
    predictions and the most confident mistakes, the kernels of the first convolutions and what they do to a
    picture, feature maps, class activation maps of right and wrong predictions, and the pictures as points
    that the last layer before the classifier puts near each other. The file holds everything itself: it
    opens without a server or a network, and stays below 5 MB. A section that is impossible for the model
    says why in one sentence.

    Args:
        model: takes pictures `(N, h, w, 1)` or `(N, h, w, 3)` and returns `(N, K)` probabilities or logits.
            It is left as it was.
        data: whatever `kerasviz.data.open_data` opens: a data set, whose validation pictures are taken, a
            `Split`, a `tf.data.Dataset`, arrays, a folder, a name. Grey pictures become RGB, and the reverse,
            where the model wants that; the report says so.
        out: the file, which ends in `.html`; it appears whole or not at all.
        class_names: of the model's K outputs; by default those kept in the model, else the data set's. The
            classes of a data set are found in them by name, in whatever order.
        log_dir: the folder of the training's event log: its runs `train` and `validation`, or all there are.
        image_size: side or `(height, width)` of the pictures, for a model that takes any.
        input_range: what the model takes for black and white, where it does not say it itself (see
            `kv.PictureForm`). Float arrays and streams are taken to be in it already.
        progress: whether to show a progress bar over the sections.

    Raises:
        InputError: `out` ends otherwise, the pictures have no labels, a class of them is not among the
            model's, or neither the model nor `input_range` says the range.
        UnsupportedModelError: the model is no classifier of pictures.
        ImageError, DatasetError: a picture cannot be read, or there is none.

    >>> import tempfile, numpy as np
    >>> from kerasviz.data import Split
    >>> split = Split(np.zeros((2, 8, 8, 1), np.uint8), [0, 1])
    >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    >>> file = Path(tempfile.mkdtemp()) / "report.html"
    >>> report = write_report(model, split, file, input_range=(0, 255))
    >>> report.missing["Kernels"]
    'the model has no two-dimensional convolution larger than 1 x 1.'
    """
    path = Path(out)
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"The report {path} must end in .html.")
    with tqdm(total=len(SECTIONS) + 1, unit="section", disable=None if progress else True) as bar:
        bar.set_description("Evaluation")
        subject = open_subject(model, data, class_names, log_dir, image_size, input_range)
        bar.update()
        sections, reasons = [], {}
        for anchor, title, make in SECTIONS:
            bar.set_description(title)
            try:
                content = make(subject)
            except KerasvizError as error:
                reasons[title] = str(error)
                content = missing(error)
            sections.append(Section(anchor, title, content))
            bar.update()
    text = page(f"{model.name} on {subject.data}", numbers.facts(subject), sections)
    # A file's name that is not UTF-8 may have become a class's name.
    encoded = text.encode("utf-8", errors="replace")
    with atomic_path(path) as temporary:
        temporary.write_bytes(encoded)
    return Report(path, len(encoded), reasons)
