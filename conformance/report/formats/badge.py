"""`badge.svg`: the verdict as a small picture, and `badge.json` for whoever draws it himself.

The picture refers to nothing outside itself. Its letters are given the width that was reckoned for them, so that no
font of a reader's can make them overflow. Source of the JSON: the endpoint schema of shields.io.
"""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from conformance.report.formats.titles import subject, title
from conformance.report.run import RunResult
from conformance.report.text import one_line, shorten, xml_text

LABEL_COLOUR = "#24292f"
TEXT_COLOUR = "#ffffff"
COLOURS = {
    "conformant": "#1a7f37",
    "conformant-with-waivers": "#0a58ca",
    "not-conformant": "#b3261e",
    "not-testable": "#8a5a00",
    "suite-error": "#5b5f66",
}
"""Backgrounds on which white has a contrast of 4.5 to 1 at least (WCAG 2.2, success criterion 1.4.3)."""

_HEIGHT = 20
_PADDING = 6
_BASELINE = 14
_FONT_SIZE = "11"
_NARROW, _WIDE = "fijlrtI .,:;'!|()-", "mwMWGOQ@%"
_TEXT_LIMIT = 60


def render(run: RunResult) -> bytes:
    """The picture, an SVG document in UTF-8."""
    label, verdict = _clean(subject(run)), _clean(title(run))
    left, right = (text_width(text) + 2 * _PADDING for text in (label, verdict))
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(left + right),
            "height": str(_HEIGHT),
            "viewBox": f"0 0 {left + right} {_HEIGHT}",
            "role": "img",
            "aria-label": f"{label}: {verdict}",
        },
    )
    ET.SubElement(svg, "title").text = f"{label}: {verdict}"
    _rectangle(svg, 0, left, LABEL_COLOUR)
    _rectangle(svg, left, right, _colour(run))
    letters = ET.SubElement(
        svg, "g", {"fill": TEXT_COLOUR, "font-family": "Verdana,DejaVu Sans,sans-serif", "font-size": _FONT_SIZE}
    )
    _text(letters, _PADDING, label)
    _text(letters, left + _PADDING, verdict)
    return bytes(ET.tostring(svg, encoding="utf-8")) + b"\n"


def endpoint(run: RunResult) -> bytes:
    """The same for a badge that shields.io draws."""
    told = {
        "schemaVersion": 1,
        "label": _clean(subject(run)),
        "message": _clean(title(run)),
        "labelColor": LABEL_COLOUR,
        "color": _colour(run),
    }
    return (json.dumps(told, indent=1) + "\n").encode("ascii")


def text_width(text: str) -> int:
    """The width of `text` in pixels, as Verdana has it at 11 pixels or a little more."""
    return round(sum(4.6 if letter in _NARROW else 10.0 if letter in _WIDE else 7.0 for letter in text)) + 1


def _colour(run: RunResult) -> str:
    return COLOURS.get(run.verdict.verdict, COLOURS["suite-error"])


def _clean(text: str) -> str:
    return xml_text(shorten(one_line(text), _TEXT_LIMIT))


def _rectangle(svg: ET.Element, x: int, width: int, colour: str) -> None:
    ET.SubElement(svg, "rect", {"x": str(x), "width": str(width), "height": str(_HEIGHT), "fill": colour})


def _text(parent: ET.Element, x: int, text: str) -> None:
    place = {"x": str(x), "y": str(_BASELINE), "textLength": str(text_width(text)), "lengthAdjust": "spacingAndGlyphs"}
    ET.SubElement(parent, "text", place).text = text
