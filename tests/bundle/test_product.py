"""`product.toml`: read strictly, each mistake in one line that names the key."""

from __future__ import annotations

import pytest

from conformance.bundle.product import LIMITS, MAX_BYTES, parse_product, read_product
from conformance.errors import UsageError
from conformance.report.certificate import Product

WHOLE = {
    "vendor": "Example Corp",
    "product": "Platform",
    "version": "4.2",
    "contact_url": "https://example.com/contact",
}
JWT = ".".join(["ey" + "JhbGciOiJSUzI1NiJ9", "ey" + "JzdWIiOiJzb21lYm9keSJ9", "c2lnbmF0dXJlLW9mLWEtdG9rZW4"])


def toml(**changes: object) -> bytes:
    lines = []
    for key, value in {**WHOLE, **changes}.items():
        if value is not None:
            lines.append(f"{key} = {value}" if not isinstance(value, str) else f"{key} = {_quoted(value)}")
    return "\n".join(lines).encode()


def _quoted(text: str) -> str:
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text) + '"'


def test_a_whole_file_is_read_and_kept_as_it_is(tmp_path):
    path = tmp_path / "product.toml"
    path.write_bytes(b"# a comment\n" + toml(notes="Three nodes.\nTwo zones."))
    found = read_product(path)
    assert found.product == Product(**WHOLE, notes="Three nodes.\nTwo zones.")
    assert found.content == path.read_bytes()


def test_notes_may_be_left_out():
    assert parse_product(toml()) == Product(**WHOLE, notes="")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (toml(vendor=None), "the key vendor is missing"),
        (toml(contact_url=None), "the key contact_url is missing"),
        (toml(version=4.2), "version takes text in quotes, not float"),
        (toml(product="  "), "product is empty"),
        (toml(vendor="x" * 201), "vendor has 201 characters, more than 200"),
        (toml(notes="x" * 4001), "notes has 4001 characters, more than 4000"),
        (toml(vendor="a\x1b[31mb"), "vendor has a control character"),
        (toml(vendor="two\nlines"), "vendor has a control character"),
        (toml(notes="a\x00b"), "notes has a control character"),
        (toml(product="a\u202eb"), "product has a control character or an invisible one"),
        (toml(token="abc"), "unknown key 'token'; known: vendor, product, version, contact_url, notes"),
        (toml() + b'\n[extra]\na = "b"', "unknown key 'extra'"),
        (toml(contact_url="example.com"), "contact_url isn't an http or https URL"),
        (toml(contact_url="ftp://example.com"), "contact_url isn't an http or https URL"),
        (toml(contact_url="https://"), "contact_url isn't an http or https URL"),
        (toml(contact_url="https://example.com:port/"), "contact_url isn't an http or https URL"),
        (toml(contact_url="https://[::1"), "contact_url isn't an http or https URL"),
        (toml(contact_url="javascript:alert(1)"), "contact_url isn't an http or https URL"),
        (toml(contact_url="https://exa mple.com"), "contact_url isn't an http or https URL"),
        (toml(contact_url="https://user:pass@example.com"), "contact_url holds credentials"),
        (toml(notes=f"ask with {JWT}"), "it holds what looks like a secret"),
        (toml() + f"\n# {JWT}".encode(), "it holds what looks like a secret"),
        (b"vendor = ", "it isn't TOML"),
        (toml() + b'\nvendor = "again"', "it isn't TOML"),
        (b"a = " + b"[" * 5000, "it isn't TOML"),
        (b'vendor = "\xff"', "it isn't UTF-8"),
        (b"#" * (MAX_BYTES + 1), f"it has more than {MAX_BYTES} bytes"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(tmp_path, content, said):
    path = tmp_path / "product.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_product(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert said in line
    assert "\n" not in line
    assert JWT not in line


def test_an_absent_file_is_bad_usage(tmp_path):
    with pytest.raises(UsageError, match=r"can't read .*product\.toml: No such file"):
        read_product(tmp_path / "product.toml")


def test_each_key_is_a_field_of_the_product():
    assert set(LIMITS) == set(Product.__dataclass_fields__)
