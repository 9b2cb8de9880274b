"""The failures that the command turns into one line and an exit code."""


class ConformanceError(Exception):
    """Something a user can act on. The message is one line: what is wrong and what to do."""


class UsageError(ConformanceError):
    """A flag, a file or an environment variable can't be used as given (exit code 2)."""


class NotTestable(ConformanceError):
    """A prerequisite of a check is missing, so nothing can be said (verdict `not-testable`, exit code 3)."""


class Unreachable(NotTestable):
    """No HTTP exchange with the instance took place: refused, unknown host, TLS failed (exit code 3)."""
