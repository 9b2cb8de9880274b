"""Recordings that aren't a run of ours, judged exchange by exchange: what a browser, a proxy or another client saw.

Each exchange is judged on its own by a release's contract, then those that speak of the same model or version are held
against each other. A recording proves what it holds: most requirements need requests that nobody happened to send, so
a judged recording is no certificate.
"""

from conformance.exchange_judging.files import is_har, judge_file
from conformance.exchange_judging.judging import judge_recording
from conformance.exchange_judging.result import ClientFault, Finding, JudgedRecording
from conformance.exchange_judging.telling import lines

__all__ = ["ClientFault", "Finding", "JudgedRecording", "is_har", "judge_file", "judge_recording", "lines"]
