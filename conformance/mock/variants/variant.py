"""What a variant is: one way in which a healthy instance may differ, and how to see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.mock.behaviour import Behaviour
    from conformance.mock.defects.client import Client

Look = Callable[["Client"], str]
"""Looks at an instance and says on one line what it saw of this variant."""


@dataclass(frozen=True)
class Variant:
    """One healthy difference.

    `says` is what is different, in one sentence; `look` shows it without the suite; `untestable` names the
    requirements that nothing can be said about on such an instance. It fits the releases from `since` to `until`, None
    where no end is known.
    """

    id: str
    says: str
    behaviour: type[Behaviour]
    look: Look
    untestable: tuple[str, ...] = ()
    since: str = "2023.4"
    until: str | None = None
