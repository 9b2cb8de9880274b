"""What a stranger's JUnit file is held against, and what it can't make the reader do."""

from __future__ import annotations

import json

import pytest

from conformance.bundle.consistency import with_junit

BOMB = '<!DOCTYPE t [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><testsuites><testsuite name="&b;"/></testsuites>'
DECLARES = "junit.xml declares entities, which a run never does"


def said(bundle, content: bytes) -> list[str]:
    return list(with_junit(json.loads((bundle.folder / "statement.json").read_bytes()), content))


def test_the_run_s_own_file_says_what_its_statement_does(bundle):
    assert said(bundle, (bundle.folder / "junit.xml").read_bytes()) == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_can_t_hide_a_declaration(bundle, encoding):
    content = f'<?xml version="1.0" encoding="{encoding}"?>{BOMB}'.encode(encoding)
    assert said(bundle, content) == ["junit.xml isn't XML in UTF-8"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (BOMB.encode(), "junit.xml declares entities, which a run never does"),
        (
            f'<?xml version="1.0" encoding="utf-16"?>{BOMB}'.encode(),
            "junit.xml declares entities, which a run never does",
        ),
        (b"<testsuites>", "junit.xml isn't XML in UTF-8"),
        (b"\xff\xfe", "junit.xml isn't XML in UTF-8"),
        (b"", "junit.xml isn't XML in UTF-8"),
    ],
    ids=["entities", "entities under another label", "cut off", "no text", "empty"],
)
def test_what_can_t_be_read_is_one_line(bundle, content, line):
    assert said(bundle, content) == [line]
