"""A recorded exchange as the shell command that repeats it."""

from __future__ import annotations

import base64
import re
import shlex
from posixpath import basename

from conformance.environment import variable
from conformance.evidence.exchange import Exchange, Part, Request
from conformance.evidence.redaction import REDACTED

TOKEN_VARIABLE = variable("TOKEN")
OTHER_TOKEN_VARIABLE = variable("OTHER_TOKEN")

ARGUMENT_LIMIT = 100_000  #: bytes of a body given as an argument; Linux takes 128 KiB, longer ones go through a pipe

_NOT_REPEATED = frozenset(
    {"host", "content-length", "connection", "user-agent", "accept", "accept-encoding", "authorization"}
)


def curl_command(exchange: Exchange, base_url: str) -> str:
    """A POSIX shell command that sends the request of `exchange` to `base_url` again.

    The token is read from $WALLAROO_CONFORMANCE_TOKEN. Files stand as `@name` after the file name that was sent;
    a comment above gives the size and digest of each. Lines above the command say what can't be repeated.
    """
    request = exchange.request
    notes: list[str] = []
    pipe: list[str] = []
    options = ["curl --silent --show-error --include"]
    if request.method != ("POST" if _has_body(request) else "GET"):
        options.append(f"--request {shlex.quote(request.method)}")
    options.append(shlex.quote(base_url.rstrip("/") + request.path))
    options += _authorization(request, notes)
    options += _headers(request)
    options += _forms(request, notes, pipe) if request.parts else _data(request, notes, pipe)
    command = " \\\n    ".join(options)
    return "\n".join([*(f"# {note}" for note in notes), "".join(pipe) + command])


def _has_body(request: Request) -> bool:
    return bool(request.parts) or request.size > 0 or request.body is not None


def _authorization(request: Request, notes: list[str]) -> list[str]:
    values = [value for name, value in request.headers if name.lower() == "authorization"]
    if not values:
        return []
    if request.credential == "session":
        return [f'--header "Authorization: Bearer ${TOKEN_VARIABLE}"']
    if request.credential == "other" and values[0] == REDACTED:
        notes.append(f"sent with another token than the run's own: put it into {OTHER_TOKEN_VARIABLE}")
        return [f'--header "Authorization: Bearer ${OTHER_TOKEN_VARIABLE}"']
    return [f"--header {shlex.quote(f'Authorization: {value}')}" for value in values]


def _headers(request: Request) -> list[str]:
    options = []
    names = {name.lower() for name, _ in request.headers}
    for name, value in request.headers:
        if name.lower() in _NOT_REPEATED or (name.lower() == "content-type" and request.parts):
            continue
        # curl drops a header written "Name:"; "Name;" sends it empty.
        options.append(f"--header {shlex.quote(f'{name}: {value}' if value else f'{name};')}")
    if _has_body(request) and not request.parts and "content-type" not in names:
        options.append("--header 'Content-Type:'")
    return options


def _data(request: Request, notes: list[str], pipe: list[str]) -> list[str]:
    if request.truncated:
        notes.append(f"the body of {request.size} bytes isn't kept whole: this is its beginning")
    if request.body_base64 is not None:
        # base64 -d is what both GNU and BSD understand.
        pipe.append(f"printf %s {shlex.quote(request.body_base64)} | base64 -d | ")
        return ["--data-binary @-"]
    body = request.body
    if body is None:
        return []
    if "\0" in body:
        encoded = base64.b64encode(body.encode("utf-8", "surrogatepass")).decode("ascii")
        pipe.append(f"printf %s {encoded} | base64 -d | ")
        return ["--data-binary @-"]
    if len(body.encode("utf-8", "surrogatepass")) > ARGUMENT_LIMIT:
        pipe.append(f"printf %s {shlex.quote(body)} | ")
        return ["--data-binary @-"]
    option = "--data-raw" if body.startswith("@") else "--data"
    return [f"{option} {shlex.quote(body)}"]


def _forms(request: Request, notes: list[str], pipe: list[str]) -> list[str]:
    names: dict[str, str] = {}
    return [f"--form {shlex.quote(_form(part, notes, pipe, names))}" for part in request.parts]


def _form(part: Part, notes: list[str], pipe: list[str], names: dict[str, str]) -> str:
    kind = f";type={part.content_type}" if part.content_type else ""
    if part.text is not None and part.filename is None and len(part.text) <= ARGUMENT_LIMIT:
        return f"{part.name}={_quoted(part.text)}{kind}"
    filename = f";filename={_quoted(part.filename)}" if part.filename is not None else ""
    # `@` sends a file name, `<` sends the content alone.
    sign = "<" if part.filename is None else "@"
    if part.text is not None and not pipe:
        pipe.append(f"printf %s {shlex.quote(part.text)} | ")
        return f"{part.name}={sign}-{filename}{kind}"
    file = _placeholder(part, names)
    notes.append(f"{file}: {part.size} bytes, SHA-256 {part.sha256}")
    return f"{part.name}={sign}{_quoted(file) if _needs_quotes(file) else file}{filename}{kind}"


def _placeholder(part: Part, names: dict[str, str]) -> str:
    """A file name for the reader to put in place; the same content keeps one name, another gets another."""
    wanted = re.sub(r"[^\w.+ -]", "_", basename((part.filename or "").replace("\\", "/")))
    wanted = wanted.lstrip("-") or "FILE"
    candidate, count = wanted, 1
    while names.setdefault(candidate, part.sha256) != part.sha256:
        count += 1
        candidate = f"{count}-{wanted}"
    return candidate


def _needs_quotes(text: str) -> bool:
    return re.fullmatch(r"[\w./+-]+", text) is None


def _quoted(text: str) -> str:
    """In double quotes as curl's --form reads them: only the quote and the backslash are escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
