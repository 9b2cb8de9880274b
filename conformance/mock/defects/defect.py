"""What a defect is: one deliberately wrong behaviour, the promises it breaks, and how to see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour
    from conformance.mock.defects.client import Client

Probe = Callable[["Client"], str]
"""Looks at an instance and says on one line what it saw; the same words for any two healthy instances."""


@dataclass(frozen=True)
class Defect:
    """One wrong behaviour of the instance.

    `says` is what it does, in one sentence; `breaks` names the requirements that it violates, the one it is about
    first; it fits the releases from `since` to `until`, None where no end is known; `probe` shows it without the suite.
    """

    id: str
    says: str
    breaks: tuple[str, ...]
    behaviour: type[Behaviour]
    probe: Probe
    since: str = "2023.4"
    until: str | None = None
