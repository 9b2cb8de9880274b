"""upload_and_convert: the ending that the file part's name needs.

Source: recorded with 2025.2.1 ("The provided file needs to be a .zip, .pt, .onnx, .h5, or .pkl file.").
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from conformance.contract import Release
from conformance.errors import NotTestable
from conformance.instance.models import Models
from conformance.suite.acceptance import OnnxUploads, assert_carried_out, assert_not_listed, attempt
from conformance.suite.assertions import assert_refused
from conformance.suite.requirement import requirement
from conformance.suite.uploads import Uploaded

Names = Callable[[str], str]


@requirement("upload.file-name-ending")
def test_file_name_without_a_known_ending_is_refused(
    models: Models, onnx_upload: Uploaded, onnx_uploads: OnnxUploads, unique_name: Names
) -> None:
    """A file whose name has no known ending is refused.

    With such an ending the same upload works. Upload a file whose name has none, and one whose name has another.
    Expect refusals that create nothing.
    """
    uploads = [
        _upload(models, onnx_uploads, name, file_name)
        for name, file_name in ((unique_name("none"), unique_name("none")), (unique_name("bin"), "model.bin"))
    ]
    for uploaded in uploads:
        assert_refused(uploaded.reply, what=f"an upload of a file called {uploaded.file_name!r}")
    listing = models.list()
    for uploaded in uploads:
        assert_not_listed(uploaded, listing, what=f"an upload of a file called {uploaded.file_name!r}")


@requirement("upload.known-endings-accepted")
def test_each_known_ending_is_accepted(
    release: Release,
    models: Models,
    minimal_upload: Uploaded,
    pytorch_upload: Uploaded,
    onnx_uploads: OnnxUploads,
    unique_name: Names,
) -> None:
    """A file may have any of the known endings, whatever its framework.

    Upload models under file names of each of them.
    Expect success, and the models to be there.
    """
    uploads = {}
    for ending in release.file_name_endings:
        shared = [uploaded for uploaded in (minimal_upload, pytorch_upload) if uploaded.file_name.endswith(ending)]
        name = unique_name(ending.strip("."))
        uploads[ending] = shared[0] if shared else _upload(models, onnx_uploads, name, f"{name}{ending}")
    listing = models.list()
    for ending, uploaded in uploads.items():
        with suppress(NotTestable):
            uploaded.identify(listing)
        what = f"an upload of a file whose name ends in {ending}"
        assert_carried_out(uploaded, what=what, instead=lambda: minimal_upload)


def _upload(models: Models, onnx_uploads: OnnxUploads, name: str, file_name: str) -> Uploaded:
    return attempt(models, onnx_uploads.file(name), onnx_uploads.metadata(name), filename=file_name)
