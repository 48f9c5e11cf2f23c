"""A command in a process of its own that is killed, as by `kill -9`, when a certain file takes its place."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence

_SCRIPT = """
import os, pathlib, signal, sys
name, count, after = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "after"
replace = os.replace
def replace_or_die(source, target):
    global count
    count -= pathlib.Path(target).name == name
    if count == 0 and after:
        replace(source, target)
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
os.replace = replace_or_die
from kerasviz.cli import main
sys.exit(main(sys.argv[4:]))
"""


def run_until_killed(arguments: Sequence[str], name: str, count: int = 1, when: str = "before") -> None:
    """Run `kerasviz ARGUMENTS`, and kill it before or after the `count`-th file of that name is there."""
    command = [sys.executable, "-c", _SCRIPT, name, str(count), when, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
