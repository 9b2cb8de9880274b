"""Contract tests and API conformance for the Wallaroo MLOps API's model management."""

__version__ = "0.1.0"
