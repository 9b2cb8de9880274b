"""Only plain web addresses become links, and every command can be pasted into a shell as it stands."""

from __future__ import annotations

import shlex

import pytest

from conformance.report.page.facts import commands, web_link


@pytest.mark.parametrize("text", ["https://example.com/a?b=1#c", "http://example.com", "https://example.com:8443/ä"])
def test_a_web_address_is_a_link(text):
    assert web_link(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)//https://example.com",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "ftp://example.com",
        "//example.com",
        "/path",
        "https://",
        "https://[::1",
        "https://user:pass@example.com",
        "https://good.example.com@example.com",
        "https://example.com\\@a",
        "https://example.com/\u202e",
        "https://example.com/ x",
        "\x01https://example.com",
        'https://example.com/"onclick="x',
    ],
)
def test_anything_else_is_text(text):
    assert web_link(text) is None


def test_the_commands_quote_what_a_run_was_given(sample):
    odd = "https://example.com/$(touch x)'; rm"
    told = dict(commands(sample.run([sample.requirement("a.b")], [], target=odd, release="2023.4; ls")))
    again = told["Does the instance still answer so?"]
    assert shlex.split(again)[1:6] == ["run", "--target", odd, "--release", "2023.4; ls"]


def test_an_embedded_instance_can_not_be_asked_again(sample):
    told = commands(sample.run([sample.requirement("a.b")], [], target="embedded instance"))
    assert len(told) == 2
