"""`report.md` as GitHub's parser reads it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from conformance.report.certificate import AppliedWaiver, IdleWaiver, Product
from conformance.report.formats.markdown import COMMENT_LIMIT, render
from conformance.report.formats.markdown_text import units
from conformance.report.text import printable

ALLOWED_TAGS = {"details", "summary", "code"}
NEVER = {"image", "link_open", "html_inline", "blockquote_open", "hr", "code_block", "s_open"}


def parsed(text: str) -> list[Token]:
    """Every token, those within a line too."""
    found: list[Token] = []
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text):
        found += [token, *(token.children or [])]
    return found


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.attributes: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.open.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags(text: str) -> Tags:
    """The HTML of the document's HTML blocks, which must close what they open."""
    reader = Tags()
    for token in parsed(text):
        if token.type == "html_block":
            reader.feed(token.content)
    reader.close()
    assert reader.open == []
    return reader


def harmless(text: str) -> None:
    assert not NEVER & {token.type for token in parsed(text)}
    found = tags(text)
    assert set(found.seen) <= ALLOWED_TAGS
    assert found.attributes == []
    outside = [token.content for token in parsed(text) if token.type in ("text", "text_special")]
    assert not [said for said in outside if re.search(r"@\w|https?://", said)]


def table(text: str) -> list[list[str]]:
    rows: list[list[str]] = []
    for token, following in zip(parsed(text), parsed(text)[1:], strict=False):
        if token.type == "tr_open":
            rows.append([])
        if token.type in ("td_open", "th_open"):
            rows[-1].append(following.content)
    return rows


def waiver(requirement: str, said: str = "agreed", **fields: Any) -> AppliedWaiver:
    return AppliedWaiver(requirement, "MUST", said, said, said, "2999-12-31", "failed", **fields)


def test_verdict_identity_and_counts_stand_at_the_top(sample: Any) -> None:
    requirements = [sample.requirement("upload.id"), sample.requirement("list.id", "SHOULD")]
    text = render(sample.run(requirements, [sample.check("passed", "upload.id")], workspace_id=7))
    assert text.startswith("## ✅ Wallaroo API 2023.4: conformant\n")
    assert "exit code 0" in text
    assert "- Target: `https://api.example.com`\n" in text
    assert table(text)[0] == ["", "MUST", "SHOULD", "MAY"]
    assert ["passed", "1", "0", "0"] in table(text)
    assert ["not-testable", "0", "1", "0"] in table(text)


def test_a_failure_has_the_three_lines_and_the_curl(sample: Any) -> None:
    check = sample.check("failed", "upload.id", expected="15", actual="no id", curl="curl --x \\\n  y")
    text = render(sample.run([sample.requirement("upload.id", text="Answers an `id`.")], [check]))
    assert "<summary>MUST <code>upload.id</code></summary>" in text
    for line in ("**Requirement** Answers an `id`.", "**Expected** `15`", "**Actual** `no id`"):
        assert f"\n{line}\n" in text
    (fence,) = [token for token in parsed(text) if token.type == "fence"]
    assert (fence.info, fence.content) == ("sh", "curl --x \\\n  y\n")
    assert tags(text).seen == ["details", "summary", "code"]


def test_what_waivers_cover_and_what_fails_by_them_is_listed(sample: Any) -> None:
    from dataclasses import replace

    run = sample.run([sample.requirement("upload.id")], [sample.check("passed", "upload.id")])
    stale = IdleWaiver("list.id", "r", "o", "i", "2999-12-31", None, "stale", "is stale: it passes now")
    text = render(replace(run, waivers=(waiver("upload.id", "names are cut"),), idle_waivers=(stale,)))
    assert "### Waived (1)" in text
    assert "- MUST `upload.id` (failed) until 2999-12-31: `names are cut`, accepted by `names are cut`" in text
    assert "- fails the run: `list.id` `is stale: it passes now`" in text


def test_what_isnt_testable_is_grouped_by_reason(sample: Any) -> None:
    requirements = [sample.requirement(f"upload.r{number}") for number in range(15)]
    checks = [sample.check("not-testable", r.id, name=r.id, reason="no curl") for r in requirements[:14]]
    text = render(sample.run(requirements, checks))
    assert "### Not testable or inconclusive (15)" in text
    assert re.search(r"- `no curl`: `upload\.r0`, .*`upload\.r11` and 2 more\n", text)
    assert "- `its check was not run`: `upload.r14`\n" in text


def test_nothing_hostile_becomes_markup(sample: Any) -> None:
    from dataclasses import replace

    bad = f"``` `` @octocat ![x](https://example.com/x.png) </details></summary> | # {sample.hostile}"
    checks = [
        sample.check(
            "failed", "upload.id", name="a", expected=bad, actual=bad, curl=f"curl {bad}\n```\n</details>\n{bad}"
        ),
        sample.check("not-testable", "list.id", name="b", reason=bad),
    ]
    requirements = [sample.requirement("upload.id", text=bad), sample.requirement("list.id")]
    run = sample.run(requirements, checks, target=bad, **sample.found(bad))
    text = render(replace(run, waivers=(waiver(bad, bad),), product=Product(bad, bad, bad, "https://example.com", bad)))
    harmless(text)
    assert tags(text).seen == ["details", "summary", "code"]
    (fence,) = [token for token in parsed(text) if token.type == "fence"]
    assert "</details>" in fence.content
    assert "\x1b" not in text
    assert "\u202e" not in text


@settings(max_examples=60)
@given(st.text(st.sampled_from("`~<>|#@:/-*_[]()!&\\\n\r\t ax1\u2028"), min_size=1, max_size=80))
def test_no_text_of_an_instance_becomes_markup(sample: Any, text: str) -> None:
    checks = [
        sample.check("failed", "upload.id", name="a", expected=text, actual=text, curl=text),
        sample.check("not-testable", "list.id", name="b", reason=text),
    ]
    run = sample.run([sample.requirement("upload.id"), sample.requirement("list.id")], checks, target=text)
    rendered = render(run)
    harmless(rendered)
    assert [token.content for token in parsed(rendered) if token.type == "fence"] == [f"{printable(text)}\n"]
    assert [token.tag for token in parsed(rendered) if token.type == "heading_open"] == ["h2", "h3", "h3"]


def test_a_hostile_run_is_harmless(sample: Any) -> None:
    harmless(render(sample.hostile_run()))


@pytest.mark.parametrize("number", [3, 150])
def test_many_failures_are_cut_at_githubs_limit_and_nothing_stays_open(sample: Any, number: int) -> None:
    requirements = [sample.requirement(f"upload.r{n:03}", text="t" * 400) for n in range(number)]
    checks = [
        sample.check("failed", r.id, name=r.id, expected="é" * 2000, actual="\U0001f600`" * 2000, curl="curl " * 600)
        for r in requirements
    ] + [sample.check("not-testable", "list.id", reason="no curl")]
    text = render(sample.run([*requirements, sample.requirement("list.id")], checks))
    assert units(text) <= COMMENT_LIMIT
    shown = tags(text).seen.count("details")
    left = re.search(r"\n(\d+) more failures are left out here", text)
    assert shown + (int(left[1]) if left else 0) == number
    assert (left is None) == (number == 3)
    assert "### Not testable or inconclusive (1)" in text
    assert units(text) > COMMENT_LIMIT - 8_000 or number == 3


@pytest.mark.parametrize("limit", [2_000, 5_000, 20_000])
def test_with_little_room_it_still_is_whole(sample: Any, limit: int) -> None:
    requirements = [sample.requirement(f"upload.r{n:03}") for n in range(60)]
    checks = [sample.check("failed", r.id, name=r.id, curl="curl\n\n" * 50) for r in requirements[:30]]
    checks += [sample.check("not-testable", r.id, name=r.id, reason=f"{r.id} " * 90) for r in requirements[30:]]
    text = render(sample.run(requirements, checks), limit)
    assert units(text) <= limit
    harmless(text)
    assert text.startswith("## ❌ Wallaroo API 2023.4: not conformant\n")
    assert ("left out here" in text) == (limit < 20_000)


def test_a_real_run_is_told_whole(real: Any) -> None:
    text = (real.out / "report.md").read_text()
    harmless(text)
    assert text.startswith("## ❌ Wallaroo API 2023.4: not conformant\n")
    shown = set(re.findall(r"<code>([\w.-]+)</code>", text))
    assert shown
    assert shown <= real.failed()
    assert {"list.id", "list-versions.file-name-verbatim"} <= shown
    assert real.token not in text
