"""What a run page says about cost: words, shares, what is folded, and hostile names."""

from __future__ import annotations

import re

import pytest

from pipeline.model.benchmark import BenchmarkFile, BenchmarkSummary, RunBenchmarks
from pipeline.model.calltree import TopRow
from pipeline.model.cost import (
    Churn,
    ChurnRow,
    Contention,
    FunctionWeight,
    OriginWeight,
    PackageWeight,
    Rollup,
    TopicWeight,
)
from pipeline.model.profile import SampleType
from pipeline.model.record import RunRecord
from pipeline.render.cost_section import cost_sections
from tests.records import HOSTILE, SPACE, empty_record, profile, record
from tests.render.test_pages import Structure, site


def rollup(kind: SampleType = SPACE, name: str = "main.work", **facts: object) -> Rollup:
    return Rollup(
        sample_type=kind,
        total=400,
        origins=(OriginWeight("own", 100, 400), OriginWeight("runtime", 300, 300)),
        packages=(PackageWeight(name, "own", 100, 400), PackageWeight("runtime", "runtime", 300, 300)),
        package_count=5,
        functions=(FunctionWeight(name, "main.go", 400, 100, 400),),
        **facts,  # type: ignore[arg-type]
    )


TOPICS = (TopicWeight("json", "(?i)json", 0, 200, ()),)


def costly(name: str = "main.work") -> RunRecord:
    topics = (
        TopicWeight(name, "(?i)json", 0, 200, (TopRow(name, 0, 200),)),
        TopicWeight("other", "x", 0, 150),
    )
    delay = SampleType("delay", "nanoseconds")
    summary = BenchmarkSummary("", name, "sec/op", "lower", 1.5e-6, 1e-6, 2e-6, 6)
    return record(
        profiles=(
            profile(
                rollups=(rollup(name=name, topics=topics, topic_union=250), rollup(SampleType("alloc_space", "bytes")))
            ),
            profile("mutex.prof", kind="mutex", rollups=(rollup(delay, name),)),
        ),
        churn=(Churn("service", "before", 1000, 8000, 10, 4000, 100, (ChurnRow(name, "own", 600, 1200),), 7, ("a",)),),
        contention=(
            Contention("service", "mutex", "start", 40, 2.0, 100, ("mutex.prof",)),
            Contention("service", "block", "window", 0, 0.0, 0, ("block.prof",)),
        ),
        benchmarks=(RunBenchmarks("x.bench.txt", "service", BenchmarkFile(()), (summary,)),),
    )


def page(one: RunRecord) -> str:
    (found,) = site(one).stamped["run"]
    Structure(found)
    return found.body


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def test_a_page_says_where_it_goes() -> None:
    html = page(costly())
    text = text_of(html)
    assert "own module100 B25.0 %400 B100.0 %" in text
    assert "Go runtime300 B75.0 %300 B75.0 %" in text
    assert "All topics together touch 250 B (62.5 %), each sample counted once. Topics overlap" in text
    assert "By package (2 of 5)" in text
    assert "Nothing of" not in text
    (found,) = site(costly()).stamped["run"]
    assert [anchor for anchor, _ in found.toc if anchor in {"cost", "contention", "churn", "benchmarks"}] == [
        "cost", "contention", "churn", "benchmarks",
    ]  # fmt: skip


def test_contention_churn_and_benchmarks_have_units_and_words() -> None:
    text = text_of(page(costly()))
    assert "Mutex contention402 s50 ms20 ms/opsince the service started100.0 % main.work" in text
    assert "Blocking00 s––in a window of its ownno events: nothing waited, or the rate is 0" in text
    assert "allocated between the first and the last profile7.81 kB in 1,000 objects" in text
    assert "turnover: allocated ÷ in use2 times" in text
    assert "main.work1.50 us/op1 us/op to 2 us/op6↓ lower is better" in text


def test_what_is_long_comes_late_and_whole() -> None:
    held = {one.key: one for one in cost_sections(costly()).late()}
    assert set(held) == {
        "cost-heap-own",
        "cost-heap-packages",
        "cost-mutex-own",
        "cost-mutex-packages",
        "churn-service",
    }
    assert held["churn-service"].rows == (("600", "60.0 %", "6", "1.17 kB", "2 B", "own module", "main.work"),)
    assert held["cost-heap-own"].rows == (("400 B", "100.0 %", "100 B", "main.work"),)
    assert held["cost-heap-packages"].rows[0] == ("runtime", "300 B", "75.0 %", "300 B", "75.0 %")
    assert all(f'data-pb-late="{key}"' in page(costly()) for key in held)


def test_what_heap_says_of_allocations_is_left_to_the_allocs_profile() -> None:
    alloc = rollup(SampleType("alloc_space", "bytes"))
    heap = profile(rollups=(rollup(), alloc))
    alone = cost_sections(record(profiles=(heap,)))
    assert alone.blocks[0].panel.type == "inuse_space"
    both = cost_sections(record(profiles=(heap, profile("allocs.prof", kind="allocs", rollups=(rollup(), alloc)))))
    assert [(one.title, one.panel.type) for one in both.blocks] == [
        ("Allocations", "alloc_space"),
        ("Heap", "inuse_space"),
    ]


def test_a_heap_with_nothing_in_use_has_nothing_to_tell_beside_allocs() -> None:
    alloc = rollup(SampleType("alloc_space", "bytes"))
    heap = profile(rollups=(alloc,))
    found = cost_sections(record(profiles=(heap, profile("allocs.prof", kind="allocs", rollups=(alloc,)))))
    assert [one.title for one in found.blocks] == ["Allocations"]


def test_the_last_profile_of_a_kind_is_shown() -> None:
    found = cost_sections(
        record(
            profiles=(
                profile(rollups=(rollup(topics=TOPICS),)),
                profile("heap-before.prof", phase="before", rollups=(rollup(topics=TOPICS),)),
            )
        )
    )
    (block,) = found.blocks
    there = "../../explore/index.html?p=20260102_030405-baseline/heap-after.prof#v=top&"
    assert block.panel.topics[0].href.startswith(there)


def test_a_run_without_any_of_it_has_no_sections() -> None:
    found = cost_sections(empty_record())
    assert found.toc() == ()
    assert 'id="cost"' not in page(record())


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name: str) -> None:
    html = page(costly(name))
    assert "<script>alert" not in html
    assert "<img" not in html
    assert "<b>" not in html
