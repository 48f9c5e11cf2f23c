"""Packages that a user allows a model file to use: imported by name, their registered classes known."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Sequence
from typing import Any

import keras

from kerasviz.errors import InputError, one_line


def import_packages(packages: Sequence[str], building_blocks: tuple[type, ...]) -> frozenset[str]:
    """Import packages that a file may use, and return what is registered and not to be known for all that.

    Of an allowed package the classes that models are built of are known: not its functions, which could be
    called with anything, and not what the packages register that it imports.

    Args:
        packages: their names, as they are imported.
        building_blocks: the bases of all that a model is built of.

    Raises:
        InputError: that is no list of names, one of them cannot be imported, or registers no class.
    """
    if isinstance(packages, str) or not all(_is_name(name) for name in packages):
        raise InputError(f"allow is {packages!r}; pass names of packages, such as ['keras_hub'].")
    if not packages:
        return frozenset()
    before = set(keras.saving.get_custom_objects())
    for name in packages:
        _import(name)
    registered = keras.saving.get_custom_objects()
    own = {name for name, found in registered.items() if _is_of(found, packages)}
    blocks = {name for name in own if _is_block(registered[name], building_blocks)}
    for package in packages:
        if not any(_is_of(registered[name], [package]) for name in blocks):
            raise InputError(f"allow names {package!r}, which registers no class with Keras: leave it out.")
    return frozenset((own | (set(registered) - before)) - blocks)


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    # A package that is being imported may raise anything.
    except Exception as error:
        raise InputError(
            f"allow names {name!r}, which cannot be imported ({one_line(error)}): install it, or leave it "
            "out."
        ) from error


def installed_package(part: dict[str, Any]) -> str | None:
    """Return the package that a part of a config says it is of, where it is installed and not Python's own.

    Nothing is imported to find out.
    """
    names = [part.get("registered_name"), part.get("class_name")]
    said = [str(part.get("module")).split(".")[0], *(str(name).split(">")[0] for name in names)]
    installed = importlib.metadata.packages_distributions()
    return next((name for name in said if name in installed and name != "keras"), None)


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and all(part.isidentifier() for part in name.split("."))


def _is_of(found: Any, packages: Sequence[str]) -> bool:
    module = str(getattr(found, "__module__", ""))
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def _is_block(found: Any, building_blocks: tuple[type, ...]) -> bool:
    return isinstance(found, type) and issubclass(found, building_blocks)
