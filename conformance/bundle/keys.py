"""Ed25519 keys for signing bundles: made, written so that only their owner can read them, and read back.

The cryptography is `cryptography`'s; what a key is called (its id) and the signing are `securesystemslib`'s.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.environment import variable
from conformance.errors import UsageError

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner, SSlibKey

PASSPHRASE = variable("SIGN_KEY_PASSPHRASE")
"""The environment variable that holds the passphrase of an encrypted private key."""

MAX_KEY_BYTES = 16_384
"""Bytes of a key file that are read. Ours."""


@dataclass(frozen=True)
class KeyPair:
    """Where a new pair of keys was written, and its id."""

    private: Path
    public: Path
    key_id: str


def make_key_pair(path: Path, environ: Mapping[str, str]) -> KeyPair:
    """Write a new private key (PEM, PKCS#8, mode 0600) to `path` and the public one to `path` with `.pub`.

    The private key is encrypted where the environment has a passphrase. Raises UsageError where one of the files is
    there already, or can't be written.
    """
    from cryptography.hazmat.primitives import serialization
    from securesystemslib.signer import CryptoSigner

    signer = CryptoSigner.generate_ed25519()
    passphrase = environ.get(PASSPHRASE)
    if passphrase:
        key = serialization.load_pem_private_key(signer.private_bytes, None)
        content = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(passphrase.encode()),
        )
    else:
        content = signer.private_bytes
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"can't write the key {path}: {error.strerror or error}; choose another place") from None
    public = path.with_name(f"{path.name}.pub")
    if public.exists() or public.is_symlink():
        raise UsageError(f"{public} is there already and isn't overwritten; give another name with --out")
    _create(path, content, 0o600)
    try:
        _create(public, _public_pem(signer.public_key), 0o644)
    except UsageError:
        path.unlink()
        raise
    return KeyPair(path, public, signer.public_key.keyid)


def load_signer(path: Path, environ: Mapping[str, str]) -> CryptoSigner:
    """The private key in a file. Raises UsageError where others may read it, or it is no Ed25519 key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner

    content = _private_bytes(path)
    passphrase = environ.get(PASSPHRASE)
    if b"BEGIN ENCRYPTED PRIVATE KEY" not in content:
        passphrase = None
    elif not passphrase:
        raise UsageError(f"the private key {path} is encrypted; put its passphrase into {PASSPHRASE}")
    try:
        key = load_pem_private_key(content, passphrase.encode() if passphrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if passphrase:
            raise UsageError(f"the passphrase in {PASSPHRASE} doesn't open the private key {path}") from None
        raise UsageError(f"{path} holds no private key in PEM; `wallaroo-conformance keygen` makes one") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"the private key {path} isn't an Ed25519 one; `wallaroo-conformance keygen` makes one")
    return CryptoSigner(key)


def load_public_key(path: Path) -> SSlibKey:
    """The public key in a file. Raises UsageError where there is none, or one of another kind."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer import SSlibKey

    try:
        with path.open("rb") as file:
            content = file.read(MAX_KEY_BYTES)
    except OSError as error:
        raise UsageError(f"can't read the public key {path}: {error.strerror or error}") from None
    if b"PRIVATE KEY" in content:
        raise UsageError(
            f"{path} is a private key; give the public one, {path.name}.pub, and keep this one to yourself"
        )
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path} holds no public key in PEM; give the .pub file of `keygen`") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"the public key {path} isn't an Ed25519 one; give the .pub file of `keygen`")
    return SSlibKey.from_crypto(key)


def _private_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # Of the open file: whoever swaps the name meanwhile gains nothing.
            mode = os.fstat(file.fileno()).st_mode
            if mode & 0o077:
                raise UsageError(f"others may read the private key {path} (mode {mode & 0o777:04o}); chmod 600 {path}")
            return file.read(MAX_KEY_BYTES)
    except OSError as error:
        raise UsageError(f"can't read the private key {path}: {error.strerror or error}") from None


def _public_pem(key: SSlibKey) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"]))
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _create(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise UsageError(f"{path} is there already and isn't overwritten; give another name with --out") from None
    except OSError as error:
        raise UsageError(f"can't write the key {path}: {error.strerror or error}; choose another place") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise UsageError(f"can't write the key {path}: {error.strerror or error}; choose another place") from None
