"""The suite judged: every defect caught for its own reason, no false alarm, nothing proven where nothing is.

Three parts, all run by `wallaroo-conformance selftest`: the kill matrix (each defect of the embedded instance), the
healthy variants, and the null targets (peers that are no instance at all).
"""

from conformance.selftest.command import selftest

__all__ = ["selftest"]
