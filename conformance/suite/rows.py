"""Finding a run's own models and versions in a reply, by whichever of their keys is intact.

A check of one field looks its row up by other fields, so that a single wrong field fails its own requirement,
and strangers' rows never count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from conformance.contract import Release
from conformance.errors import NotTestable
from conformance.instance.errors import NotJSON
from conformance.instance.reply import Reply
from conformance.suite.assertions import assert_success, describe, show
from conformance.suite.context import SuiteContext
from conformance.suite.listed import Row, model_of, models_in
from conformance.suite.uploads import Uploaded, is_id

ANY_KEY = ("sha", "id", "file_name")
"""What tells the versions of a model apart, where a check isn't about one of them."""

_FIRST_UNKNOWN = 2_000_000_000
_UNKNOWN_SPAN = 100_000_000
"""Ids of such a size fit 32 bits and are far from any that a sequence has reached."""


def unknown_id(context: SuiteContext) -> int:
    """A number that no model, version or workspace of the instance has."""
    digest = hashlib.sha256(context.run_id.encode()).digest()
    return _FIRST_UNKNOWN + int.from_bytes(digest[:4], "big") % _UNKNOWN_SPAN


def answered(reply: Reply, *, what: str) -> Any:
    """The JSON of a reply that the check tests. Raises for another status than 200, and for no JSON."""
    __tracebackhide__ = True
    assert_success(reply, what=what)
    return reply.json()


def relied_on(reply: Reply, *, what: str) -> Any:
    """The JSON of a reply that other checks test. Raises NotTestable where it isn't a success with JSON."""
    try:
        body = reply.json() if reply.is_success else None
    except NotJSON as error:
        raise NotTestable(f"needs {what}: {error}") from None
    if body is None:
        raise NotTestable(f"needs {what}, but it was answered {describe(reply)}")
    return body


def version_id_of(uploaded: Uploaded) -> int | None:
    """The id that the upload was answered with, None where it was answered with none."""
    try:
        return uploaded.version_id
    except NotTestable:
        return None


def only_own_models(release: Release, body: Any, uploads: Iterable[Uploaded]) -> Any:
    """The list's reply with only the rows of these uploads, and those that nobody could tell whose they are.

    A reply of another shape comes back as it is.
    """
    if not isinstance(body, dict) or not isinstance(body.get("models"), list):
        return body
    ids = {uploaded.model_id for uploaded in uploads}
    names = {uploaded.name for uploaded in uploads}
    pairs = [(row, model_of(release, row)) for row in body["models"]]
    kept = [row for row, model in pairs if _nobodys(model, "id", "name") or _has(model, id=ids, name=names)]
    return {**body, "models": kept}


def model_row(body: Any, uploaded: Uploaded) -> Row:
    """The own fields of the upload's model in a list's reply, by id or by name.

    Raises NotTestable where the list has no row or more than one of it: other checks say so.
    """
    listed = models_in(uploaded.models.release, body)
    found = [row for row in listed if _has(row, id={uploaded.model_id}, name={uploaded.name})]
    if len(found) != 1:
        raise NotTestable(f"needs {uploaded.name!r} once in the list, but it has {len(found)} rows of it")
    return found[0]


def only_own_versions(body: Any, uploads: Iterable[Uploaded]) -> Any:
    """The rows of these uploads' models in a list of versions, and those that don't tell whose they are.

    A reply of another shape comes back as it is.
    """
    if not isinstance(body, list):
        return body
    uploads = tuple(uploads)
    return [row for row in body if _nobodys(row, "models_pk_id", "model_id") or _any_own(row, uploads)]


def belongs(row: Row, uploaded: Uploaded) -> bool:
    """Whether a version's row names the upload's model, by id or by name."""
    return _has(row, models_pk_id={uploaded.model_id}, model_id={uploaded.name})


def is_anybodys(row: Any) -> bool:
    """Whether a version's row says whose it is, by id or by name."""
    return not _nobodys(row, "models_pk_id", "model_id")


def version_rows(body: Any, uploaded: Uploaded, *, by: Iterable[str] = ANY_KEY) -> list[Row]:
    """The rows of the upload's version, by the first of the keys that tells one row from all, else by any.

    `id` is what the upload was answered with; `sha` and `file_name` are of the file as it was sent.
    """
    known = {"id": version_id_of(uploaded), "sha": uploaded.file.sha256, "file_name": uploaded.file_name}
    own = [row for row in objects(body) if belongs(row, uploaded) or not is_anybodys(row)]
    matches = [[row for row in own if known[key] is not None and row.get(key) == known[key]] for key in by]
    told_apart = [found for found in matches if len(found) == 1]
    return next(iter(told_apart or filter(None, matches)), [])


def version_row(body: Any, uploaded: Uploaded, *, by: Iterable[str] = ANY_KEY) -> Row:
    """The one row of the upload's version. Raises NotTestable where there is none or more than one."""
    found = version_rows(body, uploaded, by=by)
    if len(found) != 1:
        keys = " or ".join(by)
        raise NotTestable(f"needs one row of the uploaded version by its {keys}, but there are {len(found)}")
    return found[0]


def told(row: Row, name: str, kind: type) -> Any:
    """A field's value. Raises NotTestable where it isn't there as `kind`: the field's own check says so."""
    value = row.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise NotTestable(f"needs {name} in the row, but it is {show(value)}")
    return value


def objects(value: Any) -> list[Row]:
    """The objects in a list; none where it isn't a list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _any_own(row: Any, uploads: Iterable[Uploaded]) -> bool:
    return isinstance(row, dict) and any(belongs(row, u) or row.get("id") == version_id_of(u) for u in uploads)


def _has(row: Any, **keys: set[Any]) -> bool:
    if not isinstance(row, dict):
        return False
    # A number and a string only: True equals 1 and a list can't be looked up.
    return any((is_id(row.get(k)) or isinstance(row.get(k), str)) and row[k] in known for k, known in keys.items())


def _nobodys(row: Any, number: str, name: str) -> bool:
    return not isinstance(row, dict) or not (is_id(row.get(number)) or isinstance(row.get(name), str))
