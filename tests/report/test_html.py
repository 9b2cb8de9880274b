"""`report.html` holds what a reader needs, in one file, and nothing that an instance sends becomes markup."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest

from conformance.evidence.exchange import Failure, Request, Response
from conformance.report import html
from conformance.report.page import facts
from conformance.report.page.exchanges import BODY_LIMIT
from conformance.report.verdict import EXIT_CODES

INLINE = {"code", "span", "a", "b", "strong", "svg", "use", "path", "time", "small"}
VOID = {"meta", "link", "br", "img", "input", "hr", "base", "embed"}


@dataclass
class Page(HTMLParser):
    """The elements of a page with their attributes and text; refuses tags that don't nest."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    stack: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag
        if tag not in INLINE:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        for tag in dict.fromkeys(self.stack):
            self.texts[tag][-1] += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts["body"]).split())


def read(run: Any) -> Page:
    page = Page()
    page.feed(html.render(run).decode())
    page.close()
    assert page.stack == []
    return page


@pytest.fixture
def page(sample: Any) -> Page:
    requirements = [
        sample.requirement("upload.id", text="Answers with an `id`."),
        sample.requirement("list.id", "SHOULD", endpoint="list", interpretation=(sample.reading("row", "table"),)),
        sample.requirement("api.docs", "MAY", endpoint=None, excluded="not asked"),
    ]
    outcomes = [
        sample.check("failed", "upload.id", expected="a number", actual="no id", exchanges=("x1", "x2")),
        sample.check("passed", "list.id", name="test_b", exchanges=("x2",), observations=("reading: row",)),
    ]
    exchanges = [sample.upload("x1"), sample.exchange("x2", body='{"id":"15"}')]
    return read(sample.run(requirements, outcomes, exchanges=exchanges, workspace_id=12))


def test_the_header_says_verdict_target_release_and_profile(page: Page) -> None:
    assert page.texts["h1"] == ["Not conformant"]
    for said in ("https://api.example.com", "release 2023.4", "Profile core", "Workspace 12", "exit code 1"):
        assert said in page.text


def test_each_requirement_has_an_anchor_and_what_filters_need(page: Page) -> None:
    found = [a for a in page.attributes("details") if "data-verdict" in a]
    assert [(a["id"], a["data-verdict"], a["data-level"], a["data-endpoint"], "open" in a) for a in found] == [
        ("upload.id", "failed", "MUST", "upload_and_convert", True),
        ("list.id", "passed", "SHOULD", "list", False),
        ("api.docs", "not-applicable", "MAY", "general", False),
    ]
    assert {"href": "#upload.id"} in page.attributes("a")


def test_a_failure_shows_three_lines_the_exchanges_and_the_curl(page: Page) -> None:
    assert "Requirement Answers with an id. Expected a number Actual no id" in page.text
    assert "POST /v1/api/models/upload_and_convert 202 Accepted" in page.text
    assert "part file · filename fraud.onnx · application/octet-stream · 1,234 bytes" in page.text
    assert any('"id": "15"' in block for block in page.texts["pre"])
    assert any(block.startswith("curl ") for block in page.texts["pre"])


def test_a_passed_check_lists_its_exchanges_without_bodies(sample: Any) -> None:
    check = sample.check("passed", "upload.id", exchanges=("x1",))
    page = read(sample.run([sample.requirement("upload.id")], [check], exchanges=[sample.exchange("x1")]))
    assert "POST /v1/api/models/list 202 Accepted" in page.text
    assert not any('"id"' in block for block in page.texts["pre"])


def test_text_and_reading_of_a_requirement_are_shown(page: Page) -> None:
    assert "Reading row (table)" in page.text
    assert "Why excluded: not asked" in page.text
    assert "id" in page.texts["code"]


def test_a_verdict_is_a_word_and_a_sign_not_a_colour_alone(page: Page) -> None:
    signs = {a["href"] for a in page.attributes("use")}
    assert signs <= {f"#{a['id']}" for a in page.attributes("symbol")}
    assert {"#s-failed", "#s-passed", "#s-not-applicable"} <= signs
    assert page.text.count("Failed") >= 2


def test_the_page_needs_no_network_and_no_inline_attributes(sample: Any) -> None:
    page = read(sample.certified(sample.run([sample.requirement("upload.id")], [])))
    for tag, attributes in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "img")
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "style")}
        assert (attributes.get("href") or "#").startswith(("#", "https://example.com/"))
    style = page.texts["style"][0]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_allows_exactly_our_style_and_script(page: Page) -> None:
    (policy,) = [a["content"] for a in page.attributes("meta") if "http-equiv" in a]
    rules = dict(rule.strip().split(" ", 1) for rule in (policy or "").split(";"))
    assert rules["default-src"] == "'none'"
    for tag in ("style", "script"):
        (content,) = page.texts[tag]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"


def test_hostile_text_becomes_neither_markup_nor_control(sample: Any) -> None:
    quiet = read(sample.run([sample.requirement("upload.id")], []))
    page = read(sample.hostile_certified_run())
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in quiet.elements} | {
        "article", "h4", "pre", "strong", "ol", "time", "table", "thead", "tbody", "tr", "th", "td", "figure",
        "figcaption",
    }  # fmt: skip
    assert len(page.attributes("script")) == 1
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    rendered = html.render(sample.hostile_certified_run()).decode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", rendered)
    assert "{{ 7*7 }}" in page.text
    assert "<img src=x onerror=alert(1)>" in page.text


def test_a_long_body_is_cut_and_says_so(sample: Any) -> None:
    check = sample.check("failed", "upload.id", exchanges=("x1",), curl="curl")
    big = sample.exchange("x1", body="y" * 50_000)
    page = read(sample.run([sample.requirement("upload.id")], [check], exchanges=[big]))
    assert max(len(block) for block in page.texts["pre"]) == BODY_LIMIT
    assert "The first 4,000 characters of 50,000 bytes." in page.text


def test_many_exchanges_are_cut_to_the_last(sample: Any) -> None:
    names = tuple(f"x{i}" for i in range(40))
    check = sample.check("failed", "upload.id", exchanges=names, curl="curl")
    exchanges = [sample.exchange(name) for name in names]
    page = read(sample.run([sample.requirement("upload.id")], [check], exchanges=exchanges))
    assert "The last 6 exchanges; 34 earlier ones are in exchanges.ndjson." in page.text
    assert "· x39" in page.text
    assert "· x33" not in page.text


def test_a_check_of_several_requirements_shows_its_exchanges_once(sample: Any) -> None:
    check = sample.check("failed", "upload.id", "list.id", exchanges=("x1",))
    requirements = [sample.requirement("upload.id"), sample.requirement("list.id")]
    page = read(sample.run(requirements, [check], exchanges=[sample.exchange("x1")]))
    assert page.text.count("12 ms · x1") == 1
    assert "Its exchanges are shown under upload.id." in page.text


ENDINGS = {
    "no-reply": (
        {"response": None, "error": Failure("timeout", "no reply in 30 s")},
        "timeout: no reply in 30 s",
    ),
    "broken-off": ({"error": Failure("reset", "cut off")}, "202 Accepted, reset: cut off"),
    "binary": ({"response": Response(200, "", [], None, "AAE=", 2)}, "2 bytes that aren't text"),
    "no-body": ({"request": Request("GET", "/v1/api/docs", [])}, "GET /v1/api/docs"),
}


@pytest.mark.parametrize(("fields", "said"), ENDINGS.values(), ids=ENDINGS.keys())
def test_every_way_an_exchange_ends_is_shown(sample: Any, fields: dict[str, Any], said: str) -> None:
    check = sample.check("failed", "upload.id", exchanges=("x1",), curl="curl")
    run = sample.run([sample.requirement("upload.id")], [check], exchanges=[sample.exchange("x1", **fields)])
    assert said in read(run).text


def test_an_unpaired_backtick_is_only_a_backtick(sample: Any) -> None:
    page = read(sample.run([sample.requirement("upload.id", text="one ` of <two>")], []))
    assert "one ` of <two>" in page.text


def test_many_failures_fold_in_the_index(sample: Any) -> None:
    requirements = [sample.requirement(f"upload.r{i}") for i in range(30)]
    checks = [sample.check("failed", r.id, name=r.id) for r in requirements]
    assert "and 10 more" in read(sample.run(requirements, checks)).text


def test_how_the_release_was_found_the_document_and_the_cleaning_are_shown(sample: Any) -> None:
    page = read(sample.run([sample.requirement("upload.id")], [], **sample.found()))
    for said in (
        "Release 2025.2, found out",
        "After it Cleaned up: 61 models deleted",
        "Left behind: 1 model, named conf-k3v9x2-…; list is nested answered 500",
        "How the release was found out list is nested created_on_version is 2025.2.1",
        "What makes it not 2024.4 (1) list is nested",
        "The instance's own OpenAPI document list is nested 0.1 at /v1/api/openapi.json, SHA-256 dddd",
        "Calls that it lacks (1) /v1/api/models/get_upload_logs Calls beside the contract (1) /list is nested",
        "reply models[].list is nested string string, null",
        "list is nested11…",
    ):
        assert said in page.text, said
    anchors = {a["id"] for name, a in page.elements if a.get("id")}
    assert {"release", "document"} <= anchors


def test_a_run_that_found_nothing_out_shows_no_empty_sections(page: Page) -> None:
    assert "How the release was found out" not in page.text
    assert "OpenAPI document" not in page.text


def test_what_isnt_scored_is_marked_and_not_among_what_failed(sample: Any) -> None:
    later = sample.requirement("z.later", scored=False)
    page = read(sample.run([later], [sample.check("failed", "z.later")]))
    assert "MUST, not scored" in page.text
    assert "Counts not scored: added after the release's set was published" in page.text
    assert "What failed" not in page.text


def test_a_failure_shows_the_reply_around_the_wrong_value(sample: Any) -> None:
    check = sample.check(
        "failed", "list.id", exchanges=("x1", "x2"), decisive="x1", path="models[1].id", wanted="an integer",
        actual="models[0].id is '7'",
    )  # fmt: skip
    body = '{"models": [{"id": 1}, {"id": "7"}]}'
    exchanges = [sample.exchange("x1", body=body), sample.exchange("x2")]
    page = read(sample.run([sample.requirement("list.id")], [check], exchanges=exchanges))
    assert page.texts["figcaption"] == ["In the reply of x1, models[1].id - as it came + as it should be"]
    assert '-       "id": "7"\n+       "id": an integer\n' in page.texts["figure"][0]
    assert "The check counts only the rows of its own uploads." in page.text
    assert "12 ms · x1 · shows it" in page.text


def test_a_value_that_is_missing_says_so(sample: Any) -> None:
    check = sample.check("failed", "list.id", exchanges=("x1",), path="name", actual="name missing")
    page = read(sample.run([sample.requirement("list.id")], [check], exchanges=[sample.exchange("x1")]))
    assert page.texts["figcaption"] == ["In the reply of x1, name  + what is missing"]
    assert "own uploads" not in page.text


@pytest.mark.parametrize("fields", [{"path": None}, {"path": "gone[0]"}, {"path": "id", "decisive": "lost"}])
def test_a_failure_of_no_single_value_shows_no_diff(sample: Any, fields: dict[str, Any]) -> None:
    check = sample.check("failed", "list.id", exchanges=("x1",), **fields)
    page = read(sample.run([sample.requirement("list.id")], [check], exchanges=[sample.exchange("x1")]))
    assert "figure" not in page.texts


def test_the_exchange_that_shows_the_failure_is_among_those_shown(sample: Any) -> None:
    names = tuple(f"x{i}" for i in range(40))
    check = sample.check("failed", "upload.id", exchanges=names, decisive="x3")
    exchanges = [sample.exchange(name) for name in names]
    page = read(sample.run([sample.requirement("upload.id")], [check], exchanges=exchanges))
    assert "· x3 · shows it" in page.text
    assert "· x39" in page.text
    assert "The last 6 exchanges; 34 earlier ones" in page.text


def test_what_a_certification_adds_is_at_the_top(sample: Any) -> None:
    page = read(sample.certified(sample.run([sample.requirement("upload.id", "SHOULD")], [])))
    (header, *_) = page.texts["header"]
    for said in (
        "1 requirement is waived",
        "Vendor fraud Ltd", "Product fraud 2.1", "Contact https://example.com/issues/7", "Notes fraud in the cloud",
        f"Certificate SHA-256 {'c' * 64}", "Subject CN=fraud", "Valid until 2027-05-01", "Server envoy fraud",
        f"OpenAPI SHA-256 {'e' * 64}", "Run k3v9x2", "Ended 2026-11-23T10:00:12Z", "wallaroo-conformance 0.1.0",
    ):  # fmt: skip
        assert said in " ".join(header.split()), said


def test_a_waiver_is_told_with_all_that_it_rests_on(sample: Any) -> None:
    page = read(sample.certified(sample.run([sample.requirement("upload.id", "SHOULD")], [])))
    said = "Requirement upload.id SHOULD Hides Failed Reason fraud is late Owner fraud"
    assert f"{said} Issue https://example.com/issues/7 Expires 2027-01-31" in page.text
    assert "https://example.com/issues/7" in {a.get("href") for a in page.attributes("a")}


def test_only_web_addresses_become_links(sample: Any) -> None:
    run = sample.run([sample.requirement("upload.id")], [])
    page = read(sample.certified(run, link="javascript:alert(1)"))
    assert "Issue javascript:alert(1)" in page.text
    assert all((a.get("href") or "").startswith("#") for a in page.attributes("a"))


def test_the_kill_score_says_what_the_suite_is_worth(sample: Any, page: Page) -> None:
    known = read(sample.certified(sample.run([sample.requirement("upload.id")], [])))
    for said in ("690 of 700 instances with one wrong", "2 of 80 instances that are different", "1 of 9 servers"):
        assert said in known.text
    assert "It isn't known: no kill score" in page.text


def test_what_was_not_judged_stands_with_its_reason(sample: Any) -> None:
    requirements = [
        sample.requirement("a.excluded", excluded="not for tests"),
        sample.requirement("b.full", profile="full"),
        sample.requirement("c.lacking"),
        sample.requirement("d.lacking"),
        sample.requirement("e.passed"),
    ]
    checks = [
        sample.check("not-testable", "c.lacking", "d.lacking", reason="needs a `list`"),
        sample.check("passed", "e.passed"),
    ]
    page = read(sample.run(requirements, checks))
    groups = [" ".join(text.split()) for text in page.texts["summary"] if ": " in text]
    assert groups[-3:] == [
        "Excluded from testing: not for tests 1",
        "Not testable: needs a list 2",
        "Not applicable: profile full 1",
    ]


def test_timings_are_a_table_with_a_picture(page: Page) -> None:
    assert "list 2 12 ms 12 ms 12 ms" in page.text
    assert len([a for a in page.attributes("path") if a.get("class") == "median"]) == 1


def test_the_reader_is_told_how_to_check_the_page(page: Page) -> None:
    commands = page.texts["pre"][-3:]
    assert commands == [
        "wallaroo-conformance verify . --key VENDOR.pub",
        "wallaroo-conformance judge . --release 2023.4",
        "wallaroo-conformance run --target https://api.example.com --release 2023.4 --profile core",
    ]


def test_headings_go_down_one_step_at_a_time(sample: Any) -> None:
    page = read(sample.hostile_certified_run())
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_each_verdict_of_a_run_has_its_words_and_sign() -> None:
    assert set(facts.RUN_TITLES) == set(facts.RUN_SIGNS) == set(EXIT_CODES) | {"conformant-with-waivers"}
