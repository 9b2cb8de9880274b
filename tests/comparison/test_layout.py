import io

import pytest

from conformance.comparison.layout import LIMIT, Page, Row, Section, markdown_lines, show, table_lines

HOSTILE = "<script>alert(1)</script> | `x` [a](http://b.example.com) @everyone \x1b[31m\u202e\nnext ![i](x) **b**"


def page(*rows, **section):
    return Page(Row(("worse: one",), "bold red"), [Section("Found", rows, **section)])


def test_the_summary_comes_first():
    assert next(table_lines(page(Row(("a",))), 80)) == ("worse: one", "bold red")
    assert next(markdown_lines(page(Row(("a",))))) == "**worse&#58; one**"


def test_columns_are_aligned_and_no_line_is_wider_than_the_terminal():
    lines = [
        text
        for text, _ in table_lines(
            page(Row(("a", "b" * 300)), Row(("aaaa", "c"), detail="d" * 300), columns=("one", "two")), 80
        )
    ]
    assert max(map(len, lines)) <= 80
    assert lines[3].index("two") == lines[4].index("bbb") == lines[5].index("c")


def test_the_output_is_bounded_and_says_so():
    many = page(*(Row((str(i),)) for i in range(LIMIT + 30)))
    assert len(list(table_lines(many, 80))) == LIMIT + 4
    assert list(table_lines(many, 80))[-1][0].strip() == "… and 30 more"
    assert list(markdown_lines(many))[-1] == "… and 30 more"


@pytest.mark.parametrize("columns", [(), ("one", "two")], ids=["a list", "a table"])
def test_hostile_text_is_neither_control_nor_markup(columns):
    hostile = page(Row((HOSTILE, HOSTILE), detail=HOSTILE), columns=columns)
    shown = io.StringIO()
    show(hostile, "table", shown, 120)
    assert not {"\x1b", "\u202e"} & set(shown.getvalue())
    assert shown.getvalue().count("\n") == len(list(table_lines(hostile, 120)))
    markdown = "\n".join(markdown_lines(hostile))
    row = markdown.splitlines()[-1]
    told = row.removeprefix("- ").removeprefix("| ").removesuffix(" |")
    assert not {"<", ">", "`", "[", "@", "*", "\x1b", "\u202e"} & set(told)
    assert "http:" not in told
    assert row.count("|") == (4 if columns else 0)


def test_a_stream_that_lacks_a_character_gets_an_escape():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    show(page(Row(("passed → failed",))), "table", stream, 80)
    stream.flush()
    assert b"passed \\u2192 failed" in raw.getvalue()
