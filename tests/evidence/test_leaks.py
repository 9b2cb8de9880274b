"""A secret in what a run leaves is found and named by its place, never shown."""

from __future__ import annotations

import base64
import json

import pytest

from conformance.errors import ConformanceError
from conformance.evidence.leaks import BLOCK, CANARY, KNOWN, Leak, Scanner
from conformance.evidence.redaction import Redactor
from tests.evidence.spellings import SPELLINGS, jwt, private_key

SECRET, BIRD = "an-opaque-token-of-somebody", "canary-" + "0f" * 16
SCANNER = Scanner(Redactor([SECRET]), BIRD)


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
@pytest.mark.parametrize(
    ("secret", "kind"), [(SECRET, KNOWN), (BIRD, CANARY), (jwt(), None)], ids=["known", "canary", "jwt"]
)
@pytest.mark.parametrize("name", ["report.html", "exchanges.ndjson", "statement.json"])
def test_a_secret_is_found_in_every_spelling_and_file(spelling, secret, kind, name):
    leak = SCANNER.content(name, f'{{"fine": 1}}\n{{"it": {json.dumps(spelling(secret))}}}\n'.encode())
    assert leak is not None
    assert kind is None or leak.kind == kind
    assert leak.file == name
    assert secret not in str(leak)


@pytest.mark.parametrize("text", [private_key(), "https://me:hush@example.com", "Authorization: Basic dXNlcjpwYXNz"])
def test_what_has_the_shape_of_a_secret_is_found(text):
    assert SCANNER.content("README.md", f"one\ntwo {text}".encode()) is not None


def test_nothing_is_found_where_nothing_is():
    content = json.dumps({"path": "/v1?x=[redacted]", "headers": [["Authorization", "[redacted]"]]}).encode()
    for name in ("exchanges.ndjson", "statement.json", "report.html"):
        assert SCANNER.content(name, content) is None


def test_a_recording_names_the_line_and_the_field():
    fine = json.dumps({"request": {"headers": [["A", "b"]]}})
    bad = json.dumps({"request": {"headers": [["A", "b"], ["X-Debug", f"is {SECRET}"]], "a/b": "c"}})
    leak = SCANNER.content("exchanges.ndjson", f"{fine}\n{fine}\n{bad}\n".encode())
    assert leak == Leak("exchanges.ndjson", 3, "/request/headers/1/1", KNOWN)
    assert str(leak) == f"exchanges.ndjson, line 3, /request/headers/1/1: {KNOWN}"


def test_a_json_file_names_the_line_and_the_field():
    content = json.dumps({"checks": [{"reason": "fine"}, {"re/ason": f"{SECRET}"}]}, indent=2).encode()
    leak = SCANNER.content("statement.json", content)
    assert (leak.line, leak.place) == (7, "/checks/1/re~1ason")


def test_a_page_names_the_line_and_the_column():
    leak = SCANNER.content("report.html", f"<p>\n<b>{SECRET}".encode())
    assert (leak.line, leak.place) == (2, "column 4")


def test_a_key_of_an_object_is_searched_too():
    leak = SCANNER.content("exchanges.ndjson", json.dumps({"a": {f"{SECRET}": 1}}).encode())
    assert leak.place == "/a (a key)"


@pytest.mark.parametrize("coding", ["utf-8", "utf-16", "utf-32-be"])
@pytest.mark.parametrize("space", ["", " "])
def test_a_binary_body_is_searched_inside(coding, space):
    body = base64.b64encode(b"\xff\xfe" + f'{{"t": "{SECRET}"}}'.encode(coding)).decode()
    line = f'{{"response": {{"body": null, "body_base64":{space}"{body}"}}}}'
    leak = SCANNER.content("exchanges.ndjson", f'{{"body_base64":{space}null}}\n{line}\n'.encode())
    assert (leak.line, leak.place, leak.kind) == (2, "/response/body_base64", KNOWN)


def test_bytes_that_are_no_text_hide_nothing():
    assert SCANNER.content("report.html", b"\xff\xfe\x00 " + SECRET.encode() + b"\xff") is not None


def test_a_secret_in_a_later_block_is_found_with_its_line():
    lines = [b"x" * 100 + b"\n"] * (3 * BLOCK // 100)
    lines[-2] = SECRET.encode() + b"\n"
    assert SCANNER.content("report.html", b"".join(lines)).line == len(lines) - 1


def test_a_secret_over_several_lines_is_found():
    wrapped = base64.encodebytes(b"Bearer " + jwt().encode())
    assert SCANNER.content("README.md", b"fine\n" + wrapped) is not None
    assert Scanner(Redactor([jwt()])).content("README.md", b"fine\n" + wrapped) is not None


def test_a_short_secret_that_may_be_a_word_of_ours_is_not_looked_for():
    assert Scanner(Redactor(["passed"])).content("report.html", b"passed") is None


def test_a_file_is_searched_as_its_content_is(tmp_path):
    (tmp_path / "statement.json").write_text(json.dumps({"a": ["fine", SECRET]}, indent=1))
    assert SCANNER.file(tmp_path / "statement.json") == Leak("statement.json", 4, "/a/1", KNOWN)


def test_a_file_that_cannot_be_read_is_no_clean_file(tmp_path):
    with pytest.raises(ConformanceError, match="can't look for secrets"):
        SCANNER.file(tmp_path / "absent.ndjson")
