"""The HTTP application: which path leads to which endpoint, and how any answer or refusal is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.mock import changes, docs, models, workspaces
from conformance.mock.bodies import drain, read_body
from conformance.mock.dialect import Dialect
from conformance.mock.directory import Directory
from conformance.mock.fields import JSON_LIMIT, is_json, parse_object
from conformance.mock.graphql import GRAPHQL_PATH, answer_query
from conformance.mock.idp import IdentityProvider
from conformance.mock.instance import Instance
from conformance.mock.records import User
from conformance.mock.replies import Call, Refusal, Reply, refusal_reply
from conformance.mock.uploads import Uploads

Endpoint = Callable[[Instance, User, dict[str, Any]], Any]

_PROMISED: dict[str, Endpoint] = {
    "list": models.list_models,
    "get_by_id": models.get_by_id,
    "list_versions": models.list_versions,
    "get_config_by_id": models.get_config_by_id,
    "get": models.get,
    "list_versions_for_model": models.list_versions_for_model,
    "delete_model": changes.delete_model,
    "delete_model_versions": changes.delete_model_versions,
    "get_upload_logs": models.get_upload_logs,
}
"""There where the release's contract has them."""

_BESIDE: dict[str, tuple[str, Endpoint]] = {
    "get_version_by_id": ("/v1/api/models/get_version_by_id", models.get_version_by_id),
    "get_model_version_by_id": ("/v1/api/models/get_model_version_by_id", models.get_version_by_id),
    "insert_model_config": ("/v1/api/models/insert_model_config", changes.insert_model_config),
    "workspaces/create": ("/v1/api/workspaces/create", workspaces.create_workspace),
    "workspaces/list": ("/v1/api/workspaces/list", workspaces.list_workspaces),
    "workspaces/list_users": ("/v1/api/workspaces/list_users", workspaces.list_users),
    "users/query": ("/v1/api/users/query", workspaces.query_users),
    "graphql": (GRAPHQL_PATH, answer_query),
}
"""There in every release, as its vendor's client needs them, whether or not the contract has them."""

UPLOAD_ENDPOINTS = {
    "upload_and_convert": "/v1/api/models/upload_and_convert",
    "upload": "/v1/api/models/upload",
}
CONFIG_PATH = "/v1/api/config"


def json_endpoints(dialect: Dialect) -> dict[str, tuple[str, Endpoint]]:
    """The path and the function of every JSON endpoint that an instance of the release has, by name."""
    promised = {name: (path, _PROMISED[name]) for name, path in dialect.endpoints.items() if name in _PROMISED}
    return {**promised, **_BESIDE}


def build_app(instance: Instance) -> Starlette:
    """The application of one instance. Conversions live as long as it does."""
    uploads = Uploads(instance)
    routes = [
        Route(path, _json_handler(instance, name, run), methods=["POST"])
        for name, (path, run) in json_endpoints(instance.behaviour.dialect).items()
    ]
    routes += [Route(path, _upload_handler(uploads, name), methods=["POST"]) for name, path in UPLOAD_ENDPOINTS.items()]
    routes += [Route(CONFIG_PATH, _config, methods=["GET"])]
    routes += [*IdentityProvider(instance.identity).routes(), *Directory(instance.identity).routes()]
    routes += [*docs.routes(instance.behaviour.dialect)]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        instance.conversions.resume()
        yield
        await instance.conversions.stop()

    async def refuse_path(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        await drain(request)
        reply = refusal_reply(Refusal(error.status_code, error.detail, error.headers))
        return instance.behaviour.reply(Call(request.url.path), reply).render()

    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={
            HTTPException: refuse_path,
            ClientDisconnect: _nobody_listens,
            Exception: _broken,
        },
    )
    app.router.redirect_slashes = False
    return app


def _json_handler(instance: Instance, name: str, run: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    behaviour = instance.behaviour

    async def handle(request: Request) -> Response:
        call = Call(name)
        try:
            body = await read_body(request, JSON_LIMIT)
            user = call.user = behaviour.authenticate(request.headers.get("authorization"), name)
            call.payload = payload = _payload(request, body)
            reply = Reply(behaviour.success_status(name), run(instance, user, payload))
        except Refusal as refusal:
            reply = refusal_reply(refusal)
        return behaviour.reply(call, reply).render()

    return handle


def _payload(request: Request, body: bytes) -> dict[str, Any]:
    """The JSON object of a request; without a type too, as the vendor's client of 2023.4 sends some."""
    content_type = request.headers.get("content-type")
    if content_type and not is_json(content_type):
        raise Refusal(415, "The content type must be application/json.")
    return parse_object(body)


def _upload_handler(uploads: Uploads, name: str) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        return await uploads.handle(request, name)

    return handle


async def _config(request: Request) -> Response:
    """What newer clients of the vendor ask for first, without a token."""
    return Reply(200, {"default_arch": "x86"}).render()


async def _nobody_listens(request: Request, error: Exception) -> Response:
    """The client went away; whatever is returned here is sent to nobody."""
    return Response(status_code=400)


async def _broken(request: Request, error: Exception) -> Response:
    """A fault of ours: the client gets the envelope, the server's log the traceback."""
    return refusal_reply(Refusal(500, "The instance failed to answer.")).render()
