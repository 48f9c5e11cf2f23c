"""What the config of a model file may name: parts of Keras and registered ones, and nothing that reads files.

Keras finds what a config names by importing it, in versions before 3.9 from any module (`os.system`), and
calls it. So every name is looked up here first, without importing anything, and what is not known is refused.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras

from kerasviz.errors import ModelFileError
from kerasviz.models.packages import installed_package

# Of registered classes and functions, such as "package>Name".
Names = frozenset[str]

# Values that a config writes as if they were objects.
_VALUES = {
    "TensorShape",
    "__bytes__",
    "__ellipsis__",
    "__keras_tensor__",
    "__numpy__",
    "__slice__",
    "__tensor__",
    "__tuple__",
}
# Where a class is looked for that is named without its module, as the .h5 format does.
_CLASSES = (
    "layers",
    "models",
    "initializers",
    "regularizers",
    "constraints",
    "losses",
    "metrics",
    "optimizers",
    "optimizers.schedules",
    "dtype_policies",
    "quantizers",
    "random",
)
# Where functions may come from. None of these reads or writes files, unlike much of `keras.utils`.
_FUNCTIONS = ("activations", "initializers", "regularizers", "constraints", "losses", "metrics", "ops")
_FACTORIES = {"deserialize", "get", "serialize"}
# They run what is stored in the file, or another file that it names.
_CARRIERS = ("TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
# Arguments that may be lists of values, but are read from a file when they are texts.
_FILE_ARGUMENTS = ("vocabulary", "idf_weights", "merges", "proto")


def refuse_what_is_not_allowed(config: Any, path: Path, hidden: Names = frozenset()) -> None:
    """Look at every part of `config`, the JSON values that describe the model in the file `path`.

    Args:
        config: what the file says of its model.
        path: the file, for the message.
        hidden: what is registered, and not to be known all the same.

    Raises:
        ModelFileError: a part holds code, would read another file, or is neither part of Keras nor
            registered with `keras.saving.register_keras_serializable` or a custom-object scope.
    """
    parts = list(_named_parts(config))
    if unsafe := sorted({found for part in parts if (found := _danger(part, hidden))}):
        raise ModelFileError(
            f"{path} is refused because it holds code that would run, or names a file that would be read "
            f"({', '.join(unsafe[:5])}): put built-in or registered layers in its place and save it again, "
            "or, if you trust it, load it yourself with keras.models.load_model(path, safe_mode=False)."
        )
    for part in parts:
        if not _is_known(part, hidden):
            name = _full_name(part)
            if name.startswith("keras."):
                raise ModelFileError(
                    f"{path} uses {_short(name)}, which Keras has, but not to build networks of: save the "
                    "model again without it."
                )
            raise ModelFileError(not_of_keras(path, name, installed_package(part)))


def not_of_keras(path: Path, name: str, package: str | None = None) -> str:
    """Return the sentence about a part that is named in a file and is not known.

    `package` is the one that the file says it is of, where that is installed.
    """
    if package is not None:
        return (
            f"{path} uses {_short(name)} of the package {package}, which is not part of Keras: pass "
            f"allow=[{package!r}] to import it and to know the classes that it registers, if you trust both."
        )
    return (
        f"{path} uses {_short(name)}, which is not part of Keras: import the module that defines it and "
        "registers it with @keras.saving.register_keras_serializable() before loading the file, if you trust "
        "both."
    )


def _named_parts(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every dictionary, at any depth, that names a class or a function, or a file to read."""
    pending = [config]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            if "class_name" in part or any(name in part for name in _FILE_ARGUMENTS):
                yield part
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)


def _danger(part: dict[str, Any], hidden: Names) -> str | None:
    """Say what in `part` runs code stored in the file or reads another file; None when nothing does."""
    for name in _FILE_ARGUMENTS:
        if not _is_list_of_values(part.get(name)):
            return f"{name}={_short(part[name])}"
    kind, inner = part.get("class_name"), part.get("config")
    name = _short(inner.get("name")) if isinstance(inner, dict) else ""
    if kind == "__lambda__":
        return "a lambda function"
    if kind in _CARRIERS:
        return f"{kind} layer {name}"
    # A Lambda of a known function holds only that function's name, and is safe.
    named = inner.get("function") if isinstance(inner, dict) else None
    if kind == "Lambda" and not _is_known_function(named, hidden):
        return f"Lambda layer {name}"
    return None


def _is_list_of_values(argument: Any) -> bool:
    if isinstance(argument, dict):
        return argument.get("class_name") in ("__numpy__", "__tensor__", "__tuple__")
    return argument is None or isinstance(argument, list)


def _is_known(part: dict[str, Any], hidden: Names) -> bool:
    if "class_name" not in part:
        return True
    kind = part["class_name"]
    if kind == "function":
        return _is_known_function(part, hidden)
    return isinstance(kind, str) and (kind in _VALUES or _is_known_class(part, hidden))


def _is_known_function(part: Any, hidden: Names) -> bool:
    if isinstance(part, str):
        return isinstance(_registered(part, hidden), types.FunctionType)
    if not isinstance(part, dict) or part.get("class_name") != "function":
        return False
    name, module = part.get("config"), part.get("module")
    # Keras goes by the one name or by the other.
    if part.get("registered_name") not in (None, "function", name):
        return False
    if module in (None, "builtins"):
        return _registered(name, hidden) is not None or any(map(_finds_function(name), _FUNCTIONS))
    return str(module).removeprefix("keras.") in _FUNCTIONS and _finds_function(name)(module)


def _finds_function(name: Any) -> Callable[[str], bool]:
    def found_in(module: str) -> bool:
        found = None if name in _FACTORIES else _in_module(module, name)
        return isinstance(found, types.FunctionType) and _is_of_keras(found)

    return found_in


def _is_known_class(part: dict[str, Any], hidden: Names) -> bool:
    name, module = part["class_name"], part.get("module")
    alias = part.get("registered_name", name)
    registered = _registered(alias, hidden)
    if registered is not None:
        return name in (alias, getattr(registered, "__name__", None))
    if module:
        return _is_building_block(_in_module(module, name))
    # The class of a functional model has no public name.
    return name == "Functional" or any(_is_building_block(_in_module(place, name)) for place in _CLASSES)


def _is_building_block(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, building_blocks()) and _is_of_keras(found)


@functools.cache
def building_blocks() -> tuple[type, ...]:
    """Return the bases of everything that a model is made of."""
    later = (getattr(keras.quantizers, "QuantizationConfig", None),)
    return (
        keras.Operation,  # layers and models are operations too
        keras.Initializer,
        keras.Regularizer,
        keras.constraints.Constraint,
        keras.Loss,
        keras.Metric,
        keras.Optimizer,
        keras.optimizers.schedules.LearningRateSchedule,
        keras.DTypePolicy,
        keras.Quantizer,
        keras.random.SeedGenerator,
        *filter(None, later),
    )


def _is_of_keras(found: Any) -> bool:
    return str(getattr(found, "__module__", "")).startswith("keras.")


def _registered(name: Any, hidden: Names) -> Any:
    known = isinstance(name, str) and name not in hidden
    return keras.saving.get_registered_object(name) if known else None


def _in_module(module: Any, name: Any) -> Any:
    """Return what `name` is in a module of Keras, or None; nothing is imported."""
    if not (isinstance(module, str) and isinstance(name, str) and name.isidentifier()):
        return None
    if module in sys.modules and module.startswith("keras."):
        return vars(sys.modules[module]).get(name)
    found: Any = keras
    for step in [step for step in module.split(".") if step != "keras"]:
        found = vars(found).get(step) if isinstance(found, types.ModuleType) else None
    return vars(found).get(name) if isinstance(found, types.ModuleType) else None


def _full_name(part: dict[str, Any]) -> str:
    """Return the name of a part as a person would look for it: with its module where that tells more."""
    name, module = part["class_name"], str(part.get("module"))
    if name == "function":
        name = part.get("config")
        return str(name) if module in ("None", "builtins") else f"{module}.{name}"
    return f"{module}.{name}" if module.startswith("keras.") else str(name)


def _short(value: Any) -> str:
    """Return `value` for a message: quoted, without control characters, not longer than a name."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
