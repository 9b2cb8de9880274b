"""upload_and_convert: where the Arrow schemas stand, and which kinds are accepted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.contract import Release
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.suite.acceptance import assert_carried_out, assert_carried_out_or_refused, attempt
from conformance.suite.context import SuiteContext
from conformance.suite.assertions import follows
from conformance.suite.metadata import ABSENT, Metadata, changed, metadata_for
from conformance.suite.requirement import requirement
from conformance.suite.uploads import Uploaded, unique_file, upload

Names = Callable[[str], str]
