"""The checks: one pytest module an endpoint, run by the command and by `pytest --pyargs conformance.suite`."""
