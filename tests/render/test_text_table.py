"""Plain-text tables line up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.render.text_table import TextCell, cell, layout


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    cells = [cell(0, 0, "a"), cell(0, 1, "1", "right"), cell(1, 0, "long"), cell(1, 1, "200", "right")]
    assert layout(cells) == "a      1\nlong 200\n"


def test_margins_line_up_and_nothing_trails() -> None:
    cells = [cell(0, 0, "a"), cell(0, 1, "5", margin=" ± "), cell(0, 2, ""), cell(1, 0, "b"), cell(1, 1, "6")]
    assert layout(cells) == "a ± 5\nb   6\n"


def test_a_wide_cell_widens_the_narrow_columns_under_it() -> None:
    cells = [TextCell(0, 0, "0123456789", span=2), cell(1, 0, "abcdefg"), cell(1, 1, "x", margin="|")]
    assert layout(cells) == "0123456789\nabcdefg|x\n"
    tight = [TextCell(0, 0, "0123456789", span=2), cell(1, 0, "ab"), cell(1, 1, "x", "right", margin="|")]
    assert layout(tight, {1}).splitlines()[1] == "ab      |x"
    assert layout(tight, {0}).splitlines()[1] == "ab|      x"


def test_the_first_of_equal_columns_gets_the_odd_one() -> None:
    cells = [TextCell(0, 0, "0123456789a", span=2), cell(1, 0, "b"), cell(1, 1, "c", margin="")]
    assert layout(cells) == "0123456789a\nb     c\n"


def test_a_wide_cell_is_centered() -> None:
    cells = [TextCell(0, 0, "m", "center", span=2), cell(1, 0, "abc"), cell(1, 1, "def", margin="")]
    assert layout(cells) == "  m\nabcdef\n"


def test_rows_without_cells_are_empty_lines() -> None:
    assert layout([cell(2, 0, "x")]) == "\n\nx\n"
    assert layout([]) == ""


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.text("ab", max_size=6), st.integers(1, 3)), max_size=12)
)
def test_no_cell_covers_another(drawn: list[tuple[int, int, str, int]]) -> None:
    cells, taken = [], set()
    for row, column, text, span in drawn:
        places = {(row, column + offset) for offset in range(span)}
        if not places & taken:
            taken |= places
            cells.append(TextCell(row, column, text, margin="|" if text else "", span=span))
    lines = layout(cells).splitlines()
    assert sum(line.count("|") for line in lines) == sum(bool(one.text) for one in cells)
    for one in cells:
        assert not one.text or one.text in lines[one.row]
    assert all(line == line.rstrip() for line in lines)
