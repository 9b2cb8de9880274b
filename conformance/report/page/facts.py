"""Who was judged, by whom and when: the facts at the top of the page, and what stands for them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.report.certificate import Product, TargetIdentity
from conformance.report.run import RunResult

VALUE_LIMIT = 12
"""Values of an enumeration that a line shows."""
RUN_TITLES = {
    "conformant": "Conformant",
    "conformant-with-waivers": "Conformant with waivers",
    "not-conformant": "Not conformant",
    "not-testable": "Not testable",
    "suite-error": "The suite failed",
}
"""Each verdict on a run, as a heading."""
RUN_SIGNS = {
    "conformant": "passed",
    "conformant-with-waivers": "waived",
    "not-conformant": "failed",
    "not-testable": "not-testable",
    "suite-error": "inconclusive",
}
"""The sign and the colour of each verdict on a run: those of a requirement's verdict."""

_PLACES = {"request": "request", "response": "reply", "": ""}


@dataclass(frozen=True)
class Fact:
    """A line at the top of the page. `code` for what is compared by eye; `link` leads to more of it."""

    name: str
    value: str
    code: bool = False
    link: str | None = None


def run_facts(run: RunResult) -> list[Fact]:
    """Where, what and when was judged, and by what."""
    facts = [Fact("Target", run.target)]
    if run.identification:
        facts.append(Fact("Release", f"{run.release}, {run.identification.told}", link="#release"))
    else:
        facts.append(Fact("Release", f"{run.release}, as it was given"))
    if run.document:
        link = "#document" if run.document.differences else None
        facts.append(Fact("OpenAPI", run.document.count(), link=link))
    workspace = "none" if run.workspace_id is None else str(run.workspace_id)
    suite = run.suite
    facts += [
        Fact("Profile", f"{run.profile}, strict" if run.strict else run.profile),
        Fact("Workspace", workspace),
        Fact("Run", f"{run.run_id}, exit code {run.verdict.exit_code}"),
        Fact("Started", run.started_at),
        Fact("Ended", run.ended_at),
        Fact("Took", f"{run.seconds:.1f} s, {len(run.outcomes)} checks, {len(run.exchanges)} exchanges"),
        Fact("Judged by", f"{suite.name} {suite.version}, Python {suite.python}"),
    ]
    lines = run.cleaning.lines(run.run_id) if run.cleaning else []
    return facts + [Fact("" if number else "After it", line) for number, line in enumerate(lines)]


def identity_facts(run: RunResult) -> list[Fact]:
    """By what the target can be told from another."""
    identity = run.identity or TargetIdentity(run.target)
    facts = []
    if identity.url != run.target:
        facts.append(Fact("Address", identity.url))
    if identity.certificate_sha256:
        facts.append(Fact("Certificate", f"SHA-256 {identity.certificate_sha256}", code=True))
    if identity.certificate_subject:
        facts.append(Fact("Subject", identity.certificate_subject))
    if identity.certificate_not_after:
        facts.append(Fact("Valid until", identity.certificate_not_after))
    facts += [Fact(name, value, code=True) for name, value in identity.headers]
    digest = identity.openapi_sha256 or (run.document.sha256 if run.document else None)
    if digest:
        facts.append(Fact("OpenAPI", f"SHA-256 {digest}", code=True))
    return facts


def product_facts(product: Product | None) -> list[Fact]:
    """What the vendor says of the deployment."""
    if product is None:
        return []
    facts = [
        Fact("Vendor", product.vendor),
        Fact("Product", f"{product.product} {product.version}"),
        Fact("Contact", product.contact_url, link=web_link(product.contact_url)),
    ]
    return [*facts, Fact("Notes", product.notes)] if product.notes else facts


def commands(run: RunResult) -> list[tuple[str, str]]:
    """How a reader checks what the page says: what each command shows, and the command."""
    release = shlex.quote(run.release)
    told = [
        ("Are these the files that the run left, who signed them, and do they add up?", "verify . --key VENDOR.pub"),
        ("What does today's suite say of the same exchanges?", f"judge . --release {release}"),
    ]
    if "://" in run.target:
        again = f"run --target {shlex.quote(run.target)} --release {release} --profile {shlex.quote(run.profile)}"
        told.append(("Does the instance still answer so?", again))
    return [(label, f"wallaroo-conformance {words}") for label, words in told]


def web_link(text: str) -> str | None:
    """The text as the target of a link, None where it isn't a plain web address: no `javascript:`, no passwords."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    plain = text.isprintable() and not any(character in text for character in " \"'<>\\`")
    return text if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and plain else None


def endpoint_differences(run: RunResult, *, gone: bool) -> list[str]:
    """The paths that only the contract, or only the instance's own document describes."""
    differences = run.document.differences if run.document else ()
    return [one.path for one in differences if one.kind == "endpoint" and one.gone == gone]


def deviations(run: RunResult) -> dict[str, list[tuple[str, str, str]]]:
    """What the instance's own document says otherwise: by path, what, what the contract says, what it says."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for one in run.document.differences if run.document else ():
        if one.kind == "endpoint":
            continue
        thing = f"{_PLACES[one.place]} {one.pointer}".strip() if one.pointer else one.kind
        said = [", ".join(values[:VALUE_LIMIT]) + "…" * (len(values) > VALUE_LIMIT) for values in (one.old, one.new)]
        found.setdefault(one.path, []).append((thing, said[0] or "nothing", said[1] or "nothing"))
    return found
