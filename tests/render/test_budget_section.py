"""Memory budgets as a table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.model.metric import Measurement
from pipeline.model.run import PodReport
from pipeline.model.target import Budget
from pipeline.render.budget_section import budget_rows
from tests.records import manifest, record

BUDGET = Budget("server", rss_target=100, rss_limit=200, heap_target=50)


def rows(rss: float | None, component: str = "service", **facts: object) -> list[tuple[str, str]]:
    values = (Measurement("heap_inuse_after", 10.0, component),)
    values += (Measurement("rss_max", rss, component),) if rss is not None else ()
    made = record(measurements=values)
    made = replace(made, run=replace(made.run, manifest=manifest(made.run.id, **facts)))
    return [(row.what, row.state.word) for row in budget_rows(made, {"service": BUDGET})]


@pytest.mark.parametrize(
    ("rss", "word"),
    [
        (100.0, "within"),
        (101.0, "over the target"),
        (200.0, "over the target"),
        (201.0, "over the limit"),
        (None, "not measured"),
    ],
)
def test_a_budget_is_kept_missed_or_unknown(rss: float | None, word: str) -> None:
    assert rows(rss) == [("resident memory, peak", word), ("heap in use, peak", "within")]


def test_a_replica_has_the_budget_of_its_component() -> None:
    assert rows(1.0, "service-0") == []
    assert len(rows(1.0, "service-0", pods=(PodReport("service-0", "service", "n", "p", "u"),))) == 2
