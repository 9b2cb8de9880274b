"""`verify`: is a bundle what its manifest says, who signed it, and does the recording come to the stated verdict.

All works offline and from what the installed package has. Every problem is collected, not only the first; what a
problem makes meaningless (judging a recording that was altered) is left out.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import conformance
from conformance.bundle import consistency, envelope, kill_score, manifest, product, strict_json
from conformance.bundle.digests import FileDigest, contract_digest, source_digest
from conformance.bundle.findings import Findings
from conformance.bundle.packing import MAX_BYTES, MAX_MEMBERS, BadArchive, unpacked
from conformance.contract import release_ids
from conformance.errors import ConformanceError, UsageError
from conformance.report import statement as statements

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

Recompute = Callable[[Path], Iterable[str]]
"""Judges the recording in a folder again; the differences from its statement, in lines. Raises ConformanceError."""

STATEMENT, JUNIT, EXCHANGES = "statement.json", "junit.xml", "exchanges.ndjson"
REQUIRED = (STATEMENT, JUNIT, "report.html", kill_score.FILE, "README.md")

MAX_MANIFEST = 2**22
MAX_STATEMENT = 2**26
MAX_JUNIT = 2**26
"""Bytes of each that are read. Ours."""


def verify(path: Path, key: SSlibKey | None, recompute: Recompute) -> Findings:
    """Verify the bundle at `path`, a folder or a `.tar.gz`, and with a key that it was signed with that.

    Raises UsageError where there is nothing to verify at `path`; whatever is wrong with the bundle is in the findings.
    """
    if path.is_dir():
        return _Verification(path, key, recompute).findings()
    if not path.is_file():
        raise UsageError(f"there is no bundle {str(path)!r}; give a run's folder or its .tar.gz")
    try:
        with unpacked(path) as folder:
            return _Verification(folder, key, recompute).findings()
    except BadArchive as wrong:
        findings = Findings()
        findings.refuse(f"{path.name}: {wrong}")
        return findings


@dataclass
class _Verification:
    folder: Path
    key: SSlibKey | None
    recompute: Recompute

    def __post_init__(self) -> None:
        self.found = Findings()
        self.present: dict[str, int] = {}
        self.sound: set[str] = set()

    def findings(self) -> Findings:
        self._list_files()
        read = self._manifest()
        if read is None:
            return self.found
        predicate = read["predicate"]
        own = predicate[manifest.OWN]
        self.found.told = {**{name: own[name] for name in _TOLD}, "run": own["run"], "result": predicate["result"]}
        self._files(read)
        same = self._contract(own)
        self._suite(own)
        statement = self._statement()
        if statement is None:
            return self.found
        self.found.refuse_all(consistency.within(statement))
        self.found.refuse_all(consistency.with_manifest(statement, predicate))
        if (junit := self._content(JUNIT, MAX_JUNIT)) is not None:
            self.found.refuse_all(consistency.with_junit(statement, junit))
        self.found.refuse_all(consistency.with_product(statement, self._content(product.FILE, product.MAX_BYTES)))
        if self._recording(statement) and same:
            self._judge_again()
        return self.found

    def _list_files(self) -> None:
        """Only plain files count, and they are counted before anything is read."""
        total = 0
        for entry in sorted(self.folder.iterdir()):
            found = entry.lstat()
            if not stat.S_ISREG(found.st_mode):
                kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "no plain file"
                self.found.refuse(f"{entry.name} is {kind}; a bundle holds plain files alone")
                continue
            self.present[entry.name] = found.st_size
            total += found.st_size
        if len(self.present) > MAX_MEMBERS or total > MAX_BYTES:
            self.found.refuse(
                f"it holds {len(self.present)} files of {total} bytes; at most {MAX_MEMBERS}, {MAX_BYTES}"
            )
            self.present = {}

    def _manifest(self) -> Any:
        """The statement in the manifest, once it is known who signed it; None where it can't be read."""
        if manifest.FILE not in self.present:
            self.found.refuse(f"{manifest.FILE} is missing, so nothing says what the bundle holds")
            return None
        try:
            sealed = envelope.opened(strict_json.loads((self.folder / manifest.FILE).read_bytes(), MAX_MANIFEST))
            self._signature(sealed)
            read = strict_json.loads(sealed.payload, MAX_MANIFEST)
        except (ValueError, ConformanceError) as wrong:
            self.found.refuse(f"{manifest.FILE} can't be used: {wrong}")
            return None
        except OSError as error:
            self.found.refuse(f"can't read {manifest.FILE}: {error.strerror or error}")
            return None
        problem = manifest.problem_of(read)
        if problem is not None:
            self.found.refuse(f"{manifest.FILE} breaks {manifest.SCHEMA_FILE} {problem}")
            return None
        return read

    def _signature(self, sealed: envelope.Sealed) -> None:
        self.found.key_ids = sealed.key_ids
        named = ", ".join(sealed.key_ids)
        if self.key is None:
            if not sealed.key_ids:
                self.found.note("UNSIGNED: nobody vouches for this bundle")
            else:
                self.found.note(f"signed with key {named}; not checked against anybody's, give it with --key")
            return
        if not sealed.key_ids:
            self.found.refuse(f"it is unsigned, and not signed with key {self.key.keyid}")
        elif sealed.signed_by(self.key):
            self.found.checked_key = self.key.keyid
        elif self.key.keyid in sealed.key_ids:
            self.found.refuse(
                f"the signature with key {self.key.keyid} doesn't fit the manifest: one of them was altered"
            )
        else:
            self.found.refuse(f"it is signed with key {named}, not with {self.key.keyid}")

    def _files(self, read: Mapping[str, Any]) -> None:
        """Digest and size of each file, none missing, none added."""
        subjects = {one["name"]: one["digest"]["sha256"] for one in read["subject"]}
        sizes = read["predicate"][manifest.OWN]["sizes"]
        if len(subjects) != len(read["subject"]) or sizes.keys() != subjects.keys():
            self.found.refuse(f"{manifest.FILE} lists a file twice, or one without its size")
        for name in REQUIRED:
            if name not in subjects:
                self.found.refuse(f"{manifest.FILE} doesn't list {name}, which every run leaves")
        for name in sorted(self.present.keys() - subjects.keys() - {manifest.FILE}):
            self.found.refuse(f"{name} was added: {manifest.FILE} doesn't list it")
        for name, sha256 in subjects.items():
            if name not in self.present:
                self.found.refuse(f"{name} is missing")
                continue
            try:
                found = FileDigest.of_file(self.folder / name)
            except OSError as error:
                self.found.refuse(f"can't read {name}: {error.strerror or error}")
                continue
            if found.size != sizes.get(name):
                self.found.refuse(f"{name} was altered: it has {found.size} bytes, not {sizes.get(name)}")
            elif found.sha256 != sha256:
                self.found.refuse(f"{name} was altered: its SHA-256 is {found.sha256}, not {sha256}")
            else:
                self.sound.add(name)

    def _contract(self, own: Mapping[str, Any]) -> bool:
        """Whether the contract that judged is the one that is installed."""
        release = own["release"]
        if release not in release_ids():
            self.found.refuse(f"there is no contract of release {release!r} in this version of the suite")
            return False
        installed = contract_digest(release)
        if installed == own["contract_sha256"]:
            return True
        self.found.refuse(
            f"the contract was swapped: the run was judged by {own['contract_sha256']}, release {release} "
            f"of the installed suite is {installed}"
        )
        return False

    def _suite(self, own: Mapping[str, Any]) -> None:
        version, installed = own["suite_version"], conformance.__version__
        if version != installed:
            self.found.note(f"suite {version} judged, and suite {installed} verifies")
        elif own["source_sha256"] != source_digest():
            self.found.note(f"the source of suite {version} that judged isn't the installed one of that version")
        elif kill_score.FILE in self.sound and (self.folder / kill_score.FILE).read_bytes() != kill_score.packaged():
            self.found.refuse(f"{kill_score.FILE} isn't what suite {version} was published with")

    def _statement(self) -> Any:
        content = self._content(STATEMENT, MAX_STATEMENT)
        if content is None:
            return None
        try:
            read = strict_json.loads(content, MAX_STATEMENT)
            statements.validate(read)
        except ValueError as wrong:
            self.found.refuse(f"{STATEMENT} can't be used: {wrong}")
            return None
        except ConformanceError as wrong:
            self.found.refuse(str(wrong))
            return None
        return read

    def _recording(self, statement: Mapping[str, Any]) -> bool:
        """Whether there is a recording, as it was, that the statement describes."""
        described = statement["exchanges"]
        if described is None:
            if EXCHANGES in self.present:
                self.found.refuse(f"{STATEMENT} says that nothing was recorded, and there is {EXCHANGES}")
            else:
                self.found.refuse("nothing was recorded, so the verdict can't be worked out again")
            return False
        if described["file"] != EXCHANGES:
            self.found.refuse(f"{STATEMENT} names {described['file']!r} as its recording, not {EXCHANGES}")
            return False
        if EXCHANGES not in self.sound:
            return False
        path = self.folder / EXCHANGES
        if FileDigest.of_file(path).sha256 != described["sha256"]:
            self.found.refuse(f"{EXCHANGES} isn't the recording that {STATEMENT} describes: its SHA-256 differs")
            return False
        with path.open("rb") as file:
            lines = sum(1 for _ in file)
        if lines != described["count"]:
            self.found.refuse(f"{EXCHANGES} has {lines} exchanges, {STATEMENT} says {described['count']}")
        return True

    def _judge_again(self) -> None:
        try:
            self.found.refuse_all(f"judged again from the recording: {line}" for line in self.recompute(self.folder))
        except ConformanceError as failure:
            # An archive's files lie where nobody has ever heard of.
            told = str(failure).replace(f"{self.folder}/", "")
            self.found.refuse(f"the recording can't be judged again: {told}")
            return
        except Exception as crash:
            # A stranger's recording may be anything; a bundle that breaks a judge isn't verified.
            self.found.refuse(f"the recording can't be judged again: {type(crash).__name__} while judging it")
            return
        self.found.recomputed = True

    def _content(self, name: str, limit: int) -> bytes | None:
        """A file's bytes; None where it is missing, which was said, or has too many, which is said here."""
        if name not in self.present:
            return None
        if self.present[name] > limit:
            self.found.refuse(f"{name} has {self.present[name]} bytes, more than {limit}")
            return None
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            self.found.refuse(f"can't read {name}: {error.strerror or error}")
            return None


_TOLD = ("verdict", "exit_code", "release", "profile", "strict", "target", "suite_version")
