"""A comparison in sections of rows, as a table for a terminal or as Markdown. All text may come from an instance."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from conformance.report.terminal import Line, fit, make_console
from conformance.report.text import one_line, shorten

LIMIT = 12
"""Rows of a section that are shown, unless it says otherwise."""
_CELL = 56
_LAST_CELL = 160
_MIN_WIDTH, _MAX_WIDTH = 60, 140
_GAP = "  "
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~<>&@:])")


@dataclass(frozen=True)
class Row:
    """Cells, the style of the line (rich's; none for plain), and what is told below it."""

    cells: tuple[str, ...]
    style: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Section:
    """A titled table; without `columns` a list. Of its rows `limit` are shown; `style` is the title's."""

    title: str
    rows: Sequence[Row]
    columns: tuple[str, ...] = ()
    limit: int = LIMIT
    style: str = "bold"


@dataclass(frozen=True)
class Page:
    """The summary first, then the sections."""

    summary: Row
    sections: Sequence[Section]


def show(page: Page, style: str, stream: TextIO | None = None, width: int | None = None) -> None:
    """Print the page as `table` or `markdown`; colours are for a terminal, and not where NO_COLOR is set."""
    stream = stream or sys.stdout
    console = make_console(stream)
    columns = max(_MIN_WIDTH, min(_MAX_WIDTH, width or shutil.get_terminal_size().columns))
    lines = table_lines(page, columns) if style == "table" else ((line, "") for line in markdown_lines(page))
    for text, colour in lines:
        console.print(fit(text, stream), style=colour or None)


def table_lines(page: Page, width: int) -> Iterator[Line]:
    """The page for a terminal of that many columns: a line a row, what is too long is cut."""
    yield from ((one_line(cell), page.summary.style) for cell in page.summary.cells)
    for section in page.sections:
        yield "", ""
        yield one_line(section.title), section.style
        shown = [
            Row(tuple(map(one_line, row.cells)), row.style, one_line(row.detail))
            for row in section.rows[: section.limit]
        ]
        header = [Row(section.columns, "dim")] if section.columns else []
        yield from _aligned([*header, *shown], width)
        if len(section.rows) > section.limit:
            yield f"{_GAP}… and {len(section.rows) - section.limit} more", "dim"


def markdown_lines(page: Page) -> Iterator[str]:
    """The page as GitHub's Markdown: nothing of the text can be markup, a mention or a link."""
    yield from (f"**{_escaped(cell)}**" for cell in page.summary.cells)
    for section in page.sections:
        yield from ("", f"### {_escaped(section.title)}", "")
        shown = section.rows[: section.limit]
        if section.columns:
            details = ["why"] if any(row.detail for row in shown) else []
            yield _in_row([*section.columns, *details])
            yield _in_row(["---"] * (len(section.columns) + len(details)))
            yield from (_in_row([*map(_escaped, (*row.cells, *([row.detail] if details else [])))]) for row in shown)
        else:
            yield from (f"- {' '.join(map(_escaped, filter(None, row.cells)))}" for row in shown)
        if len(section.rows) > section.limit:
            yield from ("", f"… and {len(section.rows) - section.limit} more")


def _aligned(rows: Sequence[Row], width: int) -> Iterator[Line]:
    widths = [min(_CELL, max(len(row.cells[i]) for row in rows if i < len(row.cells))) for i in range(_most(rows) - 1)]
    for row in rows:
        *firsts, last = row.cells
        cells = [f"{shorten(cell, size):<{size}}" for cell, size in zip(firsts, widths, strict=False)]
        before = _GAP + "".join(cell + _GAP for cell in cells)
        yield (before + shorten(last, max(20, width - len(before)))).rstrip(), row.style
        if row.detail:
            yield _GAP * 3 + shorten(row.detail, width - 3 * len(_GAP)), "dim"


def _most(rows: Iterable[Row]) -> int:
    return max((len(row.cells) for row in rows), default=1)


def _in_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    # References work everywhere in Markdown, where a backslash doesn't stop a mention or a bare link.
    return _SPECIAL.sub(lambda match: f"&#{ord(match[1])};", shorten(one_line(text), _LAST_CELL))
