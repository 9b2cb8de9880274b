"""Requests that work alone and not one after another."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.contract import Release
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.client import Answer, Client
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.observations import status_of
from conformance.mock.replies import Call, Reply

if TYPE_CHECKING:
    from conformance.mock.identity import Identity
    from conformance.mock.store import Store

_READS = ("list", "get_by_id", "list_versions", "get_config_by_id", "get")
"""What follows an upload in the documented order, of what a release documents."""


def documented_reads(release: Release) -> tuple[str, ...]:
    """The reading endpoints that the release's documentation has an example of, in its order."""
    shown = {example.endpoint for example in release.examples}
    return tuple(name for name in _READS if name in shown)


def _walk_ends_early(framework: str) -> type[Behaviour]:
    """Fails at the last step of the documented order."""

    class WalkEndsEarly(Behaviour):
        def attach(self, store: Store, identity: Identity) -> None:
            super().attach(store, identity)
            *self._before, self._last = documented_reads(self.dialect.contract)
            self._calls: deque[str] = deque(maxlen=len(self._before) + 1)

        def reply(self, call: Call, reply: Reply) -> Reply:
            reply = super().reply(call, reply)
            if call.endpoint == self._last and list(self._calls) == [framework, *self._before]:
                # The calls are kept, so that asking once more doesn't help.
                reply.status, reply.body = 500, {"msg": "The model is locked.", "code": 500}
                return reply
            uploaded = call.upload.metadata.framework if call.upload and call.upload.metadata else None
            self._calls.append(uploaded or call.endpoint)
            return reply

    return WalkEndsEarly


class _DetailsAfterConfig(Behaviour):
    """Refuses get_by_id for the model whose configuration has just been read."""

    def attach(self, store: Store, identity: Identity) -> None:
        super().attach(store, identity)
        self._configured: int | None = None

    def reply(self, call: Call, reply: Reply) -> Reply:
        reply = super().reply(call, reply)
        payload = call.payload if isinstance(call.payload, dict) else {}
        if call.endpoint == "get_by_id" and self._configured is not None and payload.get("id") == self._configured:
            reply.status, reply.body = 500, {"msg": "The model is locked.", "code": 500}
        read = call.endpoint == "get_config_by_id" and reply.status == 200
        version = self.store.version(payload["model_id"]) if read else None
        self._configured = version.model_id if version else None
        return reply


def _walked(framework: str) -> Probe:
    def ask(client: Client) -> Answer:
        sent = client.upload(framework=framework)
        (listed,) = client.listed_models()
        payloads = {
            "list_versions": {"model_id": sent.name, "models_pk_id": listed.get("id")},
            "get_config_by_id": {"model_id": sent.id},
        }
        answer = sent.answer
        for endpoint in documented_reads(client.release)[1:]:
            answer = client.call(endpoint, payloads.get(endpoint, {"id": listed.get("id")}))
        return answer

    return status_of(f"the last step of the documented order, with {framework}", ask)


def _details_after_config(client: Client) -> Answer:
    sent = client.upload()
    model_id = client.model_id(sent)
    client.config(sent)
    return client.call("get_by_id", {"id": model_id})


def sequence_defects() -> Iterator[Defect]:
    """All of them."""
    for framework in ("onnx", "pytorch"):
        yield Defect(
            f"journey.{framework}.ends-early",
            f"After an upload of {framework} and the other reads in the documented order, the last one fails.",
            (f"journey.{framework}",),
            _walk_ends_early(framework),
            _walked(framework),
        )
    yield Defect(
        "fuzzing.links.details-after-config",
        "get_by_id fails for a model whose configuration has just been read.",
        ("fuzzing.stateful-links",),
        _DetailsAfterConfig,
        status_of("get_by_id right after get_config_by_id", _details_after_config),
    )
