"""The parts of one instance, as every endpoint needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.mock.behaviour import Behaviour
from conformance.mock.files import Files
from conformance.mock.identity import Identity
from conformance.mock.store import Store

if TYPE_CHECKING:
    from conformance.mock.conversion import Conversions


@dataclass(frozen=True, slots=True)
class Instance:
    """State, files, accounts, decisions and the conversions under way."""

    store: Store
    files: Files
    identity: Identity
    behaviour: Behaviour
    conversions: Conversions
