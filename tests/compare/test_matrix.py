"""Several heads against one base."""

from __future__ import annotations

from pipeline.compare.matrix import matrices
from pipeline.model.verdict import Comparison
from tests.compare.judged import compared, metric


def attempt(base: str, head: str, *metrics: object) -> Comparison:
    return compared(base, head, metrics=metrics, head_runs=("r1", "r2"), outcome="improved")


def test_a_base_with_several_heads_has_a_matrix_and_one_with_a_single_head_has_none() -> None:
    made = matrices([attempt("a", "x"), attempt("b", "x"), attempt("a", "y")], ())
    assert [(one.base_label, [column.label for column in one.columns]) for one in made] == [("a", ["x", "y"])]
    assert [(column.slug, column.outcome, column.runs) for column in made[0].columns] == [
        ("a..x", "improved", 2), ("a..y", "improved", 2)
    ]  # fmt: skip


def test_rows_are_all_metrics_headline_first_with_a_gap_where_one_was_not_measured() -> None:
    small, big = metric("small", 10, 5), metric("big", 1, 2)
    only = metric("only", 3, 4)
    (made,) = matrices([attempt("a", "x", small, big), attempt("a", "y", big, only)], ("big",))
    assert [(row.metric.name, row.headline, row.base) for row in made.rows] == [
        ("big", True, 1), ("only", False, 3), ("small", False, 10)
    ]  # fmt: skip
    assert [row.cells for row in made.rows] == [(big, big), (None, only), (small, None)]


def test_what_has_no_better_direction_is_left_out() -> None:
    told = metric("told", 1, 2, better="none")
    (made,) = matrices([attempt("a", "x", told), attempt("a", "y", told)], ())
    assert made.rows == ()
