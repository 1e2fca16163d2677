"""The page of a matrix: which attempt is best and by what, what is not claimed, decisions, hostile labels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.decision import Decision
from pipeline.model.matrix import Matrix, MatrixColumn, MatrixRow
from pipeline.model.page import StampedPage
from pipeline.model.verdict import MetricComparison
from pipeline.render.env import environment
from pipeline.render.matrix_page import matrix_page
from tests.records import HOSTILE, METRICS, compared
from tests.render.test_pages import TEMPLATES, Structure

ENV = environment(TEMPLATES)
LABELS = ("attempt1-caching", "attempt2-pooling", "attempt3-both")
BASE = "baseline"


def page(
    *rows: tuple[MetricComparison | None, ...], decisions: tuple[Decision, ...] = (), labels: tuple[str, ...] = LABELS
) -> StampedPage:
    columns = tuple(MatrixColumn(label, f"{BASE}..{label}", "improved", 4) for label in labels)
    lines = tuple(MatrixRow(METRICS[at % len(METRICS)], "service", True, 100.0, cells) for at, cells in enumerate(rows))
    made = matrix_page(ENV, Matrix(BASE, columns, lines), decisions)
    Structure(made)
    return made


def answer(made: StampedPage) -> str:
    return made.body.split('class="pb-verdict__sentence">')[1].split("</p>")[0]


def better(delta: float) -> MetricComparison:
    return compared(delta=delta, outcome="improved")


SAME = compared(delta=9.0, outcome="inconclusive")


def test_the_largest_claimed_improvement_is_best_whatever_else_was_seen() -> None:
    made = page((better(0.1), better(0.3), SAME))
    assert answer(made) == "attempt2-pooling is best at 1 of 1 headline metrics, and proved worse in none."
    assert made.body.count("<strong>best</strong>") == 1
    assert made.url == "matrix/baseline/"
    order = [made.body.index(f"{BASE}..{label}/index.html") for label in (LABELS[1], LABELS[0], LABELS[2])]
    assert order == sorted(order)


def test_what_got_worse_is_told_beside_what_is_best() -> None:
    made = page(
        (better(0.3), better(0.1), None), (compared(delta=-0.5, head_center=50.0, outcome="regressed"), SAME, None)
    )
    assert answer(made) == "attempt1-caching is best at 1 of 2 headline metrics, but worse in 1."
    assert "-50" in made.body.replace("−", "-")


def test_equal_attempts_are_named_together() -> None:
    made = page((better(0.2), better(0.2), None))
    assert answer(made).startswith("attempt1-caching and attempt2-pooling are each best at 1 of 1 headline metrics")


def test_nothing_proved_is_said_so() -> None:
    made = page((SAME, SAME, None))
    assert answer(made) == "No attempt is proved better than baseline in a headline metric."
    assert "<strong>best</strong>" not in made.body


def test_a_metric_that_one_attempt_alone_measured_has_no_best() -> None:
    assert "<strong>best</strong>" not in page((better(0.5), None, None)).body


def test_a_decision_stands_beside_its_attempt() -> None:
    decision = Decision("adopt", "", BASE, LABELS[0], "keep", (), "", ())
    other = replace(decision, name="elsewhere", base_label="other")
    made = page((better(0.5), SAME, SAME), decisions=(decision, other))
    assert '<a href="../../decisions/adopt/index.html">adopt: ' in made.body
    assert "elsewhere" not in made.body


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_labels_stay_text(text: str) -> None:
    made = page((better(0.5), SAME), labels=(text, "two"))
    assert "<script" not in made.body
