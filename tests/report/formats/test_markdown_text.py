"""Foreign text in Markdown, read back by a parser of CommonMark."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from conformance.report.formats.markdown_text import block, code, markup, prose, units
from conformance.report.text import one_line, printable

BREAKING = [
    "`",
    "```",
    "a ``` b ```` c",
    "`@octocat` ![x](https://example.com/x.png)",
    "</details><script>alert(1)</script>",
    "| a | b |",
    "~~~\n```\n</details>",
    "  ",
    "x\r\n\r\n# heading",
    "[a](javascript:alert(1)) <https://example.com>",
    "&lt;b&gt; \\` $x$",
]


def tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)


def inline(text: str) -> list[Token]:
    (found,) = [token for token in tokens(text) if token.type == "inline"]
    return found.children or []


def as_shown(text: str) -> str:
    """What a code span shows: CommonMark takes one space off at both ends, unless there is nothing else."""
    return one_line(text)


@pytest.mark.parametrize("text", BREAKING)
def test_a_code_span_shows_the_text_and_nothing_else(text: str) -> None:
    shown = inline(f"before {code(text)} after")
    kinds = [token.type for token in shown]
    if as_shown(text):
        assert kinds == ["text", "code_inline", "text"]
        assert shown[1].content == as_shown(text)
    else:
        assert kinds == ["text"]


@given(st.text(st.characters(), max_size=60))
def test_any_text_is_one_code_span(text: str) -> None:
    shown = inline(f"before {code(text)} after")
    spans = [token.content for token in shown if token.type == "code_inline"]
    assert spans == ([as_shown(text)] if as_shown(text) else [])
    assert {token.type for token in shown} <= {"text", "code_inline"}


@given(st.text(st.sampled_from("`~\n\r <a>|#-@\x00"), max_size=40))
def test_any_text_is_one_block(text: str) -> None:
    found = tokens(f"a\n\n{block(text, 'sh')}\n\nb")
    (fence,) = [token for token in found if token.type == "fence"]
    assert fence.content == f"{printable(text)}\n"
    assert [token.type for token in found if token.type != "fence"] == [
        "paragraph_open",
        "inline",
        "paragraph_close",
    ] * 2


@pytest.mark.parametrize("text", BREAKING)
def test_prose_has_no_markup_but_code(text: str) -> None:
    if not one_line(text):
        assert prose(text) == ""
        return
    assert {token.type for token in inline(f"**Requirement** {prose(text)}")} <= {
        *("text", "text_special", "code_inline", "strong_open", "strong_close")
    }


@pytest.mark.parametrize(
    "word", ["@octocat", "octo/repo#12", "#12", "https://example.com/a_b", "www.example.com", ":+1:x:"]
)
def test_what_becomes_a_link_after_the_markdown_was_read_is_code(word: str) -> None:
    shown = inline(f"see {prose(f'one {word} two')}")
    assert [token.content for token in shown if token.type == "code_inline"] == [word]


def test_prose_keeps_the_words_and_what_stands_in_backticks() -> None:
    shown = inline(prose("Answers `a|b`, *never* <b> [x]."))
    assert "".join(token.content for token in shown) == "Answers a|b, *never* <b> [x]."
    assert [token.content for token in shown if token.type == "code_inline"] == ["a|b"]


def test_text_of_a_summary_is_escaped_html(sample: Any) -> None:
    assert "<" not in markup(sample.hostile)
    assert "\n" not in markup("a\n\nb")


def test_a_long_text_is_cut_before_it_is_fenced() -> None:
    (span,) = inline(code("`x" * 4000, limit=100))
    assert (span.type, len(span.content)) == ("code_inline", 100)


def test_length_is_counted_in_utf_16() -> None:
    assert [units(text) for text in ("ab", "é", "\U0001f600", "\ud800")] == [2, 1, 2, 1]
