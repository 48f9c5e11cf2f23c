"""Each floor imports only floors below it; rooms of one floor are blind to each other."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import kerasviz

PACKAGE = Path(kerasviz.__file__).parent
FLOORS = [
    {"_version", "errors", "plain_text"},
    {"atomic", "bounds", "backend"},
    {"images", "models"},
    {"pictures", "events", "data", "probe"},
    {"film", "explanation", "embeddings", "classification", "layer_filters"},
    {"maximization", "trust", "watch"},
    {"training", "tab", "dataset_jobs"},
    {"report"},
    {"cli"},
    {"__init__", "__main__"},
]
FLOOR_OF = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
# Apart from their rooms: what only draws sheets does not load Matplotlib; TensorBoard, which enters the tab
# through its door, finds nothing there that could keep it from starting.
SIDE_DOORS = {"kerasviz.pictures.figures", "kerasviz.tab.board"}
# The only files that may import a backend.
BACKENDS = {"tensorflow", "jax", "torch"}
KNOW_A_BACKEND = (
    "probe/engine/tensorflow/",
    "probe/engine/torch/",
    "data/_tensorflow.py",
    "models/_tensorflow.py",
    "watch/_tensorflow.py",
    "training/_tensorflow.py",
)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] != "kerasviz":
        return None
    return parts[1] if len(parts) > 1 else "__init__"


def imports_of(path: Path, for_types: bool = True) -> set[str]:
    found = set()
    tree = ast.parse(path.read_text())
    if not for_types:
        tree.body = [
            node
            for node in tree.body
            if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports name the whole path"
            module = node.module or ""
            found.update(f"{module}.{alias.name}" for alias in node.names if module == "kerasviz")
            if module != "kerasviz":
                found.add(module)
    return found


def _is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downward(path: Path) -> None:
    inner = path.relative_to(PACKAGE)
    own = inner.parts[0].removesuffix(".py")
    for module in imports_of(path):
        other = room_of(module)
        if other in (None, own):
            continue
        assert FLOOR_OF[other] < FLOOR_OF[own], f"{inner} (floor {own}) imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_rooms_are_entered_through_their_door(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for module in imports_of(path):
        if room_of(module) not in (None, own) and module not in SIDE_DOORS:
            assert module.count(".") == 1, f"{path.relative_to(PACKAGE)} goes around the door: {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_few_files_know_a_backend(path: Path) -> None:
    inner = path.relative_to(PACKAGE).as_posix()
    backends = {module.split(".")[0] for module in imports_of(path, for_types=False)} & BACKENDS
    assert not backends or inner.startswith(KNOW_A_BACKEND), f"{inner} imports {backends}"


def test_only_the_seam_knows_the_engines() -> None:
    for path in FILES:
        inner = path.relative_to(PACKAGE).as_posix()
        if not inner.startswith("probe/engine/"):
            named = {module for module in imports_of(path) if module.startswith("kerasviz.probe.engine.")}
            assert not named, f"{inner} goes around the seam: {named}"
            assert "keras.src.backend" not in path.read_text(), f"{inner} reaches into Keras's backend"


def test_no_room_or_module_bears_the_name_of_a_public_function() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/__init__.py")
    }
    functions = {name for name in kerasviz.__all__ if not inspect.ismodule(getattr(kerasviz, name))}
    assert not modules & functions


@pytest.mark.parametrize(
    "statement", ["import kerasviz", "from kerasviz.cli.main import build_parser as b; b()"]
)
def test_light_start(statement: str) -> None:
    heavy = ("tensorflow", "keras", "matplotlib", "cv2")
    code = f"import sys; {statement}; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_every_public_name_resolves_and_is_documented() -> None:
    for name in kerasviz.__all__:
        assert getattr(kerasviz, name) is not None
        if name != "__version__":
            assert getattr(kerasviz, name).__doc__, f"kerasviz.{name} has no docstring"
