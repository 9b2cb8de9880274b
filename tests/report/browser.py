"""A page in Debian's Chromium, watched: what it asks the network for, says, raises and pops up is kept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WATCH = """
window.trouble = [];
addEventListener("securitypolicyviolation", (event) =>
  window.trouble.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""

CONTRAST = """
(selector) => {
  const channels = (colour) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b].map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return channels("Canvas");
  };
  return [...document.querySelectorAll(selector)].map((element) => {
    const [ink, paper] = [channels(getComputedStyle(element).color), ground(element)].map(luminance);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  });
}
"""
"""The contrast of each selected element's text against what it stands on. Source: WCAG 2.2, relative luminance."""


@dataclass
class Watched:
    """A page, and all that it did beside showing itself."""

    page: Any
    file: Path
    requests: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.file.as_uri()

    def open(self, fragment: str = "") -> Any:
        self.page.goto(self.url + fragment)
        return self.page

    def contrast(self, selector: str) -> float:
        """The lowest contrast among the selected elements, of which there must be some."""
        found: list[float] = self.page.evaluate(CONTRAST, selector)
        assert found, f"nothing is {selector}"
        return min(found)

    def assert_quiet(self, *, scripted: bool = True) -> None:
        """Nothing left the page, and nothing was refused, raised or popped up."""
        if scripted:
            self.troubles += self.page.evaluate("window.trouble ?? []")
        assert self.troubles == []
        assert {url.partition("#")[0] for url in self.requests} == {self.url}


@contextmanager
def watched(browser: Any, file: Path, **options: Any) -> Iterator[Watched]:
    """A new page of its own for a file; every request is recorded, and all but that for the file refused."""
    context = browser.new_context(**options)
    context.add_init_script(WATCH)
    page = context.new_page()
    seen = Watched(page, file)

    def route(route: Any) -> None:
        seen.requests.append(route.request.url)
        if route.request.url.partition("#")[0] == seen.url:
            route.continue_()
        else:
            route.abort()

    def popped_up(dialog: Any) -> None:
        seen.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    context.route(re.compile(".*"), route)
    page.on("dialog", popped_up)
    page.on("pageerror", lambda error: seen.troubles.append(f"error: {error}"))
    page.on("console", lambda message: seen.troubles.append(f"console: {message.text}"))
    page.on("popup", lambda other: seen.troubles.append(f"popup: {other.url}"))
    try:
        yield seen
    finally:
        context.close()


def launch_options(executable: str) -> dict[str, Any]:
    """How Chromium is started: without its sandbox only for root, for whom it has none."""
    return {"executable_path": executable, "args": ["--no-sandbox"] if os.geteuid() == 0 else []}
