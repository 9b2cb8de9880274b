"""schemathesis, bound to the run's session: it makes the requests, and checks of ours judge the replies.

Importing this module costs half a second, so a check does it when it runs. schemathesis knows shapes, not relations:
what two replies say of one model is asserted here of links only, and by the other checks of the suite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import hypothesis
import schemathesis
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize
from schemathesis.core import NotSet
from schemathesis.core.result import Ok
from schemathesis.core.transforms import UNRESOLVABLE
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput, Transition

from conformance.contract import Release
from conformance.errors import NotTestable
from conformance.instance.replaying import ReplayedWire
from conformance.instance.reply import Reply
from conformance.instance.session import Session
from conformance.suite.fuzz_judges import (
    Answer,
    GeneratedCase,
    Judge,
    RecordedCase,
    endpoint_of,
    link_leads_to_its_model,
    own_failures,
    refusal_has_the_envelope,
    success_is_as_documented,
)
from conformance.suite.fuzzed_requests import Known, confined, narrowed, wire
from conformance.suite.probes import UPLOAD
from conformance.suite.searching import SHRINKING, Answers, Failures, search, settings

if TYPE_CHECKING:
    from schemathesis.generation.stateful import APIStateMachine
    from schemathesis.specs.openapi.stateful import OpenAPIStateMachine

STARTS: Final = ("list", UPLOAD, "get_by_id")
"""Endpoints that a walk may begin with: what they need is known from the start."""

STEPS: Final = 6
"""Requests in one walk along the links: an upload and one read of each kind. Ours."""


class Fuzzer:
    """Requests that schemathesis makes of the contract, sent through one session and judged.

    A search sends at most one request an example, a few more to make a counterexample smaller, and none once `stop()`
    holds. With a seed the examples are random, without one they are the same in each run.
    """

    def __init__(
        self,
        session: Session,
        release: Release,
        known: Known,
        *,
        seed: int | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.session = session
        self.release = release
        self.known = known
        self.seed = seed
        self.stop = stop
        self.served: Counter[str] = Counter()
        """Successes by endpoint."""
        self.links = 0
        """Links followed to a success."""
        self._documented = self._schema(narrowed(release, known))
        self._arbitrary = self._schema(narrowed(release, known, (UPLOAD,)))
        self._answers: Answers[Answer] = Answers(0)
        self._failures = Failures()
        self._asked: tuple[str, ...] = ()
        self._walked: tuple[Reply, ...] = ()

    def documented(self, endpoint: str, *, examples: int) -> None:
        """Send requests as documented, about known models; raise Nonconformity for a success of another shape.

        Raises NotTestable where none of them is served.
        """
        before, mode = self.served[endpoint], schemathesis.GenerationMode.POSITIVE
        if self.session.replayed is not None:
            self._again(self.session.replayed, endpoint, [success_is_as_documented])
        else:
            strategy = self._operation(self._documented, endpoint).as_strategy(mode, feedback=NO_FEEDBACK)
            self._search(strategy, [success_is_as_documented], examples, genuine=True)
        if self.served[endpoint] == before and not self.stop():
            raise NotTestable(f"{endpoint} serves none of the documented requests about uploaded models")

    def arbitrary(self, endpoint: str, *, examples: int) -> None:
        """Send requests that break the contract or name nothing; raise Nonconformity for a reply that is neither
        a success as documented nor a refusal with the envelope.
        """
        if self.session.replayed is not None:
            self._again(self.session.replayed, endpoint, [success_is_as_documented, refusal_has_the_envelope])
            return
        operation = self._operation(self._arbitrary, endpoint)
        modes = [schemathesis.GenerationMode.NEGATIVE]
        if endpoint != UPLOAD:
            modes.append(schemathesis.GenerationMode.POSITIVE)
        strategy = st.one_of([operation.as_strategy(mode, feedback=NO_FEEDBACK) for mode in modes])
        self._search(strategy, [success_is_as_documented, refusal_has_the_envelope], examples, genuine=False)

    def linked(self, *, walks: int) -> None:
        """Walk along the contract's links; raise Nonconformity for a link that leads nowhere or to something else.

        Raises NotTestable where no link could be followed.
        """
        before = self.links
        if self.session.replayed is not None:
            self._again(self.session.replayed, None, [link_leads_to_its_model])
        else:
            self._walk(walks)
        if self.links == before and not self.stop():
            raise NotTestable("none of the contract's links could be followed to a success")

    def _walk(self, walks: int) -> None:
        self._answers, self._failures = Answers(walks * STEPS + SHRINKING, self.stop), Failures()
        machine = self._machine()
        if self.seed is not None:
            machine = hypothesis.seed(self.seed)(machine)
        self._failures.conclude(lambda: machine.run(settings=settings(walks, self.seed, steps=STEPS)))

    def _again(self, recorded: ReplayedWire, endpoint: str | None, judges: Sequence[Judge]) -> None:
        """Judge the replies that a run had to what it generated: another hypothesis would generate something else."""
        replies: dict[str, Reply] = {}
        for reply in recorded.rest_of_check(endpoint):
            exchange = reply.exchange
            replies[exchange.id] = reply
            answer = Answer(reply, self.session.target.url(exchange.request.path), self.release)
            answer.followed = bool(exchange.follows)
            answer.walked = tuple(replies[one] for one in exchange.follows if one in replies)
            self.links += answer.followed and reply.is_success
            self.served[exchange.endpoint or ""] += reply.is_success
            for judge in judges:
                judge(None, answer, RecordedCase.of(exchange.request))

    def _search(
        self, strategy: st.SearchStrategy[GeneratedCase], judges: Sequence[Judge], examples: int, *, genuine: bool
    ) -> None:
        self._answers = Answers(examples + SHRINKING, self.stop)

        def judge(case: GeneratedCase) -> None:
            self._begin()
            self._judge(case, self._send(case, genuine=genuine), judges)

        search(strategy, judge, examples=examples, seed=self.seed)

    def _judge(self, case: GeneratedCase, answer: Answer, judges: Sequence[Judge]) -> None:
        with own_failures():
            case.validate_response(answer, checks=list(judges))

    def _begin(self) -> None:
        self._asked, self._walked = (), ()

    def _send(self, case: GeneratedCase, *, genuine: bool, followed: bool = False) -> Answer:
        endpoint = endpoint_of(self.release, case)
        if endpoint == UPLOAD:
            case.body = confined(case.body, self.known, genuine=genuine)
        body = b"" if isinstance(case.body, NotSet) else case.body
        data, headers = wire(endpoint, body, self.known.file.file_name)
        self._asked = (*self._asked, endpoint, repr(body))

        def put() -> Answer:
            path = self.release.endpoints[endpoint]
            follows = tuple(reply.exchange.id for reply in self._walked) if followed else ()
            reply = self.session.request("POST", path, endpoint=endpoint, data=data, headers=headers, follows=follows)
            self.served[endpoint] += reply.is_success
            return Answer(reply, self.session.target.url(path), self.release)

        answer = self._answers.ask(self._asked, put)
        answer.followed, answer.walked = followed, self._walked
        self._walked = (*self._walked, answer.reply)
        self.links += followed and answer.reply.is_success
        return answer

    def _schema(self, document: dict[str, Any]) -> Any:
        schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config())  # no file of the user's
        schema.config.update(base_url=self.session.target.base_url)
        schema.config.generation.update(modes=[schemathesis.GenerationMode.POSITIVE], with_security_parameters=False)
        schema.config.phases.stateful.inference.algorithms = []
        return schema

    def _operation(self, schema: Any, endpoint: str) -> Any:
        return schema[self.release.endpoints[endpoint]]["POST"]

    def _machine(self) -> type[APIStateMachine]:
        """Walks in which schemathesis chooses the links and fills in what they take from earlier replies."""
        fuzzer = self

        def call(machine: OpenAPIStateMachine, case: GeneratedCase, **_: Any) -> Answer:
            linked = _linked_body(machine.recorder.cases[case.id].transition)
            followed = linked is not None and endpoint_of(fuzzer.release, case) != UPLOAD
            if linked is not None and followed:
                # Exactly what the link says: schemathesis adds keys of its own, which may contradict it.
                case.body = linked
            return fuzzer._send(case, genuine=True, followed=followed)

        def validate_response(_: OpenAPIStateMachine, response: Answer, case: GeneratedCase, **__: Any) -> None:
            fuzzer._judge(case, response, [link_leads_to_its_model])

        def step(machine: OpenAPIStateMachine, input: StepInput) -> StepOutput:
            with fuzzer._failures.noted():
                output: StepOutput = base.step(machine, input)
                return output

        def begin(machine: OpenAPIStateMachine, input: StepInput) -> StepOutput:
            machine.recorder.record_case(case=input.case)
            machine.control.record_step(input, machine.recorder)
            return step(machine, input)

        # Left alone, schemathesis would begin each walk with the same endpoint.
        start = initialize(target=Bundle("start"), input=st.one_of(list(map(self._start, STARTS))))
        base: Any = self._documented.build_state_machine(feedback=NO_FEEDBACK, link_calibration=None)
        methods = {"setup": lambda _: fuzzer._begin(), "call": call, "step": step, "begin": start(begin)}
        return type("Walk", (base,), {**methods, "validate_response": validate_response})

    def _start(self, endpoint: str) -> st.SearchStrategy[StepInput]:
        mode = schemathesis.GenerationMode.POSITIVE
        cases = self._operation(self._documented, endpoint).as_strategy(mode, feedback=NO_FEEDBACK)
        started: st.SearchStrategy[StepInput] = cases.map(StepInput.initial)
        return started


def _linked_body(transition: Transition | None) -> dict[str, Any] | None:
    """What a link puts into the request; None where there is no link, or the earlier reply hasn't all it takes."""
    extracted = transition.request_body if transition is not None else None
    body = extracted.value.ok() if extracted is not None and isinstance(extracted.value, Ok) else None
    known = isinstance(body, dict) and not any(value is UNRESOLVABLE or value is None for value in body.values())
    return dict(body) if known and body else None
