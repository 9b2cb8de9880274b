"""What a run is certified with, and the files that certify it: product, kill score, page, manifest, one archive."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.bundle import envelope, kill_score, manifest, product, readme, strict_json
from conformance.bundle.digests import FileDigest
from conformance.bundle.keys import load_signer
from conformance.bundle.packing import check_destination, pack
from conformance.errors import ConformanceError, UsageError
from conformance.report.run import RunResult

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner

_MAX_OLD_MANIFEST = 2**22
_NONCE_BYTES = 32


@dataclass(frozen=True)
class SealedBundle:
    """A finished bundle. `key_id` is None where it is unsigned, `archive` where none was asked for."""

    folder: Path
    key_id: str | None
    archive: Path | None

    @property
    def line(self) -> str:
        """Where it is and whether it is signed, for the end of a run."""
        signed = f"signed with key {self.key_id}" if self.key_id else "unsigned: it proves nobody's word (--sign-key)"
        return f"Bundle {self.archive or self.folder}, {signed}"


@dataclass(frozen=True)
class Certification:
    """What was given: a product, a key to sign with, a file to pack the bundle into; `url` leads to the CI's log."""

    product: product.ProductFile | None = None
    signer: CryptoSigner | None = None
    archive: Path | None = None
    url: str | None = None

    @classmethod
    def of(
        cls,
        environ: Mapping[str, str],
        *,
        product_file: Path | None = None,
        sign_key: Path | None = None,
        archive: Path | None = None,
        folder: Path | None = None,
    ) -> Certification:
        """Read it all before the run. Raises UsageError, in one line, for the first that can't be used."""
        return cls(
            product=None if product_file is None else product.read_product(product_file),
            signer=None if sign_key is None else load_signer(sign_key, environ),
            archive=None if archive is None else check_destination(archive, folder),
            url=run_url(environ),
        )

    def on(self, run: RunResult) -> RunResult:
        """The run with the vendor's product and the suite's kill score."""
        given = self.product.product if self.product else None
        return replace(run, product=given, kill_score=kill_score.published(run.release))

    def companions(self, run: RunResult, names: Collection[str]) -> dict[str, bytes]:
        """The files beside the reports, whose `names` they tell about."""
        found = {kill_score.FILE: kill_score.packaged()}
        if self.product is not None:
            found[product.FILE] = self.product.content
        whole = {*names, *found, manifest.FILE, readme.FILE}
        return {**found, readme.FILE: readme.render(run, whole)}

    def seal(self, folder: Path, names: Collection[str]) -> SealedBundle:
        """Write the manifest over the named files of `folder`, and pack them with it. Raises UsageError."""
        try:
            statement = strict_json.loads((folder / "statement.json").read_bytes(), 2**30)
            files = {name: FileDigest.of_file(folder / name) for name in names}
            content = manifest.build(statement, files, secrets.token_hex(_NONCE_BYTES), self.url)
            sealed = envelope.seal(manifest.render(content), self.signer)
            temporary = folder / f".{manifest.FILE}"
            temporary.write_bytes(sealed)
            temporary.replace(folder / manifest.FILE)
        except OSError as error:
            raise UsageError(f"can't write {folder / manifest.FILE}: {error.strerror or error}") from None
        if self.archive is not None:
            pack(
                folder, [*names, manifest.FILE], self.archive, f"{statement['suite']['name']}-{statement['run']['id']}"
            )
        return SealedBundle(folder, self.signer.public_key.keyid if self.signer else None, self.archive)


def drop_old(folder: Path) -> None:
    """Remove what an earlier run left in `folder` unchanged, by its own manifest: two runs would make no bundle."""
    path = folder / manifest.FILE
    try:
        sealed = envelope.opened(strict_json.loads(path.read_bytes(), _MAX_OLD_MANIFEST))
        old: Any = strict_json.loads(sealed.payload, _MAX_OLD_MANIFEST)
    except (OSError, ValueError, ConformanceError):
        return
    if manifest.problem_of(old) is not None:
        return
    for subject in old["subject"]:
        file = folder / subject["name"]
        if not file.is_symlink() and file.is_file() and FileDigest.of_file(file).sha256 == subject["digest"]["sha256"]:
            file.unlink()
    path.unlink()


def run_url(environ: Mapping[str, str]) -> str | None:
    """Where the log of this run is, as GitHub and GitLab tell their jobs; None elsewhere."""
    parts = [environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    url = f"{parts[0]}/{parts[1]}/actions/runs/{parts[2]}" if all(parts) else environ.get("CI_JOB_URL", "")
    usable = url.startswith(("https://", "http://")) and len(url) <= 2_000 and "@" not in url
    return url if usable and not any(character.isspace() for character in url) else None
