"""An instance in a box: a stateful HTTP server that keeps the promises of any release with a contract, on loopback.

It shares nothing with the suite but the contract's data, so that a mistake in one can't hide in the other.
"""

from conformance.mock.server import MockInstance, serve

__all__ = ["MockInstance", "serve"]
