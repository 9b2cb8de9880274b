"""What both deletions have in common: what goes, how many bytes are told, who may delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from conformance.mock.behaviour import Behaviour
from conformance.mock.defects.authentication import asked_with, open_without_token
from conformance.mock.defects.client import Client, Sent
from conformance.mock.defects.defect import Defect, Probe
from conformance.mock.defects.observations import shown_status, whether
from conformance.mock.records import User, Version
from conformance.mock.replies import Call, Reply

if TYPE_CHECKING:
    from conformance.mock.identity import Identity
    from conformance.mock.store import Store

MODEL, VERSIONS = "delete_model", "delete_model_versions"

Chosen = Callable[[Behaviour, Sequence[Version]], Sequence[Version]]
"""What goes, of what should."""


def deleting(endpoint: str, choose: Chosen) -> type[Behaviour]:
    """Other versions go than those that a confirmed deletion names."""

    class Going(Behaviour):
        def deletes(self, endpoint_: str, versions: Sequence[Version], confirmed: bool) -> Sequence[Version]:
            going = super().deletes(endpoint_, versions, confirmed)
            return choose(self, going) if going and endpoint_ == endpoint else going

    return Going


def unconfirmed(endpoint: str) -> type[Behaviour]:
    class Unconfirmed(Behaviour):
        def deletes(self, endpoint_: str, versions: Sequence[Version], confirmed: bool) -> Sequence[Version]:
            return super().deletes(endpoint_, versions, confirmed or endpoint_ == endpoint)

    return Unconfirmed


def _counted(endpoint: str, count: Callable[[int], int]) -> type[Behaviour]:
    """Another number of bytes, of deletions by this endpoint."""

    class Counted(Behaviour):
        def deletes(self, endpoint_: str, versions: Sequence[Version], confirmed: bool) -> Sequence[Version]:
            self._counts = endpoint_ == endpoint
            return super().deletes(endpoint_, versions, confirmed)

        def deleted_bytes(self, versions: Sequence[Version]) -> int:
            size = super().deleted_bytes(versions)
            return count(size) if self._counts else size

    return Counted


class Hidden(Behaviour):
    """Deletes nothing, but remembers what it was told to delete."""

    def attach(self, store: Store, identity: Identity) -> None:
        super().attach(store, identity)
        self.hidden: set[int] = set()

    def deletes(self, endpoint: str, versions: Sequence[Version], confirmed: bool) -> Sequence[Version]:
        going = super().deletes(endpoint, versions, confirmed)
        self.hidden.update(version.id for version in going)
        return ()


def _refused_but_deleted(endpoint: str) -> type[Behaviour]:
    """Refuses a deletion without a token, and carries it out."""

    class RefusedButDeleted(Behaviour):
        def authenticate(self, authorization: str | None, endpoint_: str) -> User:
            self._stranger = endpoint_ == endpoint and not authorization
            return (
                self.user_of(self.identity.user.id)
                if self._stranger
                else super().authenticate(authorization, endpoint_)
            )

        def reply(self, call: Call, reply: Reply) -> Reply:
            if call.endpoint == endpoint and self._stranger:
                reply = Reply(401, {"msg": "A bearer token is required.", "code": 401})
            return super().reply(call, reply)

    return RefusedButDeleted


def without(name: str) -> Callable[[Call, Reply], bool]:
    return lambda call, _: isinstance(call.payload, dict) and name not in call.payload


def left(client: Client, *sents: tuple[str, Sent]) -> str:
    """Which uploads list_versions, the list and get still show."""
    listed = {model.get("name") for model in client.listed_models()}
    shown = []
    for word, sent in sents:
        named = client.call("list_versions", {"model_id": sent.name}).body
        digests = [row.get("sha") for row in named] if isinstance(named, list) else []
        places = [
            place for place, there in (("list", sent.name in listed), ("versions", sent.sha256 in digests)) if there
        ]
        shown.append(f"{word} in {' and '.join(places) or 'nothing'}")
    return ", ".join(shown)


def _bytes_right(endpoint: str) -> Probe:
    def look(client: Client) -> bool:
        sent = client.upload()
        return bool(client.ask(endpoint, sent).at("bytes") == len(sent.content))

    return whether(f"{endpoint} answers the size of the file", look)


def _without_token(endpoint: str) -> Probe:
    def look(client: Client) -> str:
        sent = client.upload()
        answer = client.ask(endpoint, sent, token=None)
        return f"{endpoint} without a token: {shown_status(answer)}, {left(client, ('it', sent))}"

    return look


def deletion_defects() -> Iterator[Defect]:
    """What the two have in common."""
    for endpoint in (MODEL, VERSIONS):
        word = endpoint.replace("_", "-")
        yield Defect(
            f"{word}.open-without-token",
            f"{endpoint} answers requests without a token.",
            (f"{word}.requires-token",),
            open_without_token(endpoint),
            asked_with(endpoint, "no token", lambda _: None),
        )
        yield Defect(
            f"{word}.refused-but-deleted",
            f"{endpoint} refuses requests without a token, and deletes.",
            (f"{word}.requires-token",),
            _refused_but_deleted(endpoint),
            _without_token(endpoint),
        )
        counts: tuple[tuple[str, str, Callable[[int], int]], ...] = (
            ("zero", "0", lambda _: 0),
            ("constant", "1928, whatever goes", lambda _: 1928),
            ("in-kib", "a number of KiB", lambda size: size // 1024),
        )
        for how, said, count in counts:
            yield Defect(
                f"{word}.bytes.{how}",
                f"{endpoint} answers {said}.",
                (f"{word}.counts-bytes",),
                _counted(endpoint, count),
                _bytes_right(endpoint),
            )
