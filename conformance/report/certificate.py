"""What a certification adds to a run: whose product it is, what was met at the target, what the suite is worth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """What a vendor says of the deployment, from `product.toml`. `contact_url` is an http(s) URL."""

    vendor: str
    product: str
    version: str
    contact_url: str
    notes: str = ""


@dataclass(frozen=True)
class TargetIdentity:
    """By what a target can be told from another: its URL, what its headers say, its certificate, its own document.

    Digests are SHA-256 in lower-case hex: of the certificate's DER bytes, of the OpenAPI document's bytes as served.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    certificate_sha256: str | None = None
    certificate_subject: str | None = None
    certificate_not_after: str | None = None
    openapi_url: str | None = None
    openapi_sha256: str | None = None


@dataclass(frozen=True)
class KillScore:
    """The suite's own detection power for one release, as last published with the package.

    `whole` tells whether all cases of the release ran, or those that it changes against the one before.
    """

    release: str
    suite_version: str
    whole: bool
    defects: int
    killed: int
    variants: int
    false_alarms: int
    null_runs: int
    null_passes: int


@dataclass(frozen=True)
class AppliedWaiver:
    """A waiver as it took part in a run. `hides` is the verdict that it stands before: failed or not-testable.

    `expires` is its last day, ISO 8601; `target` a glob of the base URLs that it is meant for, None for all.
    """

    requirement: str
    level: str
    reason: str
    owner: str
    issue: str
    expires: str
    hides: str
    target: str | None = None


@dataclass(frozen=True)
class IdleWaiver:
    """A waiver that hides nothing in a run, and `says` why. `why` is one of `IDLE`; those in `UNSOUND` fail the run."""

    requirement: str
    reason: str
    owner: str
    issue: str
    expires: str
    target: str | None
    why: str
    says: str

    @property
    def fails(self) -> bool:
        """Whether the run can't be conformant with it."""
        return self.why in UNSOUND


UNSOUND = ("expired", "stale")
IDLE = (*UNSOUND, "other-target", "other-profile", "inconclusive", "not-run")
