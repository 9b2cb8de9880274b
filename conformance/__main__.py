"""`python -m conformance` is the command `wallaroo-conformance`."""

from conformance.cli import main

main()
