"""Run the Python blocks of docs/gallery/README.md and write the picture that stands below each of them.

    KERASVIZ_DATA_DIR=FOLDER python scripts/gallery.py                    all pictures
    KERASVIZ_DATA_DIR=FOLDER python scripts/gallery.py --only cam-box     these alone

The page is the source: what it shows is what was run. Blocks above the first heading run once. Each section
goes on from there with names of its own; a block without a picture prepares the next ones. Where that fails
because data, a model or a log is not there, the section's pictures are left out, and a sentence says why.
"""

from __future__ import annotations

import argparse
import ast
import io
import itertools
import os
import re
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from kerasviz.atomic import atomic_path
from kerasviz.errors import KerasvizError

PAGE = Path(__file__).parents[1] / "docs" / "gallery" / "README.md"
# Names that the page's first block sets, and that an option of the same name replaces.
GIVEN = ("fashion_model", "pets_model", "demo_log")
# Bytes: a smaller picture stays as it is; a larger one is refused.
SMALL, LARGEST = 40_000, 200_000
# More than these are a photograph's.
MANY_COLORS = 15_000
DPI = 100
WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Block:
    """A Python block of the page: the heading above, its first line's number, the picture below if any."""

    section: str
    code: str
    line: int
    picture: str | None


def read_blocks(text: str) -> list[Block]:
    """Return the Python blocks of a page."""
    blocks, section, lines = [], "", text.split("\n")
    numbered = iter(enumerate(lines, start=1))
    for number, line in numbered:
        if line.startswith("## "):
            section = line[3:].strip()
        elif line == "```python":
            code = [text for _, text in itertools.takewhile(lambda pair: pair[1] != "```", numbered)]
            after = next((text for text in lines[number + len(code) + 1 :] if text.strip()), "")
            shown = re.match(r"!\[[^\]]+\]\(([^/)]+)\)", after)
            blocks.append(Block(section, "\n".join(code), number + 1, shown.group(1) if shown else None))
    return blocks


def make(blocks: Sequence[Block], wanted: set[str], given: dict[str, Any], out: Path) -> list[str]:
    """Run the blocks that the wanted pictures need; return a sentence for each section that was left out."""
    common: dict[str, Any] = {}
    left_out = []
    for section, group in itertools.groupby(blocks, key=lambda block: block.section):
        own = list(group)
        if section == "":
            for block in own:
                run(block, common)
            common |= given
        elif names := {block.picture for block in own} & wanted:
            try:
                make_section(own, names, dict(common), out)
            except MissingError as error:
                left_out.append(f"{section}: left out, because {error}")
    return left_out


class MissingError(Exception):
    """A block that prepares pictures did not find what it needs."""


def make_section(
    blocks: Sequence[Block], wanted: Collection[str | None], names: dict[str, Any], out: Path
) -> None:
    """Run those of a section's blocks that the wanted pictures need, and write these."""
    for block in needed(blocks, wanted):
        if block.picture is None:
            try:
                run(block, names)
            except (KerasvizError, FileNotFoundError) as error:
                raise MissingError(str(error)) from error
            continue
        shown = run(block, names)
        if block.picture in wanted:
            path = out / block.picture
            write(shown, path)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB", flush=True)


def needed(blocks: Sequence[Block], wanted: Collection[str | None]) -> list[Block]:
    """Return the blocks of the wanted pictures, and those that set a name which a later one of them reads."""
    kept: list[Block] = []
    awaited: set[str] = set()
    for block in reversed(blocks):
        names = [node for node in ast.walk(ast.parse(block.code)) if isinstance(node, ast.Name)]
        bound = {name.id for name in names if isinstance(name.ctx, ast.Store)}
        if block.picture in wanted or bound & awaited:
            kept.append(block)
            awaited = awaited.union(name.id for name in names) - bound
    return kept[::-1]


def run(block: Block, names: dict[str, Any]) -> Any:
    """Run a block; return the value of its last line where a picture is to be made of it."""
    tree = ast.increment_lineno(ast.parse(block.code), block.line - 1)
    last = tree.body.pop() if block.picture else None
    exec(compile(tree, str(PAGE), "exec"), names)
    if last is None:
        return None
    if not isinstance(last, ast.Expr):
        raise SystemExit(f"{PAGE}:{last.lineno}: the last line of a block with a picture must be its value.")
    return eval(compile(ast.Expression(last.value), str(PAGE), "eval"), names)


def write(shown: Any, path: Path) -> None:
    """Write a figure or a Pillow picture as a small PNG file, or copy an animation's file."""
    from kerasviz.film import Animation

    if isinstance(shown, Animation):
        shutil.copyfile(shown.path, path)
        return
    if not isinstance(shown, Image.Image):
        buffer = io.BytesIO()
        shown.savefig(buffer, format="png", dpi=DPI)
        shown = Image.open(buffer)
    data = as_png(shown.convert("RGB"))
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def as_png(picture: Image.Image) -> bytes:
    """Return a PNG file's bytes, with a palette where that shows little and makes the file smaller.

    Raises:
        ValueError: the file would be too large for the gallery.
    """
    whole = encoded(picture)
    if len(whole) <= SMALL:
        return whole
    even = encoded(with_palette(picture, Image.Dither.NONE))
    if picture.getcolors(MANY_COLORS) is not None:
        return even
    # In a photograph even areas of 256 colours would be seen.
    data = min(whole, encoded(with_palette(picture, Image.Dither.FLOYDSTEINBERG)), key=len)
    if len(data) > LARGEST:
        data = even
    if len(data) > LARGEST:
        data = encoded(with_palette(picture, Image.Dither.NONE, 128))
    if len(data) > LARGEST:
        raise ValueError(f"A picture of {picture.size} takes {len(data)} bytes, more than {LARGEST}.")
    return data


def with_palette(picture: Image.Image, dither: Image.Dither, colors: int = 256) -> Image.Image:
    """Return the picture in that many colours, a figure's white background kept white."""
    palette = picture.quantize(colors, kmeans=2)
    if picture.getpixel((0, 0)) != WHITE:
        return picture.quantize(palette=palette, dither=dither)
    palette.putpalette(with_white(palette.getpalette()))
    drawn = picture.quantize(palette=palette, dither=dither)
    # Pillow's search for the nearest colour may pass by the white one.
    white = next(number for color, number in drawn.palette.colors.items() if color == WHITE)
    drawn.paste(white, mask=Image.fromarray((np.asarray(picture) == WHITE).all(axis=-1)))
    return drawn


def with_white(palette: Sequence[int]) -> list[int]:
    """Return a palette whose lightest colour, which stands for a figure's background, is white."""
    colors = [tuple(palette[at : at + 3]) for at in range(0, len(palette), 3)]
    lightest = max(colors, key=sum)
    return [value for color in colors for value in (WHITE if color == lightest else color)]


def encoded(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "png", optimize=True)
    return buffer.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    blocks = read_blocks(PAGE.read_text())
    pictures = [block.picture for block in blocks if block.picture]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    stems = {Path(name).stem: name for name in pictures}
    parser.add_argument("--only", nargs="+", choices=stems, metavar="NAME", help=", ".join(stems))
    parser.add_argument("--out", type=Path, default=PAGE.parent, help="where the pictures are written")
    for name in GIVEN:
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="PATH", help="in place of the page's own")
    args = parser.parse_args(arguments)
    if not os.environ.get("KERASVIZ_DATA_DIR"):
        parser.error("KERASVIZ_DATA_DIR must name the folder with oxford-pets/, images/ and models/.")
    given = {name: getattr(args, name) for name in GIVEN if getattr(args, name)}
    args.out.mkdir(parents=True, exist_ok=True)
    wanted = {stems[name] for name in args.only or stems}
    left_out = make(blocks, wanted, given, args.out)
    for sentence in left_out:
        print(sentence)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
