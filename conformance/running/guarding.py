"""Nothing leaves a run that holds a secret: what it recorded and rendered is searched before a report is written."""

from __future__ import annotations

import json
import traceback
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import conformance
from conformance.errors import ConformanceError
from conformance.evidence.exchange import Exchange
from conformance.evidence.leaks import CANARY, Leak, Scanner
from conformance.evidence.redaction import Redactor
from conformance.running.canary import CHECK, Canary

_PACKAGE = Path(conformance.__file__).parent


@dataclass(frozen=True)
class Guard:
    """Knows the run's secrets and its canary; without them it knows the shapes of secrets alone."""

    redactor: Redactor = field(default_factory=Redactor)
    canary: Canary | None = None

    def check(self, directory: Path, present: Collection[str], rendered: Mapping[str, bytes]) -> None:
        """Search the files `present` in the folder, the recording among them, and those `rendered` but not written.

        Raises ConformanceError, which names the place, for the first secret, and where the recording doesn't show that
        the canary was taken out of it. A file of the run that holds a secret is deleted, and that is said.
        """
        scanner = Scanner(self.redactor, self.canary.secret if self.canary else None)
        found = {name: leak for name in sorted(present) if (leak := scanner.file(directory / name)) is not None}
        for name in found:
            (directory / name).unlink(missing_ok=True)
        if found:
            gone = f"{' and '.join(found)} {'is' if len(found) == 1 else 'are'} deleted"
            raise _refused(next(iter(found.values())), f"{gone}, and no report is written")
        for name, content in rendered.items():
            leak = scanner.content(name, content)
            if leak is not None:
                raise _refused(leak, "no report is written")
        self._prove(scanner, directory, present)

    def _prove(self, scanner: Scanner, directory: Path, present: Collection[str]) -> None:
        if self.canary is None or not self.canary.planted:
            return
        if scanner.kind(self.canary.failure or "") is not None:
            raise _refused(Leak("the text of a failure", 1, "column 1", CANARY), "no report is written")
        recordings = [directory / name for name in present if name.endswith(".ndjson")]
        place = self.canary.missing(exchange for path in recordings for exchange in _own(path))
        if place is not None:
            raise ConformanceError(
                f"the recording doesn't show that the canary was removed from {place}, so nothing proves that secrets "
                "are; no report is written: run again, and report this as an error of the suite"
            )


def crashed(error: Exception, redactor: Redactor) -> ConformanceError:
    """What an error of the suite itself is told as: one line without secrets, that says where it happened."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)] or list(frames)
    where = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    said = redactor.text(f"{type(error).__name__}: {error}")
    return ConformanceError(f"the suite itself failed{where}: {said}; report this with the command that you ran")


def _own(path: Path) -> Iterator[Exchange]:
    """The canary's exchanges of a recording, without reading the others as more than lines."""
    try:
        with path.open("rb") as lines:
            for line in lines:
                if f'"{CHECK}"'.encode() in line:
                    exchange = Exchange.from_json(json.loads(line))
                    if exchange.check == CHECK:
                        yield exchange
    except (OSError, ValueError):
        return


def _refused(leak: Leak, done: str) -> ConformanceError:
    return ConformanceError(
        f"a secret was about to leave the run: {leak}; {done}: report this as an error of the suite, and replace the "
        "secret if others could read that folder"
    )
