"""A reply's body, read and decoded bit by bit within a bound."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

MAX_CODINGS = 3
_CHUNK = 64 * 1024
_GZIP = ("gzip", "x-gzip")
_IDENTITY = ("", "identity")


class TooLarge(Exception):
    """The body is over the bound, on the wire or decoded."""


class BadCoding(Exception):
    """The body isn't what its Content-Encoding says. The message says why."""


class BodyReader:
    """Reads one reply's body. `content` holds what has been decoded so far, also after an exception."""

    def __init__(self, raw: Any, content_encoding: str, limit: int) -> None:
        self.content = bytearray()
        self._raw = raw
        self._limit = limit
        self._received = 0
        codings = [coding.strip().lower() for coding in content_encoding.split(",")]
        codings = [coding for coding in codings if coding not in _IDENTITY]
        self._unknown = next((c for c in codings if c not in (*_GZIP, "deflate")), None)
        self._too_many = len(codings) > MAX_CODINGS
        self._decoders = [_Decoder(coding) for coding in reversed(codings)]

    def read(self) -> bytes:
        """The whole decoded body.

        Raises TooLarge, BadCoding, and what urllib3 raises for a broken or late reply.
        """
        if self._unknown is not None:
            raise BadCoding(f"the Content-Encoding {self._unknown!r} wasn't asked for and can't be read")
        if self._too_many:
            raise BadCoding(f"over {MAX_CODINGS} content codings lie on top of each other")
        while chunk := self._raw.read1(_CHUNK, decode_content=False):
            self._received += len(chunk)
            if self._received > self._limit:
                raise TooLarge
            self._decode(chunk)
        if self._received and not all(decoder.complete for decoder in self._decoders):
            raise BadCoding("the compressed body ends before its end mark")
        return bytes(self.content)

    def _decode(self, chunk: bytes) -> None:
        pieces: Iterator[bytes] = iter((chunk,))
        for decoder in self._decoders:
            pieces = decoder.decode(pieces)
        for piece in pieces:
            self.content += piece
            if len(self.content) > self._limit:
                raise TooLarge


class _Decoder:
    """One content coding, gzip (with any number of members) or deflate (with or without its zlib header).

    It decodes at most `_CHUNK` bytes at a time, so that a bomb is noticed while it is small.
    """

    def __init__(self, coding: str) -> None:
        self._gzip = coding in _GZIP
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16) if self._gzip else None
        self._head = b""

    @property
    def complete(self) -> bool:
        return self._inflate is not None and self._inflate.eof

    def decode(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            data, pending = self._begun(chunk), False
            while data or pending:
                piece, data, pending = self._step(data)
                if piece:
                    yield piece

    def _begun(self, data: bytes) -> bytes:
        """Choose the kind of deflate by the first two bytes; what is held back until then comes with the second."""
        if self._inflate is not None:
            return data
        self._head += data
        if len(self._head) < 2:
            return b""
        has_header = self._head[0] & 0x0F == zlib.DEFLATED and int.from_bytes(self._head[:2], "big") % 31 == 0
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
        return self._head

    def _step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """Decoded bytes, the input left over, and whether more output waits inside."""
        assert self._inflate is not None
        if self._inflate.eof:
            if not self._gzip:
                raise BadCoding("bytes follow the end of the deflate stream")
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            piece = self._inflate.decompress(data, _CHUNK)
        except zlib.error as error:
            raise BadCoding(f"the compressed body is damaged ({error})") from None
        if self._inflate.eof:
            return piece, self._inflate.unused_data, False
        return piece, self._inflate.unconsumed_tail, len(piece) == _CHUNK
