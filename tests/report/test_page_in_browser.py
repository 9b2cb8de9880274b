"""`report.html` in a real browser: it can be read, filtered, printed and heard, and nothing in it runs or calls out."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from conformance.evidence.exchange import Response
from conformance.mock import MockInstance
from conformance.mock.defects import catalogue
from conformance.report import html
from tests.commands import command
from tests.report.browser import Watched, launch_options, watched

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright, of the extra `test`")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe, of the extra `test`")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs `chromium` on the path")

DEFECT = "list.id.mistyped"
SHOWN = "details.requirement:not([hidden])"
Open = Callable[..., Watched]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    assert CHROMIUM is not None
    with playwright.sync_playwright() as api:
        started = api.chromium.launch(**launch_options(CHROMIUM))
        yield started
        started.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a run's page, or a file; at the end none that was opened may have done anything but show itself."""
    with ExitStack() as stack:
        pages: list[tuple[Watched, bool]] = []

        def open_page(shown: Any, fragment: str = "", **options: Any) -> Watched:
            file = shown if isinstance(shown, Path) else tmp_path / f"report{len(pages)}.html"
            if not isinstance(shown, Path):
                file.write_bytes(html.render(shown))
            seen = stack.enter_context(watched(browser, file, **options))
            seen.open(fragment)
            pages.append((seen, options.get("java_script_enabled", True)))
            return seen

        yield open_page
        for seen, scripted in pages:
            seen.assert_quiet(scripted=scripted)


@pytest.fixture(scope="module")
def real_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a real run against an instance with one wrong field."""
    folder = tmp_path_factory.mktemp("real")
    with MockInstance(behaviour=catalogue("2023.4")[DEFECT].behaviour()) as mock:
        ended = command(
            "run", "--target", mock.url, "--out", "out", cwd=folder, WALLAROO_CONFORMANCE_TOKEN=mock.token
        )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    return folder / "out" / "report.html"


@pytest.fixture
def run(sample: Any) -> Any:
    requirements = [
        sample.requirement("upload.id", text="Answers with an `id`."),
        sample.requirement("list.id", endpoint="list"),
        sample.requirement("list.name", "SHOULD", endpoint="list"),
        sample.requirement("api.docs", "MAY", endpoint=None, excluded="not asked"),
    ]
    checks = [
        sample.check(
            "failed", "list.id", exchanges=("x1",), path="id", wanted="an integer", actual="id is '15'",
            curl="curl --data '{\"a\": 1}' https://api.example.com/v1",
        ),
        sample.check("passed", "upload.id", name="test_b", exchanges=("x2",)),
        sample.check("failed", "list.name", name="test_c", exchanges=("x2",), actual="no name at all"),
    ]  # fmt: skip
    exchanges = [sample.exchange("x1", body='{"id":"15"}'), sample.upload("x2")]
    return sample.certified(sample.run(requirements, checks, exchanges=exchanges, workspace_id=12))


def ids(page: Any) -> list[str]:
    found: list[str] = page.eval_on_selector_all(SHOWN, "items => items.map((item) => item.id)")
    return found


def test_the_verdict_and_who_was_judged_are_visible_at_the_top(opened: Open, run: Any) -> None:
    page = opened(run, viewport={"width": 1200, "height": 900}).page
    assert page.locator("h1").inner_text() == "Not conformant"
    assert page.title() == "Not conformant: https://api.example.com, release 2023.4"
    for said in ("https://api.example.com", "fraud Ltd", f"SHA-256 {'c' * 64}", "envoy fraud", "k3v9x2"):
        box = page.locator("header").get_by_text(said, exact=True).or_(page.get_by_text(f"{said}, exit code 1"))
        assert box.first.is_visible(), said
        assert box.first.bounding_box()["y"] < 900, said


def test_filters_narrow_and_say_how_many_are_left(opened: Open, run: Any) -> None:
    page = opened(run).page
    status = page.get_by_role("status")
    assert status.inner_text() == "4 of 4 requirements"
    page.get_by_role("checkbox", name="Failed").check()
    assert ids(page) == ["list.id", "list.name"]
    page.get_by_label("Level").select_option("MUST")
    assert ids(page) == ["list.id"]
    assert status.inner_text() == "1 of 4 requirements"
    assert not page.get_by_role("heading", name="general").is_visible()
    page.get_by_role("button", name="Clear").click()
    playwright.expect(status).to_have_text("4 of 4 requirements")
    page.get_by_label("Endpoint").select_option("upload_and_convert")
    assert ids(page) == ["upload.id"]


def test_search_finds_words_anywhere_in_a_requirement(opened: Open, run: Any) -> None:
    page = opened(run).page
    search = page.get_by_role("searchbox", name="Text")
    search.fill("no NAME all")
    assert ids(page) == ["list.name"]
    search.fill("fraud.onnx")
    assert ids(page) == ["list.name"]
    search.fill("nowhere to be found")
    assert page.get_by_text("No requirement matches the filter.").is_visible()


def test_the_keyboard_alone_skips_filters_and_unfolds(opened: Open, run: Any) -> None:
    page = opened(run).page
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the requirements")
    assert skip.evaluate("link => link === document.activeElement")
    assert skip.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "verdict"
    assert page.evaluate("getComputedStyle(document.activeElement.closest('label')).outlineStyle") == "solid"
    page.keyboard.press("Space")
    assert ids(page) == ["upload.id"]
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('details')?.id") == "upload.id":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    detail = page.locator("[id='upload.id'] .nodeid")
    assert not detail.is_visible()
    page.keyboard.press("Enter")
    assert detail.is_visible()
    page.keyboard.press("Enter")
    assert not detail.is_visible()


def test_a_filter_is_in_the_address_and_comes_back_from_it(opened: Open, run: Any) -> None:
    first = opened(run)
    first.page.get_by_role("checkbox", name="Failed").check()
    first.page.get_by_label("Level").select_option("SHOULD")
    first.page.get_by_role("searchbox").fill("50 % & more #1")
    fragment = first.page.evaluate("location.hash")
    assert fragment.startswith("#?verdict=failed&level=SHOULD&text=50+%25")
    again = opened(run, fragment).page
    assert again.get_by_role("checkbox", name="Failed").is_checked()
    assert again.get_by_label("Level").input_value() == "SHOULD"
    assert again.get_by_role("searchbox").input_value() == "50 % & more #1"
    assert ids(again) == []
    again.get_by_role("button", name="Clear").click()
    playwright.expect(again.locator(SHOWN)).to_have_count(4)
    playwright.expect(again).to_have_url(re.compile("^[^#]*#?$"))


def test_going_back_to_another_address_filters_anew(opened: Open, run: Any) -> None:
    page = opened(run, "#?verdict=passed").page
    assert ids(page) == ["upload.id"]
    page.evaluate("location.hash = '#?verdict=failed'")
    playwright.expect(page.locator(SHOWN)).to_have_count(2)
    page.go_back()
    playwright.expect(page.locator(SHOWN)).to_have_count(1)
    assert page.get_by_role("checkbox", name="Passed").is_checked()


@pytest.mark.parametrize(
    "fragment", ["#?verdict=nonsense&level=x&endpoint=%00&what=else", "#%E0%A4%A", "#filters", "#?"]
)
def test_an_address_that_means_nothing_hides_nothing(opened: Open, run: Any, fragment: str) -> None:
    assert len(ids(opened(run, fragment).page)) == 4


def test_a_link_to_a_requirement_unfolds_it_even_when_filtered_away(opened: Open, run: Any) -> None:
    page = opened(run, "#upload.id").page
    assert page.locator("[id='upload.id'] .nodeid").is_visible()
    page.get_by_role("checkbox", name="Not applicable").check()
    assert ids(page) == ["api.docs"]
    page.get_by_role("region", name="What failed").get_by_role("link", name="list.name").click()
    page.locator("[id='list.name'] .nodeid").wait_for(state="visible")


def test_the_command_is_copied_as_it_stands(opened: Open, run: Any) -> None:
    page = opened(run, permissions=["clipboard-read", "clipboard-write"]).page
    page.get_by_role("button", name="Copy the command: Reproduce").first.click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "curl --data '{\"a\": 1}' https://api.example.com/v1"


def test_the_wrong_value_is_marked_where_it_stands(opened: Open, run: Any) -> None:
    page = opened(run).page
    assert page.locator("[id='list.id'] .l.actual").inner_text().strip() == '-   "id": "15"'
    assert page.locator("[id='list.id'] .l.wanted").inner_text().strip() == '+   "id": an integer'


def test_paper_has_the_failures_whole_and_no_controls(opened: Open, run: Any) -> None:
    page = opened(run).page
    page.locator("[id='list.id'] > summary").click()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for control in ("#filters", ".copy", ".contents", ".skip"):
        assert not page.locator(control).first.is_visible(), control
    for kept in ("h1", "[id='list.id'] .three", "[id='list.id'] .diff", ".timings svg", ".waiver", ".group li"):
        assert page.locator(kept).first.is_visible(), kept
    assert not page.locator("[id='upload.id'] .nodeid").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not page.locator("[id='list.id'] .three").is_visible()


def test_a_real_page_fits_on_few_sheets(opened: Open, real_page: Path) -> None:
    sheets = len(re.findall(rb"/Type\s*/Page\b", opened(real_page).page.pdf(format="A4")))
    assert 3 <= sheets <= 16


def test_a_filtered_page_says_so_on_paper(opened: Open, run: Any) -> None:
    page = opened(run, "#?verdict=passed").page
    page.emulate_media(media="print")
    assert page.get_by_role("status").is_visible()
    assert not page.get_by_role("button", name="Clear").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_both_schemes(opened: Open, run: Any, scheme: str) -> None:
    seen = opened(run, color_scheme=scheme)
    seen.page.get_by_role("button", name="Open all").click()
    dark = seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 23, 26)"
    assert dark == (scheme == "dark")
    for element in (
        "body",
        "h1",
        "dt",
        "dd",
        "a",
        ".note",
        ".level",
        ".verdict",
        ".chip",
        "button",
        "pre",
        ".l",
        ".banner",
    ):
        assert seen.contrast(element) >= (3 if element == "h1" else 4.5), element


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_no_barrier(opened: Open, run: Any, scheme: str, width: int) -> None:
    page = opened(run, color_scheme=scheme, viewport={"width": width, "height": 800}).page
    page.get_by_role("button", name="Open all").click()
    found = axe.Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    assert found.violations_count == 0, found.generate_report()


def test_a_hostile_instance_stays_text(opened: Open, sample: Any) -> None:
    seen = opened(sample.hostile_certified_run())
    page = seen.page
    page.get_by_role("button", name="Open all").click()
    page.eval_on_selector_all("details", "items => items.forEach((item) => (item.open = true))")
    assert page.locator("img, script:not(head > script), iframe, object, embed").count() == 0
    assert (
        page.evaluate(
            "[...document.querySelectorAll('*')].flatMap((e) => e.getAttributeNames()).filter((n) => /^on/.test(n))"
        )
        == []
    )
    assert page.title() == "Not conformant: https://api.example.com, release 2025.2"
    assert page.locator("figure.diff").first.is_visible()
    assert page.get_by_text("<img src=x onerror=alert(1)>").count() > 5
    assert page.locator("a[href]:not([href^='#'])").count() == 0
    page.get_by_role("searchbox").fill("<img src=x onerror=alert(1)>")
    page.get_by_role("searchbox").press("Enter")
    assert len(ids(page)) == 2
    page.locator("button.copy").first.click()


def test_without_javascript_all_of_it_is_there(opened: Open, run: Any) -> None:
    page = opened(run, java_script_enabled=False).page
    assert not page.locator("#filters").is_visible()
    assert not page.locator(".copy").first.is_visible()
    assert page.locator("[id='list.id'] .three").is_visible()
    assert not page.locator("[id='upload.id'] .nodeid").is_visible()
    page.locator("[id='upload.id'] > summary").click()
    assert page.locator("[id='upload.id'] .nodeid").is_visible()
    assert page.locator("#timings").is_visible()


@pytest.mark.parametrize("which", ["real", "sample", "hostile"])
def test_a_phone_needs_no_sideways_scrolling(opened: Open, run: Any, sample: Any, real_page: Path, which: str) -> None:
    shown = {"real": real_page, "sample": run, "hostile": sample.hostile_certified_run()}[which]
    page = opened(shown, viewport={"width": 360, "height": 740}).page
    page.eval_on_selector_all("details", "items => items.forEach((item) => (item.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_real_runs_failure_reads_from_verdict_to_value(opened: Open, real_page: Path) -> None:
    page = opened(real_page).page
    assert page.locator("h1").inner_text() == "Not conformant"
    page.get_by_role("region", name="What failed").get_by_role("link", name="list.id").click()
    failure = page.locator("[id='list.id']")
    (wrong,) = failure.locator(".l.actual").all_inner_texts()
    (right,) = failure.locator(".l.wanted").all_inner_texts()
    assert wrong.strip().startswith('-       "id": "')
    assert right.strip() == '+       "id": an integer'
    assert failure.locator(".command pre").inner_text().startswith("curl ")
    assert page.get_by_role("row", name="upload_and_convert").locator("svg").is_visible()
    assert page.get_by_role("status").inner_text().endswith(" requirements")


def test_a_real_page_has_no_barrier_with_all_unfolded(opened: Open, real_page: Path) -> None:
    page = opened(real_page).page
    page.eval_on_selector_all("details", "items => items.forEach((item) => (item.open = true))")
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_page_of_thousands_filters_and_stays_small(opened: Open, sample: Any, tmp_path: Path) -> None:
    requirements = [sample.requirement(f"list.r{i}", endpoint=f"e{i % 9}") for i in range(1500)]
    body = '{"models":[' + ",".join(f'{{"id":{i},"name":"m{i}"}}' for i in range(20_000)) + ',{"id":"x"}]}'
    exchanges = [
        sample.exchange(f"x{i}", response=Response(200, "OK", [], body, None, len(body))) for i in range(5)
    ] + [sample.exchange(f"y{i}") for i in range(1500)]
    checks = [
        sample.check("failed", f"list.r{i}", name=f"t{i}", exchanges=(f"x{i}",), path="models[20000].id") if i < 5
        else sample.check("passed", f"list.r{i}", name=f"t{i}", exchanges=(f"y{i}",))
        for i in range(1500)
    ]  # fmt: skip
    large = sample.run(requirements, checks, exchanges=exchanges)
    assert len(html.render(large)) < 2_500_000
    page = opened(large).page
    page.get_by_role("searchbox").fill("list.r1499")
    assert ids(page) == ["list.r1499"]
    page.get_by_role("button", name="Clear").click()
    playwright.expect(page.get_by_role("status")).to_have_text("1500 of 1500 requirements")
    assert page.locator(".l.actual").count() == 5


def test_the_sandbox_is_given_up_for_root_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert launch_options("chromium")["args"] == []
