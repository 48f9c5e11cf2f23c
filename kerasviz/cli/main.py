"""`kerasviz`: finds the command, runs it, and turns expected errors into one sentence and exit status 2."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from kerasviz._version import __version__
from kerasviz.cli.parts.flags import as_flags
from kerasviz.cli.parts.help import HelpFormatter
from kerasviz.errors import KerasvizError
from kerasviz.plain_text import plain_text

# Each is a module in `commands`, with _ for -; in the order in which `--help` lists them.
COMMANDS = (
    "demo",
    "train",
    "board",
    "layers",
    "filters",
    "features",
    "explain",
    "explain-dataset",
    "cam",
    "occlude",
    "saliency",
    "maximize",
    "report",
    "embed",
    "evaluate",
    "sanity",
    "gif",
)

EPILOG = """examples:
  kerasviz demo --log-dir logs/demo                 train on generated pictures, watch it learn
  kerasviz train pets --classes Abyssinian,Bengal   train on the Oxford-IIIT Pet pictures
  kerasviz explain MODEL.keras PICTURES             which pixels made the decision
  kerasviz report MODEL.keras --data shapes         all of this and more on one HTML page
  kerasviz gif logs/demo                            the evolution of kernels and responses as animations
  kerasviz board logs                               TensorBoard, whose tab Evolution plays it

`kerasviz COMMAND --help` explains each command.
"""


class _Command(argparse.ArgumentParser):
    """The parser of one command: its arguments are added when the command is the one that is called.

    Some are made from what the library declares, which needs Keras; `kerasviz --help` does not wait for it.
    """

    module: ModuleType | None = None

    def parse_known_args(self, *args: Any, **kwargs: Any) -> Any:
        """Add the command's arguments, and parse."""
        if self.module is not None:
            module, self.module = self.module, None
            module.add_arguments(self)
            self.set_defaults(run=module.run)
        return super().parse_known_args(*args, **kwargs)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="kerasviz",
        description="See inside Keras CNNs, while they train and afterwards.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"kerasviz {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Command)
    for name in COMMANDS:
        module = importlib.import_module(f"kerasviz.cli.commands.{name.replace('-', '_')}")
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=getattr(module, "DESCRIPTION", module.HELP),
            formatter_class=HelpFormatter,
        )
        command.module = module
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0 done, 2 an expected error, 130 interrupted."""
    # TensorFlow prints start-up notes before Python can reach its logger, among them an alarming one for
    # every machine without a GPU; `train` says which device it uses.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Names of files may hold bytes that are no text: they are spelled out.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    given = sys.argv[1:] if arguments is None else list(arguments)
    command = " ".join(["kerasviz", *(name for name in given[:1] if name in COMMANDS)])
    args = argparse.Namespace()
    try:
        args = build_parser().parse_args(given)
        return args.run(args) or 0
    except KerasvizError as error:
        print(plain_text(f"{command}: {as_flags(str(error), vars(args))}"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{command}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing to report, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        # What is written says so itself; this is what cannot be read: no permission, a disk that fails.
        said = f"{command}: {error.filename or 'a file'}: {error.strerror or error}"
        print(plain_text(said), file=sys.stderr)
        return 2
