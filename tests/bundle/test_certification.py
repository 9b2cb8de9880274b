"""What goes into a bundle and when: read before the run, sealed after it, and never two runs in one folder."""

from __future__ import annotations

import json
import shutil

import pytest

from conformance.bundle import manifest
from conformance.bundle.certification import Certification, drop_old, run_url
from conformance.bundle.keys import make_key_pair
from conformance.bundle.verifying import verify
from conformance.errors import UsageError
from tests.bundle.conftest import nothing_differs

GITHUB = {
    "GITHUB_SERVER_URL": "https://git.example.com",
    "GITHUB_REPOSITORY": "example/platform",
    "GITHUB_RUN_ID": "42",
}


def test_without_a_key_the_bundle_is_unsigned_and_says_so(bundle):
    names = [path.name for path in bundle.folder.iterdir() if path.name != manifest.FILE]
    sealed = Certification().seal(bundle.folder, names)
    assert sealed.key_id is None
    assert sealed.line.startswith(f"Bundle {bundle.folder}, unsigned")
    assert json.loads((bundle.folder / manifest.FILE).read_bytes())["signatures"] == []
    found = verify(bundle.folder, None, nothing_differs)
    assert (found.problems, found.notes) == ([], ["UNSIGNED: nobody vouches for this bundle"])


def test_each_seal_has_a_nonce_of_its_own(bundle):
    names = [path.name for path in bundle.folder.iterdir() if path.name != manifest.FILE]
    nonces = set()
    for _ in range(3):
        Certification().seal(bundle.folder, names)
        nonces.add(bundle.read()["predicate"][manifest.OWN]["nonce"])
    assert len(nonces) == 3


@pytest.mark.parametrize("given", ["product_file", "sign_key", "archive"])
def test_what_cant_be_used_is_known_before_the_run(tmp_path, given):
    path = tmp_path / "file.tar.gz"
    path.write_text("nothing of use")
    path.chmod(0o600)
    with pytest.raises(UsageError):
        Certification.of({}, **{given: path})


def test_the_product_and_the_kill_score_become_part_of_the_run(made):
    statement = json.loads((made.folder / "statement.json").read_bytes())
    assert statement["product"]["vendor"] == "Example Corp"
    assert (made.folder / "product.toml").read_text().startswith("# what we sell")
    assert "Example Corp" in (made.folder / "README.md").read_text()


def test_a_private_key_is_in_no_file_of_the_bundle(made):
    body = made.keys.private.read_text().splitlines()[1]
    assert len(body) > 40
    for path in made.folder.iterdir():
        assert body not in path.read_text()


def test_an_earlier_runs_files_go_by_its_own_manifest_and_others_stay(bundle):
    (bundle.folder / "mine.txt").write_text("kept")
    (bundle.folder / "report.html").write_text("edited, so kept")
    drop_old(bundle.folder)
    assert sorted(path.name for path in bundle.folder.iterdir()) == ["mine.txt", "report.html"]


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b'{"payload": "e30=", "payloadType": "x", "signatures": []}'])
def test_what_is_no_manifest_removes_nothing(bundle, content):
    (bundle.folder / manifest.FILE).write_bytes(content)
    before = sorted(path.name for path in bundle.folder.iterdir())
    drop_old(bundle.folder)
    assert sorted(path.name for path in bundle.folder.iterdir()) == before


def test_a_hostile_manifest_removes_nothing_outside_of_its_folder(bundle, tmp_path):
    shutil.copy(bundle.folder / "report.html", tmp_path / "report.html")
    content = bundle.read()
    for subject in content["subject"]:
        if subject["name"] == "report.html":
            subject["name"] = "../report.html"
    bundle.sign(content)
    drop_old(bundle.folder)
    assert (tmp_path / "report.html").exists()
    assert (bundle.folder / "report.html").exists()


def test_the_log_of_a_run_in_continuous_integration_is_named():
    assert run_url(GITHUB) == "https://git.example.com/example/platform/actions/runs/42"
    assert run_url({"CI_JOB_URL": "https://git.example.com/x/-/jobs/7"}) == "https://git.example.com/x/-/jobs/7"


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {**GITHUB, "GITHUB_RUN_ID": ""},
        {"CI_JOB_URL": "javascript:alert(1)"},
        {"CI_JOB_URL": "https://user:pass@example.com/x"},
        {"CI_JOB_URL": "https://git.example.com/a b"},
        {"CI_JOB_URL": "https://git.example.com/" + "x" * 3000},
    ],
)
def test_elsewhere_and_for_what_is_no_plain_url_there_is_none(environ):
    assert run_url(environ) is None


def test_a_key_that_is_encrypted_signs_with_its_passphrase(bundle, tmp_path):
    environ = {"WALLAROO_CONFORMANCE_SIGN_KEY_PASSPHRASE": "correct horse battery"}
    keys = make_key_pair(tmp_path / "locked.key", environ)
    names = [path.name for path in bundle.folder.iterdir() if path.name != manifest.FILE]
    certification = Certification.of(environ, sign_key=keys.private)
    assert certification.seal(bundle.folder, names).key_id == keys.key_id
    assert bundle.verified(keys=keys).problems == []
