"""The command `kerasviz`, which is also `python -m kerasviz`."""

from __future__ import annotations

import signal
import sys
from types import FrameType


def start() -> int:
    """Run the command line; Ctrl-C is status 130 and no traceback, also while modules are being loaded."""
    interrupted = False

    def note(number: int, frame: FrameType | None) -> None:
        # What is written in C may swallow the exception while it is loaded, and fail with another.
        nonlocal interrupted
        interrupted = True
        raise KeyboardInterrupt

    # Where it is ignored (`nohup`), it stays so.
    is_usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_usual:
        signal.signal(signal.SIGINT, note)
    try:
        from kerasviz.cli import main

        return main()
    except BaseException:
        if not interrupted:
            raise
        print("kerasviz: interrupted", file=sys.stderr)
        return 130
    finally:
        if is_usual:
            signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    raise SystemExit(start())
