"""Tokens out of the environment and of files, and never out of a repr."""

from __future__ import annotations

import json
import os
import pickle
import traceback

import pytest

from conformance.errors import UsageError
from conformance.instance import EnvironmentToken, FileToken, token_source
from conformance.instance.credentials import TOKEN_VARIABLE, Secret


@pytest.fixture
def file(tmp_path):
    return tmp_path / "token"


def test_the_environment_is_read_each_time():
    environ = {TOKEN_VARIABLE: " first \n"}
    source = EnvironmentToken(environ=environ)
    assert source.token() == "first"
    environ[TOKEN_VARIABLE] = "second"
    assert source.token() == "second"


@pytest.mark.parametrize("environ", [{}, {TOKEN_VARIABLE: ""}, {TOKEN_VARIABLE: "  "}])
def test_no_credentials_say_how_to_give_them(environ):
    with pytest.raises(UsageError, match=f"{TOKEN_VARIABLE} isn't set; .*--token-file"):
        EnvironmentToken(environ=environ).token()


@pytest.mark.parametrize(
    "content",
    [
        b"the-token",
        b"the-token\n",
        b"\xef\xbb\xbfthe-token\r\n",
        b"Bearer the-token",
        b'{"access_token": "the-token", "expires_in": 60}',
        b'{"url": "http://127.0.0.1:1", "token": "the-token", "workspace_id": 1}',
        b'{"access_token": "", "token": "the-token"}',
    ],
    ids=["bare", "newline", "bom", "with scheme", "token reply", "mock line", "first empty"],
)
def test_a_file_holds_a_token_alone_or_in_json(file, content):
    file.write_bytes(content)
    assert FileToken(file).token() == "the-token"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"a\nb", "more than one line"),
        (b"a b", "only visible ASCII"),
        ("tök".encode(), "only visible ASCII"),
        (b"\xff\xfe", "isn't text"),
        (b"x" * 70_000, "is over 65536 bytes"),
        (b'{"access_token": ', "starts as JSON but isn't"),
        (b'{"a":' * 10_000, "starts as JSON but isn't"),
        (b'{"access_token": 1}', "without a string access_token or token"),
    ],
)
def test_a_file_without_a_token_says_so_in_one_line(file, content, problem):
    file.write_bytes(content)
    with pytest.raises(UsageError, match=problem) as caught:
        FileToken(file).token()
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_missing_file_and_a_folder_are_usage_errors(file, tmp_path):
    for path in (file, tmp_path):
        with pytest.raises(UsageError, match="can't read the token file"):
            FileToken(path).token()


def test_a_changed_file_is_read_again(file):
    source = FileToken(file)
    file.write_text("first")
    assert source.token() == "first"
    file.write_text("longer-second")
    assert source.token() == "longer-second"


def test_a_replaced_file_is_read_again_though_time_and_size_are_equal(file, tmp_path):
    source = FileToken(file)
    file.write_text("token-a")
    assert source.token() == "token-a"
    status = file.stat()
    other = tmp_path / "other"
    other.write_text("token-b")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(file)
    assert source.token() == "token-b"


def test_an_unchanged_file_is_not_read_again(file, monkeypatch):
    file.write_text("the-token")
    source = FileToken(file)
    assert source.token() == "the-token"
    monkeypatch.setattr(type(file), "open", lambda *a, **k: pytest.fail("read again"))
    assert source.token() == "the-token"


def test_the_last_token_stays_while_a_writer_has_emptied_the_file(file):
    source = FileToken(file)
    file.write_text("first")
    assert source.token() == "first"
    file.write_text("")
    assert source.token() == "first"
    file.write_text("second")
    assert source.token() == "second"


def test_a_file_that_turns_bad_is_an_error(file):
    source = FileToken(file)
    file.write_text("first")
    source.token()
    file.write_text("two\nlines")
    with pytest.raises(UsageError, match="more than one line"):
        source.token()


def test_no_repr_shows_a_token(file, monkeypatch):
    file.write_text("the-secret-token")
    monkeypatch.setenv(TOKEN_VARIABLE, "the-secret-token")
    sources = [token_source(file), token_source()]
    tokens = [source.token() for source in sources]
    assert tokens == ["the-secret-token"] * 2
    shown = repr(sources) + repr(tokens) + repr(vars(sources[0])) + f"{sources[1]!r}"
    assert "the-secret-token" not in shown


def test_a_traceback_with_locals_does_not_show_a_token(file):
    file.write_text("the-secret-token")

    def fails():
        token = FileToken(file).token()
        raise RuntimeError(len(token))

    try:
        fails()
    except RuntimeError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "token = '[redacted]'" in text
    assert "the-secret-token" not in text


def test_a_secret_is_a_string_in_all_but_its_repr():
    secret = Secret("abc")
    assert secret == "abc"
    assert f"Bearer {secret}" == "Bearer abc"
    assert json.dumps(secret) == '"abc"'
    assert pickle.loads(pickle.dumps(secret)) == "abc"
    assert "abc" not in repr([secret])
