"""`kill-matrix.html`: all of it in one file, escaped, with nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from conformance.selftest.page import render


class _Page(HTMLParser):
    VOID = ("meta", "path", "use", "input", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named[name] for name in ("href", "src", "action") if name in named]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_page_has_every_part(made):
    page = _Page(render(made()).decode())
    assert page.open == []
    for said in ("Proven", "kill score 1/1", "list.open", "Lists to everybody.", "200 (rightly: 401)"):
        assert said in page.text
    assert "owner.uuid" in page.text
    assert "silent" in page.text
    assert "Not proven" not in page.text


def test_every_link_leads_somewhere_on_the_page(made):
    page = _Page(render(made()).decode())
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        assert link.startswith("#")
        assert link[1:] in page.ids, link


def test_what_is_wrong_stands_at_the_top(made):
    page = _Page(render(made(failed={})).decode())
    assert "Not proven" in page.text
    assert "defect list.open: survived" in page.text


def test_what_an_instance_said_is_only_text(made):
    said = "<script>alert(1)</script>\x1b[31m\u202e"
    page = render(made(failed={"list.requires-token": said})).decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[31m\\u202e" in page


def test_a_policy_allows_nothing_but_its_own_style_and_script(made):
    page = render(made()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "http:" not in page
    assert "https:" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "", page, flags=re.DOTALL)


def test_parts_that_were_not_run_are_left_out(made):
    page = _Page(render(made(variants=None, null_targets=None)).decode())
    assert "Healthy variants" not in page.text
    assert "Null targets" not in page.text
