"""The example notebooks are clean, run from top to bottom, and show every figure exactly once."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]
# What a cell's last line begins with, and what it shows, by media type and text.
SHOWS = {
    "figures.": ("image/png", ""),
    "kv.kernel_figure(": ("image/png", ""),
    "check.figure(": ("image/png", ""),
    "kv.animate(": ("text/html", '<img src="data:image/gif;base64,'),
    "kv.layers(": ("text/html", "<table>"),
}


def run(notebook: nbformat.NotebookNode, folder: Path, monkeypatch, data: Path | None = None) -> None:
    """Run the cells in a kernel of their own, in small settings, with the data in `data` or without any."""
    monkeypatch.setenv("KERASVIZ_QUICK", "1")
    monkeypatch.setenv("KERASVIZ_DATA_DIR", str(data or folder / "no data"))
    # As in a notebook server: the kernel chooses how Matplotlib draws.
    monkeypatch.delenv("MPLBACKEND")
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()


def shown_by(cell: nbformat.NotebookNode) -> list[dict[str, str]]:
    """Return what a cell shows: the data of its outputs by media type."""
    return [
        output.data for output in cell.outputs if output.output_type in ("execute_result", "display_data")
    ]


def printed_by(cell: nbformat.NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def check_what_is_shown(notebook: nbformat.NotebookNode) -> None:
    kinds = set()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        last = [line for line in cell.source.split("\n") if line[:1] not in ("", " ", ")", "#")][-1]
        kind = next((start for start in SHOWS if last.startswith(start)), None)
        if kind is not None:
            kinds.add(kind)
            media, text = SHOWS[kind]
            (shown,) = shown_by(cell)  # once: neither twice nor not at all
            assert text in shown[media], cell.source
        assert "Warning" not in printed_by(cell), printed_by(cell)
    assert len(kinds) >= 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_is_committed_without_its_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.cells[0].cell_type == "markdown"
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        assert cell.source.strip()
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count, dict(cell.metadata)) == ([], None, {})


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_runs_without_data(path: Path, tmp_path: Path, monkeypatch) -> None:
    notebook = nbformat.read(path, as_version=4)
    run(notebook, tmp_path, monkeypatch)
    check_what_is_shown(notebook)
    assert not list(tmp_path.iterdir()), "the notebook left files in its folder"


def test_the_pets_notebook_takes_photographs_where_there_are_any(real_data, tmp_path, monkeypatch) -> None:
    notebook = nbformat.read(NOTEBOOKS[NAMES.index("pets_evolution")], as_version=4)
    run(notebook, tmp_path, monkeypatch, real_data)
    check_what_is_shown(notebook)
    (data,) = [cell for cell in notebook.cells if cell.id == "data"]
    assert printed_by(data).startswith("pets: 200 train, 198 validation, 2 classes")


def test_a_figure_shows_once_beside_pyplot_too(tmp_path: Path, monkeypatch) -> None:
    figure = "figures.heatmap_figure([[0.0, 1.0]])"
    cells = [
        "import matplotlib.pyplot as plt\nfrom kerasviz.pictures import figures",
        figure,
        f"figure = {figure}",
        f"plt.figure()\n{figure}\nplt.plot([1, 2])\nNone",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    run(notebook, tmp_path, monkeypatch)
    counts = [sum("image/png" in data for data in shown_by(cell)) for cell in notebook.cells]
    assert counts == [0, 1, 0, 1], "the last one is pyplot's own"
