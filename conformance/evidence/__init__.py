"""What was seen: the exchange format, the recorder, redaction, and the curl command of an exchange."""

from conformance.evidence.curl import curl_command
from conformance.evidence.exchange import Exchange, Failure, Part, Request, Response, exchange_schema
from conformance.evidence.reading import iter_exchanges, read_exchanges
from conformance.evidence.recorder import Recorder
from conformance.evidence.redaction import REDACTED, Redactor

__all__ = [
    "REDACTED",
    "Exchange",
    "Failure",
    "Part",
    "Recorder",
    "Redactor",
    "Request",
    "Response",
    "curl_command",
    "exchange_schema",
    "iter_exchanges",
    "read_exchanges",
]
