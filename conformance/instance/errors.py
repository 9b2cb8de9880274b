"""How talking to an instance fails."""

from __future__ import annotations

from conformance.errors import ConformanceError, Unreachable
from conformance.evidence.exchange import Exchange


class InstanceFailure(ConformanceError):
    """The instance was reached, but no usable reply came back: it broke off, took too long, sent too much.

    `exchange` is the recorded exchange, `kind` one of timeout, too-slow, too-large, reset, decode, malformed, redirect.
    """

    def __init__(self, message: str, exchange: Exchange) -> None:
        super().__init__(message)
        self.exchange = exchange

    @property
    def kind(self) -> str:
        return self.exchange.error.kind if self.exchange.error is not None else ""


class TargetUnreachable(Unreachable):
    """Nothing was exchanged with the instance; `exchange` is the recorded attempt, its kind connect, tls or proxy."""

    def __init__(self, message: str, exchange: Exchange) -> None:
        super().__init__(message)
        self.exchange = exchange

    @property
    def kind(self) -> str:
        return self.exchange.error.kind if self.exchange.error is not None else ""


class NotJSON(ConformanceError):
    """A reply's body isn't a JSON text (RFC 8259) that can be judged. The message says where it stops being one."""

    def __init__(self, message: str, exchange: Exchange) -> None:
        super().__init__(message)
        self.exchange = exchange


class SchemaDecodeError(ValueError):
    """A text isn't the base64 of one Arrow IPC schema message. The message says in what it differs."""
