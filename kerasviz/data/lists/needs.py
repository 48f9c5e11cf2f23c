"""pyarrow, which lists of any length and Parquet need."""

from __future__ import annotations

from typing import Any

from kerasviz.errors import MissingDependencyError


def arrow() -> Any:
    """Return the module pyarrow, with `parquet` and `types` in it.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
        import pyarrow.types
    except ImportError as error:
        raise MissingDependencyError(
            'Data sets of any size need the package pyarrow: run pip install "kerasviz[datasets]".'
        ) from error
    return pyarrow
