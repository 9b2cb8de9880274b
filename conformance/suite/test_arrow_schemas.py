"""Arrow schemas of the documented kinds: a committed corpus, and what hypothesis makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.suite.arrow_corpus import CorpusSchema, load_corpus
from conformance.suite.requirement import requirement
from conformance.suite.schema_uploads import GENERATED, MADE, SchemaUploads, assert_schema_accepted
from conformance.suite.uploads import Uploaded

if TYPE_CHECKING:
    import pyarrow

SMALLER = 12
"""Further uploads that look for a smaller schema once one was refused. Ours."""


@requirement("upload.schema-kinds")
@pytest.mark.parametrize("entry", load_corpus(), ids=lambda entry: entry.name)
def test_corpus_schema_is_accepted(
    schema_uploads: SchemaUploads, pytorch_upload: Uploaded, entry: CorpusSchema
) -> None:
    """A schema as models have it is accepted.

    Upload a PyTorch model with the committed bytes of such a schema as both of its schemas.
    Expect success, and the model to be there; whether the model fits its schema shows only in the conversion.
    """
    uploaded = schema_uploads.of(entry.encoded)
    assert_schema_accepted(uploaded, fields=", ".join(entry.fields), instead=lambda: pytorch_upload)


@requirement("upload.schema-kinds")
def test_generated_schemas_are_accepted(schema_uploads: SchemaUploads, pytorch_upload: Uploaded) -> None:
    """Schemas that hypothesis makes of the documented kinds are accepted.

    Upload a PyTorch model with generated schemas, the same in each run; of a refused one look for the smallest.
    Expect success, and the model to be there.
    """
    from conformance.suite.searching import Answers

    answers: Answers[Uploaded] = Answers(GENERATED + SMALLER)

    def judge(encoded: str, schema: pyarrow.Schema) -> None:
        uploaded = answers.ask(encoded, lambda: schema_uploads.of(encoded, MADE))
        fields = ", ".join(f"{field.name}: {field.type}" for field in schema)
        assert_schema_accepted(uploaded, fields=fields, instead=lambda: pytorch_upload)

    schema_uploads.search(judge)
