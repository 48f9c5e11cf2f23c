"""`kerasviz sanity`: does a method's map change when the network forgets what it learned?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kerasviz.cli.parts.inputs import add_model, add_pictures
from kerasviz.cli.parts.number_flags import Number

HELP = "randomise a network layer by layer and see whether a method's maps notice"
DESCRIPTION = (
    "The sanity check of Adebayo et al. 2018: the weights of a copy of the model are shuffled layer by layer "
    "from the top. A map that stays what it was shows the picture, not what the network learned. Writes the "
    "numbers, their curves, and the maps of the first pictures at every stage."
)
_SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the pictures, the method and the stages."""
    from kerasviz.cli.parts.method_flags import add_settings, list_methods
    from kerasviz.explanation import METHODS

    add_model(parser)
    add_pictures(parser, out="sanity", batch_size=16)
    parser.add_argument("--method", default=METHODS[0].name, metavar="M", help="one of the methods below")
    parser.add_argument("--layer", help="of methods that take one; by default the last spatial layer")
    add_settings(parser)
    parser.add_argument("--stages", action=Number, default=8, help="points of the cascade to look at")
    parser.add_argument("--seed", action=Number, default=0, help="of the shuffling")
    parser.epilog = list_methods(METHODS, options=True)


def run(args: argparse.Namespace) -> None:
    """Print the table of the stages and write `sanity.json`, its curves and maps."""
    from kerasviz.atomic import atomic_path
    from kerasviz.cli.parts.chosen_methods import settings_of
    from kerasviz.cli.parts.inputs import open_model, read_batches, read_form, report_skipped
    from kerasviz.cli.parts.tables import print_table
    from kerasviz.errors import InputError
    from kerasviz.explanation import find_method
    from kerasviz.images import find_images
    from kerasviz.pictures.figures import comparison_figure, save_figure
    from kerasviz.trust import sanity_check

    method = find_method(args.method)
    options = settings_of(args.set, [method.name]).get(method.name, {})
    if "seed" in options:
        raise InputError(
            f"--set {method.name}.seed cannot be told from --seed, the shuffling's: leave it out."
        )
    method.resolved(options)
    model = open_model(args)
    form = read_form(args, model)
    files = find_images(args.images)
    skipped: list[tuple[Path, str]] = []
    pictures = [one for part in read_batches(files, form, args.batch_size, skipped) for one in part]
    report_skipped(files, skipped)
    batch = form.batch(pictures)
    found = sanity_check(
        model,
        batch,
        method,
        layer=args.layer,
        stages=args.stages,
        seed=args.seed,
        preprocessed=True,
        **options,
    )
    record, out = found.to_dict(), Path(args.out)
    headings = ("layers randomised", "the last of them", "rank correlation", "similarity")
    rows = [
        (str(stage["randomized"]), stage["layer"], *_cells(stage, len(pictures)))
        for stage in record["stages"]
    ]
    print_table(headings, rows, (headings[0], *headings[2:]))
    print(found)
    print(f"rule: {record['rule']}")
    with atomic_path(out / "sanity.json") as path:
        path.write_text(
            json.dumps(record | {"model": args.model, "pictures": len(pictures)}, indent=2) + "\n"
        )
    save_figure(found.figure(), out / "sanity.png")
    shown = pictures[:_SHOWN]
    maps = [
        [picture.placed(stage.maps[at], from_zero=method.zero_is_nothing) for stage in found.stages]
        for at, picture in enumerate(shown)
    ]
    columns = ["trained", *[f"{stage.randomized} random" for stage in found.stages[1:]]]
    figure = comparison_figure([picture.shown for picture in shown], maps, columns, scale="each")
    save_figure(figure, out / "sanity-maps.png")
    print(f"sanity.json, sanity.png, sanity-maps.png in {out}")


def _cells(stage: dict[str, Any], pictures: int) -> Iterator[str]:
    """Yield a stage's two numbers as texts, with the count of the pictures that they say nothing about."""
    undefined = stage["undefined"]
    without = f" ({undefined} of {pictures} undefined)" if undefined else ""
    for name in ("rank_correlation", "similarity"):
        yield "undefined" if stage[name] is None else f"{stage[name]:.3f}{without}"
