"""The address that an instance tells: one that a client on this machine reaches."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from conformance.mock.listener import listen, url_of


@dataclass
class Bound:
    """A listening socket, as far as it says where it is bound."""

    name: tuple

    def getsockname(self):
        return self.name


@pytest.mark.parametrize(
    ("host", "bound", "url"),
    [
        ("127.0.0.1", ("127.0.0.1", 80), "http://127.0.0.1:80"),
        ("localhost", ("127.0.0.1", 80), "http://localhost:80"),
        ("0.0.0.0", ("0.0.0.0", 80), "http://127.0.0.1:80"),
        ("", ("0.0.0.0", 80), "http://127.0.0.1:80"),
        ("0", ("0.0.0.0", 80), "http://127.0.0.1:80"),
        ("::", ("::", 80, 0, 0), "http://[::1]:80"),
        ("::1", ("::1", 80, 0, 0), "http://[::1]:80"),
        ("fe80::1%eth0", ("fe80::1%eth0", 80, 0, 2), "http://[fe80::1%eth0]:80"),
    ],
)
def test_an_instance_on_every_address_is_reached_by_loopback(host, bound, url):
    assert url_of(host, Bound(bound)) == url


def test_a_free_port_is_told():
    with listen("127.0.0.1", 0) as socket:
        assert url_of("127.0.0.1", socket) == f"http://127.0.0.1:{socket.getsockname()[1]}"
