"""The gallery: its page is the code that made its pictures, and the pictures are there."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import inspect
import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kerasviz as kv

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "gallery"


def load_script() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("gallery_script", ROOT / "scripts" / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for their module
    spec.loader.exec_module(module)
    return module


gallery = load_script()
BLOCKS = gallery.read_blocks((FOLDER / "README.md").read_text())
PICTURES = [block.picture for block in BLOCKS if block.picture]
OPENING = [block for block in BLOCKS if not block.section]

PAGE = """
```python
made = []
```

## First

```python
shade = 7
```

```python
made.append("grey")
Image.fromarray(np.full((4, 6), shade, np.uint8))
```

![Grey](grey.png)

```python
made.append("noise")
Image.fromarray(np.random.default_rng(0).integers(0, 256, (150, 150, 3)).astype("uint8"))
```

![Noise](noise.png)

## Second

```python
photo = kv.read_image(folder + "/no.png")
```

```python
Image.fromarray(photo)
```

![A photograph](photo.png)
"""


def make(tmp_path: Path, wanted: set[str], page: str = PAGE) -> tuple[list[str], list[str]]:
    """Run a page; return the sentences, and the names of the blocks that ran."""
    ran: list[str] = []
    given = {"made": ran, "np": np, "kv": kv, "Image": Image, "folder": str(tmp_path)}
    return gallery.make(gallery.read_blocks(page), wanted, given, tmp_path), ran


def test_the_page_lists_exactly_the_pictures_of_the_folder() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.name != "README.md"}
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (FOLDER / "README.md").read_text())
    assert sorted(shown) == sorted(files)  # none twice
    screenshots = {"projector.png", "report.png", "tab-difference.png", "tab-filter.png", "tab-play.gif"}
    assert set(files) - set(PICTURES) == screenshots
    for name in PICTURES:
        assert (FOLDER / name).stat().st_size < (1_000_000 if name.endswith(".gif") else 200_000), name


def test_every_picture_can_be_opened_and_is_no_single_colour() -> None:
    for name in PICTURES:
        with Image.open(FOLDER / name) as picture:
            low, high = picture.convert("L").getextrema()
        assert high - low > 50, name


@pytest.mark.parametrize("picture", PICTURES)
def test_the_blocks_of_a_picture_set_every_name_that_they_read(picture: str) -> None:
    section = next(block.section for block in BLOCKS if block.picture == picture)
    own = [block for block in BLOCKS if block.section == section]
    known = set(dir(builtins))
    for block in [*OPENING, *gallery.needed(own, {picture})]:
        tree = ast.parse(block.code)
        nodes = list(ast.walk(tree))
        names = [node for node in nodes if isinstance(node, ast.Name)]
        imported = [
            alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names
        ]
        known |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
        known |= {alias.asname or alias.name for alias in imported}
        assert {name.id for name in names} <= known, block.code
    assert isinstance(tree.body[-1], ast.Expr), "the last line is the picture"


@pytest.mark.parametrize("block", BLOCKS, ids=[f"line {block.line}" for block in BLOCKS])
def test_every_name_and_argument_of_kerasviz_exists(block) -> None:
    from kerasviz.pictures import figures

    rooms = {"kv": kv, "figures": figures}
    for node in ast.walk(ast.parse(block.code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kerasviz"):
            module = importlib.import_module(node.module)
            assert all(hasattr(module, alias.name) for alias in node.names)
        if isinstance(node, ast.Attribute):
            resolve(node, rooms)
        if isinstance(node, ast.Call):
            called = resolve(node.func, rooms)
            if called is not None:
                arguments = [None] * len(node.args), {word.arg: None for word in node.keywords}
                inspect.signature(called).bind_partial(*arguments[0], **arguments[1])


def resolve(node: ast.AST, rooms: dict):
    """Return what a dotted name such as `kv.models.filter_bank` means; None for what is no such name."""
    if isinstance(node, ast.Name):
        return rooms.get(node.id)
    if isinstance(node, ast.Attribute):
        room = resolve(node.value, rooms)
        return getattr(room, node.attr) if isinstance(room, types.ModuleType) else None
    return None


def test_blocks_know_their_section_line_and_picture() -> None:
    found = [(block.section, block.line, block.picture) for block in gallery.read_blocks(PAGE)]
    assert found == [
        ("", 3, None),
        ("First", 9, None),
        ("First", 13, "grey.png"),
        ("First", 20, "noise.png"),
        ("Second", 29, None),
        ("Second", 33, "photo.png"),
    ]


def test_pictures_are_written_and_what_is_missing_is_said(tmp_path: Path) -> None:
    sentences, ran = make(tmp_path, {"grey.png", "noise.png", "photo.png"})
    assert ran == ["grey", "noise"]
    with Image.open(tmp_path / "grey.png") as grey:
        assert (np.asarray(grey) == 7).all()
        assert grey.mode == "RGB"
    with Image.open(tmp_path / "noise.png") as noise:
        assert noise.size == (150, 150)
        assert noise.mode == "P", "a large picture gets a palette"
    assert not (tmp_path / "photo.png").exists()
    assert len(sentences) == 1
    assert sentences[0].startswith("Second: left out, because ")
    assert "no.png does not exist" in sentences[0]


def test_only_what_a_picture_needs_is_run(tmp_path: Path) -> None:
    sentences, ran = make(tmp_path, {"noise.png"})
    assert (sentences, ran) == ([], ["noise"])
    assert [path.name for path in tmp_path.iterdir()] == ["noise.png"]


def test_an_error_in_a_picture_is_not_taken_for_missing_data(tmp_path: Path) -> None:
    with pytest.raises(kv.errors.ImageError):
        make(tmp_path, {"photo.png"}, PAGE.replace("Image.fromarray(photo)", 'kv.read_image("no.png")'))


def test_a_block_must_end_in_its_picture(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"README.md:14: the last line"):
        make(tmp_path, {"grey.png"}, PAGE.replace("Image.fromarray(np.full", "x = (np.full"))


def test_a_picture_too_large_for_a_page_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(gallery, "LARGEST", 10_000)
    noise = np.random.default_rng(0).integers(0, 256, (125, 125, 3)).astype("uint8")
    with pytest.raises(ValueError, match="more than 10000"):
        gallery.as_png(Image.fromarray(noise))


def test_a_page_with_a_palette_stays_white() -> None:
    page = np.full((300, 300, 3), 255, np.uint8)
    shades = np.random.default_rng(0).integers(200, 255, (150, 300, 3))
    page[100:250] = shades.astype(np.uint8)
    for colors in (256, 128):
        drawn = gallery.with_palette(Image.fromarray(page), Image.Dither.FLOYDSTEINBERG, colors)
        assert (np.asarray(drawn.convert("RGB"))[:100] == 255).all()
        assert len(drawn.getcolors()) <= colors


def test_without_data_the_script_says_what_it_needs(monkeypatch, capsys) -> None:
    monkeypatch.delenv("KERASVIZ_DATA_DIR", raising=False)
    with pytest.raises(SystemExit):
        gallery.main(["--only", "edge-filters"])
    assert "KERASVIZ_DATA_DIR must name the folder" in capsys.readouterr().err


def test_the_script_makes_a_picture_from_real_data(real_data, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    assert (
        gallery.main(["--only", "edge-pool", "pets-kernels", "--out", str(out), "--pets-model", "no.keras"])
        == 0
    )
    said = capsys.readouterr().out
    assert said.startswith("edge-pool.png: ")
    assert "Feature maps: left out, because there is no model file no.keras" in said
    assert [path.name for path in out.iterdir()] == ["edge-pool.png"]
    with Image.open(out / "edge-pool.png") as made, Image.open(FOLDER / "edge-pool.png") as kept:
        assert made.size == kept.size
        difference = np.asarray(made.convert("RGB"), int) - np.asarray(kept.convert("RGB"), int)
    assert np.abs(difference).mean() < 3
