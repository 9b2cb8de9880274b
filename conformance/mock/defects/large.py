"""Large uploads that lose their end, and uploads at the same time that get into each other's way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects import samples
from conformance.mock.defects.client import Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.names import sha256_of_start
from conformance.mock.defects.observations import whether
from conformance.mock.records import Metadata, Upload, User, Version
from conformance.mock.wrapping import Wrapper

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from conformance.mock.identity import Identity
    from conformance.mock.store import Store

MIB = 1 << 20

_AT_ONCE = 4

_UPLOAD_PATH = "/v1/api/models/upload_and_convert"


def _cut(above: int, below: int | None = None, *, keep: int | None = None) -> type[Behaviour]:
    """Files of more than `above` bytes, and at most `below`, are cut to `keep`, or lose their last byte."""

    class Cut(Behaviour):
        def check_upload(self, upload: Upload, user: User) -> Metadata:
            metadata = super().check_upload(upload, user)
            if upload.path is not None and above < upload.size and (below is None or upload.size <= below):
                upload.size = upload.size - 1 if keep is None else keep
                os.truncate(upload.path, upload.size)
                upload.sha256 = sha256_of_start(upload.path, upload.size)
            return metadata

    return Cut


class _Counting(Wrapper):
    """Counts the uploads under way."""

    under_way = 0

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        counts = scope["path"] == _UPLOAD_PATH
        self.under_way += counts
        try:
            await self.app(scope, receive, send)
        finally:
            self.under_way -= counts


class _Overlapping(Behaviour):
    """Knows whether uploads overlap."""

    def attach(self, store: Store, identity: Identity) -> None:
        super().attach(store, identity)
        self._digest_before = ""

    def application(self, app: ASGIApp) -> ASGIApp:
        self._counting = _Counting(super().application(app))
        return self._counting

    @property
    def overlap(self) -> bool:
        """Whether more than one upload is under way."""
        return self._counting.under_way > 1


class _IdsMixedUp(_Overlapping):
    """Answers an upload with the id of the version before, where uploads overlap."""

    def upload_id(self, version: Version) -> int:
        right = super().upload_id(version)
        return right - 1 if self.overlap and self.store.version(right - 1) else right


class _DigestsMixedUp(_Overlapping):
    """Keeps the digest of the upload before, where uploads overlap."""

    def digest_of(self, upload: Upload) -> str:
        right = super().digest_of(upload)
        mixed_up, self._digest_before = self._digest_before, right
        return mixed_up if self.overlap and mixed_up else right


def _arrives(size: int) -> Probe:
    def look(client: Client) -> bool:
        sent = client.upload(content=samples.padded(samples.onnx_model(client.name()), size))
        return bool(client.version(sent).get("sha") == sent.sha256)

    return whether(f"a file of over {size // MIB} MiB has its digest", look)


def _kept_apart(client: Client) -> bool:
    clients = [client.neighbour() for _ in range(_AT_ONCE)]
    contents = [samples.padded(samples.onnx_model(str(number)), MIB) for number in range(_AT_ONCE)]
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            sent = list(pool.map(lambda one, content: one.upload(content=content), clients, contents))
        rows = [
            next((r for r in one.versions(s) if r.get("id") == s.id), {}) for one, s in zip(clients, sent, strict=True)
        ]
        return all(row.get("sha") == upload.sha256 for row, upload in zip(rows, sent, strict=True))
    finally:
        for one in clients:
            one.close()


def large_defects() -> Iterator[Defect]:
    """All of them."""
    sizes = (1, 8, 64)
    for number, size in enumerate(sizes):
        larger = tuple(f"upload.large-file-{mib}-mib" for mib in sizes[number:])
        yield Defect(
            f"upload.large.cut-at-{size}-mib",
            f"Files are cut at {size} MiB.",
            larger,
            _cut(size * MIB, keep=size * MIB),
            _arrives(size * MIB),
        )
    for size, next_size in ((1, 8), (8, 64)):
        yield Defect(
            f"upload.large.last-byte-of-{size}-mib",
            f"Files of {size} to {next_size} MiB lose their last byte.",
            (f"upload.large-file-{size}-mib",),
            _cut(size * MIB, next_size * MIB),
            _arrives(size * MIB),
        )
    apart = whether("uploads at the same time keep apart", _kept_apart)
    yield Defect(
        "upload.concurrent.ids-mixed-up",
        "Uploads at the same time are answered with each other's ids.",
        ("upload.concurrent-uploads",),
        _IdsMixedUp,
        apart,
    )
    yield Defect(
        "upload.concurrent.digests-mixed-up",
        "Uploads at the same time get each other's digests.",
        ("upload.concurrent-uploads",),
        _DigestsMixedUp,
        apart,
    )
