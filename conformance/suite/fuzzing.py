"""schemathesis, bound to the run's session: it makes the requests, and checks of ours judge the replies.

Importing this module costs half a second, so a check does it when it runs. schemathesis knows shapes, not relations:
what two replies say of one model is asserted here of links only, and by the other checks of the suite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import CustomFailure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.core.transforms import UNRESOLVABLE
from schemathesis.generation.feedback import NO_FEEDBACK

from conformance.contract import ENDPOINTS, Release
from conformance.errors import NotTestable
from conformance.instance.errors import NotJSON
from conformance.instance.reply import Reply
from conformance.instance.session import Session
from conformance.suite.assertions import Nonconformity, describe, expect, show
from conformance.suite.fuzzed_requests import Known, confined, narrowed, wire
from conformance.suite.probes import UPLOAD
from conformance.suite.searching import SHRINKING, Answers, reproducible, search, settings

if TYPE_CHECKING:
    from schemathesis.generation.stateful.state_machine import APIStateMachine, Transition

GATEWAY_STATUSES: Final = frozenset({401, 403, 407, 413, 429, 502, 503, 504})
"""What a gateway in front of the API may answer by itself, in its own words. Source: recorded ("Jwt is missing")."""

STEPS: Final = 6
"""Requests in one walk along the links: an upload and one read of each kind. Ours."""

Judge = Callable[[schemathesis.CheckContext, schemathesis.Response, schemathesis.Case], bool | None]


class Answer(schemathesis.Response):
    """A reply of ours as schemathesis sees it. `fuzzer` sent it."""

    __slots__ = ("fuzzer", "reply")

    def __init__(self, reply: Reply, url: str, fuzzer: Fuzzer) -> None:
        super().__init__(
            status_code=reply.status,
            headers={name: [value] for name, value in reply.headers.items()},
            content=reply.content,
            request=requests.Request("POST", url).prepare(),
            elapsed=reply.elapsed,
            verify=True,
        )
        self.reply = reply
        self.fuzzer = fuzzer


def _judge(function: Callable[[Answer, schemathesis.Case, str], None]) -> Judge:
    """Register a check in schemathesis' own way; it skips what isn't ours, as a user's own runs would meet it too."""

    def check(ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case) -> bool | None:
        if not isinstance(response, Answer):
            return True
        function(response, case, endpoint_of(case))
        return None

    check.__name__ = check.__qualname__ = f"wallaroo_{function.__name__}"
    registered: Judge = schemathesis.check(check)
    return registered


@_judge
def success_is_as_documented(answer: Answer, case: schemathesis.Case, endpoint: str) -> None:
    """A success holds what the returns table has; only fields that MUST be there so are judged of known models."""
    reply = answer.reply
    if not reply.is_success:
        return
    release = answer.fuzzer.release
    optional = {field.field for field in release.fields(endpoint) if field.level != "MUST"}
    found = [v for v in release.schemas.violations(endpoint, reply.json(), reply.status) if v.pointer not in optional]
    expect(
        not found,
        expected=f"a success of {endpoint} is as documented",
        actual=lambda: f"{found[0].path or 'the reply'} {found[0].message}",
        replies=[reply],
    )


@_judge
def refusal_has_the_envelope(answer: Answer, case: schemathesis.Case, endpoint: str) -> None:
    """What isn't a success is a refusal, and its body the error envelope."""
    reply = answer.reply
    if reply.is_success or reply.status in GATEWAY_STATUSES:
        return
    try:
        found = answer.fuzzer.release.schemas.violations(endpoint, reply.json(), reply.status)
        problem = f"{found[0].path or 'its body'} {found[0].message}" if found else None
    except NotJSON:
        problem = "its body isn't JSON"
    expect(
        reply.status >= 400 and problem is None,
        expected=f"{endpoint} serves a request or refuses it with a string msg and an integer code",
        actual=lambda: f"{describe(reply)}; {problem or 'that is neither'}",
        replies=[reply],
    )


@_judge
def link_leads_to_its_model(answer: Answer, case: schemathesis.Case, endpoint: str) -> None:
    """A request by ids of an earlier reply is served, and its reply is about those ids."""
    reply, wanted = answer.reply, case.body
    if not answer.fuzzer.followed or not isinstance(wanted, dict):
        return
    served = reply.is_success or not _must_be_served(endpoint, wanted)
    expect(
        served,
        expected=f"{endpoint} finds what an earlier reply named, {show(wanted)}",
        actual=lambda: describe(reply),
        replies=[*answer.fuzzer.walked, reply],
    )
    told = _told(endpoint, reply.json(), wanted) if reply.is_success else None
    expect(
        told is None,
        expected=f"{endpoint} answers about what it was asked for, {show(wanted)}",
        actual=lambda: str(told),
        replies=[*answer.fuzzer.walked, reply],
    )


def _must_be_served(endpoint: str, wanted: dict[str, Any]) -> bool:
    # `get` and get_config_by_id have two readings of the id that they take, and one key alone may be too few.
    if endpoint == "list_versions":
        return {"model_id", "models_pk_id"} <= set(wanted)
    return endpoint in ("list", "get_by_id")


def _told(endpoint: str, body: Any, wanted: dict[str, Any]) -> str | None:
    """Whose details a successful reply has, where they aren't those asked for."""
    if endpoint in ("get_by_id", "get") and isinstance(body, dict) and "id" in wanted and "id" in body:
        return None if body["id"] == wanted["id"] else f"the reply has the id {show(body['id'])}"
    if endpoint == "list_versions" and isinstance(body, list):
        keys = {"model_id", "models_pk_id"} & set(wanted)
        rows = [row for row in body if isinstance(row, dict) and keys <= set(row)]
        strange = [row for row in rows if not any(row[key] == wanted[key] for key in keys)]
        return f"a row has {show({key: strange[0][key] for key in keys})}" if strange else None
    return None


def endpoint_of(case: schemathesis.Case) -> str:
    """The contract's name of the endpoint that a case is for."""
    return next(name for name, path in ENDPOINTS.items() if path == case.path)


class Fuzzer:
    """Requests that schemathesis makes of the contract, sent through one session and judged.

    Each search sends at most `limit` requests and none once `stop()` holds; what was asked before isn't asked again.
    With a seed the examples are random, without one they are the same in each run.
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
        self.followed = False
        """Whether the request under judgement follows a link."""
        self.walked: list[Reply] = []
        """The replies of the walk so far."""
        self.served: Counter[str] = Counter()
        """Successes by endpoint."""
        self.links = 0
        """Links followed to a success."""
        self._documented = self._schema(narrowed(release, known))
        self._arbitrary = self._schema(narrowed(release, known, (UPLOAD,)))
        self._answers: Answers[Answer] = Answers(0)
        self._walk: tuple[Any, ...] = ()

    def documented(self, endpoint: str, *, examples: int) -> None:
        """Send requests as documented, about known models; raise Nonconformity for a success of another shape.

        Raises NotTestable where none of them is served.
        """
        mode = schemathesis.GenerationMode.POSITIVE
        strategy = self._operation(self._documented, endpoint).as_strategy(mode, feedback=NO_FEEDBACK)
        self._search(strategy, [success_is_as_documented], examples, genuine=True)
        if not self.served[endpoint] and not self.stop():
            raise NotTestable(f"{endpoint} serves none of the documented requests about uploaded models")

    def arbitrary(self, endpoint: str, *, examples: int) -> None:
        """Send requests that break the contract or name nothing; raise Nonconformity for a reply that is neither
        a success as documented nor a refusal with the envelope.
        """
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
        self._answers = Answers(walks * STEPS + SHRINKING, self.stop)
        machine = self._machine()
        if self.seed is not None:
            machine._hypothesis_internal_use_seed = self.seed
        with reproducible(), _told_apart():
            machine.run(settings=settings(walks, self.seed, steps=STEPS))
        if not self.links and not self.stop():
            raise NotTestable("none of the contract's links could be followed to a success")

    def _search(
        self, strategy: st.SearchStrategy[schemathesis.Case], judges: Sequence[Judge], examples: int, *, genuine: bool
    ) -> None:
        self._answers = Answers(examples + SHRINKING, self.stop)

        def judge(case: schemathesis.Case) -> None:
            self._begin()
            self._judge(case, self._send(case, genuine=genuine), judges)

        search(strategy, judge, examples=examples, seed=self.seed)

    def _judge(self, case: schemathesis.Case, answer: Answer, judges: Sequence[Judge]) -> None:
        with _told_apart():
            case.validate_response(answer, checks=list(judges))

    def _begin(self) -> None:
        self._walk, self.walked, self.followed = (), [], False

    def _send(self, case: schemathesis.Case, *, genuine: bool) -> Answer:
        endpoint = endpoint_of(case)
        if endpoint == UPLOAD:
            case.body = confined(case.body, self.known, genuine=genuine)
        body = b"" if isinstance(case.body, type(schemathesis.core.NOT_SET)) else case.body
        data, headers = wire(endpoint, body, self.known.file.file_name)
        self._walk = (*self._walk, endpoint, repr(body))

        def put() -> Answer:
            path = ENDPOINTS[endpoint]
            reply = self.session.request("POST", path, endpoint=endpoint, data=data, headers=headers)
            if reply.is_success:
                self.served[endpoint] += 1
            return Answer(reply, self.session.target.url(path), self)

        return self._answers.ask(self._walk, put)

    def _schema(self, document: dict[str, Any]) -> Any:
        schema = schemathesis.openapi.from_dict(document)
        schema.config.update(base_url=self.session.target.base_url)
        schema.config.generation.update(modes=[schemathesis.GenerationMode.POSITIVE], with_security_parameters=False)
        schema.config.phases.stateful.inference.algorithms = []
        return schema

    def _operation(self, schema: Any, endpoint: str) -> Any:
        return schema[ENDPOINTS[endpoint]]["POST"]

    def _machine(self) -> type[APIStateMachine]:
        fuzzer = self
        base: Any = self._documented.build_state_machine(feedback=NO_FEEDBACK, link_calibration=None)

        class Walk(base):
            """One walk; schemathesis chooses the links and fills in what they take from earlier replies."""

            def setup(self) -> None:
                fuzzer._begin()

            def call(self, case: schemathesis.Case, **kwargs: Any) -> Answer:
                linked = _linked_body(self.recorder.cases[case.id].transition)
                fuzzer.followed = linked is not None and endpoint_of(case) != UPLOAD
                if fuzzer.followed:
                    # Exactly what the link says: schemathesis adds keys of its own, which may contradict it.
                    case.body = linked
                return fuzzer._send(case, genuine=True)

            def validate_response(self, response: Answer, case: schemathesis.Case, *_: Any, **__: Any) -> None:
                fuzzer._judge(case, response, [success_is_as_documented, link_leads_to_its_model])
                fuzzer.walked.append(response.reply)
                fuzzer.links += fuzzer.followed and response.reply.is_success

        return Walk


def _linked_body(transition: Transition | None) -> dict[str, Any] | None:
    """What a link puts into the request; None where there is no link, or the earlier reply hasn't all it takes."""
    extracted = transition.request_body if transition is not None else None
    body = extracted.value.ok() if extracted is not None and isinstance(extracted.value, Ok) else None
    known = isinstance(body, dict) and not any(value is UNRESOLVABLE or value is None for value in body.values())
    return dict(body) if known and body else None


@contextmanager
def _told_apart() -> Iterator[None]:
    """Our own failure out of the group that schemathesis wraps it into."""
    try:
        yield
    except FailureGroup as group:
        for failure in group.exceptions:
            if isinstance(failure, CustomFailure) and isinstance(failure.exception, Nonconformity):
                raise failure.exception from None
        raise
