"""Functions of two builds matched by name, and never two that both sides know."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.compare.symbols import Seen, match_symbols, shifted_closures, without_numbers


def seen(costs: Mapping[str, float] | list[str], steady: bool = True) -> Seen:
    known = costs if isinstance(costs, Mapping) else dict.fromkeys(costs, 1.0)
    return Seen(known, frozenset(known if steady else ()))


def pairs(base: Seen, head: Seen) -> list[tuple[str, str, str]]:
    return [(match.base, match.head, match.rule) for match in match_symbols(base, head)]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("slices.Sort[go.shape.int]", "slices.Sort[...]", "generic"),
        ("m.(*T[go.shape.struct { a.B }]).Do", "m.(*T[...]).Do", "generic"),
        ("example.com/x/v2.F", "example.com/x/v3.F", "version"),
        ("example.com/x.F", "example.com/x/v2.F", "version"),
        ("gopkg.in/yaml.v2.Marshal", "gopkg.in/yaml.v3.Marshal", "version"),
        ("example.com/x@v1.2.3/y.(*T).F", "example.com/x@v1.3.0-rc.1/y.(*T).F", "version"),
        ("app/vendor/golang.org/x/net.F", "golang.org/x/net.F", "version"),
        ("main.(*T).Run-fm", "main.(*T).Run", "wrapper"),
        ("main.asm.abi0", "main.asm", "wrapper"),
        ("main.run.func1", "main.run.func2", "closure"),
        ("main.run.func1.2", "main.run.func2.1", "closure"),
        ("main.run.gowrap1", "main.run.gowrap2", "closure"),
        ("main.init.0", "main.init.1", "closure"),
        ("main.run-range1", "main.run-range2", "closure"),
    ],
)
def test_what_is_one_function(old: str, new: str, rule: str) -> None:
    assert pairs(seen([old]), seen([new])) == [(old, new, rule)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("main.run.func1", "main.walk.func1"),
        ("main.run.func1", "main.run.func1.1"),
        ("main.run.func1", "main.run"),
        ("main.v2", "main.v3"),
        ("main.run1", "main.run2"),
        ("net/http.Get", "net/http.Head"),
    ],
)
def test_what_is_not(old: str, new: str) -> None:
    assert not pairs(seen([old]), seen([new]))


def test_equal_names_are_never_given_another_partner() -> None:
    base, head = ["main.run.func1", "main.run.func2"], ["main.run.func1", "main.run.func2", "main.run.func3"]
    assert not pairs(seen(base), seen(head))
    assert shifted_closures(seen(base), seen(head)) == ("main.run",)


def test_closures_keep_their_order_and_agree_in_cost() -> None:
    base = seen({"f.func2": 10.0, "f.func3": 100.0})
    head = seen({"f.func4": 9.0, "f.func5": 40.0, "f.func6": 110.0})
    assert pairs(base, head) == [("f.func2", "f.func4", "closure"), ("f.func3", "f.func6", "closure")]


def test_a_closure_that_some_run_did_not_show_is_not_matched() -> None:
    # The program has both; the profile of each side happened to catch one.
    for steady in ((False, False), (True, False), (False, True)):
        old, new = seen(["runtime.gcStart.func4"], steady[0]), seen(["runtime.gcStart.func2"], steady[1])
        assert not pairs(old, new)
    assert not shifted_closures(seen(["f.func1"], steady=False), seen(["f.func1", "f.func2"], steady=False))


NAMES = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["a.F", "a.(*T).M", "x/v2.F", "x/v3.F", "a.G[int]", "a.G[...]"]),
        st.sampled_from(["", ".func1", ".func2", ".func1.1", ".func10"]),
        st.sampled_from(["", "-fm", ".abi0"]),
    ),
    unique=True,
    max_size=12,
)


@settings(deadline=None)
@given(NAMES, NAMES)
def test_matching_is_one_to_one_and_only_among_what_is_left(base: list[str], head: list[str]) -> None:
    matches = match_symbols(seen(base), seen(head))
    assert len({match.base for match in matches}) == len({match.head for match in matches}) == len(matches)
    for match in matches:
        assert match.base in base
        assert match.base not in head
        assert match.head in head
        assert match.head not in base
    assert matches == match_symbols(seen(base[::-1]), seen(head[::-1]))


def test_closures_of_one_function_share_a_key() -> None:
    assert without_numbers("main.F[...].func2") == without_numbers("main.F[int].func10")
    assert without_numbers("main.F.func2") != without_numbers("main.F.func2.1")
