"""`kerasviz`: finds the command, runs it, and turns expected errors into one sentence and exit status 2."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from kerasviz._version import __version__
from kerasviz.cli.parts.flags import as_flags
from kerasviz.errors import KerasvizError

# Command -> its module in `commands`, in the order in which `--help` lists them.
COMMANDS = {
    "demo": "demo",
    "train": "train",
    "layers": "layers",
    "filters": "filters",
    "features": "features",
    "cam": "cam",
    "occlude": "occlude",
    "saliency": "saliency",
    "maximize": "maximize",
    "report": "report",
    "embed": "embed",
    "evaluate": "evaluate",
    "sanity": "sanity",
    "gif": "gif",
}

EPILOG = """examples:
  kerasviz demo --log-dir logs/demo                 train on generated pictures, watch it learn
  kerasviz train pets --classes Abyssinian,Bengal   train on the Oxford-IIIT Pet pictures
  kerasviz cam MODEL.keras PICTURES --top 3         which pixels spoke for the three best classes
  kerasviz report MODEL.keras --data shapes         all of this and more on one HTML page
  kerasviz gif logs/demo                            the evolution of kernels and responses as animations
  tensorboard --logdir logs --samples_per_plugin images=1000

`kerasviz COMMAND --help` explains each command.
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="kerasviz",
        description="See inside Keras CNNs, while they train and afterwards.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"kerasviz {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module_name in COMMANDS.items():
        module = importlib.import_module(f"kerasviz.cli.commands.{module_name}")
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=getattr(module, "DESCRIPTION", module.HELP),
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0 done, 2 an expected error, 130 interrupted."""
    # TensorFlow prints start-up notes before Python can reach its logger, among them an alarming one for
    # every machine without a GPU; `train` says which device it uses.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    args = build_parser().parse_args(arguments)
    try:
        return args.run(args) or 0
    except KerasvizError as error:
        print(f"kerasviz {args.command}: {as_flags(str(error), vars(args))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"kerasviz {args.command}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing to report, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        # What is written says so itself; this is what cannot be read: no permission, a disk that fails.
        print(
            f"kerasviz {args.command}: {error.filename or 'a file'}: {error.strerror or error}",
            file=sys.stderr,
        )
        return 2
