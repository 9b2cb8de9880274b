"""The two parts of an upload, parsed as they arrive: hashed and written, never held in memory."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from conformance.mock.fields import JSON_LIMIT
from conformance.mock.records import Upload
from conformance.mock.replies import Refusal

if TYPE_CHECKING:
    from conformance.mock.files import Files

# The parser logs what it also raises; without a handler Python would print that to standard error.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

# Only \" is an escape (older curl); requests and recent curl leave backslashes and send a quote as %22.
_PARAMETER = re.compile(rb';\s*([\w*-]+)\s*=\s*(?:"((?:\\"|[^"])*)"|([^;\s]*))')


class UploadReader:
    """Feeds a multipart/form-data body into an `Upload`. Parts other than metadata and file are ignored.

    Source: documentation, Upload: part `metadata` (application/json) and part `file`
    (application/octet-stream); the vendor's clients send them in either order.
    """

    def __init__(self, content_type: str | None, upload: Upload, files: Files) -> None:
        """Refuses what isn't multipart/form-data (415) and a missing boundary (400)."""
        self._upload = upload
        self._files = files
        self._file: BinaryIO | None = None
        self._digest = hashlib.sha256()
        self._part = ""
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._headers: dict[str, bytes] = {}
        self._metadata = bytearray()
        self._seen: set[str] = set()
        self._parser = self._new_parser(content_type)

    def _new_parser(self, content_type: str | None) -> MultipartParser:
        media_type, options = parse_options_header(content_type)
        if media_type != b"multipart/form-data":
            raise Refusal(415, "The content type must be multipart/form-data.")
        try:
            return MultipartParser(
                options.get(b"boundary") or _no_boundary(),
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._extend_header_name,
                    "on_header_value": self._extend_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._begin_content,
                    "on_part_data": self._extend_content,
                    "on_part_end": self._end_part,
                },
            )
        except FormParserError:
            raise Refusal(400, "The multipart boundary is too long.") from None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the body. Refuses (400) what breaks the multipart format."""
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise Refusal(400, "The multipart body is malformed.") from None

    def finish(self) -> None:
        """The body has ended: refuses (400) one that stops before its closing boundary."""
        if self._parser.state != MultipartState.END:
            raise Refusal(400, "The multipart body ends before its closing boundary.")

    def close(self) -> None:
        """Let go of a file that never came to its end."""
        if self._file is not None:
            file, self._file = self._file, None
            with contextlib.suppress(OSError):  # it is about to be discarded
                file.close()

    def _begin_part(self) -> None:
        self._headers = {}
        self._part = ""

    def _extend_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _extend_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header_name.decode("latin-1").strip().lower()] = bytes(self._header_value).strip()
        self._header_name.clear()
        self._header_value.clear()

    def _begin_content(self) -> None:
        disposition = _parameters(self._headers.get("content-disposition", b""))
        self._part = disposition.get("name", "")
        if self._part not in ("metadata", "file"):
            return
        if self._part in self._seen:
            raise Refusal(400, f"There is more than one {self._part} part.")
        self._seen.add(self._part)
        self._upload.parts.append(self._part)
        if self._part == "file":
            self._upload.file_name = disposition.get("filename", "")
            self._upload.path, self._file = self._files.open_incoming()
        else:
            self._upload.metadata_file_name = disposition.get("filename")
            self._upload.metadata_type = self._headers.get("content-type", b"").decode("latin-1")

    def _extend_content(self, data: bytes, start: int, end: int) -> None:
        if self._part == "file" and self._file is not None:
            view = memoryview(data)[start:end]
            self._digest.update(view)
            self._file.write(view)
            self._upload.size += end - start
        elif self._part == "metadata":
            if len(self._metadata) + end - start > JSON_LIMIT:
                raise Refusal(413, f"The metadata part has more than {JSON_LIMIT} bytes.")
            self._metadata += data[start:end]

    def _end_part(self) -> None:
        if self._part == "file":
            self._upload.sha256 = self._digest.hexdigest()
            if self._file is not None:
                self._file.close()
                self._file = None
        elif self._part == "metadata":
            self._upload.metadata_bytes = bytes(self._metadata)


def _no_boundary() -> bytes:
    raise Refusal(400, "The content type names no multipart boundary.")


def _parameters(disposition: bytes) -> dict[str, str]:
    """The parameters of a Content-Disposition header, the file's name kept verbatim."""
    found: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(disposition):
        found.setdefault(name.decode("latin-1").lower(), _decode(quoted.replace(b'\\"', b'"') or bare))
    extended = found.pop("filename*", None)
    if extended is not None and "filename" not in found:
        # RFC 7578 forbids this form, some clients send it all the same: charset'language'percent-encoded.
        found["filename"] = _decode(unquote_to_bytes(extended.rpartition("'")[2]))
    return found


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
