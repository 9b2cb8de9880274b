"""Arrow schemas of the documented kinds: a committed corpus, and what hypothesis makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.instance.arrow import encode_schema
from conformance.instance.models import Models
from conformance.suite.arrow_corpus import CorpusSchema, load_corpus
from conformance.suite.context import SuiteContext
from conformance.suite.requirement import requirement
from conformance.suite.schema_uploads import assert_schema_accepted, upload_with_schema
from conformance.suite.uploads import Uploaded

if TYPE_CHECKING:
    import pyarrow

GENERATED = 4
"""Generated schemas that are uploaded; with the corpus a dozen. Ours: each upload starts a conversion."""

SMALLER = 12
"""Further uploads that look for a smaller schema once one was refused. Ours."""


@requirement("upload.schema-kinds")
@pytest.mark.parametrize("entry", load_corpus(), ids=lambda entry: entry.name)
def test_corpus_schema_is_accepted(
    context: SuiteContext, models: Models, pytorch_upload: Uploaded, entry: CorpusSchema
) -> None:
    """A schema as models have it is accepted.

    Upload a PyTorch model with the committed bytes of such a schema as both of its schemas.
    Expect success, and the model to be there; whether the model fits its schema shows only in the conversion.
    """
    uploaded = upload_with_schema(context, models, entry.encoded)
    assert_schema_accepted(uploaded, fields=", ".join(entry.fields), instead=lambda: pytorch_upload)


@requirement("upload.schema-kinds")
def test_generated_schemas_are_accepted(context: SuiteContext, models: Models, pytorch_upload: Uploaded) -> None:
    """Schemas that hypothesis makes of the documented kinds are accepted.

    Upload a PyTorch model with generated schemas, the same in each run; of a refused one look for the smallest.
    Expect success, and the model to be there.
    """
    from conformance.suite.searching import Answers, search
    from conformance.suite.strategies import ml_schemas

    answers: Answers[Uploaded] = Answers(GENERATED + SMALLER)

    def judge(schema: pyarrow.Schema) -> None:
        encoded = encode_schema(schema)
        uploaded = answers.ask(encoded, lambda: upload_with_schema(context, models, encoded))
        fields = ", ".join(f"{field.name}: {field.type}" for field in schema)
        assert_schema_accepted(uploaded, fields=fields, instead=lambda: pytorch_upload)

    search(ml_schemas(), judge, examples=GENERATED)
