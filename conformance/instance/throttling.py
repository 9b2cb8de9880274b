"""429 with Retry-After: an instance that says when to come back is waited for, within a bound."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from conformance.evidence.exchange import Response

MAX_THROTTLED_SECONDS = 30.0  #: seconds that one request waits in all; ours
MAX_THROTTLED_TRIES = 10  #: requests sent in place of one; ours


def retry_after(response: Response, now: datetime) -> float | None:
    """Seconds to wait before sending again, None when the reply doesn't ask for it.

    Source: RFC 9110, section 10.2.3 (a number of seconds or an HTTP date).
    """
    value = response.header("Retry-After")
    if response.status != 429 or value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
