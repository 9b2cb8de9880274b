"""Settings: flag over environment over file over default, and one line for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.settings import Settings, resolve


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_without_anything_the_embedded_instance_is_tested_in_the_core_profile():
    settings = resolve({}, {})
    assert settings == Settings()
    assert settings.embedded
    assert settings.profile == "core"


def test_a_flag_wins_over_the_environment_and_that_over_the_file():
    Path("wallaroo-conformance.toml").write_text('profile = "full"\nworkspace-id = 1\nrelease = "2023.4"\n')
    environ = {"WALLAROO_CONFORMANCE_WORKSPACE_ID": "2", "WALLAROO_CONFORMANCE_PROFILE": "core"}
    settings = resolve({"workspace_id": "3"}, environ)
    assert (settings.workspace_id, settings.profile, settings.release) == (3, "core", "2023.4")


def test_a_named_configuration_file_is_read():
    Path("other.toml").write_text('suffix = "example.com"\nprefix = "lovely-rhino-5555."\n')
    settings = resolve({}, {}, Path("other.toml"))
    assert (settings.prefix, settings.suffix) == ("lovely-rhino-5555.", "example.com")
    assert not settings.embedded


@pytest.mark.parametrize(
    ("flags", "environ", "message"),
    [
        ({"workspace_id": "0"}, {}, "--workspace-id takes a workspace's number"),
        ({"workspace_id": "ten"}, {}, "--workspace-id"),
        ({}, {"WALLAROO_CONFORMANCE_WORKSPACE_ID": "-1"}, "WALLAROO_CONFORMANCE_WORKSPACE_ID"),
        ({"profile": "huge"}, {}, "no profile 'huge'; known: core, full"),
        ({"release": "1.0"}, {}, "known: auto, 2023.4, 2024.1"),
        ({"target": "https://example.com", "suffix": "example.com"}, {}, "not both"),
        ({"prefix": "a."}, {}, "--prefix needs --suffix"),
        ({"token_file": "absent"}, {}, "--token-file: there is no file 'absent'"),
        ({"ca_bundle": "absent"}, {}, "--ca-bundle"),
        ({}, {"WALLAROO_CONFORMANCE_STRICT": "maybe"}, "true or false"),
        ({"read_timeout": "soon"}, {}, "--read-timeout takes seconds, more than 0 and at most 86400, not 'soon'"),
        ({"connect_timeout": "0"}, {}, "--connect-timeout takes seconds"),
        ({"upload_timeout": "-1"}, {}, "--upload-timeout takes seconds"),
        ({"reply_deadline": "inf"}, {}, "--reply-deadline takes seconds"),
        ({}, {"WALLAROO_CONFORMANCE_READ_TIMEOUT": "nan"}, "WALLAROO_CONFORMANCE_READ_TIMEOUT takes seconds"),
    ],
)
def test_a_mistake_is_named_with_its_place(flags, environ, message):
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        resolve(flags, environ)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("profile =", "isn't TOML"),
        ("colour = 'red'", "unknown keys: colour"),
        ("token = 'abc'", "credentials come from the environment"),
        ("workspace-id = 'x'", "wallaroo-conformance.toml: workspace-id"),
        ("profile = 3", "takes text"),
    ],
)
def test_a_mistake_in_the_file_is_named(text, message):
    Path("wallaroo-conformance.toml").write_text(text)
    with pytest.raises(UsageError, match=message):
        resolve({}, {})


def test_a_missing_configuration_file_is_an_error_when_it_was_named():
    with pytest.raises(UsageError, match=r"can't read the configuration file absent\.toml"):
        resolve({}, {}, Path("absent.toml"))


def test_a_pytorch_model_of_the_users_needs_both_schemas(tmp_path):
    model = tmp_path / "m.pt"
    model.write_bytes(b"x")
    with pytest.raises(UsageError, match="--pytorch-input-schema and --pytorch-output-schema"):
        resolve({"pytorch_model": str(model)}, {})
    with pytest.raises(UsageError, match="go with --pytorch-model"):
        resolve({"pytorch_input_schema": str(model)}, {})


def test_strict_reads_as_a_boolean():
    assert resolve({}, {"WALLAROO_CONFORMANCE_STRICT": "true"}).strict
    assert not resolve({}, {"WALLAROO_CONFORMANCE_STRICT": "0"}).strict
    assert resolve({"strict": True}, {}).strict


def test_times_are_seconds_and_may_be_fractions():
    Path("wallaroo-conformance.toml").write_text("connect-timeout = 2\n")
    settings = resolve({"read_timeout": "0.5"}, {"WALLAROO_CONFORMANCE_REPLY_DEADLINE": "90"})
    assert (settings.connect_timeout, settings.read_timeout, settings.reply_deadline) == (2.0, 0.5, 90.0)
    assert settings.upload_timeout is None
