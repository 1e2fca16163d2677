"""A real tool took the largest *file* of a series for its peak, and its cumulative bytes for memory. Replayed here.

In the first snapshot 200 MB are live, in few stacks: a small file. In the second hardly anything is, after much was
allocated in many stacks: a far larger file.
"""

from __future__ import annotations

import re

from pipeline.analysis.metrics import METRICS
from pipeline.derive import derive
from pipeline.model.config import Config
from pipeline.model.layout import place
from pipeline.model.record import RunRecord
from pipeline.model.run import RawFile, Run
from pipeline.render.late import read_late
from pipeline.site.templates import read_templates, templates_dir
from pipeline.store import codec
from tests.builders import pprof_bytes
from tests.rendered import render_site
from tests.series import HEAP, START

LIVE = 200 << 20
LEFT = 379 << 10
RUN = "20260102_030405-operator"
LARGE = pprof_bytes(
    [(["main.main", "example.org/operator.cache"], (1000, LIVE, 1000, LIVE))],
    HEAP,
    default_type="inuse_space",
    time_nanos=START,
)
TINY = pprof_bytes(
    [
        (
            ["main.main", "example.org/operator.sync", f"example.org/operator.step{at * 7919 % 104729}"],
            (at, 1 << 20, 0, 0),
        )
        for at in range(400)
    ]
    + [(["main.main", "example.org/operator.cache"], (10, LEFT, 10, LEFT))],
    HEAP,
    default_type="inuse_space",
    time_nanos=START + 10_000_000_000,
)
FILES = {"operator/heap1.pprof": LARGE, "operator/heap2.pprof": TINY}


def derived() -> RunRecord:
    raw = []
    for path, data in FILES.items():
        where = place(path)
        raw.append(RawFile(path, where.component, where.kind, where.phase, f"{len(data):064x}", len(data), where.index))
    run = Run(RUN, "operator", "2026-01-02T03:04:05Z", tuple(raw))
    return derive(run, (), lambda file: FILES[file.path], key="k", max_bytes=1 << 24)[0]


def text_of(record: RunRecord) -> str:
    content = render_site((record,), (), config=Config(), templates=read_templates(templates_dir()), metrics=METRICS)
    (page,) = (page for page in content.stamped["run"] if RUN in page.url)
    late = str(read_late(content.data[f"runs/{RUN}/more.js"]))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", (page.body + late).replace("<wbr>", "")))


def test_the_larger_file_is_not_the_larger_heap() -> None:
    assert len(TINY) > 4 * len(LARGE)


def test_the_peak_is_the_snapshot_with_most_in_use() -> None:
    record = derived()
    (peak,) = (one for one in record.measurements if one.metric == "heap_inuse_peak")
    assert (peak.value, peak.evidence) == (float(LIVE), ("operator/heap1.pprof",))
    (growth,) = record.growth
    assert growth.snapshots[growth.peak].path == "operator/heap1.pprof"
    assert growth.snapshots[growth.peak].value == LIVE
    assert growth.grown == LEFT - LIVE
    values = {one.metric: one.value for one in record.measurements}
    assert (values["heap_inuse_after"], values["heap_inuse_growth"]) == (LEFT, LEFT - LIVE)
    assert codec.load(codec.dump(record), RunRecord) == record
    assert not [one for one in record.all_findings if one.code in {"heap_growth", "heap_leak"}]


def test_the_page_names_it() -> None:
    text = text_of(derived())
    assert "200 MB in operator/heap1.pprof" in text
    assert "operator/heap1.pprof largest" in text
    assert "operator/heap2.pprof largest" not in text
    assert "−199.6 MB" in text
    assert not re.search(r"leaking|growing", text.partition("Growth")[2].partition("Profiles")[0])
