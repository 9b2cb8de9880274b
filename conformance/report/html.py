"""`report.html`: the whole run in one file for people. It needs no network, and JavaScript only to filter.

The instance controls the bodies, headers and messages shown here. So all text goes through the template's
escaping, controls are made visible, and a content security policy allows only our own style and script, by
digest.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from conformance.report.page import facts, requirements
from conformance.report.page.timings import HEIGHT, WIDTH, shown_time, timings
from conformance.report.run import RunResult
from conformance.report.text import printable
from conformance.report.verdict import LEVELS, NOT_SCORED

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

INDEX_LIMIT = 20
"""Failures that the index at the top shows before it folds."""


def render(run: RunResult) -> bytes:
    """The page, UTF-8."""
    views = requirements.requirement_views(run)
    page = _template().render(
        run=run,
        run_title=facts.RUN_TITLES[run.verdict.verdict],
        run_sign=facts.RUN_SIGNS[run.verdict.verdict],
        titles=requirements.TITLES,
        levels=LEVELS,
        rows=requirements.count_rows(run),
        run_facts=facts.run_facts(run),
        identity_facts=facts.identity_facts(run),
        product_facts=facts.product_facts(run.product),
        failed=requirements.failed_ones(views),
        index_limit=INDEX_LIMIT,
        endpoints=requirements.by_endpoint(views),
        not_scored=NOT_SCORED,
        untested=requirements.untested_groups(run),
        timings=timings(run.exchanges.values()),
        picture=(WIDTH, HEIGHT),
        commands=facts.commands(run),
        lacking=facts.endpoint_differences(run, gone=True),
        beyond=facts.endpoint_differences(run, gone=False),
        deviations=facts.deviations(run),
        style=_asset("report.css"),
        script=_asset("report.js"),
        style_digest=_digest(_asset("report.css")),
        script_digest=_digest(_asset("report.js")),
    )
    return page.encode("utf-8", "backslashreplace")


@cache
def _asset(name: str) -> str:
    folder = resources.files("conformance.report").joinpath("templates")
    return folder.joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _finalize(value: Any) -> Any:
    """Make controls visible in every string that the template prints, trusted markup excepted."""
    return printable(value) if type(value) is str else value


def _prose(text: str | None) -> Markup:
    """Escaped text with what stands in backticks as code."""
    from markupsafe import Markup

    pieces = printable(text or "").split("`")
    if len(pieces) % 2 == 0:
        return Markup("{}").format(printable(text or ""))
    tags = [Markup("<code>{}</code>") if i % 2 else Markup("{}") for i in range(len(pieces))]
    return Markup("").join(tag.format(piece) for tag, piece in zip(tags, pieces, strict=True))


@cache
def _template() -> Template:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = _prose
    environment.filters["time"] = shown_time
    environment.filters["web_link"] = facts.web_link
    return environment.get_template("report.html.j2")
