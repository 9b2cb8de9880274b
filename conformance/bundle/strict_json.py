"""JSON from a stranger: read within bounds, and refused where two readers could understand it differently."""

from __future__ import annotations

import json
from typing import Any

MAX_DEPTH = 100
"""Levels of nesting. Ours; the deepest of our own files has eight."""

MAX_DIGITS = 30
"""Digits of a whole number. Ours."""


def loads(content: bytes, max_bytes: int) -> Any:
    """Parse UTF-8 JSON. Raises ValueError, in a few words, for what is too large or deep, has a key twice, or NaN."""
    if len(content) > max_bytes:
        raise ValueError(f"it has {len(content)} bytes, more than {max_bytes}")
    try:
        read = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_int)
    except UnicodeDecodeError:
        raise ValueError("it isn't UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it isn't JSON ({error.msg} in line {error.lineno})") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if _too_deep(read):
        raise ValueError("it is nested too deep")
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for index, (name, _) in enumerate(pairs) if name in dict(pairs[:index]))
        raise ValueError(f"the key {twice[:80]!r} stands twice in one object")
    return found


def _int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"it has a number of {len(digits)} digits")
    return int(digits)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _too_deep(read: Any) -> bool:
    level = [read]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True
