"""Every example in a docstring runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

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
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(
        module, optionflags=doctest.ELLIPSIS, extraglobs={"np": importlib.import_module("numpy")}
    )
    assert failed == 0
    assert not list(tmp_path.iterdir()), "an example left files behind"
