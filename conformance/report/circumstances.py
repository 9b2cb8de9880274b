"""What a run was given, without which its exchanges can't be judged again. In the statement, and never a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class UploadedFile:
    """A model file that the checks uploaded. `size` is in bytes, `sha256` lower-case hex.

    `shipped` tells that it came with the package, so that whoever judges again has it too.
    """

    file_name: str
    framework: str
    size: int
    sha256: str
    shipped: bool
    input_schema: str | None = None
    output_schema: str | None = None

    def __post_init__(self) -> None:
        # Whoever judges a stranger's run again writes a file of this name into a folder of their own.
        if self.file_name in ("", ".", "..") or "/" in self.file_name or "\0" in self.file_name:
            raise ValueError(f"the model file's name {self.file_name[:100]!r} isn't one of a file")


@dataclass(frozen=True)
class Circumstances:
    """`select` is the expression that chose the checks; `release` and `workspace_id` are None where the run found them.

    `token_is_jwt` says how the token was built, which decides what forgeries of it can be tried. The last three tell
    what else was at hand: a second user's token, an expired one, a curl.
    """

    onnx_model: UploadedFile
    pytorch_model: UploadedFile
    release: str | None = None
    workspace_id: int | None = None
    select: str | None = None
    token_is_jwt: bool = False
    other_user: bool = False
    expired_token: bool = False
    curl: bool = False

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every field, in a fixed order."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Circumstances:
        """What `to_json` wrote. Raises ValueError where it didn't, and for a file name that leads elsewhere."""
        try:
            fields = {**data}
            for name in ("onnx_model", "pytorch_model"):
                fields[name] = UploadedFile(**fields[name])
            return cls(**fields)
        except (KeyError, TypeError) as wrong:
            raise ValueError(f"the circumstances of the run can't be read: {wrong}") from None
