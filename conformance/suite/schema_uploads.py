"""Uploads that differ in nothing but their Arrow schema."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from conformance.instance.arrow import decode_schema, encode_schema
from conformance.instance.models import Models
from conformance.instance.replaying import ReplayedWire
from conformance.suite.acceptance import assert_carried_out, attempt
from conformance.suite.context import SuiteContext
from conformance.suite.metadata import changed, metadata_for
from conformance.suite.uploads import Uploaded, unique_file

if TYPE_CHECKING:
    import pyarrow

GENERATED = 4
"""Generated schemas that are uploaded; with the corpus a dozen. Ours: each upload starts a conversion."""


KNOWN, MADE, EXPLORED = "arrow-schemas", "generated-schemas", "explored-schemas"
"""Who chose a schema: we, for all runs, or hypothesis, for a check or in an exploration. The models' names tell."""


def upload_with_schema(context: SuiteContext, models: Models, encoded: str, chosen: str) -> Uploaded:
    """Upload the PyTorch model with `encoded` as both of its schemas, under a name of the schema's own."""
    name = _name(context, encoded, chosen)
    file = unique_file(context.pytorch_model, name)
    metadata = changed(metadata_for(file, name, models.workspace_id), "input_schema", encoded)
    return attempt(models, file, changed(metadata, "output_schema", encoded))


def _name(context: SuiteContext, encoded: str, chosen: str) -> str:
    return context.name(chosen, hashlib.sha256(encoded.encode()).hexdigest()[:10])


class SchemaUploads:
    """One upload a schema. What one check has uploaded, the next needn't upload anew."""

    def __init__(self, context: SuiteContext, models: Models) -> None:
        self._context = context
        self._models = models
        self._made: dict[str, Uploaded] = {}

    def search(self, judge: Callable[[str, pyarrow.Schema], None]) -> None:
        """Judge schemas that hypothesis makes of the documented kinds, each with its text, the same in each run.

        What `judge` raises for the smallest schema found comes out of it again. A run that is judged again brings its
        own schemas: another hypothesis would make others.
        """
        from conformance.suite.searching import search
        from conformance.suite.strategies import ml_schemas

        if self._context.session.replayed is None:
            search(ml_schemas(), lambda schema: judge(encode_schema(schema), schema), examples=GENERATED)
            return
        for encoded in dict.fromkeys(self._made_before(self._context.session.replayed)):
            judge(encoded, decode_schema(encoded))

    def _made_before(self, recorded: ReplayedWire) -> Iterator[str]:
        """The generated schemas of the run that is judged again."""
        for metadata in recorded.metadata():
            encoded = metadata.get("input_schema")
            if isinstance(encoded, str) and metadata.get("name") == _name(self._context, encoded, MADE):
                yield encoded

    def of(self, encoded: str, chosen: str = KNOWN) -> Uploaded:
        """The upload with `encoded` as both of its schemas, as it was answered."""
        if encoded not in self._made:
            self._made[encoded] = upload_with_schema(self._context, self._models, encoded, chosen)
        uploaded = self._made[encoded]
        _ = uploaded.reply.status  # says that the running check uses what another one may have uploaded
        return uploaded


def assert_schema_accepted(uploaded: Uploaded, *, fields: str, instead: Callable[[], Uploaded]) -> None:
    """The upload was carried out, where `instead`, one with the model's own schemas, is."""
    __tracebackhide__ = True
    assert_carried_out(uploaded, what=f"an upload with the Arrow schema ({fields})", instead=instead)
