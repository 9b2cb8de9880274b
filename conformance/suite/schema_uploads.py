"""Uploads that differ in nothing but their Arrow schema."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from conformance.instance.models import Models
from conformance.suite.acceptance import assert_carried_out, attempt
from conformance.suite.context import SuiteContext
from conformance.suite.metadata import changed, metadata_for
from conformance.suite.uploads import Uploaded, unique_file

GENERATED = 4
"""Generated schemas that are uploaded; with the corpus a dozen. Ours: each upload starts a conversion."""


def upload_with_schema(context: SuiteContext, models: Models, encoded: str) -> Uploaded:
    """Upload the PyTorch model with `encoded` as both of its schemas, under a name of the schema's own."""
    name = context.name("arrow-schemas", hashlib.sha256(encoded.encode()).hexdigest()[:10])
    file = unique_file(context.pytorch_model, name)
    metadata = changed(metadata_for(file, name, models.workspace_id), "input_schema", encoded)
    return attempt(models, file, changed(metadata, "output_schema", encoded))


class SchemaUploads:
    """One upload a schema. What one check has uploaded, the next needn't upload anew."""

    def __init__(self, context: SuiteContext, models: Models) -> None:
        self._context = context
        self._models = models
        self._made: dict[str, Uploaded] = {}

    def of(self, encoded: str) -> Uploaded:
        """The upload with `encoded` as both of its schemas, as it was answered."""
        if encoded not in self._made:
            self._made[encoded] = upload_with_schema(self._context, self._models, encoded)
        uploaded = self._made[encoded]
        _ = uploaded.reply.status  # says that the running check uses what another one may have uploaded
        return uploaded


def assert_schema_accepted(uploaded: Uploaded, *, fields: str, instead: Callable[[], Uploaded]) -> None:
    """The upload was carried out, where `instead`, one with the model's own schemas, is."""
    __tracebackhide__ = True
    assert_carried_out(uploaded, what=f"an upload with the Arrow schema ({fields})", instead=instead)
