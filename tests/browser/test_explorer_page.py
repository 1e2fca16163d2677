"""The explorer of a built site, walked from the disk and over http with nothing else to be reached."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.pprof_command import run as pprof
from pipeline.render.flame import short_name
from pipeline.units import show
from tests.browser.conftest import PHONE, ROOT, demo_site, watched_page

pytestmark = pytest.mark.browser

BASE, HEAD, SERIES = "20261120_213245-baseline", "20261120_213256-optimized", "20261120_213402-heap-leak"
CPU = "eventstore/cpu.prof"
ROWS = """() => [...document.querySelectorAll(".pbx-view:not([hidden]) tbody tr:not([aria-hidden])")]
  .map((row) => [...row.children].map((cell) => cell.textContent))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of three demo runs by the command."""
    return demo_site(tmp_path_factory.mktemp("explored"), (BASE, HEAD, SERIES))


@pytest.fixture
def allowed_folder(site: Path) -> Path:
    return site


@pytest.fixture
def disk(site: Path) -> str:
    return site.as_uri()


def shown(page: Any, view: str) -> None:
    """Wait until the page shows a view and nothing is on its way."""
    page.wait_for_selector(f".pbx[data-shown={view}]:not([aria-busy])")


def rows(page: Any) -> list[list[str]]:
    found = page.evaluate(ROWS)
    assert isinstance(found, list)
    return found


def status(page: Any) -> str:
    return " ".join(page.locator(".pbx-status").inner_text().split())


def top(capsys: pytest.CaptureFixture[str], *words: str) -> list[tuple[int, int, str]]:
    """Flat, cum in nanoseconds and name of every function, as `go tool pprof -top` prints them."""
    assert pprof(["-top", "-unit=ns", "-nodefraction=0", "-nodecount=100000", *words]) == 0
    line = re.compile(r"\s*(-?\d+)(?:ns)? +\S+% +\S+% +(-?\d+)(?:ns)? +\S+%  (.*?)(?: \(inline\))?$")
    matches = filter(None, map(line.match, capsys.readouterr().out.splitlines()))
    found = [(int(one[1]), int(one[2]), one[3]) for one in matches]
    assert found
    return found


def raw(site: Path, run: str) -> str:
    return str(site / "runs" / run / "raw" / CPU)


def test_from_a_run_to_a_filtered_table_that_a_link_brings_back(
    base: str, site: Path, page: Any, browser: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    page.goto(f"{base}/runs/{HEAD}/index.html")
    page.locator(".pb-kind", has_text="Where processor time went").get_by_role("link", name="Open in the exp").click()
    shown(page, "flame")
    assert HEAD in status(page)
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Focus").first.fill("encoding/json")
    page.get_by_label("Focus").first.press("Enter")
    page.get_by_role("tab", name="Top").click()
    shown(page, "top")
    page.wait_for_function("document.querySelector('.pbx-status').textContent.includes('The filters keep')")
    expected = [
        (show(flat, "nanoseconds"), show(cum, "nanoseconds"), name)
        for flat, cum, name in top(capsys, "-focus=encoding/json", raw(site, HEAD))
    ]
    table = rows(page)
    assert [(row[0], row[3], row[5]) for row in table] == expected
    address = page.url
    assert parse_qs(urlsplit(address).query) == {"p": [f"{HEAD}/{CPU}"]}
    assert urlsplit(address).fragment == "v=top&f=encoding/json"
    with watched_page(browser, site) as other:
        other.goto(address)
        shown(other, "top")
        assert rows(other) == table
        assert status(other) == status(page)


def test_any_pair_can_be_chosen_and_its_link_brings_it_back(
    base: str, site: Path, page: Any, browser: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    page.goto(f"{base}/explore/index.html?p={HEAD}/{CPU}#v=top")
    shown(page, "top")
    page.get_by_label("Compared with: run").select_option(BASE)
    page.wait_for_function("document.querySelector('.pbx-status').textContent.includes('head − base')")
    shown(page, "top")
    text = status(page)
    assert re.search(r"cpu: head [\d.]+ s, base [\d.]+ s; head − base = −.*: head costs less\. Positive = head", text)
    told = top(capsys, f"-diff_base={raw(site, BASE)}", raw(site, HEAD))
    expected = {name: (show(abs(flat), "nanoseconds"), show(abs(cum), "nanoseconds")) for flat, cum, name in told}
    for heading in ("change", "function"):
        seen = rows(page)
        assert len(seen) > 30
        assert {row[8]: (row[2].strip("+−"), row[6].strip("+−")) for row in seen} == {
            row[8]: expected.get(row[8], ("0 s", "0 s")) for row in seen
        }
        notes = {row[8]: row[7] for row in seen}
        if heading == "change":
            assert notes["profbook.dev/demo/internal/hash.digestBitByBit"] == "gone"
            page.get_by_role("button", name="function").click()
            page.wait_for_function("location.hash.includes('o=name')")
            shown(page, "top")
    text = status(page)
    with watched_page(browser, site) as other:
        other.goto(page.url)
        shown(other, "top")
        assert status(other) == text
        assert rows(other)[:10] == rows(page)[:10]


def test_a_pair_can_be_normalised(disk: str, site: Path, page: Any, capsys: pytest.CaptureFixture[str]) -> None:
    page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}&base={BASE}/{CPU}#v=top&o=name")
    shown(page, "top")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Normalise to the base").check()
    page.wait_for_function("document.querySelector('.pbx-status').textContent.includes('scaled to the base')")
    shown(page, "top")
    told = top(capsys, "-normalize", f"-diff_base={raw(site, BASE)}", raw(site, HEAD))
    expected = {name: (show(abs(flat), "nanoseconds"), show(abs(cum), "nanoseconds")) for flat, cum, name in told}
    assert {row[8]: (row[2].strip("+−"), row[6].strip("+−")) for row in rows(page)} == {
        row[8]: expected.get(row[8], ("0 s", "0 s")) for row in rows(page)
    }
    assert urlsplit(page.url).fragment == "v=top&n=1&o=name"
    page.get_by_label("Compared with: run").select_option("")
    page.wait_for_function("!document.querySelector('.pbx-status').textContent.includes('base')")
    assert page.get_by_label("Normalise to the base").is_hidden()


def test_shares_and_operations(disk: str, page: Any) -> None:
    page.goto(f"{disk}/explore/index.html?p={HEAD}&base={BASE}#v=top&sc=perop")
    shown(page, "top")
    assert re.search(r"per operation \(head 8\d,\d{3}, base 3\d,\d{3} operations\): head \S+ us/op", status(page))
    assert parse_qs(urlsplit(page.url).query) == {"p": [f"{HEAD}/{CPU}"], "base": [f"{BASE}/{CPU}"]}
    assert all(re.search(r"^(0 s|[\d.]+ [num]s)/op$", row[0]) for row in rows(page)[:20])
    page.get_by_label("Values").select_option("share")
    page.wait_for_function("document.querySelector('.pbx-status').textContent.includes('shares of its own')")
    shown(page, "top")
    assert all(re.fullmatch(r"[\d.]+ %", row[0]) for row in rows(page)[:20])
    page.get_by_role("button", name="Swap sides").click()
    page.wait_for_function(f"document.querySelector('.pbx-status').textContent.startsWith('Head: {BASE}')")


def test_a_series_is_walked_by_slider_and_by_play(base: str, page: Any) -> None:
    page.goto(f"{base}/explore/index.html?p={SERIES}/eventstore/heap2.pprof#v=top")
    shown(page, "top")
    told = page.locator(".pbx-series output")
    assert told.inner_text() == "eventstore/heap2.pprof, 3 of 8"
    before = rows(page)
    page.get_by_label("Snapshot").press("ArrowRight")
    page.wait_for_function("location.href.includes('heap3.pprof')")
    shown(page, "top")
    assert told.inner_text() == "eventstore/heap3.pprof, 4 of 8"
    assert rows(page) != before
    for _ in range(3):
        page.get_by_label("Snapshot").press("ArrowRight")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("location.href.includes('heap7.pprof')")
    page.get_by_role("button", name="Play").wait_for()
    assert told.inner_text() == "eventstore/heap7.pprof, 8 of 8"


def test_goroutines_the_run_followed_are_told_below_those_of_the_profile(base: str, page: Any) -> None:
    page.goto(f"{base}/explore/index.html?p={SERIES}/eventstore/goroutine2.pprof#v=goroutines")
    shown(page, "goroutines")
    table = page.get_by_role("region", name="Groups of goroutines over the snapshots of the run")
    assert "over 8 snapshots, eventstore/goroutine0.pprof to" in table.locator("caption").inner_text()
    told = {row[0]: row[1] for row in (line.locator("th, td").all_inner_texts() for line in table.locator("tr").all())}
    assert told["runtime.main"] == "= steady"


def test_frames_of_the_still_picture_lead_on_without_scripts(browser: Any, site: Path, disk: str, page: Any) -> None:
    with watched_page(browser, site, java_script_enabled=False) as still:
        still.goto(f"{disk}/runs/{HEAD}/flame/index.html")
        links = still.locator(".pb-flame-svg a").evaluate_all(
            """(links) => links.map((link) => [link.getAttribute("href"), link.querySelector("title").textContent])"""
        )
        named = {address: title.split("\n")[0] for address, title in links}
        rows = {address: name for address, name in named.items() if "-row-" in address}
        assert len(links) > 8
        assert len(rows) > 1
        address, name = next(one for one in named.items() if one[0].startswith("../../../explore/"))
        still.locator(f".pb-flame-svg a[href='{next(iter(rows))}']").first.dispatch_event("click")
        still.wait_for_selector(":target")
        assert still.evaluate("document.querySelector(':target th').textContent") == next(iter(rows.values()))
        told = still.evaluate(
            """(ids) => ids.map((id) => document.querySelectorAll(`[id="${id}"] > th`))
            .map((found) => found.length === 1 && found[0].textContent)""",
            [address.partition("#")[2] for address in rows],
        )
        assert told == list(rows.values())
    page.goto(f"{disk}/runs/{HEAD}/flame/{address}")
    shown(page, "flame")
    assert page.get_by_label("Direction").input_value() == "sandwich"
    assert short_name(name) in page.locator(".pbx-view--flame").inner_text()


def test_what_go_would_refuse_is_told_at_its_field(disk: str, page: Any) -> None:
    page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}#v=top&i=(")
    page.get_by_role("alert").wait_for()
    field = page.locator("input[name=ignore]")
    assert "missing closing )" in page.get_by_role("alert").inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    assert "missing closing )" in page.locator("#pbx-wrong-ignore").inner_text()
    field.fill("runtime")
    field.press("Enter")
    shown(page, "top")
    assert field.get_attribute("aria-invalid") == "false"
    assert not any(row[5].startswith("runtime.") for row in rows(page))


def test_a_filter_that_finds_nothing_is_told(disk: str, page: Any) -> None:
    page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}#v=top&f=nobodyIsCalledSo")
    shown(page, "top")
    assert "The filters keep 0 s, 0 % of it." in status(page)
    assert "Focus expression matched no samples." in status(page)


def test_one_search_serves_every_view(disk: str, page: Any) -> None:
    page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}#v=top")
    shown(page, "top")
    page.locator(".pbx-bar input[name=query]").fill("^hash/")
    page.locator(".pbx-bar input[name=query]").press("Enter")
    page.wait_for_function("location.hash.includes('q=')")
    shown(page, "top")
    assert {row[5] for row in rows(page)} == {"hash/crc64.update", "hash/crc64.Update"}
    page.get_by_role("tab", name="Flame graph").click()
    shown(page, "flame")
    assert not page.locator(".pbx-bar input[name=query]").is_visible()
    assert page.get_by_label("Search frames").input_value() == "^hash/"


def test_an_expression_that_never_ends_is_stopped(disk: str, page: Any) -> None:
    page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}#v=top")
    shown(page, "top")
    page.get_by_text("Filters", exact=True).click()
    page.locator("input[name=focus]").fill(r"((.*)*)*((.*)*)*((.*)*)*\x00$")
    page.locator("input[name=focus]").press("Enter")
    page.get_by_role("alert").wait_for()
    assert "stopped" in page.get_by_role("alert").inner_text()
    page.get_by_role("button", name="Clear filters").click()
    shown(page, "top")
    assert rows(page)


WAITING = """(hash) => new Promise((done) => {
  const host = document.querySelector(".pbx");
  const panel = () => getComputedStyle(host.querySelector(".pbx-panel")).opacity;
  const timer = globalThis.setTimeout;
  const later = [];
  globalThis.setTimeout = (act, wait, ...words) => (wait > 100 ? later.push(act) : timer(act, wait, ...words));
  new MutationObserver((_, observer) => {
    observer.disconnect();
    globalThis.setTimeout = timer;
    const found = [host.getAttribute("aria-busy"), panel()];
    for (const act of later) act();
    done([...found, panel()]);
  }).observe(host, { attributeFilter: ["aria-busy"] });
  location.hash = hash;
})"""


def test_what_is_replaced_fades_only_when_that_takes_a_while(disk: str, page: Any) -> None:
    page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}#v=top")
    shown(page, "top")
    for hash_ in ("#v=top&f=json", "#v=top&f=json&g=lines"):
        assert page.evaluate(WAITING, hash_) == ["true", "1", "0.6"]
        shown(page, "top")
        assert page.evaluate("getComputedStyle(document.querySelector('.pbx-panel')).opacity") == "1"


def test_presets_choose_whose_code_is_seen(disk: str, page: Any) -> None:
    page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}#v=top")
    shown(page, "top")
    page.get_by_role("button", name="Hide runtime and GC").click()
    page.wait_for_function("document.querySelector('button.pbx-toggle:not(.pbx-choose)').textContent.includes('hide')")
    shown(page, "top")
    assert not any(re.match(r"(internal/)?runtime[./]", row[5]) for row in rows(page))
    page.get_by_role("button", name="Own code only").click()
    page.wait_for_function("!document.querySelector('button.pbx-toggle:not(.pbx-choose)').textContent.includes('hide')")
    shown(page, "top")
    assert [row[5] for row in rows(page) if not re.match(r"main\.|profbook\.dev/", row[5])] == []
    page.get_by_role("button", name="Clear filters").click()
    page.wait_for_function("document.querySelector('button.pbx-toggle:not(.pbx-choose)').textContent === 'Filters'")


def test_back_leads_to_what_was_shown_before(base: str, page: Any) -> None:
    page.goto(f"{base}/explore/index.html?p={HEAD}/{CPU}#v=top")
    shown(page, "top")
    page.get_by_label("Sample type").select_option("samples")
    page.wait_for_function("document.querySelector('.pbx-status').textContent.includes('samples:')")
    page.get_by_role("tab", name="Flame graph").press("Enter")
    shown(page, "flame")
    page.go_back()
    shown(page, "top")
    page.go_back()
    page.wait_for_function("document.querySelector('.pbx-status').textContent.includes('cpu:')")


def test_every_view_is_reached_by_keys_and_fits_a_phone(browser: Any, site: Path, disk: str) -> None:
    with watched_page(browser, site, **PHONE) as page:
        page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}&base={BASE}/{CPU}")
        shown(page, "flame")
        tabs = page.get_by_role("tab").all()
        assert len(tabs) == 10
        tabs[0].focus()
        seen = []
        for _ in tabs:
            view = page.locator("[role=tab][aria-selected=true]").get_attribute("id").removeprefix("pbx-tab-")
            shown(page, view)
            seen.append(view)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
            page.keyboard.press("ArrowRight")
        assert len(set(seen)) == 10


def test_the_link_to_a_view_is_copied_by_a_button(disk: str, page: Any) -> None:
    page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}#v=top&f=json")
    shown(page, "top")
    button = page.get_by_role("button", name="Copy link")
    for _ in range(2):
        button.press("Enter")
        page.get_by_role("button", name="Copied").wait_for()
    search = page.get_by_placeholder("find functions")
    link = page.url
    search.press("Control+v")
    assert search.input_value() == link
    button.wait_for()


def test_a_link_that_may_not_be_copied_is_there_to_be_copied_by_hand(disk: str, page: Any) -> None:
    page.add_init_script("document.execCommand = () => false; navigator.clipboard.writeText = () => Promise.reject();")
    page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}#v=top")
    shown(page, "top")
    told: list[str] = []
    page.on("dialog", lambda dialog: (told.append(dialog.default_value), dialog.dismiss()))
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("!document.querySelector('textarea')")
    assert told == [page.url]
    assert page.get_by_role("button", name="Copy link").is_visible()


@pytest.mark.parametrize(
    "address",
    [
        "?p=../../runs/x/cpu.prof",
        "?p=<img src=x onerror=alert(1)>/y",
        "?p=nothing/here.prof",
        f"?p={HEAD}/no.prof",
        f"?p={HEAD}/{CPU}&base=//evil.test/x",
        "?p=javascript:alert(1)//",
    ],
)
def test_an_address_that_leads_nowhere_says_so(disk: str, page: Any, address: str) -> None:
    page.goto(f"{disk}/explore/index.html{address}")
    page.get_by_role("alert").wait_for()
    assert re.search(r"holds no run|has no profile", page.get_by_role("alert").inner_text())
    assert page.locator(".pbx img").count() == 0


def test_a_run_without_samples_is_not_called_unknown(base: str, site: Path, page: Any) -> None:
    catalogue = (site / "data" / "catalogue.js").read_text("utf-8")
    told = catalogue.replace('"bare":[]', '"bare":[[0,"failed"]]')
    assert told != catalogue
    page.route("**/data/catalogue.js", lambda route: route.fulfill(body=told, content_type="text/javascript"))
    page.goto(f"{base}/explore/index.html?p=failed")
    assert page.get_by_role("alert").inner_text() == 'The run "failed" has no profile with samples.'


def test_hostile_fields_stay_text(disk: str, page: Any) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    evil = "%3Cimg%20src=x%20onerror=alert(1)%3E"
    page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}#v=top&f={evil}&q={evil}&t={evil}&z={evil}&c={evil}&d=sandwich")
    shown(page, "top")
    assert page.locator(".pbx img").count() == 0
    page.get_by_role("tab", name="Flame graph").click()
    shown(page, "flame")
    assert page.locator(".pbx img").count() == 0
    assert dialogs == []


def test_without_an_address_the_newest_run_is_shown(base: str, page: Any) -> None:
    page.goto(f"{base}/index.html")
    page.get_by_role("link", name="Explorer").first.click()
    shown(page, "flame")
    assert SERIES in status(page)


def test_a_site_without_profiles_says_what_to_do_and_offers_nothing_else(browser: Any, tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profbook.toml").write_text((ROOT / "profbook.toml").read_text("utf-8"), encoding="utf-8")
    words = [sys.executable, "-m", "pipeline", "site"]
    subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    site = tmp_path / "build" / "site"
    with watched_page(browser, site) as page:
        page.goto(f"{site.as_uri()}/explore/index.html")
        told = page.get_by_text("No profiles yet")
        told.wait_for()
        assert "profbook collect" in told.inner_text()
        controls = page.locator(".pbx").locator("button, select, input, [role=tab]")
        assert controls.count() == 0
        assert page.get_by_role("heading", level=1).inner_text() == "Explorer"
        told.get_by_role("link", name="quick start").click()
        page.wait_for_url("**/guide/quick-start/index.html")


def test_a_comparison_draws_its_pair_and_leads_to_it(base: str, page: Any) -> None:
    page.add_init_script(
        "window.shifts = 0; new PerformanceObserver((list) => list.getEntries().forEach((one) => "
        "(shifts += one.hadRecentInput ? 0 : one.value))).observe({ type: 'layout-shift', buffered: true })"
    )
    page.goto(f"{base}/compare/baseline..optimized/index.html")
    assert page.locator(".pb-pair canvas").count() == 0
    page.get_by_role("link", name="Flame graph of the difference").first.click()
    page.wait_for_selector(".pb-pair[data-shown=cpu]")
    told = page.locator(".pb-pair__told").inner_text()
    assert f"Head: {HEAD}" in told
    assert f"Base: {BASE}" in told
    assert re.search(r"head − base = −.*: head costs less", told)
    assert "only in base" in page.locator(".pb-pair .pb-flame-legend").inner_text()
    assert page.get_by_role("application", name=re.compile("Difference, total cpu, head − base: −")).is_visible()
    page.get_by_label("Search frames").fill("digestBitByBit")
    page.wait_for_function("document.getElementById('flame-link').href.includes('q=digestBitByBit')")
    page.wait_for_function("document.querySelector('.pb-pair .pb-flame-found').textContent.includes('Matched')")
    assert page.evaluate("shifts") < 0.02
    page.locator("#flame-link").click()
    shown(page, "flame")
    assert status(page).startswith(f"Head: {HEAD}")
    assert f"Base: {BASE}" in status(page)
    assert page.get_by_label("Search frames").input_value() == "digestBitByBit"


def test_the_flame_graph_begins_on_the_first_screen(browser: Any, site: Path, disk: str) -> None:
    desktop = {"viewport": {"width": 1280, "height": 900}}
    for options, highest in ((PHONE, 400), (desktop, 400)):
        for other in ("", f"&base={BASE}/{CPU}"):
            with watched_page(browser, site, **options) as page:
                page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}{other}")
                shown(page, "flame")
                box = page.locator(".pb-flame-box").bounding_box()
                canvas = page.locator(".pb-flame-box canvas").bounding_box()
                assert box["y"] < highest + (110 if other else 0)
                assert abs(box["width"] - canvas["width"]) <= 2  # no blank strip beside the picture
                assert page.evaluate("document.documentElement.scrollWidth") <= options["viewport"]["width"]


def test_on_a_phone_choices_and_filters_are_folded(browser: Any, site: Path, disk: str) -> None:
    with watched_page(browser, site, **PHONE) as page:
        page.goto(f"{disk}/explore/index.html?p={HEAD}/{CPU}#v=goroutines")
        shown(page, "goroutines")
        chosen = page.get_by_role("tab", name="Goroutines").bounding_box()
        assert chosen["x"] >= 0
        assert chosen["x"] + chosen["width"] <= 390
        choose = page.get_by_role("button", name="Profile: optimized, CPU")
        assert choose.get_attribute("aria-expanded") == "false"
        assert page.get_by_label("Compared with: run").is_hidden()
        choose.press("Enter")
        page.get_by_label("Compared with: run").select_option(BASE)
        page.get_by_role("button", name="Compared with: baseline, CPU").wait_for()
        own = page.get_by_role("button", name="Own code only")
        assert own.is_hidden()
        page.get_by_role("button", name="Filters").press("Enter")
        assert own.is_visible()
        assert page.get_by_label("Ignore", exact=True).is_visible()
        small = page.locator(".pbx :is(button, select, input):visible").evaluate_all(
            """(all) => all.map((one) => [one.getBoundingClientRect(), one.textContent || one.name])
            .filter(([{ width, height }]) => Math.min(width, height) < 24).map(([, text]) => text)"""
        )
        assert [text for text in small if text] == []
