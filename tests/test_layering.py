"""Each floor imports only floors below it; rooms of one floor are blind to each other."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import kerasviz

PACKAGE = Path(kerasviz.__file__).parent
FLOORS = [
    {"_version", "errors", "atomic"},
    {"probe", "pictures", "models", "datasets", "frames"},
    {"attribution", "embeddings", "filters"},
    {"training"},
    {"report"},
    {"cli"},
    {"__init__", "__main__"},
]
FLOOR_OF = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def room_of(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] != "kerasviz":
        return None
    return parts[1] if len(parts) > 1 else "__init__"


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports name the whole path"
            module = node.module or ""
            found.update(f"{module}.{alias.name}" for alias in node.names if module == "kerasviz")
            if module != "kerasviz":
                found.add(module)
    return found


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
