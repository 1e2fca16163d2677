"""The heat map: signs and words beside colour, links, gaps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.matrix import Matrix, MatrixColumn, MatrixRow
from pipeline.render.env import environment, render
from pipeline.render.matrix_section import MatrixCell, MatrixView, matrix_views
from tests.records import HOSTILE, METRICS, compared
from tests.render.test_pages import TEMPLATES, Structure

COLUMNS = (MatrixColumn("one", "base..one", "improved", 1), MatrixColumn("two", "base..two", "inconclusive", 4))


def view(*cells: object, columns: tuple[MatrixColumn, ...] = COLUMNS, component: str = "service") -> MatrixView:
    row = MatrixRow(METRICS[0], component, True, 100.0, cells)  # type: ignore[arg-type]
    (made,) = matrix_views([Matrix("base", columns, (row,))], root="../")
    return made


def cell(**facts: object) -> MatrixCell:
    (one, _) = view(compared(**facts), None).lines[0].cells  # type: ignore[arg-type]
    assert one is not None
    return one


def test_a_claimed_change_has_sign_word_colour_and_value() -> None:
    one = cell(delta=1.0, q=0.0123)
    assert (one.text, one.seen, one.state.word, one.state.sign, one.depth) == ("+100.0 %", "", "improved", "▲", 3)
    assert (one.value, one.q, one.href) == ("200 ops/s", "q 0.012", "../compare/base..one/index.html")


@pytest.mark.parametrize(
    ("delta", "depth"),
    [(0.02, 1), (-0.0999, 1), (0.1, 2), (-0.1, 2), (0.2999, 2), (0.3, 3), (-0.9, 3), (None, 3)],
)
def test_colour_deepens_with_the_size_of_the_change_whatever_its_sign(delta: float | None, depth: int) -> None:
    assert cell(delta=delta).depth == depth


@pytest.mark.parametrize("outcome", ["unchanged", "inconclusive", "invalid"])
def test_what_is_not_claimed_has_no_colour_and_stands_in_brackets(outcome: str) -> None:
    one = cell(outcome=outcome, delta=1.0)
    assert (one.text, one.seen, one.depth, one.state.word) == ("~", "+100.0 %", 0, outcome)


def test_what_was_not_measured_is_a_gap() -> None:
    missing = compared(head=(), head_center=None)
    assert view(None, missing).lines[0].cells == (None, None)
    alone = cell(base=(), base_center=None, outcome="inconclusive")
    assert (alone.text, alone.seen) == ("–", "")


def test_heads_say_what_was_concluded_and_of_how_many_runs() -> None:
    made = view(None, None)
    assert [(head.label, head.state.word, head.runs) for head in made.heads] == [
        ("one", "improved", "1 run"), ("two", "inconclusive", "4 runs")
    ]  # fmt: skip


def test_sides_of_one_commit_are_addresses() -> None:
    made = view(None, None, columns=(MatrixColumn("main@0a1b2c3", "", "improved", 1), COLUMNS[1]))
    assert made.heads[0].href == "../compare/base..main@0a1b2c3/index.html"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_labels_stay_text(text: str) -> None:
    odd = replace(COLUMNS[0], label=text)
    (made,) = matrix_views(
        [Matrix(text, (odd, COLUMNS[1]), (MatrixRow(METRICS[0], text, True, 1.0, (compared(), None)),))], root="../"
    )
    body = render(
        environment(TEMPLATES),
        "pages/comparisons.html.j2",
        root="../",
        cards=(),
        matrices=(made,),
        noted=(),
        severities={},
    )
    from pipeline.model.page import StampedPage

    Structure(StampedPage("compare/", "", body))
    assert "<script" not in body
    assert "not measured" in body
