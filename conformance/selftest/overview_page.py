"""`kill-matrix.html`: one table over all releases, each row with a link to the release's own page."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.report.run import SuiteInfo
from conformance.selftest.overview import Row
from conformance.selftest.page import asset, digest, template
from conformance.selftest.scope import KINDS


def render(rows: Sequence[Row]) -> bytes:
    """The page, UTF-8."""
    style = asset("conformance.report", "report.css") + asset("conformance.selftest", "kill-matrix.css")
    page = template("kill-matrix-overview.html.j2").render(
        rows=rows,
        kinds=KINDS,
        passed=all(row.passed for row in rows),
        suite=SuiteInfo.current(),
        style=style,
        style_digest=digest(style),
    )
    return page.encode("utf-8", "backslashreplace")
