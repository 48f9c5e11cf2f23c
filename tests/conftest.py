"""What every test shares: the backend's quiet start, the real data's place, restored global state."""

from __future__ import annotations

import os
import signal
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
# Two workers share two cores: without a limit each would start a thread pool for both.
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "2")

import pytest
from places_that_refuse import tiny_disk

__all__ = ["real_data", "tiny_disk"]


def pytest_configure() -> None:
    """Take Ctrl-C where the suite was started in the background of a script, which ignores it.

    What the tests start inherits that, and would serve for ever.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with oxford-pets/, fashion-mnist/, images/ and models/."""
    folder = os.environ.get("KERASVIZ_DATA_DIR")
    if not folder or not Path(folder).is_dir():
        pytest.skip("the real data is absent: set KERASVIZ_DATA_DIR to its folder to run this test")
    return Path(folder).resolve()
