"""`layer`: what the log notes of the layer that a tag shows."""

from __future__ import annotations

import base64

from werkzeug.wrappers import Request, Response

from kerasviz.tab.answer import as_json
from kerasviz.tab.parameters import text
from kerasviz.tab.tab_log import TabLog


def respond(request: Request, log: TabLog) -> Response:
    """Return path, kind, output shape, number of parameters and the picture that is watched; or null."""
    note = log.layer_note(text(request, "run"), text(request, "tag"))
    if note is None:
        return as_json(request, None)
    encoded = base64.b64encode(note.picture).decode()
    return as_json(
        request,
        {
            "path": note.path,
            "kind": note.kind,
            "shape": note.shape,
            "parameters": note.parameters,
            "picture": f"data:image/png;base64,{encoded}" if note.picture else None,
        },
    )
