"""The DSSE envelope around a manifest: signed with a key, or with an empty list of signatures and so unsigned.

Source: https://github.com/secure-systems-lab/dsse, protocol and envelope, v1.0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.errors import ConformanceError

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import Signer, SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
"""Source: in-toto attestation framework, envelope v1."""

_MAX_SIGNATURES = 16


@dataclass(frozen=True)
class Sealed:
    """An envelope as it was read: what it holds, and the ids of the keys that are said to have signed it."""

    payload: bytes
    key_ids: tuple[str, ...]
    envelope: Envelope

    def signed_by(self, key: SSlibKey) -> bool:
        """Whether one of the signatures is that key's, over these bytes."""
        from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError

        try:
            self.envelope.verify([key], 1)
        except (VerificationError, UnverifiedSignatureError, ValueError):
            return False
        return True


def seal(payload: bytes, signer: Signer | None) -> bytes:
    """The envelope of `payload` as JSON, without a signature where there is no signer."""
    from securesystemslib.dsse import Envelope

    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    if signer is not None:
        envelope.sign(signer)
    return (json.dumps(envelope.to_dict(), indent=2) + "\n").encode("ascii")


def opened(read: Any) -> Sealed:
    """The envelope in parsed JSON. Raises ConformanceError, in one line, where it is none of an in-toto statement."""
    from securesystemslib.dsse import Envelope

    if not isinstance(read, Mapping) or not isinstance(read.get("payload"), str):
        raise ConformanceError("it is no DSSE envelope with a payload")
    signatures = read.get("signatures")
    if not isinstance(signatures, list) or len(signatures) > _MAX_SIGNATURES or not all(map(_is_signature, signatures)):
        raise ConformanceError("its list of signatures is none: of each, a key id and a signature in base64")
    if read.get("payloadType") != PAYLOAD_TYPE:
        raise ConformanceError(f"its payloadType is {str(read.get('payloadType'))[:100]!r}, not {PAYLOAD_TYPE!r}")
    copied = {"payload": read["payload"], "payloadType": PAYLOAD_TYPE, "signatures": [{**one} for one in signatures]}
    try:
        envelope = Envelope.from_dict(copied)
    except ValueError as error:
        raise ConformanceError(f"its envelope can't be read: {error}") from None
    return Sealed(envelope.payload, tuple(envelope.signatures), envelope)


def _is_signature(one: object) -> bool:
    return isinstance(one, Mapping) and isinstance(one.get("keyid"), str) and isinstance(one.get("sig"), str)
