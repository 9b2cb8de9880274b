"""Times as the instance tells them: RFC 3339 strings compared as instants, and its own clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from conformance.errors import NotTestable
from conformance.instance.reply import Reply
from conformance.suite.assertions import show

CLOCK_TOLERANCE = timedelta(minutes=15)
"""How far an instance's clocks may disagree: ours. Below the half hour that time zones are apart at least."""

COARSEST_TICK = 1.1
"""Seconds after which even timestamps of whole seconds have moved: ours."""

_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def instant(value: Any, *, what: str) -> datetime:
    """The point in time that a timestamp names, whatever its offset and its number of fraction digits.

    Raises NotTestable where it isn't an RFC 3339 time: the field's own check says so.
    """
    matched = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if matched is None:
        raise NotTestable(f"needs {what} as an RFC 3339 time, but it is {show(value)}")
    seconds, fraction, offset = matched.groups()
    micros = (fraction or "").ljust(6, "0")[:6]
    try:
        return datetime.fromisoformat(f"{seconds}.{micros}{offset}".upper().replace("Z", "+00:00"))
    except ValueError as error:
        raise NotTestable(f"needs {what} as a time, but {show(value)} is none ({error})") from None


def clock_of(reply: Reply) -> datetime:
    """The instance's own time when it answered, to the second. Source: RFC 9110 section 6.6.1, Date.

    Raises NotTestable where the reply doesn't tell it.
    """
    value = reply.headers.get("Date")
    try:
        told = parsedate_to_datetime(value) if value else None
    except (TypeError, ValueError):
        told = None
    if told is None:
        raise NotTestable(f"needs the instance's own clock, but the reply's Date header is {show(value)}")
    return told if told.tzinfo else told.replace(tzinfo=UTC)
