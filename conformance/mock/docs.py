"""The instance's own documentation: Swagger UI with its assets, and the OpenAPI document that it shows.

Source: documentation, References (`/v1/api/docs`).
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from conformance.mock.dialect import Dialect

DOCS_PATH = "/v1/api/docs"
OPENAPI_PATH = "/v1/api/openapi.json"

_ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
_HEADERS = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MLOps API</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
# The validator is a service on the internet; this page asks nobody but the instance.
_START = 'SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", validatorUrl: null, deepLinking: true});\n'


def routes(dialect: Dialect) -> list[Route]:
    """The page, its assets and the document of the release; none of them asks for a token."""

    async def openapi(request: Request) -> Response:
        return Response(_document(dialect), media_type="application/json")

    return [
        Route(DOCS_PATH, _page, methods=["GET"]),
        Route(f"{DOCS_PATH}/{{asset}}", _asset, methods=["GET"]),
        Route(OPENAPI_PATH, openapi, methods=["GET"]),
    ]


async def _page(request: Request) -> Response:
    return HTMLResponse(_PAGE, headers=_HEADERS)


async def _asset(request: Request) -> Response:
    name = request.path_params["asset"]
    if name == "start.js":
        return Response(_START, media_type="text/javascript", headers=_HEADERS)
    if name not in _ASSETS:
        raise HTTPException(404)
    return FileResponse(_asset_folder() / name, headers=_HEADERS)


@lru_cache(maxsize=1)
def _asset_folder() -> Path:
    """Where the installed package keeps Swagger UI. Found, not imported: its Flask blueprint isn't used."""
    spec = find_spec("flask_swagger_ui")
    if spec is None or spec.origin is None:
        raise HTTPException(503, "Swagger UI isn't installed: install flask-swagger-ui.")
    return Path(spec.origin).parent / "dist"


@lru_cache
def _document(dialect: Dialect) -> bytes:
    """The contract's OpenAPI document, with this instance as its only server."""
    document = {**dialect.contract.openapi, "servers": [{"url": "/"}]}
    # Swagger UI warns of any explicit dialect; this document uses nothing that OpenAPI's own lacks.
    document.pop("jsonSchemaDialect", None)
    return json.dumps(document, ensure_ascii=False, default=str).encode("utf-8")
