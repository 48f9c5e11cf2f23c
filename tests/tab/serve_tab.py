"""TensorBoard with the tab, for the tests: prints its address, and serves until its input closes."""

from __future__ import annotations

import sys

from tensorboard import default, program

from kerasviz.tab.loader import Loader

server = program.TensorBoard(plugins=[*default.get_static_plugins(), Loader])
server.configure(
    argv=[None, "--logdir", sys.argv[1], "--host", "127.0.0.1", "--port", "0", "--load_fast=false"]
)
print(server.launch(), flush=True)
sys.stdin.read()
