"""When what was taken: lanes, words and the table."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

from pipeline.model.growth import Growth, Snapshot, Trend
from pipeline.model.page import StampedPage
from pipeline.model.record import RunRecord
from pipeline.model.run import FileReport, LoadReport
from pipeline.render.env import environment, render
from pipeline.render.run_page import time_table
from pipeline.render.timeline_section import TimelineView, timeline_view
from tests.records import manifest, record
from tests.render.test_pages import TEMPLATES, Structure

PAGE = """{% from "partials/timeline.html.j2" import timeline %}{{ timeline(view, times) }}"""


def at(seconds: float) -> str:
    return f"2026-01-02T03:04:{seconds:06.3f}Z"


def taken(kind: str, begins: float, ends: float, path: str = "", component: str = "api") -> FileReport:
    name = path or f"{component}/{kind}.prof"
    return FileReport(name, component, kind, "during", "ok", started=at(begins), finished=at(ends))


def made(
    *files: FileReport, load: tuple[float, float] | None = (10.0, 20.0), growth: tuple[Growth, ...] = ()
) -> RunRecord:
    one = record()
    report = LoadReport(("load",), 0, started=at(load[0]), finished=at(load[1])) if load else None
    told = manifest(one.run.id, files=files, load=report)
    return replace(one, run=replace(one.run, manifest=told), growth=growth)


def view(*files: FileReport, **more: object) -> TimelineView:
    found = timeline_view(made(*files, **more))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_load_and_windows_lie_on_one_scale() -> None:
    found = view(taken("cpu", 15.0, 20.0), taken("heap", 10.0, 10.1), taken("heap", 20.0, 20.0, "api/heap-after.prof"))
    assert [(lane.title, lane.about) for lane in found.lanes] == [
        ("load", "10 s"), ("CPU", "1 window"), ("other profiles", "2 snapshots"),
    ]  # fmt: skip
    bar = ET.fromstring(found.lanes[1].picture).find("rect[@class='pb-lane__window']")
    assert bar is not None
    assert (bar.attrib["x"], bar.attrib["width"]) == ("500", "500")
    assert [text for _, text in found.marks] == ["0 s", "2.50 s", "5 s", "7.50 s", "10 s"]
    assert [moment.place for moment in found.moments] == ["", "during the load", "during the load", "after the load"]


def test_how_much_of_the_windows_lies_in_the_load_is_said() -> None:
    assert (
        "100 % of the time CPU was sampled lies in the load, and 50 % of the load"
        in view(taken("cpu", 12, 17)).sentence
    )
    half = view(taken("cpu", 5, 15))
    assert "50 % of the time CPU was sampled lies in the load, and 50 % of the load" in half.sentence
    assert half.moments[1].place == "50 % during the load"


def test_windows_of_several_components_count_each_moment_once() -> None:
    both = view(taken("cpu", 10, 15), taken("cpu", 12, 17, component="worker"))
    assert "100 % of the time CPU was sampled lies in the load, and 70 % of the load" in both.sentence
    assert [lane.title for lane in both.lanes] == ["load", "api: CPU", "worker: CPU"]


def test_without_load_or_cpu_that_is_said() -> None:
    assert "No load" in view(taken("cpu", 1, 2), taken("heap", 3, 4), load=None).sentence
    assert "No CPU profile" in view(taken("heap", 12, 12)).sentence


def test_a_series_has_a_curve_of_what_it_counted() -> None:
    shots = tuple(Snapshot(f"api/heap{place}.prof", 100 * place, seconds=float(place)) for place in range(4))
    files = [taken("heap", 10 + place, 10 + place, one.path) for place, one in enumerate(shots)]
    found = view(*files, growth=(Growth("api", "heap", shots, 3, Trend("growing", 4)),))
    picture = ET.fromstring(found.lanes[1].picture)
    (ticks,) = picture.findall("path")
    assert ticks.attrib["d"].count("M") == 4
    line = picture.find("polyline")
    assert line is not None
    heights = [float(y) for y in re.findall(r",([\d.]+)", line.attrib["points"])]
    assert heights == sorted(heights, reverse=True)


def test_too_little_or_odd_times_make_no_timeline() -> None:
    assert timeline_view(replace(record(), run=replace(record().run, manifest=None))) is None
    assert timeline_view(record()) is None
    odd = replace(taken("cpu", 12, 17), started="yesterday")
    assert timeline_view(made(odd, replace(odd, started=at(20)), load=None)) is None


def test_the_section_is_well_formed_and_every_time_is_in_its_table() -> None:
    shown = view(taken("cpu", 15, 20))
    times = time_table(shown.moments)
    body = render(environment(dict(TEMPLATES) | {"page": PAGE}), "page", view=shown, times=times)
    Structure(StampedPage("", "", body))
    assert "left:25.0%" in body
    assert ("CPU of api", "api/cpu.prof", "5 s", "5 s", "during the load") in times.rows
