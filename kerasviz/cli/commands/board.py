"""`kerasviz board`: TensorBoard on a log, with what serves the Evolution tab best."""

from __future__ import annotations

import argparse
from pathlib import Path

from kerasviz.bounds import Bounds
from kerasviz.cli.parts.number_flags import Number

HELP = "open TensorBoard on a log, at the tab that plays it"
DESCRIPTION = """\
Start TensorBoard on this machine alone, at a free port from 6006 on, and open its tab Evolution, which plays
the pictures of every run: kernels, responses, class activation maps, also while they train. It is

  tensorboard --logdir LOGDIR --samples_per_plugin images=1000

in which the second option lets the tab Images, too, show every step and not ten random ones. The tab
Evolution needs no option: it is there whenever TensorBoard is started where kerasviz is installed. Ctrl-C
ends it all.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the log, the port, and whether to open a browser."""
    parser.add_argument(
        "log_dir", metavar="LOGDIR", nargs="?", default="logs", help="the folder of a run, or of several"
    )
    parser.add_argument(
        "--port",
        action=Number,
        bounds=Bounds(int, 1, 65_535),
        metavar="N",
        help="this port; by default a free one",
    )
    parser.add_argument(
        "--browser",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="open the address in the browser",
    )


def run(args: argparse.Namespace) -> None:
    """Serve until Ctrl-C."""
    import webbrowser

    from kerasviz.errors import InputError
    from kerasviz.tab.board import serve_board

    folder = Path(args.log_dir)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: give the folder it is in.")
    if not folder.exists():
        print(f"{folder} does not exist yet: its runs appear when a training writes them.")

    def announce(address: str) -> None:
        print(f"{folder}: {address}", flush=True)
        if args.browser:
            webbrowser.open(address)

    serve_board(folder, announce, port=args.port)
