"""`kerasviz cam`: where in pictures the evidence for a class lies."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kerasviz.cli.parts.class_choice import class_label
from kerasviz.cli.parts.inputs import add_class_names, add_model, add_pictures, add_precision, file_part

if TYPE_CHECKING:
    import keras
    import numpy as np

    from kerasviz.images import Picture, PictureForm
    from kerasviz.pictures.figures import CamStyle
    from kerasviz.probe import Cut, Target, Trace

HELP = "draw class activation maps over pictures: which pixels made the decision"
DESCRIPTION = (
    "Write a picture of class activation maps for each image, and print a table of the predicted classes and "
    "scores. Several methods, layers or classes stand side by side, and cost no further forward pass but one "
    "for each class. The explained score is the logit where the model ends in a softmax or sigmoid."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the pictures, what is explained, and how it is drawn."""
    add_model(parser)
    add_pictures(parser, out="cams", batch_size=16)
    explain = parser.add_argument_group("what is explained")
    explain.add_argument(
        "--method",
        action="append",
        metavar="M,...",
        help="grad_cam (the default), grad_cam_plus_plus, xgrad_cam, layer_cam, hires_cam, eigen_cam, cam",
    )
    explain.add_argument(
        "--layer", action="append", default=[], metavar="L,...", help="by default the last spatial layer"
    )
    explain.add_argument(
        "--class",
        dest="classes",
        action="append",
        default=[],
        metavar="C,...",
        help="names or indices; by default the predicted class",
    )
    explain.add_argument("--top", type=int, metavar="K", help="each picture's K most probable classes")
    explain.add_argument("--output", metavar="NAME|N", help="which output of a model with several")
    add_class_names(explain)
    add_precision(explain)
    draw = parser.add_argument_group("how it is drawn")
    draw.add_argument(
        "--alpha", type=float, default=0.5, help="share of the map in the mix; 1 is the map alone"
    )
    draw.add_argument("--contour", action="store_true", help="outline what is strong")
    draw.add_argument("--box", action="store_true", help="frame the strongest region")
    draw.add_argument(
        "--threshold", type=float, default=0.5, help="what is strong, as a share of the map's maximum"
    )
    draw.add_argument(
        "--plain", action="store_true", help="the overlays alone, a file each, without titles and colour bars"
    )
    draw.add_argument(
        "--raw", action="store_true", help="also write each map as .npy: float32, the feature map's size"
    )


def run(args: argparse.Namespace) -> None:
    """Write the pictures and print the table; an interrupted run prints what is done."""
    from kerasviz.cli.parts.inputs import output_names, read_batches, report_skipped
    from kerasviz.cli.parts.tables import print_table
    from kerasviz.images import find_images

    files = find_images(args.images)
    names = dict(zip(files, output_names(files), strict=True))
    job = _open(args)
    skipped: list[tuple[Path, str]] = []
    rows: list[tuple[str, ...]] = []
    try:
        for pictures in read_batches(files, job.form, args.batch_size, skipped):
            for picture, views in zip(pictures, job.explain(pictures), strict=True):
                job.write(picture, views, Path(args.out) / names[picture.path])
                rows += [(str(picture.path), *view.cells) for view in views]
    finally:
        if rows:
            print_table(("picture", "predicted", "explained", "probability", "score"), rows, _NUMBERS)
            done = len({row[0] for row in rows})
            print(f"{done} of {len(files)} files explained; pictures are in {args.out}")
    report_skipped(files, skipped)


_NUMBERS = ("probability", "score")


@dataclass(frozen=True)
class _View:
    """The maps of one picture for one class: `maps[layer, method]`, and what the table says of it."""

    index: int
    heading: str
    cells: tuple[str, str, str, str]
    maps: dict[tuple[str, str], np.ndarray]


@dataclass(frozen=True)
class _Job:
    """What is asked of every picture."""

    model: keras.Model
    cut: Cut
    form: PictureForm
    targets: Sequence[Target]
    methods: Sequence[str]
    names: Sequence[str] | None
    style: CamStyle
    plain: bool
    raw: bool
    precision: str

    def explain(self, pictures: list[Picture]) -> list[list[_View]]:
        """Return the views of each picture, one for each target."""
        batch = self.form.batch(pictures)
        by_target = [self._views(batch, target) for target in self.targets]
        return [list(views) for views in zip(*by_target, strict=True)]

    def _views(self, batch: np.ndarray, target: Target) -> list[_View]:
        from kerasviz.explanation import Trace

        (found,) = self.cut.traces(batch, target, len(batch), self.precision)
        trace = Trace(**vars(found), model=self.model)
        maps = {
            (layer, method): trace.cam(method, layer=layer).maps
            for method in self.methods
            for layer in trace.activations
        }
        views = []
        for at, shares in enumerate(_probabilities(trace, self.model, target)):
            index = int(trace.classes[at])
            label, share = class_label(index, self.names), f"{shares[index]:.3f}" if len(shares) else "?"
            predicted = class_label(int(shares.argmax()), self.names) if len(shares) else "?"
            score = f"{trace.scores[at]:.3f}"
            heading = f"{label}: probability {share}, {trace.score_kind} {score}"
            cells = (predicted, label, share, f"{trace.score_kind} {score}")
            views.append(_View(index, heading, cells, {key: values[at] for key, values in maps.items()}))
        return views

    def write(self, picture: Picture, views: list[_View], path: Path) -> None:
        """Write the files of one picture; `path` is what their names begin with."""
        from kerasviz.atomic import save_array
        from kerasviz.images import write_png
        from kerasviz.pictures.figures import cam_figure, save_figure

        for view in views if self.plain or self.raw else ():
            for key, heatmap in view.maps.items():
                file = path.with_name(f"{path.name}-{self._ending(view, views, *key)}")
                if self.plain:
                    write_png(f"{file}.png", self.style.draw(picture.shown, heatmap))
                if self.raw:
                    save_array(f"{file}.npy", heatmap)
        if not self.plain:
            columns = [f"{method} at {layer}" for layer, method in views[0].maps]
            rows = [view.heading for view in views]
            maps = [list(view.maps.values()) for view in views]
            figure = cam_figure(picture.shown, maps, rows, columns, self.style)
            save_figure(figure, path.with_name(f"{path.name}-cam.png"), dpi=100)

    def _ending(self, view: _View, views: list[_View], layer: str, method: str) -> str:
        """Return "cam" and whatever differs between the maps of one picture."""
        parts = ["cam"]
        if len(views) > 1:
            parts.append(f"class{view.index}")
        if len(self.methods) > 1:
            parts.append(method)
        if len(view.maps) > len(self.methods):
            parts.append(file_part(layer))
        return "-".join(parts)


def _open(args: argparse.Namespace) -> _Job:
    from kerasviz.cli.parts.class_choice import choose_classes
    from kerasviz.cli.parts.inputs import find_class_names, read_form, split_list
    from kerasviz.errors import InputError
    from kerasviz.models import load_model
    from kerasviz.pictures.figures import CamStyle
    from kerasviz.probe import Cut, class_score, resolve, top_class

    if args.top is not None and args.top < 1:
        raise InputError(f"--top is {args.top}; it must be at least 1.")
    model = load_model(args.model)
    form = read_form(args, model)
    names = find_class_names(args, model)
    output = int(args.output) if args.output and args.output.isdecimal() else args.output
    chosen = choose_classes(args.classes, names)
    targets: list[Target] = [class_score(index, output=output) for index in chosen]
    best = args.top or (0 if targets else 1)
    targets += [top_class(rank, output=output) for rank in range(1, best + 1)]
    layers = split_list(args.layer)
    paths = [call.path for call in resolve(model, layers)] if layers else None
    methods = split_list(args.method or ["grad_cam"])
    style = CamStyle(args.alpha, args.contour, args.box, args.threshold)
    cut = Cut(model, paths)
    return _Job(model, cut, form, targets, methods, names, style, args.plain, args.raw, args.precision)


def _probabilities(trace: Trace, model: keras.Model, target: Target) -> np.ndarray:
    """Return the probabilities `(N, classes)`; `(N, 0)` where the explained output is no such thing."""
    import numpy as np

    from kerasviz.probe import pick

    outputs = pick(model, trace.outputs, target.output)
    if trace.score_kind == "output" or not isinstance(outputs, np.ndarray) or outputs.ndim != 2:
        return np.zeros((len(trace.scores), 0), np.float32)
    return np.concatenate([1 - outputs, outputs], axis=1) if outputs.shape[1] == 1 else outputs
