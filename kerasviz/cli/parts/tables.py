"""Tables in the terminal: framed for a person, plain lines for a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence

from kerasviz.plain_text import plain_text

_UNBROKEN = 10_000


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[str] = ()
) -> None:
    """Print `rows` of cells under `headings`; the columns named in `numbers` are aligned at the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Into a file or a pipe go plain lines that are never broken.
    console = Console() if sys.stdout.isatty() else Console(width=_UNBROKEN)
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None)
    for heading in headings:
        if heading in numbers:
            table.add_column(heading, justify="right", no_wrap=True)
        else:
            table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain_text(cell)) for cell in row))
    console.print(table)
