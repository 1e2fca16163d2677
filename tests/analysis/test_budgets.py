"""Budgets: a manager of 256 MB, 512 MB under load."""

from __future__ import annotations

import pytest

from pipeline.analysis.budgets import check_budgets
from pipeline.model.metric import Measurement
from pipeline.model.target import Budget

MANAGER = {"manager": Budget("manager", rss_target=256 << 20, rss_limit=512 << 20)}
MB = 1 << 20


def rss(value: float, component: str = "manager") -> Measurement:
    return Measurement("rss_max", value, component, (f"{component}/memstats-after.txt",))


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        (255 * MB, []),
        (256 * MB, []),
        (256 * MB + 1, ["budget_target"]),
        (512 * MB, ["budget_target"]),
        (513 * MB, ["budget_exceeded"]),
    ],
)
def test_target_and_limit(value: float, codes: list[str]) -> None:
    found = check_budgets([rss(value)], MANAGER)
    assert [one.code for one in found] == codes
    for one in found:
        assert (one.severity, one.subject) == ("warning", "manager/memstats-after.txt")


def test_the_evidence_names_value_budget_and_role() -> None:
    (found,) = check_budgets([rss(600 * MB)], MANAGER)
    assert found.evidence == "600 MB, limit of role manager: 512 MB"


def test_the_peak_heap_counts_where_there_is_one() -> None:
    budget = {"api": Budget("w", heap_target=100)}
    last, peak = (
        Measurement(f"heap_inuse_{name}", size, "api", (name,)) for name, size in (("after", 50.0), ("peak", 150.0))
    )
    assert [one.code for one in check_budgets([last], budget)] == []
    assert [one.code for one in check_budgets([last, peak], budget)] == ["budget_target"]


def test_what_was_not_measured_is_said() -> None:
    (found,) = check_budgets([Measurement("heap_inuse_after", 1.0, "manager")], MANAGER)
    assert (found.code, found.severity) == ("budget_unmeasured", "info")


def test_replicas_have_the_budget_of_their_component_and_others_none() -> None:
    measured = [rss(600 * MB, "manager.1"), rss(1 * MB, "manager.2"), rss(900 * MB, "other")]
    found = check_budgets(measured, MANAGER, {"manager.1": "manager", "manager.2": "manager"})
    assert [one.subject for one in found] == ["manager.1/memstats-after.txt"]
