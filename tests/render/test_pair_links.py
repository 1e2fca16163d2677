"""From a comparison to pairs of profiles in the explorer."""

from __future__ import annotations

from pipeline.render.pair_links import difference_links, side_views
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


def test_without_a_profile_on_a_side_there_is_no_link() -> None:
    one = comparison(base_runs=BASES, head_runs=HEADS, functions=(difference(),))
    assert difference_links(one, {"h1": (heap("cpu.prof", kind="cpu", tree=""),)}, root="../") == {}
