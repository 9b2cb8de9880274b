"""The embedded instance behind a server that alters its replies: a wrong instance for tests of what finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests

from conformance.mock import MockInstance
from conformance.running.assembly import Assembly
from conformance.settings import resolve
from tests.servers import Answer, serving

Alter = Callable[[str, bytes, Answer], Answer]
"""Takes the path, the request's body and the true reply; gives the reply to send."""


@contextmanager
def altered(instance: MockInstance, alter: Alter) -> Iterator[str]:
    """Serve the instance's replies after `alter` has had them; yields the base URL."""
    with requests.Session() as session:

        def answer(path: str, body: bytes) -> Answer:
            headers = {"Authorization": f"Bearer {instance.token}", "Content-Type": _content_type(body)}
            reply = session.post(instance.url + path, data=body, headers=headers)
            true = (reply.status_code, reply.headers.get("Content-Type", ""), reply.content)
            return alter(path, body, true)

        with serving(answer) as url:
            yield url


@contextmanager
def assembled(instance: MockInstance, url: str | None = None) -> Iterator[Assembly]:
    """A run against the instance, or against `url` with its token."""
    settings = resolve({"target": url or instance.url, "release": instance.release}, {})
    assembly = Assembly.make(settings, {"WALLAROO_CONFORMANCE_TOKEN": instance.token})
    try:
        yield assembly
    finally:
        assembly.close()


def _content_type(body: bytes) -> str:
    if body.startswith(b"--"):
        boundary = body.split(b"\r\n", 1)[0][2:].decode()
        return f"multipart/form-data; boundary={boundary}"
    return "application/json"
