"""The GraphQL service that the vendor's SDK asks beside the API: a small schema, over the same state.

Source: the queries in the vendor's SDKs of 2023.4.0 to 2026.1.3. Mutations, pipelines and tags aren't served.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.mock.fields import optional_text, text
from conformance.mock.instance import Instance
from conformance.mock.records import User
from conformance.mock.replies import Refusal

if TYPE_CHECKING:
    from graphql import GraphQLSchema

GRAPHQL_PATH = "/v1/graphql"

_TOKENS = 5_000
"""Most tokens of a query. Ours: the standard introspection query has some 200."""

_SCHEMA = Path(__file__).with_name("schema.graphql")


def answer_query(instance: Instance, user: User, payload: dict[str, Any]) -> Any:
    """The answer to one query: `data`, `errors`, or both (GraphQL specification, section 7.1)."""
    query, operation = text(payload, "query"), optional_text(payload, "operationName")
    variables = payload.get("variables")
    if variables is not None and not isinstance(variables, dict):
        raise Refusal(400, "The field variables must be an object.")
    return _execute(instance, user, query, variables, operation)


def _execute(
    instance: Instance, user: User, query: str, variables: dict[str, Any] | None, operation: str | None
) -> dict[str, Any]:
    # Imported when first asked for: most runs never ask.
    from graphql import GraphQLError, execute_sync, parse, validate

    from conformance.mock.graphql.nodes import Root, Scope

    schema = _schema()
    try:
        document = parse(query, max_tokens=_TOKENS)
        faults = validate(schema, document)
        if not faults:
            root = Root(Scope(instance.behaviour, user))
            result = execute_sync(schema, document, root, variable_values=variables, operation_name=operation)
            return dict(result.formatted)
    except GraphQLError as fault:
        faults = [fault]
    except RecursionError:
        faults = [GraphQLError("The query is nested too deeply.")]
    return {"errors": [fault.formatted for fault in faults]}


@lru_cache(maxsize=1)
def _schema() -> GraphQLSchema:
    from graphql import build_schema

    return build_schema(_SCHEMA.read_text(encoding="utf-8"))
