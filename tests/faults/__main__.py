"""`scripts/faults`: the campaign, or one of its inputs again."""

from __future__ import annotations

import os

# Before anything is imported that starts threads: what has none can be forked.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["MPLBACKEND"] = "Agg"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
# Nothing is downloaded, and no data of the machine are found.
os.environ["http_proxy"] = os.environ["https_proxy"] = "http://127.0.0.1:9"
os.environ.pop("KERASVIZ_DATA_DIR", None)

import argparse
import sys
from pathlib import Path

from faults.campaign import campaign, replay
from faults.kills import kill_trainings
from faults.subjects import SUBJECTS
from faults.table import table
from faults.watched import show

KEEP = Path("logs") / "faults"


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1000, help="damaged and odd inputs to try")
    parser.add_argument("--kills", type=int, default=10, help="SIGKILLs to trainings")
    parser.add_argument(
        "--seed", type=int, default=None, help="of all that is drawn; by default another each time"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes at a time")
    parser.add_argument("--only", metavar="SUBJECT", help="one kind of input")
    parser.add_argument(
        "--keep", type=Path, default=KEEP, metavar="FOLDER", help="where inputs with faults go"
    )
    parser.add_argument("--replay", nargs=2, metavar=("SUBJECT", "NUMBER"), help="one input again")
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else int.from_bytes(os.urandom(3), "big")
    keep = args.keep.resolve()
    chosen = [one for one in SUBJECTS if args.only in (None, one.name)]
    if not chosen:
        parser.error(f"there are the subjects {', '.join(one.name for one in SUBJECTS)}")
    warm_up()
    if args.replay:
        name, number = args.replay
        (subject,) = (one for one in SUBJECTS if one.name == name)
        verdict = replay(subject, int(number), seed, keep)
        show(verdict)
        return 1 if verdict.faults else 0
    print(f"seed {seed}", file=sys.stderr)
    found = campaign(chosen, args.inputs, seed, keep, args.workers) if args.inputs else []
    found += kill_trainings(args.kills, seed, keep, args.workers) if args.kills else []
    print(table(found))
    print(f"seed {seed}")
    if faulty := [verdict for verdict in found if verdict.faults]:
        print(f"{len(faulty)} with faults, kept in {keep}; each said.txt begins with how to try it again")
    return 1 if faulty else 0


def warm_up() -> None:
    """Import what commands import when they run, so that each input finds it there."""
    import matplotlib.pyplot
    import tensorflow  # noqa: F401

    import kerasviz.cli.commands
    import kerasviz.report
    import kerasviz.training
    import kerasviz.trust  # noqa: F401

    matplotlib.pyplot.figure().text(0, 0, "a").figure.canvas.draw()
    matplotlib.pyplot.close("all")


if __name__ == "__main__":
    sys.exit(main())
