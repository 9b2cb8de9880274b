"""Two whole runs: equal ones have no difference, a defect shows where it bites."""

import json
import re

from conformance.comparison import compare_runs, load_run
from conformance.comparison.layout import markdown_lines, table_lines
from conformance.comparison.runs_page import runs_page


def test_two_runs_of_a_healthy_instance_do_not_differ(healthy, recorded):
    found = compare_runs(healthy, load_run(recorded("healthy", "7f7f7f7f")))
    assert not found.verdicts.changes
    assert not found.fields
    assert not found.statuses
    assert found.exit_code == 0
    assert "same verdicts" in found.summary


def test_a_field_that_a_release_lost_is_broken_and_gone(healthy, recorded):
    found = compare_runs(healthy, load_run(recorded("list-versions.sha.missing")))
    assert "list-versions.sha" in {change.id for change in found.worse}
    assert ("list_versions", "[].sha", "gone") in {(one.endpoint, one.path, one.kind) for one in found.fields}
    assert found.exit_code == 1
    assert re.match(r"worse: \d+ MUST .*requirements? no longer pass(es)?; 1 field went", found.summary)


def test_fields_that_are_new_break_nothing(healthy, recorded):
    found = compare_runs(healthy, load_run(recorded("fields.more")))
    assert {one.kind for one in found.fields} == {"new"}
    assert found.exit_code == 0
    assert re.match(r"different: same verdicts; \d+ fields new", found.summary)


def test_statuses_that_came_and_went(healthy, recorded):
    found = compare_runs(healthy, load_run(recorded("upload.status-200")))
    assert [(one.endpoint, one.status, one.new > 0) for one in found.statuses] == [
        ("upload_and_convert", "200", True),
        ("upload_and_convert", "202", False),
    ]


def test_a_run_without_a_recording_says_so(healthy, altered):
    found = compare_runs(healthy, altered(exchanges=None))
    assert "no recording" in found.notes[0]
    assert not found.fields


def test_every_style_tells_the_same(healthy, recorded):
    found = compare_runs(healthy, load_run(recorded("list-versions.sha.missing")))
    table = "\n".join(text for text, _ in table_lines(runs_page(found), 120))
    markdown = "\n".join(markdown_lines(runs_page(found)))
    data = json.loads(json.dumps(found.to_json()))
    assert table.startswith(found.summary)
    assert data["summary"] == found.summary
    for change in data["requirements"]["broken"][:5]:
        assert change["id"] in table
        assert change["id"] in markdown.replace("&#95;", "_")
