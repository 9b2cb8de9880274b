"""The exit codes of the command. Those of a judged run come from its verdict (`report.verdict.EXIT_CODES`)."""

from __future__ import annotations

CONFORMANT, NOT_CONFORMANT, USAGE, NOT_TESTABLE, SUITE_FAILED = range(5)
INTERRUPTED = 130
