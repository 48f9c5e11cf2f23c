"""Where TensorBoard enters (`tensorboard_plugins` in setup.cfg).

TensorBoard imports this file unguarded: an error here would keep it from starting. So it imports nothing
else than the standard library and the base class; `load` is called guarded.
"""

from __future__ import annotations

from typing import Any

from tensorboard.plugins import base_plugin


class Loader(base_plugin.TBLoader):
    """Makes the tab's plugin."""

    def load(self, context: Any) -> Any:
        """Return the plugin for a TensorBoard whose `TBContext` is `context`."""
        from kerasviz.tab.plugin import EvolutionPlugin

        return EvolutionPlugin(context)
