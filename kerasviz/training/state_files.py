"""Small JSON files that a run finds itself again by, read whatever has become of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# None of them has a hundredth of that.
_MOST_BYTES = 1_000_000


class DamagedError(Exception):
    """A state file cannot be read; the text says why in a few words."""


def read_state(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file, an empty one where there is no such file.

    Raises:
        DamagedError: it is no file, is empty or cut, or holds something else.
    """
    try:
        if not path.exists():
            return {}
        if not path.is_file():
            raise DamagedError("it is no file")
        if path.stat().st_size > _MOST_BYTES:
            raise DamagedError("it is far too large")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedError("it cannot be read as text") from error
    if not text.strip():
        raise DamagedError("it is empty")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DamagedError("it is cut off, or no JSON") from error
    if not isinstance(found, dict):
        raise DamagedError(f"it holds a {type(found).__name__} and no object")
    return found
