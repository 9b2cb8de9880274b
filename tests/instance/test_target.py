"""The base URL, as users write it and as the documentation builds it."""

from __future__ import annotations

import pytest

from conformance.errors import UsageError
from conformance.instance import Target


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://doc-test.api.wallarooexample.ai", "https://doc-test.api.wallarooexample.ai"),
        ("  HTTPS://API.Example.Wallaroo.AI/ ", "https://api.example.wallaroo.ai"),
        ("https://api.example:443", "https://api.example"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://localhost:8080/gateway//", "http://localhost:8080/gateway"),
        ("https://höst.example", "https://höst.example"),
    ],
)
def test_a_url_is_brought_into_one_form(url, base):
    assert Target.parse(url).base_url == base
    assert str(Target.parse(base)) == base


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "the target is empty"),
        ("api.example.wallaroo.ai", "write https://api.example.wallaroo.ai"),
        ("localhost:8080", "isn't an http or https URL; write https://localhost:8080"),
        ("ftp://host", "isn't an http or https URL"),
        ("https://", "no valid host"),
        ("https://host:notaport", "no valid host or port"),
        ("https://host:70000", "no valid host or port"),
        ("https://host:0", "no valid host or port"),
        ("https://-bad-.example", "no valid host"),
        ("https://a..b", "no valid host"),
        ("https://[::zz]", "no valid host"),
        ("https://host?x=1", "query or fragment"),
        ("https://host/#top", "query or fragment"),
        ("https://host/v1/api/docs", "goes on into the API"),
        ("https://host/v1/api", "goes on into the API"),
        ("https://ho st", "space, backslash or control"),
        ("https://host\\@evil.example", "space, backslash or control"),
    ],
)
def test_what_is_no_base_url_is_refused_in_one_line(url, problem):
    with pytest.raises(UsageError, match=problem) as caught:
        Target.parse(url)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@host",
        "https://hunter2@host/",
        "https://user:hunter2/x@host",
        "user:hunter2@host",
        "https://host?access_token=hunter2",
        "https://host/ #hunter2",
        "ftp://user:hunter2@host",
        "https://user:hunter2@host:port",
    ],
)
def test_a_secret_in_the_url_is_refused_and_not_repeated(url):
    with pytest.raises(UsageError) as caught:
        Target.parse(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("prefix", "suffix", "base"),
    [
        ("lovely-rhino-5555.", "example.wallaroo.ai", "https://lovely-rhino-5555.api.example.wallaroo.ai"),
        ("lovely-rhino-5555", "example.wallaroo.ai", "https://lovely-rhino-5555.api.example.wallaroo.ai"),
        ("", "wallaroo.example.wallaroo.ai", "https://api.wallaroo.example.wallaroo.ai"),
        (None, ".wallaroo.example.wallaroo.ai", "https://api.wallaroo.example.wallaroo.ai"),
    ],
)
def test_prefix_and_suffix_make_the_documented_url(prefix, suffix, base):
    assert Target.from_prefix_suffix(prefix, suffix).base_url == base


@pytest.mark.parametrize(
    ("prefix", "suffix", "problem"),
    [
        ("", "", "--suffix is empty"),
        ("{lovely.}", "example.ai", "--prefix .* isn't a host name"),
        ("", "https://example.ai", "--suffix .* isn't a host name"),
        ("a..b", "example.ai", "--prefix"),
    ],
)
def test_a_prefix_or_suffix_that_is_no_name_is_refused(prefix, suffix, problem):
    with pytest.raises(UsageError, match=problem):
        Target.from_prefix_suffix(prefix, suffix)


def test_urls_origin_and_loopback():
    target = Target.parse("https://api.example/base")
    assert target.url("/v1/api/models/list?x=1") == "https://api.example/base/v1/api/models/list?x=1"
    assert target.origin == ("https", "api.example", 443)
    loopback = ["http://127.0.0.1:1", "http://[::1]", "http://localhost", "http://a.localhost"]
    assert [Target.parse(url).is_loopback for url in loopback] == [True] * 4
    assert not target.is_loopback
