"""The badge: well-formed, legible, and of a width that holds its letters."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conformance.report.formats import badge
from conformance.report.verdict import EXIT_CODES, RunVerdict

SVG = "{http://www.w3.org/2000/svg}"


def judged(sample: Any, verdict: str, release: str = "2023.4") -> Any:
    run = sample.run([sample.requirement("upload.id")], [], release=release)
    return replace(run, verdict=RunVerdict(verdict, 0, "", run.verdict.counts))


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("verdict", [*EXIT_CODES, "unheard-of"])
def test_each_verdict_is_legible_and_fits(sample: Any, verdict: str) -> None:
    root = ET.fromstring(badge.render(judged(sample, verdict)))
    label, right = root.iter(f"{SVG}rect")
    texts = list(root.iter(f"{SVG}text"))
    assert [text.text for text in texts] == ["Wallaroo API 2023.4", badge.title(judged(sample, verdict))]
    for rectangle, text in zip((label, right), texts, strict=True):
        assert contrast(rectangle.attrib["fill"], badge.TEXT_COLOUR) >= 4.5
        left, width = int(rectangle.attrib["x"]), int(rectangle.attrib["width"])
        start, length = int(text.attrib["x"]), int(text.attrib["textLength"])
        assert left < start
        assert start + length < left + width
    assert int(root.attrib["width"]) == int(right.attrib["x"]) + int(right.attrib["width"])


def test_every_verdict_has_a_colour_of_its_own() -> None:
    assert badge.COLOURS.keys() == EXIT_CODES.keys()
    assert len(set(badge.COLOURS.values())) == len(EXIT_CODES)


def test_it_has_a_name_for_those_who_hear_it(sample: Any) -> None:
    root = ET.fromstring(badge.render(judged(sample, "not-testable")))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == root.findtext(f"{SVG}title") == "Wallaroo API 2023.4: not testable"


def test_it_refers_to_nothing_and_has_no_script(sample: Any) -> None:
    content = badge.render(judged(sample, "conformant")).decode()
    assert content.count("http") == 1
    assert {element.tag.removeprefix(SVG) for element in ET.fromstring(content).iter()} == {
        *("svg", "title", "rect", "g", "text")
    }


def test_hostile_text_is_text(sample: Any) -> None:
    hostile = judged(sample, sample.hostile, release=sample.hostile)
    root = ET.fromstring(badge.render(hostile))
    assert len(list(root.iter())) == 7
    told = json.loads(badge.endpoint(hostile))
    assert "\x1b" not in told["label"] + told["message"]
    assert len(told["label"]) <= 60


def test_the_json_is_shields_endpoint(sample: Any) -> None:
    assert json.loads(badge.endpoint(judged(sample, "conformant"))) == {
        "schemaVersion": 1,
        "label": "Wallaroo API 2023.4",
        "message": "conformant",
        "labelColor": "#24292f",
        "color": "#1a7f37",
    }


def test_a_real_runs_badge(real: Any) -> None:
    root = ET.fromstring((real.out / "badge.svg").read_bytes())
    assert root.findtext(f"{SVG}title") == "Wallaroo API 2023.4: not conformant"
    assert json.loads((real.out / "badge.json").read_text())["message"] == "not conformant"
