"""Tags: what samples weigh by label."""

from __future__ import annotations

from pipeline.analysis.scope import open_scope
from pipeline.analysis.tags import tags_of
from pipeline.model.report import FilterOptions, ReportOptions, TagTotal
from tests.analysis.drawing import labelled

PROFILE = labelled(
    [(["f"], 5, {"user": "ann", "size": (2048, "bytes")}), (["f"], 7, {"user": "bob"}), (["f"], 1, {"user": "ann"})]
)


def test_heaviest_values_first_keys_by_name() -> None:
    assert tags_of(open_scope(PROFILE, ReportOptions(), "tags")).keys == (
        TagTotal("size", 5, (("2kB", 5),)),
        TagTotal("user", 13, (("bob", 7), ("ann", 6))),
    )


def test_labels_can_be_shown_or_hidden() -> None:
    for filters in (FilterOptions(tagshow="^u"), FilterOptions(taghide="size")):
        scope = open_scope(PROFILE, ReportOptions(filters=filters), "tags")
        assert [tag.key for tag in tags_of(scope).keys] == ["user"]
    scope = open_scope(PROFILE, ReportOptions(filters=FilterOptions(tagshow="zz", taghide="zz")), "tags")
    assert scope.warnings == ("TagShow expression matched no samples", "TagHide expression matched no samples")
