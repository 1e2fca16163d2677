"""Which comparisons the runs suggest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.compare import pairs
from pipeline.model.config import CompareConfig
from pipeline.model.court import ComparisonConfig
from pipeline.model.run import Environment, Manifest, Run

A, B, C = (letter * 40 for letter in "abc")
LIMITS = ComparisonConfig()


def run(label: str, day: int, sha: str = "", *, merge_base: str = "", manifest: bool = True) -> Run:
    name = f"202611{day:02}_101500-x{day}"
    facts = Environment(git_sha=sha, git_merge_base=merge_base)
    told = Manifest(name, label, environment=facts) if manifest else None
    return Run(name, label, f"2026-11-{day:02}T10:15:00Z", (), told)


def planned(*runs: Run, limits: ComparisonConfig = LIMITS) -> list[str]:
    return [pairs.slug(one) for one in pairs.plan((), runs, limits).pairs]


def test_what_is_asked_for_is_made_as_asked_and_nothing_else() -> None:
    asked = [CompareConfig(base="x", head="y"), CompareConfig(base="z", head="y"), CompareConfig(base="x", head="y")]
    made = pairs.plan(asked, [run("baseline", 1), run("other", 2)], LIMITS)
    assert [pairs.slug(one) for one in made.pairs] == ["x..y", "z..y"]
    assert made.findings == ()


def test_every_label_is_held_against_the_pinned_one_oldest_first() -> None:
    runs = [run("late", 9), run("baseline", 3), run("early", 1), run("baseline", 8), run("early", 7), run("", 2)]
    assert planned(*runs) == ["baseline..early", "baseline..late"]
    assert planned(*runs, limits=ComparisonConfig(baseline="late")) == ["late..early", "late..baseline"]


def test_without_a_run_of_the_baseline_nothing_is_held_against_it() -> None:
    assert planned(run("one", 1), run("two", 2)) == []


def test_the_newest_commit_of_a_label_is_held_against_the_one_measured_before() -> None:
    runs = [run("main", 1, A), run("main", 5, C), run("main", 2, B), run("main", 3, A), run("main", 6), run("x", 9, B)]
    assert planned(*runs) == [f"main@{B[:7]}..main@{C[:7]}"]
    assert planned(run("main", 1, A), run("main", 2, A)) == []


def test_a_commit_is_never_cut_so_short_that_it_could_be_another() -> None:
    other = A[:12] + "f" * 28
    runs = [run("main", 1, A), run("main", 2, other)]
    (pair,) = pairs.plan((), runs, LIMITS).pairs
    assert (pair.base, pair.head) == (f"main@{A[:13]}", f"main@{other[:13]}")
    assert pairs.runs_of(pair.base, runs) == (runs[0].id,)
    assert pairs.runs_of(pair.head, runs) == (runs[1].id,)


def test_a_branch_is_held_against_the_commit_it_left_the_main_branch_at() -> None:
    main, branch = run("main", 1, A), run("branch", 5, C, merge_base=A)
    assert planned(main, branch) == [f"main@{A[:7]}..branch@{C[:7]}"]
    assert planned(branch) == []
    assert planned(run("main", 1, B), branch) == []
    assert planned(main, run("branch", 5, C)) == []


def test_the_label_s_own_runs_of_the_merge_base_come_first_and_a_pair_is_made_once() -> None:
    runs = [run("pr", 1, A), run("main", 2, A), run("pr", 3, C, merge_base=A)]
    assert planned(*runs) == [f"pr@{A[:7]}..pr@{C[:7]}"]


def test_no_more_than_asked_for_and_the_newest_of_them() -> None:
    runs = [run("baseline", 1), *(run(f"try-{day}", day) for day in range(2, 8))]
    kept = pairs.plan((), runs, ComparisonConfig(pairs=2))
    assert [one.head for one in kept.pairs] == ["try-6", "try-7"]
    (finding,) = kept.findings
    assert (finding.code, finding.evidence) == (
        "comparisons_cut", "6 comparisons suit the runs; the newest 2 are made"
    )  # fmt: skip
    assert pairs.plan((), runs, ComparisonConfig(pairs=6)).findings == ()


@pytest.mark.parametrize("label", ["a b", "../x", "a..b", "\u202e", "x" * 101, "a@b"])
def test_a_label_that_cannot_be_an_address_is_left_out_and_told(label: str) -> None:
    made = pairs.plan((), [run("baseline", 1), run(label, 2), run(label, 3)], LIMITS)
    assert made.pairs == ()
    assert [(one.code, one.subject) for one in made.findings] == [("label_not_compared", label)]


@pytest.mark.parametrize(
    ("side", "found"),
    [("main", "123"), ("main@aaaa", "1"), ("main@aaab", ""), ("main@", ""), ("other", ""), ("@aaaa", "")],
)
def test_a_side_names_the_runs_of_a_label_or_of_one_commit(side: str, found: str) -> None:
    runs = [run("main", 1, A), run("main", 2, B), run("main", 3, manifest=False), run("else", 5, A)]
    assert "".join(name[-1] for name in pairs.runs_of(side, runs)) == found


@pytest.mark.parametrize(
    ("side", "fits"),
    [("main", True), ("v1.2_x-3", True), ("main@0a1b", True), ("main@" + A, True), ("main@", False),
     ("main@0a1", False), ("main@xyzw", False), ("@aaaa", False), ("a/b@aaaa", False), ("main@aaaa@aaaa", False),
     ("main@AAAA", False)],
)  # fmt: skip
def test_a_side_fits_into_an_address_or_not(side: str, fits: bool) -> None:
    assert pairs.is_side(side) is fits


LABELS = st.sampled_from(["baseline", "main", "pr-1", "a b", ""])
SHAS = st.sampled_from(["", A, B, C, "not hex", A.upper()])


@given(st.lists(st.builds(lambda label, day, sha, base: run(label, day, sha, merge_base=base),
                          LABELS, st.integers(1, 28), SHAS, SHAS), max_size=12))  # fmt: skip
def test_every_planned_side_is_an_address_and_has_runs(runs: list[Run]) -> None:
    made = pairs.plan((), runs, LIMITS)
    for one in made.pairs:
        assert pairs.is_side(one.base)
        assert pairs.is_side(one.head)
        sides = [set(pairs.runs_of(side, runs)) for side in (one.base, one.head)]
        assert all(sides)
    slugs = [pairs.slug(one) for one in made.pairs]
    assert len(slugs) == len(set(slugs))
    assert pairs.plan((), runs[::-1], LIMITS).pairs == made.pairs or len({one.started for one in runs}) < len(runs)
