"""`kerasviz embed`: what a layer makes of a data set, for TensorBoard's projector and as figures."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kerasviz.cli.parts.data import add_data
from kerasviz.cli.parts.inputs import add_class_names, add_form, add_model
from kerasviz.cli.parts.number_flags import Number

if TYPE_CHECKING:
    import numpy as np

    from kerasviz.data import Dataset, Split
    from kerasviz.embeddings import Embedding
    from kerasviz.images import Picture, PictureForm

HELP = "show which pictures a layer finds alike: TensorBoard's projector, PCA, t-SNE, UMAP"
DESCRIPTION = (
    "Run pictures through a model up to a layer, and write that layer's output as a folder for TensorBoard's "
    "projector, with the pictures, their labels and predictions, and as figures coloured by class."
)
# More predicted classes than these are not coloured where there are no labels.
_MOST_COLORED = 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the data, the layers and the figures."""
    from kerasviz.embeddings import METHODS

    add_model(parser)
    add_data(parser)
    parser.add_argument("--count", action=Number, default=2000, help="pictures, drawn at random with --seed")
    add_form(parser)
    parser.add_argument("--batch-size", action=Number, default=32, help="pictures that are run together")
    parser.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="L,...",
        help="paths or patterns (`kerasviz layers MODEL` lists them); may be repeated; by default the last "
        "dense layer before the classifier. Feature maps are averaged",
    )
    parser.add_argument(
        "--method",
        action="append",
        metavar="M,...",
        help=f"figures: {', '.join(METHODS)}, with --seed; by default pca",
    )
    parser.add_argument(
        "--thumbnails", action="store_true", help="draw the pictures at their points in the figures"
    )
    add_class_names(parser)
    parser.add_argument("--out", default="embedding", metavar="FOLDER", help="where everything is written")


def run(args: argparse.Namespace) -> None:
    """Embed the pictures, and print what was written and how to open it."""
    import numpy as np

    from kerasviz.cli.parts.data import load_data
    from kerasviz.cli.parts.inputs import find_class_names, open_model, read_form, split_list
    from kerasviz.embeddings import check_method, embed_layers, thumbnail_side
    from kerasviz.probe import Probe, feature_layer, output_layer

    methods = split_list(args.method or ["pca"])
    for method in methods:
        check_method(method)
    model = open_model(args)
    form = read_form(args, model)
    paths = Probe(model, split_list(args.layer) or feature_layer(model)).paths
    output = output_layer(model)
    model_names = find_class_names(args, model)
    dataset = _in_model_classes(load_data(args, model_names, form.size), model_names)
    chosen = _drawn(args, len(dataset.validation))
    split, count = dataset.validation.take(chosen), len(chosen)
    picture_names = [dataset.validation.picture_name(at) for at in chosen]
    side = thumbnail_side(count, max(form.size))
    thumbnails = np.empty((count, side, side, 3), np.uint8)
    batches = _stream(split, form, args.batch_size, thumbnails)
    found = embed_layers(model, batches, [*paths, output] if output else paths, preprocessed=True)
    classes = _classes(dataset, split, found[output] if output else None, model_names)
    layers = {path: found[path] for path in paths}
    for one in layers.values():
        print(one.describe())
    _write(args, methods, layers, thumbnails, picture_names, classes)


def _in_model_classes(dataset: Dataset, model_names: Sequence[str] | None) -> Dataset:
    """Return the data with the model's numbers for its classes, where the model has them all."""
    from kerasviz.data import match_classes
    from kerasviz.errors import InputError

    try:
        return match_classes(dataset, model_names)
    except InputError:
        return dataset


def _drawn(args: argparse.Namespace, total: int) -> list[int]:
    """Return which pictures are embedded, at most --count, and say how many there are."""
    import numpy as np

    if total <= args.count:
        print(f"all {total:,} pictures of {args.data}")
        return list(range(total))
    print(f"{args.count:,} of {total:,} pictures of {args.data}, drawn with seed {args.seed}")
    return np.sort(np.random.default_rng(args.seed).permutation(total)[: args.count]).tolist()


def _stream(split: Split, form: PictureForm, batch_size: int, thumbnails: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the pictures in batches as the model takes them, and fill `thumbnails`, uint8 (N, side, side, 3).

    Each picture is read once, and only its thumbnail is kept.
    """
    from tqdm import tqdm

    from kerasviz.embeddings import thumbnail
    from kerasviz.images import as_rgb, in_threads

    count, side = thumbnails.shape[:2]

    def fitted(at: int) -> Picture:
        image = as_rgb(split.image(at))
        thumbnails[at] = thumbnail(image, side)
        return form.fit(image)

    # Off where standard error is no terminal.
    with tqdm(total=count, unit="picture", disable=None) as progress:
        for start in range(0, count, batch_size):
            part = range(start, min(start + batch_size, count))
            yield form.batch(in_threads(fitted, part))
            progress.update(len(part))


@dataclass(frozen=True)
class _Classes:
    """The labels and predictions of the pictures, as numbers of `names`, or where these differ as names."""

    labels: Sequence[int] | None
    predictions: Sequence[int] | Sequence[str] | None
    names: Sequence[str] | None

    def to_color(self) -> tuple[Sequence[int] | None, Sequence[str] | None]:
        """Return the classes that the figures show: the labels, else the predictions if they are few."""
        import numpy as np

        if self.labels is not None:
            return self.labels, self.names
        if self.predictions is None:
            print("the figures have one colour: there are neither labels nor predictions")
            return None, None
        names, numbers = np.unique(np.asarray(self.predictions), return_inverse=True)
        if len(names) > _MOST_COLORED:
            print(f"the figures have one colour: there are no labels, and {len(names)} predicted classes")
            return None, None
        print("the figures are coloured by the predicted class: there are no labels")
        if self.names is None:
            return numbers.tolist(), [str(name) for name in names]
        return self.predictions, self.names  # type: ignore[return-value]


def _classes(
    dataset: Dataset, split: Split, output: Embedding | None, model_names: Sequence[str] | None
) -> _Classes:
    """Return labels and predictions; numbers of one list of names only where both mean the same classes."""
    labels, names = split.labels.tolist(), dataset.class_names or None
    predictions = None
    # A classifier returns (N, K) probabilities or logits.
    if output is not None and output.pooled is None and output.vectors.shape[1] > 1:
        predictions = output.vectors.argmax(axis=1).tolist()
        outputs = output.vectors.shape[1]
        if model_names is not None and len(model_names) != outputs:
            model_names = None
        if names is None:
            return _Classes(None, predictions, model_names)
        if len(names) != outputs or (model_names is not None and list(model_names) != list(names)):
            predictions = [model_names[at] if model_names else str(at) for at in predictions]
            print("the model's classes are not those of the data: predictions are shown by name only")
    return _Classes(None if names is None else labels, predictions, names)


def _write(
    args: argparse.Namespace,
    methods: Sequence[str],
    layers: Mapping[str, Embedding],
    thumbnails: np.ndarray,
    picture_names: Sequence[str],
    classes: _Classes,
) -> None:
    from kerasviz.cli.parts.inputs import file_part
    from kerasviz.embeddings import write_projector
    from kerasviz.pictures.figures import save_figure

    folder = Path(args.out)
    vectors = {path: one.vectors for path, one in layers.items()}
    projector = write_projector(
        folder,
        vectors,
        images=thumbnails,
        labels=classes.labels,
        class_names=classes.names,
        predictions=classes.predictions,
        names=picture_names,
    )
    print(f"{', '.join(path.name for path in projector.files)} in {folder}: {projector.describe()}")
    labels, names = classes.to_color()
    images = thumbnails if args.thumbnails else None
    for path, one in layers.items():
        for method in methods:
            file = folder / f"embedding-{file_part(path)}-{method}.png"
            save_figure(one.figure(labels, names, method, args.seed, images), file)
            print(file)
    print(
        f"to open the projector: tensorboard --logdir {folder}, tab Projector (http://localhost:6006/#projector)"
    )
