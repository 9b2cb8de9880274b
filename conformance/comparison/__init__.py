"""What differs between two runs, and between an instance and the embedded one: for a person who decides by it.

The room reads what runs left behind. It asks no instance and judges nothing: verdicts are those of the statements.
"""

from conformance.comparison.answers import AnswerComparison, compare_answers
from conformance.comparison.loading import RecordedRun, load_run
from conformance.comparison.runs import Comparison, compare_runs

__all__ = ["AnswerComparison", "Comparison", "RecordedRun", "compare_answers", "compare_runs", "load_run"]
