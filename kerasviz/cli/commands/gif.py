"""`kerasviz gif`: the pictures of an event log as animations."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from kerasviz.cli.parts.number_flags import Number

if TYPE_CHECKING:
    from kerasviz.events import LogReader, TagInfo

HELP = "list the pictures of a log, or export their evolution as animations"
DESCRIPTION = (
    "Without --tag or --all: list the image tags of the log. With them: write one animation per tag and run. "
    "Logs of other writers (tf.summary.image) are read too."
)
# A table of more takes the terminal longer than a person waits, or reads.
_MOST_LISTED = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the log, the choice of tags, and the options of `kv.animate`."""
    from kerasviz.film import endings

    formats = ", ".join(ending.lstrip(".") for ending in endings())
    parser.add_argument("log_dir", metavar="LOGDIR", help="the log's folder, or one event file")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--tag",
        action="append",
        default=[],
        help="export this tag, in every run that has it; may be repeated",
    )
    choice.add_argument("--all", action="store_true", help="export every image tag")
    parser.add_argument("--out", metavar="FILE|FOLDER", help="where to; by default into LOGDIR")
    parser.add_argument(
        "--format", metavar="NAME", help=f"one of {formats}; by default the ending of --out, else gif"
    )
    parser.add_argument("--fps", action=Number, default=12, help="frames per second, at most 50")
    parser.add_argument(
        "--every", action=Number, default=1, metavar="K", help="every k-th frame, and the last"
    )
    parser.add_argument(
        "--tile", action=Number, metavar="I", help="one tile of the sheet alone: one filter, large"
    )
    parser.add_argument(
        "--upscale",
        action=Number,
        metavar="N",
        help="enlarge N times; by default to 256 pixels or a little more",
    )
    parser.add_argument(
        "--caption",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="say the step below the picture",
    )
    parser.add_argument("--small", action="store_true", help="a smaller file with fewer colours")


def run(args: argparse.Namespace) -> None:
    """List the image tags, or export the chosen ones and print a line for each."""
    from kerasviz.errors import LogError
    from kerasviz.events import open_log
    from kerasviz.film import animate
    from kerasviz.plain_text import plain_text

    log = open_log(args.log_dir)
    images = [info for info in log.tags() if info.kind == "image"]
    if not images:
        lost = f" It is not whole: {log.damage}." if log.damage else ""
        raise LogError(
            f"{args.log_dir} holds no pictures: all of its {len(log.tags())} tags are of other kinds.{lost}"
        )
    if not args.tag and not args.all:
        _list(images)
        if log.damage:
            print(f"not whole: {log.damage}")
        return
    chosen = images if args.all else _choose(log, images, args.tag)
    for info, path in zip(chosen, _targets(chosen, args), strict=True):
        report = animate(
            log,
            info,
            path,
            fps=args.fps,
            every=args.every,
            tile=args.tile,
            upscale=args.upscale,
            caption=args.caption,
            small=args.small,
        )
        print(plain_text(str(report)))


def _choose(log: LogReader, images: list[TagInfo], tags: list[str]) -> list[TagInfo]:
    """Return the named tags in all their runs, or raise the reader's error for a tag that is nowhere."""
    known = {info.tag for info in images}
    for tag in tags:
        if tag not in known:
            log.find(tag)
    return [info for info in images if info.tag in tags]


def _targets(chosen: list[TagInfo], args: argparse.Namespace) -> list[Path]:
    """Return the file for each tag."""
    from kerasviz.errors import InputError
    from kerasviz.film import file_names, format_of

    wanted = None if args.format is None else format_of(args.format)
    out = Path(args.out or args.log_dir)
    if args.out is None and out.is_file():
        out = out.parent
    if os.path.isdir(out) or not out.suffix:
        ending = ".gif" if wanted is None else wanted.endings[0]
        return [out / name for name in file_names(chosen, args.tile, ending)]
    if len(chosen) > 1:
        raise InputError(
            f"--out {out} is one file, but {len(chosen)} animations are to be written: give a folder."
        )
    if wanted is not None and out.suffix.lower() not in wanted.endings:
        raise InputError(
            f"--out {out} does not end in {wanted.endings[0]}: leave out --format, or change the ending."
        )
    return [out]


def _list(images: list[TagInfo]) -> None:
    from kerasviz.cli.parts.tables import print_table

    rows = []
    for info in images[:_MOST_LISTED]:
        width, height = info.size or (0, 0)
        steps = f"{info.first_step}-{info.last_step}"
        rows.append((info.run, info.tag, str(info.count), steps, f"{width}x{height}"))
    print_table(("run", "tag", "frames", "steps", "size"), rows, numbers=("frames", "steps", "size"))
    if len(images) > _MOST_LISTED:
        print(f"and {len(images) - _MOST_LISTED:,} more tags")
