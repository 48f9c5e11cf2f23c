"""The command `kerasviz`, which is also `python -m kerasviz`."""

from __future__ import annotations

import sys


def start() -> int:
    """Run the command line; Ctrl-C is status 130 and no traceback, also while modules are being loaded."""
    try:
        from kerasviz.cli import main

        return main()
    except BaseException as error:
        if not _is_interrupt(error):
            raise
        print("kerasviz: interrupted", file=sys.stderr)
        return 130


def _is_interrupt(error: BaseException | None) -> bool:
    """Return whether Ctrl-C is what began it: a module that is being loaded may wrap it in an error."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


if __name__ == "__main__":
    raise SystemExit(start())
