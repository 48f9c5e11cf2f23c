"""Every example in a docstring runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import keras
import pytest

import kerasviz

MODULES = [
    info.name
    for info in pkgutil.walk_packages(kerasviz.__path__, "kerasviz.")
    if not info.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, is_engine, backend = name.partition(".probe.engine.")
    if is_engine and backend.partition(".")[0] != keras.backend.backend():
        pytest.skip("the engine of another backend than Keras runs on here")
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(
        module, optionflags=doctest.ELLIPSIS, extraglobs={"np": importlib.import_module("numpy")}
    )
    assert failed == 0
    assert not list(tmp_path.iterdir()), "an example left files behind"
