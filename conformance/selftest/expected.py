"""What can't be tested on a healthy variant, and why: the only gaps that are no false alarms."""

from __future__ import annotations

from collections.abc import Mapping

UNTESTABLE: Mapping[str, Mapping[str, str]] = {}
"""Variant id to requirement id to the reason."""
