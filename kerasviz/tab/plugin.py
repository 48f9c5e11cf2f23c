"""The plugin: its name, its tab, and which route is answered by which file."""

from __future__ import annotations

import functools
import importlib
import threading
from collections.abc import Callable
from typing import Any

from tensorboard.plugins import base_plugin
from werkzeug.wrappers import Request, Response

from kerasviz.errors import KerasvizError
from kerasviz.tab.answer import RefusedRequestError, sentence
from kerasviz.tab.static_files import respond_static

# Each is a file in `routes`, with a function `respond(request, log)`.
ROUTES = ("index", "frames", "scalars", "layer", "estimate", "export")


class EvolutionPlugin(base_plugin.TBPlugin):
    """Answers the Evolution tab's requests about the log that TensorBoard was started on."""

    plugin_name = "kerasviz"

    def __init__(self, context: Any) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._log: Any = None

    def get_plugin_apps(self) -> dict[str, Callable[..., Any]]:
        """Return the routes below `data/plugin/kerasviz`."""
        routes = {f"/{name}": functools.partial(self._respond, name) for name in ROUTES}
        return {path: Request.application(app) for path, app in routes.items()} | {
            "/static/*": Request.application(respond_static)
        }

    def is_active(self) -> bool:
        """Return True: where a log has no frames, the tab says how to get some."""
        return True

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """Return where the page begins, and what its tab is called."""
        return base_plugin.FrontendMetadata(es_module_path="/static/index.js", tab_name="Evolution")

    def _respond(self, name: str, request: Request) -> Response:
        try:
            route = importlib.import_module(f"kerasviz.tab.routes.{name}")
            return route.respond(request, self._opened().seen_by(request.environ))
        except RefusedRequestError as refusal:
            return sentence(request, str(refusal), refusal.code)
        except KerasvizError as error:
            return sentence(request, str(error), 404)
        except ImportError as error:
            return sentence(
                request, f"kerasviz is not whole on the machine that runs TensorBoard: {error}.", 503
            )

    def _opened(self) -> Any:
        """Return the log, opened with the first request."""
        from kerasviz.tab.tab_log import open_tab_log

        with self._lock:
            if self._log is None:
                self._log = open_tab_log(self._context)
            return self._log
