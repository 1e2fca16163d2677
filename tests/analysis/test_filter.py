"""Focus, ignore, hide, show and show_from."""

from __future__ import annotations

import pytest

from pipeline.analysis.filter import apply_filters
from pipeline.errors import UsageError
from pipeline.model.report import FilterOptions
from tests.analysis.drawing import drawn, inlined_profile, labelled, stacks_of

SAMPLES = [(["main", "net.read", "syscall"], [1, 10]), (["main", "json.parse"], [2, 20]), (["gc"], [3, 30])]


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"focus": "net"}, [["main", "net.read", "syscall"]]),
        ({"focus": "main", "ignore": "json"}, [["main", "net.read", "syscall"]]),
        ({"ignore": "main"}, [["gc"]]),
        ({"hide": "main|gc"}, [["net.read", "syscall"], ["json.parse"]]),
        ({"show": "main|json"}, [["main"], ["main", "json.parse"]]),
        ({"show_from": "net|json"}, [["net.read", "syscall"], ["json.parse"]]),
        ({"focus": r"json\.go$"}, [["main", "json.parse"]]),
        ({"focus": "/bin/app"}, [stack for stack, _ in SAMPLES]),
        ({"hide": "/bin/app"}, []),
        ({"prune_from": "net"}, [["main", "net.read"], ["main", "json.parse"], ["gc"]]),
        ({"focus": "net", "hide": "syscall"}, [["main", "net.read"]]),
    ],
)
def test_names(filters: dict[str, str], left: list[list[str]]) -> None:
    done = apply_filters(drawn(SAMPLES), FilterOptions(**filters), {})
    assert stacks_of(done.profile) == left
    assert done.warnings == ()


def test_values_stay_with_their_samples() -> None:
    done = apply_filters(drawn(SAMPLES), FilterOptions(ignore="net"), {})
    assert done.profile.samples.values.tolist() == [[2, 20], [3, 30]]


def test_inlined_calls_are_hidden_alone() -> None:
    assert stacks_of(apply_filters(inlined_profile(), FilterOptions(hide="leaf"), {}).profile) == [["outer", "middle"]]
    assert stacks_of(apply_filters(inlined_profile(), FilterOptions(show="leaf"), {}).profile) == [["leaf"]]


def test_filters_that_match_nothing_say_so() -> None:
    filters = FilterOptions(
        focus="zz", ignore="zz", hide="zz", show="zz", show_from="zz", tagfocus="zz", tagignore="zz"
    )
    assert apply_filters(drawn(SAMPLES), filters, {}).warnings == tuple(
        f"{name} expression matched no samples"
        for name in ("Focus", "Ignore", "Hide", "Show", "ShowFrom", "TagFocus", "TagIgnore")
    )


@pytest.mark.parametrize("name", ["focus", "ignore", "hide", "show", "show_from", "tagfocus", "taghide", "prune_from"])
def test_bad_patterns_are_refused_by_name(name: str) -> None:
    with pytest.raises(UsageError, match=rf"^parsing {name} regexp: error parsing regexp: missing closing \)"):
        apply_filters(drawn(SAMPLES), FilterOptions(**{name: "("}), {})


LABELLED = labelled(
    [
        (["a"], 1, {"route": "/users", "method": "GET"}),
        (["b"], 2, {"route": "/orders", "bytes": (64, "kilobytes")}),
        (["c"], 4, {"bytes": (16, "kilobytes")}),
    ]
)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"tagfocus": "route=users"}, ["a"]),
        ({"tagfocus": "route=users,orders"}, ["a", "b"]),
        ({"tagfocus": "route:/users,method:GET"}, ["a"]),
        ({"tagignore": "route"}, ["c"]),
        ({"tagfocus": "32kb:"}, ["b"]),
        ({"tagfocus": ":32kb"}, ["c"]),
        ({"tagfocus": "bytes=16kb"}, ["c"]),
        ({"tagfocus": "8kb:64kb", "tagignore": "bytes=64kb"}, ["c"]),
        ({"tagfocus": "other=16kb"}, []),
    ],
)
def test_labels(filters: dict[str, str], left: list[str]) -> None:
    done = apply_filters(LABELLED, FilterOptions(**filters), {"bytes": "kilobytes"})
    assert [stack[0] for stack in stacks_of(done.profile)] == left
    if any("kb" in value for value in filters.values()):
        assert any("as range, not regexp" in warning for warning in done.warnings)
