"""Where Keras has no backend: what needs none works, and what needs one says what to install."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest

import kerasviz
from kerasviz.cli.main import COMMANDS
from kerasviz.events import EventLog

pytestmark = pytest.mark.engine

PACKAGE = Path(kerasviz.__file__).parent
BACKENDS = ("tensorflow", "jax", "torch")
NONE_AT_ALL = (
    "Keras runs on TensorFlow, JAX or PyTorch, and none of them is installed: pip install "
    '"kerasviz[tensorflow]" (or kerasviz[jax] or kerasviz[torch], with that name in the environment variable '
    "KERAS_BACKEND)."
)
# Python finds no package that stands so in `sys.modules`.
ABSENT = "import sys; sys.modules.update(dict.fromkeys({}))\n"
COMMAND = "from kerasviz.__main__ import start; raise SystemExit(start())"
NEED_KERAS = sorted(
    path.parent.name
    for path in PACKAGE.glob("*/__init__.py")
    if "from kerasviz.backend import keras" in path.read_text()
)
NEED_NONE = sorted({path.parent.name for path in PACKAGE.glob("*/__init__.py")} - set(NEED_KERAS))


def command(
    *arguments: str, absent: tuple[str, ...] = (*BACKENDS, "keras"), code: str = COMMAND
) -> list[str]:
    """Return how Python is started where some packages cannot be imported."""
    return [sys.executable, "-c", ABSENT.format(absent) + code, *arguments]


def run(*arguments: str, backend: str = "tensorflow", **kwargs: object) -> subprocess.CompletedProcess[str]:
    """Run it with Keras set to a backend."""
    return subprocess.run(
        command(*arguments, **kwargs),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"KERAS_BACKEND": backend},
    )


def test_rooms_that_need_none_are_entered_without_keras() -> None:
    assert {"cli", "data", "events", "film", "images", "pictures", "tab"} <= set(NEED_NONE)
    names = "".join(f"import kerasviz.{room}\n" for room in NEED_NONE)
    assert (
        run(code=f"{names}import kerasviz as kv; dir(kv), kv.animate, kv.open_log, kv.read_image").stderr
        == ""
    )


def test_every_other_room_says_what_to_install() -> None:
    code = f"""
from importlib import import_module
for room in {[*NEED_KERAS, "layer_filters"]}:
    for _ in range(2):
        try:
            import_module("kerasviz." + room)
        except ImportError as error:
            print(room, type(error).__name__, error)
"""
    said = run(code=code, absent=BACKENDS)
    rooms = [room for room in [*NEED_KERAS, "layer_filters"] for _ in range(2)]
    assert said.stdout.splitlines() == [f"{room} MissingDependencyError {NONE_AT_ALL}" for room in rooms]
    assert len(NEED_KERAS) > 8


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_first_use_names_the_line_for_pip(backend: str) -> None:
    said = run(code="import kerasviz as kv; kv.explain", absent=BACKENDS, backend=backend)
    assert said.stderr.splitlines()[-1].startswith(
        "kerasviz.errors.MissingDependencyError: Keras runs on TensorFlow, JAX or PyTorch, and none of them "
        f'is installed: pip install "kerasviz[{backend}]" (or '
    )


@pytest.mark.parametrize("arguments", [("layers", "model.keras"), ("demo",), ("explain", "--help")])
def test_a_command_prints_it_and_exits_with_2(arguments: tuple[str, ...]) -> None:
    said = run(*arguments, absent=BACKENDS)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == f"kerasviz {arguments[0]}: {NONE_AT_ALL}\n"


def test_another_backend_that_is_installed_is_named() -> None:
    # An empty module in place of the one: it is found, which is all that is asked.
    code = "import types, importlib.machinery as m; jax = sys.modules['jax'] = types.ModuleType('jax')\n"
    code += "jax.__spec__ = m.ModuleSpec('jax', None)\nimport kerasviz.probe"
    said = run(code=code, absent=BACKENDS).stderr.splitlines()[-1]
    assert said == (
        "kerasviz.errors.MissingDependencyError: Keras is set to run on tensorflow, which is not installed, "
        "while jax can be imported: set the environment variable KERAS_BACKEND=jax before Python starts, or "
        'pip install "kerasviz[tensorflow]".'
    )


def test_a_backend_that_keras_does_not_know() -> None:
    said = run("layers", "model.keras", absent=(), backend="abacus")
    assert said.returncode == 2
    assert re.fullmatch(
        r"kerasviz layers: Unable to import backend ?: abacus; .*KERAS_BACKEND.*: "
        r"expected tensorflow or jax or torch\.\n",
        said.stderr,
    )


def test_another_package_that_is_absent_is_not_taken_for_a_backend() -> None:
    said = run(code="import kerasviz.probe", absent=("keras",))
    assert said.stderr.splitlines()[-1].startswith("ModuleNotFoundError: import of keras halted")


@pytest.mark.parametrize("name", ["", *sorted({"gif", "board"} & set(COMMANDS))])
def test_help_needs_none(name: str) -> None:
    said = run(*name.split(), "--help")
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("usage: kerasviz")


def logged(folder: Path) -> Path:
    with EventLog(folder / "pets") as log:
        for step in range(3):
            log.image("a", step, np.full((4, 4), 80 * step, np.uint8))
    return folder


def test_gif_needs_none(tmp_path: Path) -> None:
    said = run("gif", str(logged(tmp_path)), "--tag", "a", "--out", str(tmp_path / "a.gif"))
    assert said.returncode == 0, said.stderr
    assert (tmp_path / "a.gif").read_bytes().startswith(b"GIF89a")


def test_the_board_and_its_tab_need_none(tmp_path: Path) -> None:
    started = command("board", str(logged(tmp_path)), "--no-browser")
    with subprocess.Popen(started, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        try:
            line = served.stdout.readline()
            assert "http" in line, served.stderr and served.stderr.read()
            address = line.split(": ", 1)[1].split("#")[0]
            with urllib.request.urlopen(address + "data/plugin/kerasviz/index") as answer:
                assert [one["run"] for one in json.load(answer)["runs"]] == ["pets"]
            served.send_signal(signal.SIGINT)
            assert served.wait(60) == 0
        finally:
            served.kill()
