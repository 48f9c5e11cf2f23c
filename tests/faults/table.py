"""The table at the end of a campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from faults.verdict import FAULTS, Verdict


def table(verdicts: Iterable[Verdict]) -> str:
    """Return a row for each subject and one of sums: inputs, those that were refused, and faults."""
    tried: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    faults: Counter[tuple[str, str]] = Counter()
    for verdict in verdicts:
        tried[verdict.subject] += 1
        refused[verdict.subject] += verdict.refused
        faults.update((verdict.subject, fault) for fault in verdict.faults)
    heads = ("", "tried", "refused", *FAULTS)
    rows = [(tried[name], refused[name], *(faults[name, one] for one in FAULTS)) for name in tried]
    sums = tuple(map(sum, zip(*rows, strict=True)))
    named = zip((*tried, "all"), (*rows, sums), strict=True)
    return _aligned([heads, *((name, *map(str, row)) for name, row in named)])


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join([row[0].ljust(len(first)), *rest]))
    return "\n".join(lines)
