"""kerasviz: see inside Keras CNNs.

`import kerasviz as kv` is instant: every public name is imported when it is first used, and only then is
Keras loaded. `dir(kv)` lists the names, `help(kv.NAME)` explains each; `__init__.pyi` says where each is
defined.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
