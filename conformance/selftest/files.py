"""The files that a self-test writes: two for each release, and two over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conformance.errors import UsageError
from conformance.selftest import document, overview, overview_page, page
from conformance.selftest.document import SelfTest

OVERVIEW = ("kill-matrix.json", "kill-matrix.html")


def names(release_id: str) -> tuple[str, str]:
    """The files of a release: the document and the page."""
    return f"kill-matrix-{release_id}.json", f"kill-matrix-{release_id}.html"


def write(found: SelfTest, out: Path) -> list[Path]:
    """Write a release's document and page to `out`. Raises UsageError where that can't be done."""
    return _written(out, names(found.release), (document.render(found), page.render(found)))


def write_overview(found: Sequence[SelfTest], out: Path) -> list[Path]:
    """Write the table over several releases to `out`. Raises UsageError where that can't be done."""
    rows = [overview.Row.of(one, names(one.release)) for one in found]
    return _written(out, OVERVIEW, (overview.render(rows), overview_page.render(rows)))


def _written(out: Path, files: Sequence[str], contents: Sequence[bytes]) -> list[Path]:
    for name, content in zip(files, contents, strict=True):
        try:
            (out / name).write_bytes(content)
        except OSError as error:
            raise UsageError(f"can't write {out / name}: {error.strerror}; choose another folder with --out") from None
    return [out / name for name in files]
