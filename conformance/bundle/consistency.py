"""Whether a bundle's files say the same: the statement within itself, and beside manifest, page of checks, product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree as ET

from conformance.bundle import manifest
from conformance.bundle.product import parse_product
from conformance.report.certificate import UNSOUND
from conformance.report.text import printable, xml_text
from conformance.report.verdict import LEVELS, VERDICTS

_TAGS = {"failed": "failure", "not-testable": "error", "error": "error", "not-applicable": "skipped"}
_OPEN = ("failed", "not-testable", "inconclusive")
_MANY = 5


def within(statement: Mapping[str, Any]) -> Iterator[str]:
    """Where a statement that its schema accepts contradicts itself."""
    counted = Counter((one["level"], one["verdict"]) for one in statement["requirements"] if one["scored"])
    for level in LEVELS:
        for verdict in VERDICTS:
            said = statement["counts"][level].get(verdict, 0)
            if said != counted[level, verdict]:
                yield (
                    f"statement.json counts {said} {level} requirements as {verdict}, "
                    f"and lists {counted[level, verdict]}"
                )
    for noun, key, listed in (("requirement", "id", "requirements"), ("check", "nodeid", "checks")):
        yield from _twice(noun, [one[key] for one in statement[listed]])
    known = {check["nodeid"] for check in statement["checks"]}
    for one in statement["requirements"]:
        if not known.issuperset(one["checks"]):
            lacking = next(name for name in one["checks"] if name not in known)
            yield f"statement.json: requirement {one['id']} names the check {lacking}, which isn't listed"
    failed = [
        one["id"]
        for one in statement["requirements"]
        if one["verdict"] == "failed" and one["scored"] and one["level"] == "MUST" and one["basis"] != "inferred"
    ]
    if failed and statement["verdict"].startswith("conformant"):
        yield f"statement.json says {statement['verdict']}, and that the MUST {failed[0]} failed"


def with_manifest(statement: Mapping[str, Any], predicate: Mapping[str, Any]) -> Iterator[str]:
    """Where the manifest says something else than the statement."""
    own = predicate[manifest.OWN]
    for name, said in manifest.told(statement).items():
        if own[name] != said:
            yield f"manifest.json has {name} {_shown(own[name])}, statement.json {_shown(said)}"
    for name, said in manifest.outcome(statement).items():
        if predicate[name] == said:
            continue
        if isinstance(said, str):
            yield f"manifest.json has {name} {_shown(predicate[name])}, statement.json comes to {_shown(said)}"
            continue
        differing = sorted(set(predicate[name]) ^ set(said))
        yield f"manifest.json has other {name} than statement.json comes to: {', '.join(differing[:_MANY]) or 'order'}"
    for name in ("python", "packages"):
        if own["environment"][name] != statement["suite"][name]:
            yield f"manifest.json has another {name} in its environment than statement.json"
    if own["seed"]["run_id"] != statement["run"]["id"]:
        yield "manifest.json has another run id as seed than statement.json as run id"


def with_junit(statement: Mapping[str, Any], content: bytes) -> Iterator[str]:
    """Where `junit.xml` says something else than the statement."""
    try:
        # In another encoding a declaration would go unseen here, and be obeyed by the parser.
        text = content.decode("utf-8")
        if "\0" in text:
            raise ValueError("a NUL")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            yield "junit.xml declares entities, which a run never does"
            return
        root = ET.fromstring(text)  # noqa: S314 - without declarations there is nothing to expand
    except (ET.ParseError, ValueError, RecursionError):
        yield "junit.xml isn't XML in UTF-8"
        return
    properties = {one.get("name"): one.get("value") for one in root.iterfind("testsuite/properties/property")}
    for name, said in (
        ("verdict", statement["verdict"]),
        ("release", statement["release"]),
        ("profile", statement["profile"]),
        ("target", statement["target"]),
        ("run_id", statement["run"]["id"]),
        ("suite_version", statement["suite"]["version"]),
    ):
        if properties.get(name) != xml_text(printable(said)):
            yield f"junit.xml has {name} {_shown(properties.get(name))}, statement.json {_shown(said)}"
    shown, said_ones = Counter(_cases(root)), Counter(_expected_cases(statement))
    for (ids, how), number in (shown - said_ones).items():
        yield f"junit.xml has {number} {how} cases of {', '.join(ids)[:200]} more than statement.json"
    for (ids, how), number in (said_ones - shown).items():
        yield f"junit.xml lacks {number} {how} cases of {', '.join(ids)[:200]} that statement.json has"


def with_product(statement: Mapping[str, Any], content: bytes | None) -> Iterator[str]:
    """Where `product.toml` (None where there is none) says something else than the statement."""
    if content is None:
        if statement["product"] is not None:
            yield "statement.json names a product, and product.toml is missing"
        return
    try:
        product = parse_product(content)
    except ValueError as wrong:
        yield f"product.toml: {wrong}"
        return
    if statement["product"] != asdict(product):
        yield "product.toml says something else than statement.json of the product"


def _twice(noun: str, names: list[str]) -> Iterator[str]:
    for name, number in Counter(names).items():
        if number > 1:
            yield f"statement.json lists the {noun} {name} {number} times"


def _cases(root: ET.Element) -> Iterator[tuple[tuple[str, ...], str]]:
    for case in root.iterfind("testsuite/testcase"):
        ids = [
            str(one.get("value")) for one in case.iterfind("properties/property") if one.get("name") == "requirement"
        ]
        yield tuple(ids), next((tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None), "passed")


def _expected_cases(statement: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    checked = list(statement["checks"])
    verdicts = {one["id"]: one["verdict"] for one in statement["requirements"]}
    for check in checked:
        found = {verdicts[name] for name in check["requirements"] if name in verdicts}
        waived = "waived" in found and found.isdisjoint(_OPEN) and check["verdict"] in ("failed", "not-testable")
        yield tuple(check["requirements"]), "skipped" if waived else _TAGS.get(check["verdict"], "passed")
    yield from (((one["requirement"],), "failure") for one in statement["idle_waivers"] if one["why"] in UNSOUND)
    unchecked = [
        one["id"]
        for one in statement["requirements"]
        if one["verdict"] == "not-testable" and not one["checks"] and one["scored"]
    ]
    yield from (((name,), "error") for name in unchecked)
    if not checked and not unchecked and statement["verdict"] in ("suite-error", "not-testable"):
        yield (), "error"


def _shown(value: Any) -> str:
    return repr(value)[:150]
