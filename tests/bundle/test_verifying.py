"""Verifying a bundle: one that is as it was made, and each way to tamper with it."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import pytest

import conformance
from conformance.bundle import manifest, verifying
from conformance.bundle.keys import load_public_key
from conformance.bundle.verifying import verify
from conformance.errors import ConformanceError, UsageError
from tests.bundle.conftest import judged_again, nothing_differs

FILES = (
    "README.md",
    "exchanges.ndjson",
    "junit.xml",
    "kill-score.json",
    "manifest.json",
    "product.toml",
    "report.html",
    "statement.json",
)


def refusals(found) -> str:
    assert found.problems, "it was verified"
    assert not any("\n" in problem for problem in found.problems)
    return "\n".join(found.problems)


def test_a_bundle_as_it_was_made_is_verified_and_its_verdict_judged_again(made):
    found = made.verified(judged_again)
    assert found.problems == []
    assert found.checked_key == made.keys.key_id
    assert found.recomputed
    assert found.told["verdict"] == "conformant"
    assert tuple(sorted(path.name for path in made.folder.iterdir())) == FILES


def test_the_archive_is_verified_as_the_folder_is(made):
    found = verify(made.archive, load_public_key(made.keys.public), judged_again)
    assert (found.problems, found.recomputed, found.checked_key) == ([], True, made.keys.key_id)


def test_without_a_key_it_is_said_whose_it_is_and_that_nobody_checked(made):
    found = verify(made.folder, None, nothing_differs)
    assert found.problems == []
    assert found.notes == [f"signed with key {made.keys.key_id}; not checked against anybody's, give it with --key"]
    assert found.checked_key is None


@pytest.mark.parametrize("name", [name for name in FILES if name != "manifest.json"])
def test_one_flipped_byte_in_a_file_is_refused(bundle, name):
    path = bundle.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert f"{name} was altered: its SHA-256 is" in refusals(bundle.verified())


@pytest.mark.parametrize("where", range(0, 12000, 1500))
def test_one_flipped_byte_in_the_manifest_is_refused(bundle, where):
    path = bundle.folder / "manifest.json"
    content = bytearray(path.read_bytes())
    content[where] ^= 1
    path.write_bytes(content)
    assert "manifest" in refusals(bundle.verified())


def test_one_removed_exchange_is_refused_and_nothing_is_judged_from_the_rest(bundle):
    path = bundle.folder / "exchanges.ndjson"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:40] + lines[41:]))
    found = bundle.verified(judged_again)
    assert "exchanges.ndjson was altered: it has" in refusals(found)
    assert not found.recomputed


def test_one_removed_exchange_is_refused_however_well_the_rest_is_made_to_fit(bundle):
    """The vendor removes a reply that speaks against the instance, and signs anew: judging again finds the gap."""
    path = bundle.folder / "exchanges.ndjson"
    lines = path.read_bytes().splitlines(keepends=True)
    position = next(i for i, line in enumerate(lines) if str(json.loads(line)["check"]).startswith("test_list.py"))
    path.write_bytes(b"".join(lines[:position] + lines[position + 1 :]))

    def fit(statement: dict[str, Any]) -> None:
        import hashlib

        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        statement["exchanges"] = {"file": path.name, "sha256": sha256, "count": len(lines) - 1}

    bundle.edit_statement(fit)
    bundle.resign()
    assert bundle.verified(nothing_differs).problems == []
    assert "judged again from the recording" in refusals(bundle.verified(judged_again))


def test_an_added_file_is_refused(bundle):
    (bundle.folder / "addendum.txt").write_text("all is well")
    assert refusals(bundle.verified()) == "addendum.txt was added: manifest.json doesn't list it"


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(bundle, name):
    (bundle.folder / name).unlink()
    assert f"{name} is missing" in refusals(bundle.verified())


def conformant(statement: dict[str, Any]) -> None:
    """Turn one failure into a success, in every place of the statement that tells of it."""
    one = next(r for r in statement["requirements"] if r["verdict"] == "passed" and r["level"] == "MUST")
    one["verdict"], one["reason"] = "failed", "the vendor's competitor edited it"
    statement["counts"]["MUST"]["passed"] -= 1
    statement["counts"]["MUST"]["failed"] += 1
    statement["verdict"], statement["exit_code"] = "not-conformant", 1


def test_an_edited_verdict_alone_is_refused_by_digest_and_by_what_contradicts_it(bundle):
    bundle.edit_statement(lambda statement: statement.update(verdict="not-conformant", exit_code=1))
    lines = refusals(bundle.verified())
    assert "statement.json was altered" in lines
    assert "manifest.json has verdict 'conformant', statement.json 'not-conformant'" in lines
    assert "junit.xml has verdict 'conformant', statement.json 'not-conformant'" in lines


def test_an_edited_verdict_under_a_manifest_of_another_key_is_refused_with_the_vendors_key(bundle, other_keys):
    bundle.edit_statement(conformant)
    bundle.resign(other_keys)
    found = bundle.verified()
    assert f"it is signed with key {other_keys.key_id}, not with {bundle.keys.key_id}" in refusals(found)
    assert found.checked_key is None


def test_an_edited_verdict_signed_with_the_same_key_is_caught_by_judging_again(bundle):
    bundle.edit_statement(conformant)
    text = (
        (bundle.folder / "junit.xml")
        .read_text()
        .replace('name="verdict" value="conformant"', 'name="verdict" value="not-conformant"')
    )
    (bundle.folder / "junit.xml").write_text(text)
    bundle.resign()
    assert bundle.verified(nothing_differs).problems == []
    lines = refusals(bundle.verified(judged_again))
    assert "judged again from the recording: the verdict is 'conformant', the statement says 'not-conformant'" in lines
    assert "judged again from the recording: requirement " in lines


def test_a_swapped_contract_is_refused_with_both_digests_and_nothing_is_judged_by_it(bundle):
    content = bundle.read()
    content["predicate"][manifest.OWN]["contract_sha256"] = "5" * 64
    bundle.sign(content)
    found = bundle.verified(judged_again)
    installed = verifying.contract_digest("2023.4")
    assert f"the contract was swapped: the run was judged by {'5' * 64}, release 2023.4" in refusals(found)
    assert installed in refusals(found)
    assert not found.recomputed


def test_a_release_without_a_contract_is_refused(bundle):
    content = bundle.read()
    content["predicate"][manifest.OWN]["release"] = "1999.1"
    bundle.sign(content)
    assert "there is no contract of release '1999.1'" in refusals(bundle.verified())


def test_a_manifest_signed_again_with_another_key_is_refused_though_nothing_else_changed(bundle, other_keys):
    bundle.sign(bundle.read(), other_keys)
    assert refusals(bundle.verified()) == f"it is signed with key {other_keys.key_id}, not with {bundle.keys.key_id}"
    assert bundle.verified(keys=other_keys).problems == []


def test_another_key_under_the_vendors_id_is_refused(bundle, other_keys):
    bundle.sign(bundle.read(), other_keys)
    path = bundle.folder / "manifest.json"
    path.write_text(path.read_text().replace(other_keys.key_id, bundle.keys.key_id))
    assert f"the signature with key {bundle.keys.key_id} doesn't fit the manifest" in refusals(bundle.verified())


def test_a_stripped_signature_is_refused_with_a_key_and_told_without(bundle):
    path = bundle.folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "signatures": []}))
    assert refusals(bundle.verified()) == f"it is unsigned, and not signed with key {bundle.keys.key_id}"
    found = verify(bundle.folder, None, nothing_differs)
    assert (found.problems, found.notes) == ([], ["UNSIGNED: nobody vouches for this bundle"])


def altered_envelope(**changes: object):
    return lambda read: {**read, **changes}


DEEP = ("[" * 3000 + "]" * 3000).encode()
ENVELOPES = {
    "another payload type": (altered_envelope(payloadType="text/plain"), "its payloadType is 'text/plain', not"),
    "no payload": (altered_envelope(payload=None), "it is no DSSE envelope with a payload"),
    "payload that isn't base64": (altered_envelope(payload="é"), "its envelope can't be read"),
    "signatures of another kind": (altered_envelope(signatures=["a"]), "its list of signatures is none"),
    "too many signatures": (
        altered_envelope(signatures=[{"keyid": "a", "sig": ""}] * 17),
        "its list of signatures is none",
    ),
    "one key twice": (altered_envelope(signatures=[{"keyid": "a", "sig": ""}] * 2), "Multiple signatures"),
    "a list": (lambda read: [read], "it is no DSSE envelope"),
    "no statement": (altered_envelope(payload="e30="), "breaks manifest.schema.json"),
    "nested payload": (altered_envelope(payload=base64.b64encode(DEEP).decode()), "it is nested too deep"),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_an_envelope_that_cant_be_used_is_refused_in_one_line(bundle, name):
    alter, said = ENVELOPES[name]
    path = bundle.folder / "manifest.json"
    path.write_text(json.dumps(alter(json.loads(path.read_text()))))
    assert said in refusals(verify(bundle.folder, None, nothing_differs))


HOSTILE = {
    "not JSON": (b"{", "it isn't JSON"),
    "not UTF-8": (b"\xff\xfe{}", "it isn't UTF-8"),
    "nested deep": (DEEP, "it is nested too deep"),
    "nested, yet readable": (b"[" * 200 + b"]" * 200, "it is nested too deep"),
    "NaN": (b'{"seconds": NaN}', "NaN is no JSON"),
    "a key twice": (b'{"verdict": "a", "verdict": "b"}', "the key 'verdict' stands twice in one object"),
    "a number without end": (b"9" * 5000, "it has a number of 5000 digits"),
    "huge": (b" " * (2**22 + 1), "more than 4194304"),
    "another document": (b"{}", ""),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("file", ["manifest.json", "statement.json"])
def test_hostile_json_is_one_line(bundle, name, file):
    content, said = HOSTILE[name]
    if name == "huge" and file == "statement.json":
        content, said = b" " * (2**26 + 1), "more than 67108864"
    (bundle.folder / file).write_bytes(content)
    lines = refusals(verify(bundle.folder, None, nothing_differs))
    assert said in lines
    assert file in lines


def test_a_symbolic_link_is_refused_and_not_followed(bundle):
    target = bundle.folder.parent / "elsewhere"
    (bundle.folder / "statement.json").rename(target)
    (bundle.folder / "statement.json").symlink_to(target)
    lines = refusals(bundle.verified(judged_again))
    assert "statement.json is a symbolic link; a bundle holds plain files alone" in lines
    assert "statement.json is missing" in lines


def test_a_folder_and_a_pipe_are_refused_and_not_read(bundle):
    (bundle.folder / "more").mkdir()
    os.mkfifo(bundle.folder / "pipe")
    lines = refusals(bundle.verified())
    assert "more is no plain file" in lines
    assert "pipe is no plain file" in lines


def test_all_problems_are_told_not_only_the_first(bundle, other_keys):
    (bundle.folder / "report.html").write_text("<p>conformant")
    (bundle.folder / "junit.xml").unlink()
    (bundle.folder / "more.txt").write_text("")
    bundle.edit_statement(lambda statement: statement["product"].update(vendor="Somebody Else"))
    bundle.sign(bundle.read(), other_keys)
    lines = refusals(bundle.verified())
    for said in ("signed with key", "report.html was altered", "junit.xml is missing", "more.txt was added"):
        assert said in lines
    assert "product.toml says something else than statement.json of the product" in lines


def test_what_the_bundle_says_cant_draw_on_the_terminal(bundle):
    (bundle.folder / "\x1b[2Jgone\u202e.txt").write_text("")
    lines = refusals(bundle.verified())
    assert "\x1b" not in lines
    assert "\u202e" not in lines


def test_another_suite_is_a_note_and_no_refusal(bundle):
    content = bundle.read()
    content["predicate"][manifest.OWN]["source_sha256"] = "7" * 64
    bundle.sign(content)
    found = bundle.verified()
    assert found.problems == []
    version = conformance.__version__
    assert found.notes == [f"the source of suite {version} that judged isn't the installed one of that version"]


def test_a_better_kill_score_than_the_published_one_is_refused(bundle):
    path = bundle.folder / "kill-score.json"
    path.write_text(path.read_text().replace('"killed": 557', '"killed": 558'))
    bundle.resign()
    assert "kill-score.json isn't what suite" in refusals(bundle.verified())


def test_a_recording_that_breaks_the_judge_is_a_refusal(bundle):
    def broken(_folder):
        raise KeyError("gone")

    def unreadable(folder):
        raise ConformanceError(f"{folder}/exchanges.ndjson, line 3: not a recorded exchange")

    assert "can't be judged again: KeyError" in refusals(bundle.verified(broken))
    lines = refusals(bundle.verified(unreadable))
    assert lines == "the recording can't be judged again: exchanges.ndjson, line 3: not a recorded exchange"


def test_nothing_to_verify_is_bad_usage(tmp_path):
    with pytest.raises(UsageError, match="there is no bundle"):
        verify(tmp_path / "absent", None, nothing_differs)
