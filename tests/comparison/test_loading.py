import json

import pytest

from conformance.comparison import load_run
from conformance.errors import UsageError


def test_a_folder_gives_verdict_and_exchanges(healthy):
    assert (healthy.verdict, healthy.release, healthy.profile) == ("conformant", "2023.4", "core")
    assert len(healthy.exchanges) > 200
    assert healthy.requirements["upload.status"].verdict == "passed"


def test_a_bare_statement_has_no_exchanges(recorded):
    run = load_run(recorded("healthy") / "statement.json")
    assert run.exchanges is None
    assert run.verdict == "conformant"


def test_a_statement_of_the_format_before_is_read(copied):
    def older(data):
        data["format"] = 2
        for name in ("circumstances", "product", "identity", "waivers"):
            del data[name]

    run = load_run(copied(older))
    assert run.verdict == "conformant"
    assert not run.waivers
    assert not run.identity


def test_fields_that_a_newer_suite_added_are_passed_over(copied):
    def newer(data):
        data["weather"] = "fine"
        data["requirements"][0]["mood"] = 3

    assert load_run(copied(newer)).verdict == "conformant"


@pytest.mark.parametrize("number", [1, 99, -2])
def test_another_format_is_refused_by_its_number(copied, number):
    folder = copied(lambda data: data.update(format=number))
    with pytest.raises(UsageError, match=rf"format {number}; formats 2 and 3 can be compared"):
        load_run(folder)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "isn't JSON"),
        ("[" * 100_000, "isn't JSON"),
        ("[]", "is no statement"),
        ('{"format": "3"}', "is no statement"),
        ('{"format": 3}', "'verdict' is missing"),
    ],
    ids=["cut off", "nested", "a list", "a text as format", "empty"],
)
def test_what_is_no_statement_is_refused_in_one_line(tmp_path, content, says):
    (tmp_path / "statement.json").write_text(content)
    with pytest.raises(UsageError, match=says) as caught:
        load_run(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_field_of_another_type_is_refused(copied):
    folder = copied(lambda data: data["requirements"][3].update(verdict=7))
    with pytest.raises(UsageError, match="7 should be text"):
        load_run(folder)


def test_an_empty_folder_and_a_missing_one_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"has no statement\.json"):
        load_run(tmp_path)
    with pytest.raises(UsageError, match="isn't there"):
        load_run(tmp_path / "nothing")


def test_a_broken_recording_is_refused_with_its_line(copied):
    folder = copied(lambda data: None)
    with (folder / "exchanges.ndjson").open("a") as file:
        file.write(json.dumps({"id": 5}) + "\n")
    with pytest.raises(UsageError, match=r"line \d+: not a recorded exchange"):
        load_run(folder)


def test_the_recording_that_a_statement_names_is_not_followed_out_of_the_folder(copied, tmp_path):
    (tmp_path / "elsewhere.ndjson").write_text("no exchange\n")
    folder = copied(lambda data: data.update(exchanges={"file": "../elsewhere.ndjson", "sha256": "", "count": 1}))
    assert len(load_run(folder).exchanges) > 200
