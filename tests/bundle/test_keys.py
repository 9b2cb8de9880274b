"""Keys: made so that nobody else can read them, never overwritten, and refused where they are of another kind."""

from __future__ import annotations

import os
import stat

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from conformance.bundle.envelope import opened, seal
from conformance.bundle.keys import PASSPHRASE, load_public_key, load_signer, make_key_pair
from conformance.bundle.strict_json import loads
from conformance.errors import UsageError

PHRASE = "correct horse battery"


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def private_pem(key, encoding=serialization.Encoding.PEM, form=serialization.PrivateFormat.PKCS8) -> bytes:
    return key.private_bytes(encoding, form, serialization.NoEncryption())


def written(path, content: bytes):
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_a_private_key_is_its_owners_alone_whatever_the_umask_and_both_belong_together(tmp_path):
    before = os.umask(0)
    try:
        made = make_key_pair(tmp_path / "new" / "vendor.key", {})
    finally:
        os.umask(before)
    assert (mode(made.private), mode(made.public)) == (0o600, 0o644)
    assert made.public.name == "vendor.key.pub"
    assert made.private.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert made.public.read_bytes().startswith(b"-----BEGIN PUBLIC KEY-----")
    sealed = opened(loads(seal(b"{}", load_signer(made.private, {})), 10_000))
    assert sealed.key_ids == (made.key_id,)
    assert sealed.signed_by(load_public_key(made.public))
    other = make_key_pair(tmp_path / "other.key", {})
    assert not sealed.signed_by(load_public_key(other.public))
    assert other.key_id != made.key_id


@pytest.mark.parametrize("name", ["vendor.key", "vendor.key.pub"])
def test_no_file_is_overwritten_and_none_is_left_halfway(tmp_path, name):
    (tmp_path / name).write_text("precious")
    with pytest.raises(UsageError, match=f"{name} is there already and isn't overwritten"):
        make_key_pair(tmp_path / "vendor.key", {})
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "precious")]


def test_a_symbolic_link_isnt_followed(tmp_path):
    (tmp_path / "vendor.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="is there already"):
        make_key_pair(tmp_path / "vendor.key", {})
    assert not (tmp_path / "elsewhere").exists()


def test_a_key_that_cant_be_written_is_bad_usage(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't write the key"):
        make_key_pair(tmp_path / "file" / "vendor.key", {})


def test_an_encrypted_key_opens_with_its_passphrase_alone(tmp_path):
    made = make_key_pair(tmp_path / "vendor.key", {PASSPHRASE: PHRASE})
    assert made.private.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert mode(made.private) == 0o600
    assert load_signer(made.private, {PASSPHRASE: PHRASE}).public_key.keyid == made.key_id
    for environ, said in (
        ({}, f"is encrypted; put its passphrase into {PASSPHRASE}"),
        ({PASSPHRASE: "wrong"}, "doesn't open"),
    ):
        with pytest.raises(UsageError, match=said) as caught:
            load_signer(made.private, environ)
        assert PHRASE not in str(caught.value)
        assert "wrong" not in str(caught.value)


def test_a_key_that_isnt_encrypted_is_read_whatever_passphrase_is_set(tmp_path):
    made = make_key_pair(tmp_path / "vendor.key", {})
    assert load_signer(made.private, {PASSPHRASE: PHRASE}).public_key.keyid == made.key_id


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660, 0o644, 0o620])
def test_a_private_key_that_others_may_touch_is_refused_with_the_remedy(tmp_path, bits):
    made = make_key_pair(tmp_path / "vendor.key", {})
    made.private.chmod(bits)
    with pytest.raises(UsageError, match=rf"\(mode {bits:04o}\); chmod 600 {made.private}"):
        load_signer(made.private, {})


def test_a_private_key_of_another_kind_is_refused(tmp_path):
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())):
        with pytest.raises(UsageError, match="isn't an Ed25519 one"):
            load_signer(written(tmp_path / "key", private_pem(key)), {})


@pytest.mark.parametrize("content", [b"", b"text", b"\x00" * 100], ids=["empty", "text", "bytes"])
def test_what_is_no_key_is_refused(tmp_path, content):
    path = written(tmp_path / "key", content)
    with pytest.raises(UsageError, match="holds no private key in PEM"):
        load_signer(path, {})
    with pytest.raises(UsageError, match="holds no public key in PEM"):
        load_public_key(path)


def test_a_public_key_is_no_private_one_and_the_other_way_round(tmp_path):
    made = make_key_pair(tmp_path / "vendor.key", {})
    made.public.chmod(0o600)
    with pytest.raises(UsageError, match="holds no private key"):
        load_signer(made.public, {})
    with pytest.raises(UsageError, match=r"is a private key; give the public one, vendor\.key\.pub"):
        load_public_key(made.private)


def test_a_public_key_of_another_kind_is_refused(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    path = written(tmp_path / "key.pub", key.public_bytes(serialization.Encoding.PEM, form))
    with pytest.raises(UsageError, match="isn't an Ed25519 one"):
        load_public_key(path)


def test_absent_keys_are_bad_usage(tmp_path):
    with pytest.raises(UsageError, match=r"can't read the private key .*: No such file"):
        load_signer(tmp_path / "absent", {})
    with pytest.raises(UsageError, match=r"can't read the public key .*: No such file"):
        load_public_key(tmp_path / "absent")


def test_a_signature_is_ed25519_over_the_dsse_pre_authentication_encoding(tmp_path):
    """Worked out without the library: PAE(type, body) = "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body."""
    made = make_key_pair(tmp_path / "vendor.key", {})
    sealed = opened(loads(seal(b"body", load_signer(made.private, {})), 10_000))
    signature = bytes.fromhex(sealed.envelope.signatures[made.key_id].signature)
    public = serialization.load_pem_public_key(made.public.read_bytes())
    assert isinstance(public, ed25519.Ed25519PublicKey)
    public.verify(signature, b"DSSEv1 28 application/vnd.in-toto+json 4 body")
