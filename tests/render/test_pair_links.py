"""From a comparison to pairs of profiles in the explorer."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model.profile import SampleType
from pipeline.render.pair_links import difference_links, lead_flame, side_views
from tests.records import comparison, difference
from tests.summaries import heap

BASES, HEADS = ("b1", "b2"), ("h1", "h2", "h3", "gone")


def test_every_run_of_the_head_stands_beside_one_of_the_base() -> None:
    one = comparison(base_runs=BASES, head_runs=HEADS)
    base, head = side_views(one, {*BASES, "h1", "h2", "h3"}, root="../../")
    assert [run.run for run in base.runs] == list(BASES)
    assert [(run.run, run.against) for run in head.runs] == [("h1", "b1"), ("h2", "b2"), ("h3", "b2"), ("gone", "")]
    assert head.runs[0].diff == "../../explore/index.html?p=h1&base=b1"
    assert (head.runs[3].href, head.runs[3].diff) == ("", "")
    assert not any(run.diff for run in base.runs)


def test_a_difference_leads_to_the_last_profiles_of_its_kind() -> None:
    one = comparison(base_runs=BASES, head_runs=("h1", "h2"))
    cpu = heap("service/cpu.prof", kind="cpu", phase="during")
    profiles = {"b1": (cpu,), "b2": (heap(),), "h1": (cpu,), "h2": (cpu, heap("service/cpu1.prof", kind="cpu"))}
    found = difference_links(one, profiles, root="../../")
    assert found == {
        (
            "service",
            "cpu",
            "cpu",
        ): "../../explore/index.html?p=h2/service/cpu1.prof&base=b1/service/cpu.prof#t=cpu&sc=perop"
    }


def test_of_a_series_of_cpu_profiles_it_is_the_one_the_pages_show() -> None:
    one = comparison(base_runs=BASES, head_runs=HEADS)
    series = tuple(
        heap(f"service/cpu{place}.prof", kind="cpu", phase="series", index=place, total=total)
        for place, total in enumerate((20, 90, 3), 1)
    )
    (href,) = difference_links(one, {"b1": series[:1], "h1": series}, root="").values()
    assert href.startswith("explore/index.html?p=h1/service/cpu2.prof&base=b1/service/cpu1.prof#")


def test_without_a_profile_on_a_side_there_is_no_link() -> None:
    one = comparison(base_runs=BASES, head_runs=HEADS, functions=(difference(),))
    assert difference_links(one, {"h1": (heap("cpu.prof", kind="cpu", tree=""),)}, root="../") == {}


def test_the_page_draws_what_is_claimed_to_have_changed_else_cpu() -> None:
    profiles = {run: (heap("service/cpu.prof", kind="cpu", phase="during"), heap()) for run in ("b1", "b2", "h1", "h2")}
    same = replace(difference(), outcome="inconclusive")
    grown = replace(same, kind="heap", outcome="regressed", sample_type=SampleType("inuse_space", "bytes"))
    one = comparison(base_runs=BASES, head_runs=("h1", "h2"), functions=(same, grown))
    found = lead_flame(one, profiles, root="../../")
    assert found is not None
    assert (found.type, found.profile, found.against) == ("inuse_space", f"h2/{heap().path}", f"b2/{heap().path}")
    still = replace(one, functions=(replace(grown, outcome="unchanged"), same))
    found = lead_flame(still, profiles, root="../../")
    assert found is not None
    assert (found.type, found.profile, found.against) == ("cpu", "h2/service/cpu.prof", "b2/service/cpu.prof")
    assert found.href in difference_links(still, profiles, root="../../").values()
    assert lead_flame(still, {"h1": profiles["h1"]}, root="../../") is None
