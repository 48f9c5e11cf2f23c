"""The command line: one small module a command.

A command module has `HELP` (one line), `add_arguments(parser)` and `run(args) -> int | None`. It imports
heavy packages inside `run` only, so that `kerasviz --help` is instant.
"""

from __future__ import annotations

from kerasviz.cli.main import main

__all__ = [
    "main",
]
