"""Freezing a release's set of requirements: what an id means then, it means for good.

`python -m conformance.contract.publishing RELEASE` writes the release's `published.json`, once. A requirement that is
added later is reported and not scored; one that means something else, or is gone, is a difference that a test finds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from conformance.contract.release import Release, load_release
from conformance.errors import UsageError

FILE = "published.json"


def publish(release: Release) -> Path:
    """Write the release's published set. Raises UsageError where it has one already."""
    path = release.folder / FILE
    if path.exists():
        raise UsageError(f"the requirements of release {release.id} are published already; give a new promise a new id")
    content = {"requirements": {name: promise.meaning for name, promise in sorted(release.requirements.items())}}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def differences(release: Release) -> list[str]:
    """What differs between a release's requirements and its published set, a line an id; additions are none."""
    path = release.folder / FILE
    if not path.is_file():
        return [f"release {release.id} has no published set"]
    published: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["requirements"]
    found = []
    for name, meaning in published.items():
        if name not in release.requirements:
            found.append(f"{name} is gone from release {release.id}")
        elif release.requirements[name].meaning != meaning:
            found.append(f"{name} no longer means what it did when release {release.id} was published")
    return found


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        try:
            print(publish(load_release(argument)))
        except UsageError as error:
            sys.exit(str(error))
