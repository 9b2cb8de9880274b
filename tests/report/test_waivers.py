"""`waivers.toml` is read strictly: what isn't as documented is refused in one line that names the entry."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.contract import load_release
from conformance.errors import UsageError
from conformance.report.waivers import MAX_BYTES, load, require_promised

ENTRY = {
    "requirement": '"list.models"',
    "reason": '"the proxy cuts it"',
    "owner": '"models team"',
    "issue": '"https://example.com/issues/7"',
    "expires": "2026-12-31",
}


def written(folder: Path, *entries: dict[str, str], text: str | None = None) -> Path:
    path = folder / "waivers.toml"
    lines = ["[[waiver]]\n" + "".join(f"{key} = {value}\n" for key, value in entry.items()) for entry in entries]
    path.write_text("\n".join(lines) if text is None else text)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as refused:
        load(path)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("expires", ["2026-12-31", '"2026-12-31"'], ids=["date", "text"])
def test_an_entry_is_read(tmp_path, expires):
    (waiver,) = load(written(tmp_path, {**ENTRY, "expires": expires, "target": '"https://staging.*"'}))
    assert waiver.requirement == "list.models"
    assert waiver.reason == "the proxy cuts it"
    assert waiver.owner == "models team"
    assert waiver.issue == "https://example.com/issues/7"
    assert waiver.expires == date(2026, 12, 31)
    assert waiver.target == "https://staging.*"


def test_a_file_without_entries_waives_nothing(tmp_path):
    assert load(written(tmp_path, text="# none left\n")) == ()


@pytest.mark.parametrize("key", list(ENTRY))
def test_each_field_but_the_target_is_needed(tmp_path, key):
    rest = {name: value for name, value in ENTRY.items() if name != key}
    said = refusal(written(tmp_path, ENTRY | {"requirement": '"upload.returned-id"'}, rest))
    assert "waiver 2" in said
    assert f"{key} is missing" in said


@pytest.mark.parametrize("key", ["requirement", "reason", "owner", "issue", "target"])
@pytest.mark.parametrize("value", ['""', '"  "', "7", "[]", "true"])
def test_each_text_is_text_and_says_something(tmp_path, key, value):
    said = refusal(written(tmp_path, ENTRY | {key: value}))
    assert "waiver 1" in said
    assert f": {key} " in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": '"blue"'}, "unknown key 'colour'"),
        ({"requirement": '"list.modles"'}, "is list.models meant?"),
        ({"requirement": '"nothing-like-it"'}, "is in no release"),
        ({"owner": '"someone@example.com"'}, "e-mail"),
        ({"issue": '"ISSUE-7"'}, "isn't a link"),
        ({"issue": '"ftp://example.com/7"'}, "isn't a link"),
        ({"issue": '"https://[half"'}, "isn't a link"),
        ({"issue": '"https://me:pw@example.com/7"'}, "holds credentials"),
        ({"expires": '"soon"'}, "isn't a date alone"),
        ({"expires": '"2026-02-30"'}, "no day of the calendar"),
        ({"expires": '"20261231"'}, "isn't a date alone"),
        ({"expires": "2026-12-31T00:00:00Z"}, "isn't a date alone"),
        ({"expires": "20261231"}, "isn't a date alone"),
        ({"target": '"api.example.com"'}, "begin it with https:// or *"),
        ({"target": '"https://api.example.com/"'}, "no last slash"),
        ({"target": '"https://[api"'}, "without its ]"),
        ({"target": '"https://a b"'}, "space"),
    ],
)
def test_a_wrong_value_is_named_with_its_entry(tmp_path, change, said):
    told = refusal(written(tmp_path, ENTRY | change))
    assert said in told
    assert "waiver 1" in told


def test_a_team_may_be_written_as_a_handle(tmp_path):
    (waiver,) = load(written(tmp_path, ENTRY | {"owner": '"@example/models"'}))
    assert waiver.owner == "@example/models"


def test_one_requirement_has_one_waiver(tmp_path):
    said = refusal(written(tmp_path, ENTRY, ENTRY | {"target": '"https://other.*"'}))
    assert "waiver 2" in said
    assert "twice" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[waiver]\n", "aren't TOML"),
        ("waiver = 3\n", "[[waiver]]"),
        ("[waiver]\nrequirement = 'list.models'\n", "[[waiver]]"),
        ("[[waivers]]\n", "unknown key 'waivers'"),
        ("#" * (MAX_BYTES + 1), "bytes"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, text, said):
    assert said in refusal(written(tmp_path, text=text))


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    assert "can't read" in refusal(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b"reason = '\xe9'")
    assert "aren't TOML" in refusal(tmp_path / "latin.toml")


@given(st.binary(max_size=200))
@example(b"[[waiver]]\nrequirement = 'list.models'\nexpires = 2026-12-31\n")
def test_whatever_the_file_holds_is_read_or_refused_in_one_line(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "waivers.toml"
    path.write_bytes(content)
    try:
        found = load(path)
    except UsageError:
        refusal(path)
    else:
        assert all(waiver.reason.strip() and waiver.issue.startswith("http") for waiver in found)


@pytest.mark.parametrize(
    ("pattern", "target", "matches"),
    [
        (None, "https://api.example.com", True),
        ("https://api.example.com", "https://api.example.com", True),
        ("https://API.example.com", "https://api.example.com", True),
        ("https://staging.*", "https://api.example.com", False),
        ("*", "embedded instance", True),
        ("https://*.example.com", "https://api.example.com.example.org", False),
    ],
)
def test_a_target_is_matched_as_a_whole(tmp_path, pattern, target, matches):
    extra = {} if pattern is None else {"target": f'"{pattern}"'}
    (waiver,) = load(written(tmp_path, ENTRY | extra))
    assert waiver.is_about(target) == matches


def test_the_last_day_still_counts(tmp_path):
    (waiver,) = load(written(tmp_path, ENTRY))
    assert not waiver.has_expired(date(2026, 12, 31))
    assert waiver.has_expired(date(2027, 1, 1))


def test_what_only_another_release_promises_is_refused_with_that_releases_name(tmp_path):
    old, new = load_release("2023.4"), load_release("2025.2")
    only_new = next(name for name in new.requirements if name not in old.requirements)
    waivers = load(written(tmp_path, ENTRY | {"requirement": f'"{only_new}"'}))
    require_promised(waivers, new.id, new.requirements, "https://api.example.com")
    with pytest.raises(UsageError, match=r"release 2023\.4 has no such requirement, only .*2025\.2"):
        require_promised(waivers, old.id, old.requirements, "https://api.example.com")


def test_what_is_meant_for_another_target_may_be_of_its_release(tmp_path):
    old, new = load_release("2023.4"), load_release("2025.2")
    only_new = next(name for name in new.requirements if name not in old.requirements)
    entry = ENTRY | {"requirement": f'"{only_new}"', "target": '"https://new.*"'}
    require_promised(load(written(tmp_path, entry)), old.id, old.requirements, "https://api.example.com")
