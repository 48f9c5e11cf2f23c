"""TensorBoard on a log with the Evolution tab, started from Python."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tensorboard import default, program
from tensorboard.plugins import base_plugin

from kerasviz.errors import OutputError
from kerasviz.tab.loader import Loader

# Of pictures, TensorBoard's own tab keeps ten random ones unless told otherwise.
SAMPLES = {"images": 1000}
# Behind the address: the tab that is shown.
_TAB = "#kerasviz"


def serve_board(
    log_dir: str | os.PathLike[str], announce: Callable[[str], object], *, port: int | None = None
) -> None:
    """Serve TensorBoard on this machine alone until it is interrupted.

    Args:
        log_dir: the folder of a run or of several.
        announce: called with the address when TensorBoard answers.
        port: by default the first that is free, from 6006 on.

    Raises:
        OutputError: the port is taken.
    """

    def server(wsgi_app: Any, flags: Any) -> program.TensorBoardServer:
        made = program.create_port_scanning_werkzeug_server(wsgi_app, flags)
        announce(f"{made.get_url()}{_TAB}")
        return made

    board = program.TensorBoard(plugins=_plugins(), server_class=server)
    board.configure(["kerasviz"], logdir=os.fspath(log_dir), samples_per_plugin=SAMPLES, port=port)
    if board.main():
        taken = "no port is free" if port is None else f"the port {port} is taken"
        raise OutputError(f"TensorBoard cannot be served: {taken}; choose another.")


def _plugins() -> list[type[base_plugin.TBLoader] | type[base_plugin.TBPlugin]]:
    """Return TensorBoard's plugins and this one, also where it is not installed but found on the path."""
    plugins = default.get_plugins()
    return plugins if Loader in plugins else [*plugins, Loader]
