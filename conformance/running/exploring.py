"""Free exploration: random requests for a given time, reported apart. What it finds is a lead, never a verdict."""

from __future__ import annotations

import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from conformance.errors import ConformanceError, Unreachable
from conformance.evidence.curl import curl_command
from conformance.instance.arrow import encode_schema
from conformance.instance.errors import InstanceFailure, NotJSON
from conformance.suite.arrow_corpus import load_corpus
from conformance.suite.assertions import Nonconformity, describe, expect
from conformance.suite.context import SuiteContext
from conformance.suite.fuzzed_requests import Known
from conformance.suite.probes import UPLOAD
from conformance.suite.schema_uploads import EXPLORED, upload_with_schema
from conformance.suite.uploads import Uploaded, upload

if TYPE_CHECKING:
    import pyarrow
    from hypothesis.strategies import SearchStrategy

    from conformance.suite.fuzzing import Fuzzer

CHECK: Final = "exploration"
"""What the recording names as the check of these exchanges."""

READS, UPLOADS, WALKS = 15, 4, 5
"""Examples of one go at a task: reading requests, uploads, walks along links. Ours."""

TIRED_AFTER: Final = 2
"""How often a task may find again what it found before, until it is left alone. Ours."""

Task = Callable[[], None]


@dataclass(frozen=True)
class Finding:
    """Something that breaks the contract: what was expected, what came, and the shell commands that show it."""

    title: str
    detail: str
    curl: str


@dataclass
class ExplorationResult:
    """What an exploration did. `seed` repeats its choices; `ended` says why it stopped before its time, if it did."""

    seed: int
    seconds: float = 0.0
    requests: int = 0
    findings: list[Finding] = field(default_factory=list)
    ended: str | None = None


def explore(
    context: SuiteContext,
    seconds: float,
    report: Callable[[str], None] = lambda _line: None,
    *,
    seed: int | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> ExplorationResult:
    """Send random requests for `seconds`; `report` gets each finding as it comes.

    Writes to the run's workspace only. A request under way when the time is over is waited for.
    """
    result = ExplorationResult(seed=secrets.randbits(32) if seed is None else seed)
    began, sent_before = clock(), len(context.recorder.exchanges)
    context.recorder.begin(CHECK)
    try:
        _Exploration(context, result, report, lambda: clock() - began >= seconds).run()
    except ConformanceError as failure:
        result.ended = context.recorder.redactor.text(str(failure))
    finally:
        context.recorder.begin(None)
    result.seconds = clock() - began
    result.requests = len(context.recorder.exchanges) - sent_before
    return result


class _Exploration:
    def __init__(
        self,
        context: SuiteContext,
        result: ExplorationResult,
        report: Callable[[str], None],
        over: Callable[[], bool],
    ) -> None:
        self._context = context
        self._result = result
        self._report = report
        self._over = over
        self._random = random.Random(result.seed)  # noqa: S311 - chooses examples, hides nothing
        self._titles: set[str] = set()
        self._again: Counter[str] = Counter()

    def run(self) -> None:
        """Take the tasks in turns until the time is over. Raises ConformanceError where the instance is lost."""
        tasks = dict(self._tasks(self._fuzzer()))
        while tasks and not self._over():
            for name, task in list(tasks.items()):
                if self._over():
                    return
                if not self._try(name, task):
                    del tasks[name]

    def _fuzzer(self) -> Fuzzer:
        # Half a second of imports, which a run without exploration needn't wait for.
        from conformance.suite.fuzzing import Fuzzer

        context, models = self._context, self._context.models()
        uploads = [
            upload(models, context.onnx_model, context.name(CHECK, "onnx")),
            upload(models, context.pytorch_model, context.name(CHECK, "pytorch")),
        ]
        schemas = [entry.encoded for entry in load_corpus()]
        known = Known.of(uploads, context.name(CHECK, "fuzz"), context.onnx_model, schemas)
        return Fuzzer(context.session, context.release, known, stop=self._over)

    def _tasks(self, fuzzer: Fuzzer) -> Iterator[tuple[str, Task]]:
        from conformance.suite.strategies import ml_schemas, schemas

        def seeded(search: Callable[[], None]) -> Task:
            def task() -> None:
                fuzzer.seed = self._random.getrandbits(32)
                search()

            return task

        yield "schemas of models", partial(self._upload_schemas, ml_schemas(), must_be_accepted=True)
        yield "schemas of any kind", partial(self._upload_schemas, schemas(), must_be_accepted=False)
        for endpoint in self._context.release.probed:
            examples = UPLOADS if endpoint == UPLOAD else READS
            yield f"documented {endpoint}", seeded(partial(fuzzer.documented, endpoint, examples=examples))
            yield f"arbitrary {endpoint}", seeded(partial(fuzzer.arbitrary, endpoint, examples=examples))
        yield "links", seeded(partial(fuzzer.linked, walks=WALKS))

    def _upload_schemas(self, strategy: SearchStrategy[pyarrow.Schema], *, must_be_accepted: bool) -> None:
        from conformance.suite.searching import SHRINKING, Answers, search

        models = self._context.models()
        answers: Answers[Uploaded] = Answers(UPLOADS + SHRINKING, self._over)

        def judge(schema: pyarrow.Schema) -> None:
            encoded = encode_schema(schema)
            reply = answers.ask(encoded, lambda: upload_with_schema(self._context, models, encoded, EXPLORED)).reply
            shown = ", ".join(str(schema).split("\n"))
            expect(
                reply.is_success or not must_be_accepted,
                expected="an upload with an Arrow schema of a documented kind is carried out",
                actual=lambda: f"{shown}: {describe(reply)}",
                replies=[reply],
            )
            found = self._context.release.schemas.violations(UPLOAD, reply.json(), reply.status)
            expect(
                not found,
                expected="an upload with an Arrow schema is answered as documented",
                actual=lambda: f"{shown}: {found[0].path or 'the reply'} {found[0].message}",
                replies=[reply],
            )

        search(strategy, judge, examples=UPLOADS, seed=self._random.getrandbits(32))

    def _try(self, name: str, task: Task) -> bool:
        """Do the task once. Returns whether it is worth another go."""
        try:
            task()
        except Nonconformity as failure:
            return self._note(name, failure.expected, failure.actual, failure.exchanges)
        except (InstanceFailure, NotJSON) as failure:
            expected = "a JSON reply" if isinstance(failure, NotJSON) else "a complete reply within its bounds"
            return self._note(name, expected, str(failure), (failure.exchange.id,))
        except Unreachable:
            raise
        except ConformanceError:
            # What this task relies on isn't there, so it can't tell anything.
            return False
        return True

    def _note(self, task: str, expected: str, actual: str, exchanges: tuple[str, ...]) -> bool:
        if expected in self._titles:
            self._again[task] += 1
            return self._again[task] < TIRED_AFTER
        self._titles.add(expected)
        finding = Finding(*map(self._context.recorder.redactor.text, (expected, actual, self._curl(exchanges))))
        self._result.findings.append(finding)
        self._report(f"{finding.title}\n{finding.detail}\n{finding.curl}")
        return True

    def _curl(self, exchanges: tuple[str, ...]) -> str:
        by_id = {exchange.id: exchange for exchange in self._context.recorder.exchanges}
        base_url = self._context.session.target.base_url
        return "\n".join(curl_command(by_id[name], base_url) for name in exchanges if name in by_id)
