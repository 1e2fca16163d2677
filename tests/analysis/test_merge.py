"""Several profiles as one, and a base taken away."""

from __future__ import annotations

import pytest

from pipeline.analysis.merge import combine, merge, subtract
from pipeline.analysis.scope import report_total
from pipeline.decode import decode_profile
from pipeline.errors import UsageError
from pipeline.model.profile import Profile
from tests.analysis.drawing import decoded, drawn, inlined_message, labelled, stacks_of
from tests.builders import pprof_bytes, pprof_message


def table(profile: Profile) -> dict[tuple[str, ...], list[int]]:
    return {
        tuple(stack): values for stack, values in zip(stacks_of(profile), profile.samples.values.tolist(), strict=True)
    }


def test_equal_stacks_add_up() -> None:
    first = drawn([(["main", "a"], [1, 10]), (["main", "b"], [2, 20])])
    other = drawn([(["main", "a"], [3, 30]), (["main"], [5, 50])])
    merged = combine([first, other])
    assert table(merged) == {("main", "a"): [4, 40], ("main", "b"): [2, 20], ("main",): [5, 50]}
    assert len(merged.functions) == 3
    assert len(merged.locations) == 3
    assert len(merged.mappings) == 1


def test_a_single_profile_is_not_touched() -> None:
    profile = drawn([(["main"], [0, 0]), (["main"], [1, 1])])
    assert combine([profile]) is profile


def test_samples_that_cancel_out_are_dropped_with_what_they_used() -> None:
    merged = merge([drawn([(["main", "a"], [1, 1]), (["b"], [1, 1])]), drawn([(["main", "a"], [-1, -1])])])
    assert table(merged) == {("b",): [1, 1]}
    assert merged.functions.name == ("b",)


def test_labels_keep_samples_apart() -> None:
    first = labelled([(["a"], 1, {"k": "x"}), (["a"], 2, {"k": "y"})])
    other = labelled([(["a"], 4, {"k": "y"}), (["a"], 8, {"k": (3, "bytes")})])
    merged = combine([first, other])
    assert merged.samples.values.tolist() == [[1], [6], [8]]
    assert merged.labels.text[:2] == ("x", "y")
    assert merged.labels.number.tolist()[2:] == [3]


def test_headers_are_combined() -> None:
    first = decode_profile(pprof_bytes([(["a"], [1, 1])], time_nanos=20, duration_nanos=5))
    other = decode_profile(pprof_bytes([(["a"], [1, 1])], time_nanos=10, duration_nanos=7))
    merged = combine([first, other])
    assert (merged.time_nanos, merged.duration_nanos) == (10, 12)


def test_a_base_is_subtracted_stack_by_stack() -> None:
    head = drawn([(["a"], [10, 100]), (["b"], [5, 50])])
    base = drawn([(["a"], [4, 40]), (["c"], [1, 10])])
    left = subtract(head, base, normalize=False, diff=False)
    assert table(left) == {("a",): [6, 60], ("b",): [5, 50], ("c",): [-1, -10]}
    assert report_total(left, 0, mean=False) == 12


def test_a_diff_base_is_what_percentages_are_of() -> None:
    head, base = drawn([(["a"], [10, 100])]), drawn([(["a"], [4, 40])])
    left = subtract(head, base, normalize=False, diff=True)
    assert left.samples.values.tolist() == [[10, 100], [-4, -40]]
    assert report_total(left, 1, mean=False) == 40


def test_normalizing_gives_the_head_the_total_of_the_base() -> None:
    head, base = drawn([(["a"], [10, 100]), (["b"], [10, 100])]), drawn([(["a"], [5, 400])])
    left = subtract(head, base, normalize=True, diff=False)
    assert table(left) == {("a",): [-2, -200], ("b",): [3, 200]}


def test_a_binary_loaded_elsewhere_is_the_same_binary() -> None:
    message = pprof_message([(["main"], [1, 10])])
    moved = pprof_message([(["main"], [2, 20])])
    moved.mapping[0].memory_start += 0x10000
    moved.mapping[0].memory_limit += 0x10000
    moved.location[0].address += 0x10000
    merged = combine([decoded(message), decoded(moved)])
    assert merged.samples.values.tolist() == [[3, 30]]
    assert merged.locations.address.tolist() == [message.location[0].address]


def test_of_columns_only_that_of_the_last_line_tells_places_apart() -> None:
    plain, inner, outer = inlined_message(), inlined_message(), inlined_message()
    for message, line in ((inner, 0), (outer, -1)):
        next(place for place in message.location if place.id == 2).line[line].column = 5
    assert len(combine([decoded(plain), decoded(inner)]).samples) == 1
    assert len(combine([decoded(plain), decoded(outer)]).samples) == 2


def test_profiles_that_share_nothing_are_refused() -> None:
    other = decode_profile(pprof_bytes([(["a"], [1])], [("goroutine", "count")]))
    with pytest.raises(UsageError, match="empty common sample type"):
        combine([drawn([(["a"], [1, 1])]), other])
