"""Waivers: the gaps that whoever certifies accepts for a time, read strictly from `waivers.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.errors import UsageError

MAX_BYTES = 1024 * 1024
"""The longest file that is read. Ours."""

_REQUIRED = ("requirement", "reason", "owner", "issue", "expires")
_KEYS = (*_REQUIRED, "target")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


@dataclass(frozen=True)
class Waiver:
    """A gap that is accepted until the end of the day `expires`, on the targets that the glob `target` matches (all).

    `where` names its entry in the file, for messages.
    """

    requirement: str
    reason: str
    owner: str
    issue: str
    expires: date
    target: str | None = None
    where: str = field(default="", compare=False)

    def is_about(self, target: str) -> bool:
        """Whether it is meant for the target of that base URL; letter case doesn't matter."""
        return self.target is None or fnmatchcase(target.casefold(), self.target.casefold())

    def has_expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return today > self.expires


def load(path: Path) -> tuple[Waiver, ...]:
    """The waivers of a file, in its order.

    Raises UsageError, one line that names the entry, for a file that can't be read and for anything in it that isn't
    as documented: unknown keys, values that are missing, empty or of another type, one requirement twice, an id that
    no release has.
    """
    document = _document(path)
    unknown = sorted(document.keys() - {"waiver"})
    if unknown:
        raise UsageError(f"{path}: unknown key {unknown[0]!r}; the file holds [[waiver]] entries and nothing else")
    entries = document.get("waiver", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{path}: waiver must be a list of tables; begin each entry with [[waiver]]")
    waivers: dict[str, Waiver] = {}
    for number, entry in enumerate(entries, 1):
        waiver = _waiver(entry, _place(path, number, entry))
        if waiver.requirement in waivers:
            raise UsageError(f"{waiver.where}: the requirement is waived twice; leave one entry for it")
        waivers[waiver.requirement] = waiver
    return tuple(waivers.values())


def require_promised(waivers: Iterable[Waiver], release: str, ids: Collection[str], target: str) -> None:
    """Refuse a waiver, of those that are meant for the target, of what the release doesn't promise.

    `ids` are the release's requirements. Raises UsageError, which says where the requirement is known.
    """
    for waiver in waivers:
        if waiver.requirement in ids or not waiver.is_about(target):
            continue
        others = _releases_with(waiver.requirement)
        raise UsageError(
            f"{waiver.where}: release {release} has no such requirement, only {', '.join(others)}; "
            "remove the entry, or give it the target that it is meant for"
        )


def of_statement(statement: Mapping[str, Any]) -> tuple[Waiver, ...]:
    """The waivers that a run was given, as its statement (valid by its schema) lists them."""
    return tuple(
        Waiver(
            entry["requirement"],
            entry["reason"],
            entry["owner"],
            entry["issue"],
            date.fromisoformat(entry["expires"]),
            entry["target"],
            "the statement",
        )
        for entry in (*statement["waivers"], *statement["idle_waivers"])
    )


def _document(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"can't read the waivers {path}: {error.strerror or error}; give a readable file") from None
    if len(content) > MAX_BYTES:
        raise UsageError(f"the waivers {path} are over {MAX_BYTES} bytes; give a file of [[waiver]] entries")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"the waivers {path} aren't TOML: {error or 'nested too deep'}; correct the file") from None


def _place(path: Path, number: int, entry: Mapping[str, Any]) -> str:
    named = entry.get("requirement")
    shown = f" ({named[:80]!r})" if isinstance(named, str) and named.strip() else ""
    return f"{path}, waiver {number}{shown}"


def _waiver(entry: Mapping[str, Any], where: str) -> Waiver:
    unknown = sorted(entry.keys() - set(_KEYS))
    if unknown:
        raise UsageError(f"{where}: unknown key {unknown[0]!r}; known: {', '.join(_KEYS)}")
    for key in _REQUIRED:
        if key not in entry:
            raise UsageError(f"{where}: {key} is missing; {_WANTED[key]}")
    texts = {key: _text(entry, key, where) for key in _KEYS if key in entry and key != "expires"}
    for key, check in _CHECKS.items():
        wrong = check(texts[key]) if key in texts else None
        if wrong:
            raise UsageError(f"{where}: {key} {texts[key][:200]!r} {wrong}")
    return Waiver(**texts, expires=_date(entry["expires"], where), where=where)


_WANTED = {
    "requirement": "give the id of a requirement, as `wallaroo-conformance requirements` lists it",
    "reason": "say why the gap is accepted",
    "owner": "name the team that closes the gap",
    "issue": "give the http(s) link of the issue that tracks it",
    "expires": "give the last day on which it holds, such as 2030-12-31",
    "target": 'give a pattern of base URLs such as "https://staging.*", or leave it out',
}


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry[key]
    if not isinstance(value, str):
        raise UsageError(f"{where}: {key} must be text, not {type(value).__name__}; {_WANTED[key]}")
    if not value.strip():
        raise UsageError(f"{where}: {key} is empty; {_WANTED[key]}")
    return value.strip()


def _date(value: Any, where: str) -> date:
    if isinstance(value, str) and _ISO_DATE.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise UsageError(f"{where}: expires {value!r} is no day of the calendar; {_WANTED['expires']}") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise UsageError(f"{where}: expires {str(value)[:40]!r} isn't a date alone; {_WANTED['expires']}")


def _wrong_requirement(identifier: str) -> str | None:
    from conformance.contract import is_known_anywhere, load_release, release_ids

    if is_known_anywhere(identifier):
        return None
    known = sorted({name for release in release_ids() for name in load_release(release).requirements})
    near = get_close_matches(identifier, known, 1)
    return f"is in no release; {f'is {near[0]} meant?' if near else _WANTED['requirement']}"


def _wrong_owner(owner: str) -> str | None:
    return "is an e-mail address; name a team" if _EMAIL.search(owner) else None


def _wrong_issue(link: str) -> str | None:
    try:
        parts = urlsplit(link)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        bare = parts.username is None and parts.password is None
    except ValueError:
        usable, bare = False, True
    if not bare:
        return "holds credentials; give the link without them"
    return None if usable and not re.search(r"\s", link) else f"isn't a link; {_WANTED['issue']}"


def _wrong_target(pattern: str) -> str | None:
    if re.search(r"[\s\x00-\x1f\x7f]", pattern):
        return "has a space or control character; remove it"
    if re.search(r"\[(?!.[^\]]*\])", pattern):
        return "has a [ without its ]; close it"
    if not re.match(r"https?://|[*?\[]", pattern):
        return "matches no base URL; begin it with https:// or *"
    return "matches no base URL, which has no last slash; remove it" if pattern.endswith("/") else None


_CHECKS: Mapping[str, Callable[[str], str | None]] = {
    "requirement": _wrong_requirement,
    "owner": _wrong_owner,
    "issue": _wrong_issue,
    "target": _wrong_target,
}


def _releases_with(identifier: str) -> list[str]:
    from conformance.contract import load_release, release_ids

    return [release for release in release_ids() if identifier in load_release(release).requirements]
