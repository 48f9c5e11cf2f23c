"""`kerasviz explain-dataset`: every picture of a data set explained in one pass, into Parquet files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kerasviz.cli.parts.inputs import add_class_names, add_form, add_model
from kerasviz.cli.parts.number_flags import Number, whole_number

if TYPE_CHECKING:
    from kerasviz.dataset_jobs import Explanations

HELP = "explain every picture of a data set of any size, in one pass: a Parquet row a picture"
DESCRIPTION = (
    "Run a classifier over every picture once, and write a row for each: prediction, confidence, the 5 most "
    "probable classes, score, the map of the predicted class, and an embedding if asked for; a picture that "
    "cannot be read is a row that says why. Reading, computing and writing go on at the same time, and "
    "nothing is held in memory as a whole. Killed and started again, the same command goes on where it was, "
    "and the files are the same."
)
_EXAMPLES = """examples:
  kerasviz explain-dataset MODEL.keras photos/ --out explained
  kerasviz explain-dataset MODEL.keras fashion --out explained --method layer_cam --layer conv2
  kerasviz explain-dataset MODEL.keras shards/*.tar --out explained --embed dense --workers 4
  kerasviz explain-dataset MODEL.keras files.txt --out /shared/explained --engine dask://10.0.0.5:8786
  kerasviz explain-dataset MODEL.keras photos/ --out /shared/explained --shard $SLURM_ARRAY_TASK_ID/100

what DATA may be, one or several:
  a folder       pictures at any depth; its sub-folders are the classes, if there are several
  *.tar          as WebDataset packs pictures: 0001.jpg beside 0001.cls
  *.parquet      with a column of encoded pictures, as Hugging Face keeps them
  *.txt          a path a line
  a name         pets, fashion or shapes, all pictures of it

the results:
  kv.open_explanations("explained").select(mistaken=True).frame()
  duckdb -c "select label_name, prediction_name, count(*) from 'explained/part-*.parquet' group by all"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the data, what is explained, and where it is computed."""
    from kerasviz.cli.parts.method_flags import add_settings
    from kerasviz.explanation import METHODS

    add_model(parser)
    parser.add_argument("data", metavar="DATA", nargs="+", help="which pictures; see below")
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder for the results")
    explained = parser.add_argument_group("what is explained, and kept")
    explained.add_argument(
        "--method",
        default=METHODS[0].name,
        metavar="M",
        help="one of those of `kerasviz explain`; class activation maps cost the least",
    )
    explained.add_argument("--layer", help="of the maps; by default the last spatial layer")
    explained.add_argument("--embed", metavar="LAYER", help="a layer whose output is kept too, as a vector")
    add_settings(explained)
    add_form(explained)
    add_class_names(explained)
    computed = parser.add_argument_group(
        "how it is computed", "By default in this process, and no port is opened."
    )
    computed.add_argument("--batch-size", action=Number, default=32, help="pictures that are run together")
    computed.add_argument("--shard-size", action=Number, default=4096, help="pictures in a file")
    computed.add_argument(
        "--workers", action=Number, metavar="N", help="processes on this machine, a GPU each (needs Dask)"
    )
    computed.add_argument(
        "--engine",
        metavar="dask://HOST:PORT|ray",
        help="the workers of a Dask scheduler, or the Ray cluster of this machine; they see the same files",
    )
    computed.add_argument(
        "--shard",
        metavar="I/N",
        help="every N-th file, from file I on, counted from 0: for the jobs of a Slurm or Kubernetes array",
    )
    parser.epilog = _EXAMPLES


def run(args: argparse.Namespace) -> None:
    """Explain the pictures, and print what lies where."""
    from kerasviz.cli.parts.chosen_methods import settings_of
    from kerasviz.cli.parts.inputs import given_range
    from kerasviz.dataset_jobs import explain_dataset
    from kerasviz.models import read_class_names

    found = explain_dataset(
        args.model,
        args.data[0] if len(args.data) == 1 else args.data,
        args.out,
        method=args.method,
        layer=args.layer,
        embed=args.embed,
        class_names=read_class_names(args.class_names) if args.class_names else None,
        input_range=given_range(args),
        image_size=args.image_size,
        batch_size=args.batch_size,
        shard_size=args.shard_size,
        workers=args.workers,
        engine=args.engine,
        shard=None if args.shard is None else _shard(args.shard),
        allow=args.allow,
        **settings_of(args.set, [args.method]).get(args.method, {}),
    )
    _tell(found)


def _shard(text: str) -> tuple[int, int]:
    """Return the two numbers of --shard.

    >>> _shard("3/100")
    (3, 100)
    """
    from kerasviz.errors import InputError

    index, count = (whole_number(part) for part in text.partition("/")[::2])
    if index is None or count is None or not index < count:
        raise InputError(f"--shard is {text!r}; pass I/N, I from 0 to N - 1, such as 0/8.")
    return index, count


def _tell(found: Explanations) -> None:
    plan = found.plan
    where = "" if plan.layer is None else f" at {plan.layer}"
    unread = len(found.select(readable=False))
    wrong, right = (len(found.select(mistaken=mistaken)) for mistaken in (True, False))
    explained = len(found) - unread
    print(f"{plan.data}: {explained:,} of {plan.count:,} pictures explained by {plan.method}{where}")
    if unread:
        print(f"could not be read: {unread:,}; the column error says why")
    if labelled := wrong + right:
        print(f"predicted right: {right / labelled:.1%} of {labelled:,} with a class that the model knows")
    print(f"parts in {plan.folder}: {plan.shards - len(found.missing):,} of {plan.shards:,}")
