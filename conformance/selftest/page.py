"""`kill-matrix-RELEASE.html`: what the self-test found in one file for people, in the looks of `report.html`.

It needs no network, and JavaScript only to filter. What an instance said is escaped, as on the report's page.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from conformance.contract import load_release
from conformance.report.text import printable, shorten
from conformance.selftest.document import SelfTest
from conformance.selftest.judging import DEFECT_VERDICTS, DefectVerdict, RequirementRow
from conformance.selftest.scope import KINDS, NAMED

if TYPE_CHECKING:
    from jinja2 import Template

REASON_LIMIT = 400
"""Characters of a reason that are shown; the JSON document has the rest."""

_TITLES = {
    "killed": "Killed",
    "killed-otherwise": "Killed otherwise",
    "survived": "Survived",
    "unreal": "Not real",
    "error": "Suite error",
}
_TONES = {
    "killed": "passed",
    "killed-otherwise": "inconclusive",
    "survived": "failed",
    "unreal": "not-testable",
    "error": "error",
    "quiet": "passed",
    "false-alarm": "failed",
}
_GENERAL = "general"


def render(found: SelfTest) -> bytes:
    """The page, UTF-8."""
    style = asset("conformance.report", "report.css") + asset("conformance.selftest", "kill-matrix.css")
    script = asset("conformance.selftest", "kill-matrix.js")
    page = template("kill-matrix.html.j2").render(
        found=found,
        titles=_TITLES,
        tones=_TONES,
        verdicts=DEFECT_VERDICTS,
        groups=_groups(found),
        weak=[row for row in found.requirements if row.testable and not row.exercised] if found.scope != NAMED else [],
        kinds=KINDS,
        rows=[row for row in found.requirements if row.requirement.excluded is None],
        style=style,
        script=script,
        style_digest=digest(style),
        script_digest=digest(script),
    )
    return page.encode("utf-8", "backslashreplace")


def _groups(found: SelfTest) -> dict[str, list[DefectVerdict]]:
    """The defects by the endpoint of what they break first."""
    requirements = load_release(found.release).requirements
    groups: dict[str, list[DefectVerdict]] = {}
    for verdict in found.defects or ():
        endpoint = requirements[verdict.breaks[0]].endpoint if verdict.breaks[0] in requirements else None
        groups.setdefault(endpoint or _GENERAL, []).append(verdict)
    return groups


def _others(row: RequirementRow) -> int:
    """How many defects made it fail that don't say so."""
    return len(set(row.failed_on) - set(row.declared))


@cache
def asset(package: str, name: str) -> str:
    """The text of a file among a package's templates."""
    return resources.files(package).joinpath("templates").joinpath(name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """How a Content-Security-Policy names an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _finalize(value: Any) -> Any:
    return printable(value) if type(value) is str else value


@cache
def template(name: str) -> Template:
    """A page's template, which escapes all that it is given."""
    from jinja2 import BaseLoader, Environment, StrictUndefined

    environment = Environment(
        loader=BaseLoader(),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short"] = lambda text: shorten(text, REASON_LIMIT)
    environment.filters["others"] = _others
    return environment.from_string(asset("conformance.selftest", name))
