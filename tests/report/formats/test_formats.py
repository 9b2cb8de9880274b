"""Which formats there are, how they are asked for, and which files they leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.report.formats import FILES, chosen
from conformance.report.formats.rendering import render
from conformance.settings import resolve
from tests.commands import command


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((), ()),
        (("har", "markdown", "har"), ("markdown", "har")),
        (("all",), tuple(FILES)),
        (("badge", "all"), tuple(FILES)),
    ],
)
def test_each_format_comes_once_in_one_order(names: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert chosen(names) == found


@pytest.mark.parametrize("name", FILES)
def test_a_format_leaves_the_files_that_are_named_for_it(sample: Any, name: str) -> None:
    assert tuple(render(sample.hostile_run(), None, [name])) == FILES[name]


@pytest.mark.parametrize("text", ["sarif,har", "har sarif", "har, sarif,"])
def test_formats_come_from_the_environment_as_a_list(text: str) -> None:
    assert resolve({}, {"WALLAROO_CONFORMANCE_FORMAT": text}).format == ("sarif", "har")


def test_formats_come_from_the_file_as_a_list_and_the_flag_wins(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('format = ["badge", "markdown"]\n')
    assert resolve({}, {}, file).format == ("markdown", "badge")
    assert resolve({"format": ()}, {}, file).format == ("markdown", "badge")
    assert resolve({"format": ("har",)}, {}, file).format == ("har",)
    assert resolve({}, {}, None).format == ()


@pytest.mark.parametrize("value", ["[1]", "3", "{a = 1}", "true"])
def test_what_isnt_a_list_of_names_is_refused(tmp_path: Path, value: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f"format = {value}\n")
    with pytest.raises(UsageError, match=r"c\.toml: format takes a list of formats"):
        resolve({}, {}, file)


def test_a_wrong_format_is_one_line_that_lists_the_known(tmp_path: Path) -> None:
    done = command("run", "--format", "pdf", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "wallaroo-conformance: --format: no format 'pdf'; known: markdown, sarif, github, badge, har, all\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_summary_on_the_screen_names_the_files(real: Any) -> None:
    for files in FILES.values():
        assert all(name in real.stdout for name in files)
        assert all((real.out / name).stat().st_size for name in files)
