"""TensorBoard finds the tab by itself, starts whatever is missing, and serves it under any of its options."""

from __future__ import annotations

import configparser
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import kerasviz
from kerasviz.events import EventLog

ROOT = Path(kerasviz.__file__).parents[1]
ENTRY_POINTS = "kerasviz = kerasviz.tab.loader:Loader"
MISSING = 'raise ImportError("No module named {0!r}", name={0!r})\n'


@contextmanager
def tensorboard(folder: Path, *options: str, without: tuple[str, ...] = ()) -> Iterator[str]:
    """Start TensorBoard where kerasviz is installed and some modules are not; give its address.

    It starts sooner without TensorFlow, which it can do without.
    """
    site = folder / "site"
    installed = site / "kerasviz-0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: kerasviz\nVersion: 0\n")
    (installed / "entry_points.txt").write_text(f"[tensorboard_plugins]\n{ENTRY_POINTS}\n")
    for name in ("tensorflow", *without):
        (site / f"{name}.py").write_text(MISSING.format(name))
    environment = {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tensorboard.main", "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as served:
        assert served.stderr is not None
        said = []
        for line in served.stderr:
            said.append(line)
            if found := re.search(r" at (http://localhost:\d+/\S*)", line):
                break
        else:
            pytest.fail("".join(said))
        try:
            yield found[1]
        finally:
            served.send_signal(signal.SIGINT)
            try:
                served.wait(30)
            finally:
                served.kill()


def ask(address: str, route: str) -> tuple[int, str, str]:
    """Return the status, the kind and the text of an answer."""
    try:
        with urllib.request.urlopen(f"{address}data/plugin/kerasviz/{route}") as answer:
            return answer.status, answer.headers.get_content_type(), answer.read().decode("latin-1")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get_content_type(), error.read().decode()


def write_run(folder: Path) -> None:
    with EventLog(folder) as log:
        for step in range(20):
            log.image("a", step, np.full((2, 2), step, np.uint8))


def test_the_entry_point_is_declared() -> None:
    declared = configparser.ConfigParser()
    declared.read(ROOT / "setup.cfg")
    assert declared["options.entry_points"]["tensorboard_plugins"].strip() == ENTRY_POINTS


def test_the_entry_point_imports_next_to_nothing() -> None:
    """TensorBoard imports it unguarded: what fails here would keep TensorBoard from starting."""
    code = """
import sys
import tensorboard.plugins.base_plugin
before = set(sys.modules)
import kerasviz.tab.loader
new = {name for name in set(sys.modules) - before if name.partition(".")[0] not in sys.stdlib_module_names}
print(*sorted(new))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["kerasviz", "kerasviz.tab", "kerasviz.tab.loader", "lazy_loader"]


@pytest.mark.parametrize("fast", ["true", "false"])
def test_all_steps_are_there_under_any_prefix(tmp_path: Path, fast: str) -> None:
    write_run(tmp_path / "log" / "pets")
    options = ("--logdir", str(tmp_path / "log"), "--path_prefix", "/a/b", "--load_fast", fast)
    with tensorboard(tmp_path, *options) as address:
        assert address.endswith("/a/b/")
        with urllib.request.urlopen(f"{address}data/plugins_listing") as answer:
            listing = json.load(answer)["kerasviz"]
        assert (listing["tab_name"], listing["enabled"]) == ("Evolution", True)
        assert listing["loading_mechanism"]["type"] == "IFRAME"
        _, _, said = ask(address, "index")
        (run,) = json.loads(said)["runs"]
        assert (run["run"], run["tags"][0]["steps"]) == ("pets", list(range(20)))
        status, kind, _ = ask(address, "frames?run=pets&tag=a&step=7")
        assert (status, kind) == (200, "application/octet-stream")
        assert ask(address, "static/index.js")[:2] == (200, "text/javascript")


def test_several_folders_with_names(tmp_path: Path) -> None:
    write_run(tmp_path / "one")
    write_run(tmp_path / "two" / "deep")
    spec = f"first:{tmp_path / 'one'},second:{tmp_path / 'two'}"
    with tensorboard(tmp_path, "--logdir_spec", spec) as address:
        runs = [run["run"] for run in json.loads(ask(address, "index")[2])["runs"]]
        with urllib.request.urlopen(f"{address}data/runs") as answer:
            assert runs == sorted(json.load(answer)) == ["first/.", "second/deep"]


def test_without_cv2_all_but_the_export_works(tmp_path: Path) -> None:
    write_run(tmp_path / "log")
    with tensorboard(tmp_path, "--logdir", str(tmp_path / "log"), without=("cv2",)) as address:
        assert ask(address, "frames?run=.&tag=a&step=7")[0] == 200
        status, kind, said = ask(address, "export?run=.&tag=a&format=gif")
        assert (status, kind) == (503, "text/plain")
        assert said == "kerasviz is not whole on the machine that runs TensorBoard: No module named 'cv2'."


def test_where_the_log_cannot_be_read_the_tab_says_so(tmp_path: Path) -> None:
    write_run(tmp_path / "log")
    with tensorboard(tmp_path, "--logdir", str(tmp_path / "log"), without=("google_crc32c",)) as address:
        status, kind, said = ask(address, "index")
        assert (status, kind) == (503, "text/plain")
        assert said.endswith("No module named 'google_crc32c'.")
        assert ask(address, "static/index.js")[0] == 200


def test_packages_hold_the_page() -> None:
    declared = configparser.ConfigParser()
    declared.read(ROOT / "setup.cfg")
    patterns = declared["options.package_data"]["kerasviz"].split()
    package = ROOT / "kerasviz"
    packed = {path for pattern in patterns for path in package.glob(pattern)}
    page = {path for path in (package / "tab" / "static").rglob("*") if path.is_file()}
    assert page
    assert page <= packed
