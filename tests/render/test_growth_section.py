"""Growth and goroutines on a run page: words that fit the verdict, nothing claimed that was not judged."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pipeline.model.goroutine_group import GoroutineGroup, GoroutineGroups
from pipeline.model.growth import Growth, SiteGrowth, Snapshot, Trend
from pipeline.model.record import RunRecord
from pipeline.render.growth_section import SITE_ROWS, group_views, growth_views, trend_state
from pipeline.render.late import read_late
from tests.records import HOSTILE, profile, record
from tests.render.test_pages import Structure, site

MB = 1 << 20
LEAKING = Trend("leaking", 5, MB / 60, MB / 120, MB / 30, 4, 3, 1)
SNAPSHOTS = tuple(Snapshot(f"app/heap{at}.pprof", at * MB, at * 10, 60.0 * at) for at in range(6))


def heap(**more: object) -> Growth:
    return replace(Growth("app", "heap", SNAPSHOTS, 5, LEAKING), **more)  # type: ignore[arg-type]


def groups(name: str = "main.work", **more: object) -> GoroutineGroups:
    group = GoroutineGroup(name, name, (1, 9), Trend("growing", 2), name, name, name, name, 12, 3)
    return replace(
        GoroutineGroups("app", ("a", "b"), (1, 9), Trend("growing", 2), (group,), 1, "dump.txt", "leak.prof"),
        **more,  # type: ignore[arg-type]
    )


def of(*growth: Growth, groups: tuple[GoroutineGroups, ...] = ()) -> RunRecord:
    return replace(record(), growth=growth, goroutines=groups)


def page(one: RunRecord) -> str:
    (body,) = (page for page in site(one).stamped["run"])
    Structure(body)
    return body.body


def late(one: RunRecord, key: str) -> str:
    """Give what comes when a line of the page is opened."""
    (data,) = (text for path, text in site(one).data.items() if path.endswith("more.js"))
    (html,) = read_late(data)[key].values()
    return str(html)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.replace("<wbr>", "")))


def test_the_facts_of_a_heap() -> None:
    (view,) = growth_views(of(heap(forced=False)))
    facts = dict(view.facts)
    assert facts["largest"] == "5 MB in app/heap5.pprof"
    assert facts["first to last"] == "+5 MB in 300 s"
    assert facts["slope"] == "1 MB/min, 95 % interval 512 kB/min to 2 MB/min"
    assert facts["judged"] == "5 of 6 snapshots; rose in 3, fell in 1 of 4 steps"
    assert view.state.word == "leaking"
    assert "not forced" in view.note
    assert [line.is_judged for line in view.lines] == [False, True, True, True, True, True]
    assert [line.is_peak for line in view.lines].index(True) == 5
    assert view.lines[1].change == MB


def test_a_restart_is_told() -> None:
    (view,) = growth_views(of(heap(begins=2)))
    assert dict(view.facts)["restarted"] == "before app/heap2.pprof; only what came after is judged"


def test_snapshots_without_times_have_slopes_by_the_snapshot() -> None:
    untimed = tuple(replace(one, seconds=None) for one in SNAPSHOTS)
    (view,) = growth_views(of(heap(snapshots=untimed, trend=replace(LEAKING, slope=MB, low=MB, high=MB))))
    facts = dict(view.facts)
    assert facts["slope"].startswith("1 MB/snapshot")
    assert facts["first to last"] == "+5 MB"
    assert {line.at for line in view.lines} == {"–"}


@pytest.mark.parametrize(("verdict", "word"), [("growing", "grew"), ("steady", "same"), ("shrinking", "shrank")])
def test_two_snapshots_have_no_trend(verdict: str, word: str) -> None:
    two = trend_state(Trend(verdict, 2))  # type: ignore[arg-type]
    assert two.word == word
    assert "no trend" in two.sentence
    assert trend_state(Trend(verdict, 3)).word == verdict  # type: ignore[arg-type]


def test_sites_of_own_code_come_first_and_the_rest_is_counted() -> None:
    sites = tuple(SiteGrowth(f"main.f{at}", "own", tuple(range(6)), LEAKING) for at in range(SITE_ROWS + 3))
    flat = SiteGrowth("bytes.Clone", "flat", (0, 0, 0, 0, 0, 9 * MB), LEAKING)
    (view,) = growth_views(of(heap(sites=(*sites, flat), site_count=19)))
    own, allocated = view.tables
    assert (len(own.lines), own.left_out, own.is_open) == (SITE_ROWS, 3, True)
    assert (allocated.lines[0].function, allocated.is_open) == ("bytes.Clone", False)
    text = words(page(of(heap(sites=(*sites, flat)))))
    assert "3 more, which grew less, are not listed." in text
    assert "+9 MB" in words(late(of(heap(sites=(*sites, flat))), "growth-heap-sites-2"))


def test_a_leaking_site_goes_before_the_verdict_on_the_whole() -> None:
    site = SiteGrowth("main.f", "own", tuple(range(6)), LEAKING)
    unclear = replace(LEAKING, verdict="unclear")
    (view,) = growth_views(of(heap(trend=unclear, sites=(site,))))
    assert view.state.word == "leaking"
    assert "Sites below" in view.state.sentence
    (view,) = growth_views(of(heap(trend=unclear, sites=(replace(site, trend=unclear),))))
    assert view.state.word == "unclear"


def test_groups_of_goroutines() -> None:
    (view,) = group_views(of(groups=(groups(group_count=5),)))
    assert view.left_out == 4
    assert dict(view.facts) == {"counted in": "a to b", "states and waits": "dump.txt", "proof of leaks": "leak.prof"}
    text = words(page(of(groups=(groups(),))))
    assert "running main.work started by main.work at main.work" in text
    assert "12 min" in text
    assert "+8" in text


def test_a_single_snapshot_of_goroutines_claims_no_change() -> None:
    one = GoroutineGroup("main.work", "", (9,), Trend("unclear", 1))
    html = page(of(groups=(groups(paths=("a",), totals=(9,), groups=(one,), dump="", proof=""),)))
    table = html.partition("Goroutines by where they began")[2].partition("</table>")[0]
    assert "verdict" not in table
    assert "change" not in table


def test_sections_are_in_the_contents_and_absent_without_growth() -> None:
    assert 'id="growth"' not in page(record())
    (body,) = site(of(heap(), groups=(groups(),))).stamped["run"]
    assert ("growth", "Growth") in body.toc


def test_components_are_told_apart() -> None:
    html = page(of(heap(), heap(component="worker"), groups=(groups(), groups(component="worker"))))
    assert words(html).count("worker Heap in use") == 1
    assert words(html).count("worker Goroutines by where they began") == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_only_ever_text(text: str) -> None:
    sites = (SiteGrowth(text, "own", tuple(range(6)), LEAKING), SiteGrowth(text, "flat", tuple(range(6)), LEAKING))
    snapshots = tuple(replace(one, path=text) for one in SNAPSHOTS)
    hostile = of(heap(component=text, snapshots=snapshots, sites=sites), groups=(groups(text, component=text),))
    for body in site(hostile).stamped["run"]:
        structure = Structure(body)
        assert structure.handlers == []
        assert "<script>" not in body.body.lower()


def test_the_curve_has_a_point_for_each_snapshot_at_its_time() -> None:
    (view,) = growth_views(of(heap()))
    assert view.film is not None
    points = [tuple(map(float, point.split(","))) for point in view.film.line.split()]
    assert [x for x, _ in points] == [line.x for line in view.lines] == [0, 200, 400, 600, 800, 1000]
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)
    assert view.film.label == "Heap in use over 6 snapshots, from 0 up: first 0 B, largest 5 MB, last 5 MB"


def test_snapshots_without_times_stand_evenly_and_two_make_no_curve() -> None:
    untimed = tuple(replace(one, seconds=None) for one in SNAPSHOTS)
    assert [line.x for line in growth_views(of(heap(snapshots=untimed)))[0].lines] == [0, 200, 400, 600, 800, 1000]
    still = tuple(replace(one, seconds=3.0) for one in SNAPSHOTS)
    assert [line.x for line in growth_views(of(heap(snapshots=still)))[0].lines][-1] == 1000
    assert growth_views(of(heap(snapshots=SNAPSHOTS[:2], peak=1)))[0].film is None


def test_a_snapshot_leads_to_its_profile_and_to_what_grew_since_the_first() -> None:
    drawn = tuple(profile(one.path) for one in SNAPSHOTS[:3])
    lines = growth_views(replace(of(heap()), profiles=drawn))[0].lines
    run = "20260102_030405-baseline"
    assert lines[1].explore == f"../../explore/index.html?p={run}/app/heap1.pprof"
    assert lines[1].grown == f"../../explore/index.html?p={run}/app/heap1.pprof&base={run}/app/heap0.pprof"
    assert (lines[0].grown, lines[4].explore) == ("", "")
