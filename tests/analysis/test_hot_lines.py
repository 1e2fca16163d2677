"""Which functions are hot, and what of their files is kept."""

from __future__ import annotations

import pytest

from pipeline.analysis.hot_lines import alternate, begins_here, cut_source, extent, hot_functions
from pipeline.decode import decode_profile
from pipeline.model.source import Checkout, HotFunction, TrackedText, name_digest
from tests.builders import pprof_bytes, pprof_message

CHECKOUT = Checkout("/w", frozenset({"a.go", "b.go"}), (("", "m"),))
FILES = {"m.Root": "/w/a.go", "m.Hot": "/w/b.go", "m.Warm": "/w/b.go", "std.Sort": "/go/sort.go"}
SAMPLES = [(["m.Root", "m.Hot"], [1, 60]), (["m.Root", "m.Warm", "std.Sort"], [3, 40])]


def profile(samples: object = SAMPLES) -> object:
    return decode_profile(pprof_bytes(samples, files=FILES))  # type: ignore[arg-type]


def tracked(path: str, *lines: str) -> TrackedText:
    return TrackedText(path, "ab" * 20, False, "cd" * 32, lines)


def hot(name: str = "m.F", *, start: int = 0, first: int = 1, last: int = 1, path: str = "a.go") -> HotFunction:
    return HotFunction(name, f"/w/{path}", path, start, first, last)


def test_own_functions_are_chosen_by_flat_and_cum_in_turn() -> None:
    found = hot_functions([profile()], CHECKOUT, 10)
    assert [one.name for one in found] == ["m.Hot", "m.Root", "m.Warm"]
    assert found[0] == HotFunction("m.Hot", "/w/b.go", "b.go", 0, 20, 20)
    assert [one.name for one in hot_functions([profile()], CHECKOUT, 2)] == ["m.Hot", "m.Root"]


def test_the_hottest_profile_counts() -> None:
    other = profile([(["m.Warm"], [1, 100])])
    for order in ([profile(), other], [other, profile()]):
        assert next(iter(hot_functions(order, CHECKOUT, 1))).name == "m.Warm"


def test_without_line_numbers_there_is_nothing_to_show() -> None:
    message = pprof_message(SAMPLES, files=FILES)
    for location in message.location:
        location.line[0].line = 0
    assert hot_functions([decode_profile(message.SerializeToString())], CHECKOUT, 9) == ()


def test_nothing_is_chosen_of_nothing() -> None:
    assert hot_functions([], CHECKOUT, 5) == ()
    assert hot_functions([profile([])], CHECKOUT, 5) == ()
    assert hot_functions([profile()], Checkout("/w", frozenset(), ()), 5) == ()


def test_alternate() -> None:
    assert alternate(["a", "b"], ["c", "a", "d"]) == ["a", "c", "b", "d"]


@pytest.mark.parametrize(
    ("name", "line", "begins"),
    [
        ("m.F", "func F() {", True),
        ("m.(*T).Run", "func (t *T) Run() error {", True),
        ("m.Sum[go.shape.[]int,go.shape.int]", "func Sum[S ~[]E, E any](s S) E {", True),
        ("m.F.func1", "\tgo func() {", True),
        ("m.F.gowrap2", "\tgo g(x)", True),
        ("m.init.0", "func init() {", True),
        ("m.(*T).Run-fm", "\tuse(t.Run)", True),
        ("m.F", "func Format() {", False),
        ("m.F", "", False),
        ("m.(*T).Run", "// Run does", True),
    ],
)
def test_the_first_line_names_the_function(name: str, line: str, begins: bool) -> None:
    assert begins_here(hot(name, start=1), [line]) == begins


def test_a_file_that_is_too_short_is_another_one() -> None:
    assert not begins_here(hot("m.F", start=1, last=9), ["func F() {", "}"])
    assert not begins_here(hot("m.F", start=3), ["func F() {", "}"])


CODE = (
    "package m", "", "func F() {", "\tgo func() {", "\t\tx++", "\t}()", "\ty++", "}", "", "func G() int { return 1 }",
    "func H(", "\ta int,", ") {", "\tb++", "}",
)  # fmt: skip


@pytest.mark.parametrize(
    ("start", "first", "last", "lines"),
    [(3, 7, 7, (3, 8)), (4, 5, 5, (4, 6)), (10, 10, 10, (10, 10)), (11, 14, 14, (11, 15)), (0, 5, 7, (5, 7))],
)
def test_a_function_ends_with_its_brace(start: int, first: int, last: int, lines: tuple[int, int]) -> None:
    assert extent(hot(start=start, first=first, last=last), CODE) == lines


def test_a_function_holds_its_samples_whatever_its_text() -> None:
    assert extent(hot(start=3, first=2, last=12), CODE) == (2, 12)


def test_functions_are_cut_with_context_and_merged() -> None:
    chosen = [hot("m.F", start=3, first=7, last=7), hot("m.G", start=10, first=10, last=10)]
    cut = cut_source(chosen, {"a.go": tracked("a.go", *CODE)}, context=1, max_bytes=1000)
    (file,) = cut.files
    assert [(one.name, one.first, one.last) for one in file.functions] == [("m.F", 3, 8), ("m.G", 10, 10)]
    assert [(part.first, len(part.lines)) for part in file.extracts] == [(2, 10)]
    assert file.numbered()[10] == "func G() int { return 1 }"
    assert (file.line_count, file.names) == (len(CODE), (name_digest("/w/a.go"),))
    assert "/w/" not in repr(file)


def test_functions_far_apart_have_extracts_of_their_own() -> None:
    lines = [f"line {number}" for number in range(1, 101)]
    chosen = [hot(first=90, last=90), hot(first=10, last=10)]
    (file,) = cut_source(chosen, {"a.go": tracked("a.go", *lines)}, context=5, max_bytes=9999).files
    assert [(part.first, part.lines[0], len(part.lines)) for part in file.extracts] == [
        (5, "line 5", 11),
        (85, "line 85", 11),
    ]


def test_what_has_no_room_or_differs_is_told() -> None:
    chosen = [hot("m.F", start=3, first=7, last=7), hot("m.G", start=10, first=10, last=10), hot("m.H", start=2)]
    cut = cut_source(chosen, {"a.go": tracked("a.go", *CODE)}, context=0, max_bytes=60)
    assert ([one.name for one in cut.files[0].functions], cut.left_out, cut.differing) == (["m.F"], ("m.G",), ("m.H",))
    nothing = cut_source([hot()], {}, context=0, max_bytes=60)
    assert (nothing.files, nothing.left_out, nothing.differing) == ((), (), ())
