"""Further forms of a run's result that a reader may ask for with `--format`, each beside the reports of every run."""

from __future__ import annotations

from collections.abc import Iterable

FILES = {
    "markdown": ("report.md",),
    "sarif": ("report.sarif",),
    "github": (),
    "badge": ("badge.svg", "badge.json"),
    "har": ("exchanges.har",),
}
"""The formats' names and the files that each writes. `github` writes to files that the runner names."""

ALL = "all"
"""Stands for every format."""


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """The formats that `names` stand for, each once, in a fixed order. Raises ValueError for one that isn't known."""
    names = set(names)
    unknown = sorted(names - FILES.keys() - {ALL})
    if unknown:
        raise ValueError(f"no format {unknown[0]!r}; known: {', '.join((*FILES, ALL))}")
    return tuple(name for name in FILES if name in names or ALL in names)
