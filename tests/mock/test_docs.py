"""The documentation page, which asks nobody but the instance."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import requests

from conformance.contract import load_release
from conformance.mock import MockInstance

from .client import assert_refused


def test_the_page_loads_from_the_instance_alone(mock: MockInstance) -> None:
    page = requests.get(f"{mock.url}/v1/api/docs", timeout=30)

    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) >= 3
    for link in links:
        url = urljoin(page.url, link)
        assert url.startswith(mock.url + "/")
        asset = requests.get(url, timeout=30)
        assert asset.status_code == 200
        assert asset.content


def test_the_page_shows_the_openapi_document_of_its_release(spoken: MockInstance) -> None:
    start = requests.get(f"{spoken.url}/v1/api/docs/start.js", timeout=30)
    (relative,) = re.findall(r'url: "([^"]+)"', start.text)

    document = requests.get(urljoin(f"{spoken.url}/v1/api/docs", relative), timeout=30).json()

    assert document["servers"] == [{"url": "/"}]
    assert document["paths"] == load_release(spoken.release).openapi["paths"]


def test_nothing_else_is_served_from_the_assets_folder(mock: MockInstance) -> None:
    for name in ("LICENSE", "..%2F__init__.py", "..", "%2e%2e%2f__init__.py", "swagger-ui.js"):
        assert_refused(requests.get(f"{mock.url}/v1/api/docs/{name}", timeout=30), 404)


def test_newer_clients_learn_the_architecture(mock: MockInstance) -> None:
    assert requests.get(f"{mock.url}/v1/api/config", timeout=30).json() == {"default_arch": "x86"}
