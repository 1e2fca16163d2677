"""Two labels compared: their runs are replicates of one another, metric by metric and function by function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.compare import court, functions, metric_table
from pipeline.compare.replicates import Trees
from pipeline.compare.rules import Case, evaluate
from pipeline.model.court import ComparisonConfig
from pipeline.model.finding import Finding
from pipeline.model.metric import Metric
from pipeline.model.record import RunRecord
from pipeline.model.rules import Rule
from pipeline.model.verdict import Comparison


def compare_labels(
    base: Sequence[RunRecord],
    head: Sequence[RunRecord],
    *,
    labels: tuple[str, str],
    metrics: Sequence[Metric],
    headline: Sequence[str],
    trees: Trees,
    limits: ComparisonConfig | None = None,
    rules: Sequence[Rule] = (),
) -> Comparison:
    """Compare the runs labelled ``labels[0]`` with those labelled ``labels[1]`` over ``metrics``.

    ``headline`` names the metrics the verdict rests on; the others are shown. ``trees`` reads the call
    tree of a run by its name. ``limits`` say when runs may be compared,
    ``rules`` what is held against the result.
    """
    base_values, head_values = _values(base), _values(head)
    components = sorted({component for component, _ in (*base_values, *head_values)})
    compared = metric_table.compare_metrics(
        [
            (metric, component, base_values.get(key, ()), head_values.get(key, ()))
            for component in components
            for metric in metrics
            if (key := (component, metric.name)) in base_values or key in head_values
        ],
        headline,
        metric_table.planned_effects(rules),
    )
    objections = court.hear(base, head, labels, limits)
    outcome, reasons = court.conclude(compared, headline, objections)
    case = Case(base, head, compared, comparable=outcome != "invalid")
    return Comparison(
        base_label=labels[0],
        head_label=labels[1],
        base_runs=tuple(run.run.id for run in base),
        head_runs=tuple(run.run.id for run in head),
        outcome=outcome,
        reasons=reasons,
        metrics=compared,
        means=metric_table.means(compared),
        functions=functions.differences(base, head, trees),
        findings=tuple(_noteworthy(base, head)),
        objections=objections,
        rules=evaluate(rules, case),
    )


def _values(runs: Sequence[RunRecord]) -> Mapping[tuple[str, str], tuple[float, ...]]:
    found: dict[tuple[str, str], tuple[float, ...]] = {}
    for run in runs:
        for one in run.measurements:
            key = (one.component, one.metric)
            found[key] = (*found.get(key, ()), one.value)
    return found


def _noteworthy(base: Sequence[RunRecord], head: Sequence[RunRecord]) -> list[Finding]:
    """Pass on the doubts about single runs that a reader of the comparison must know."""
    return [
        Finding(doubt.code, doubt.severity, doubt.message, f"{run.run.id}/{doubt.subject}", doubt.evidence, doubt.cure)
        for run in (*base, *head)
        for doubt in run.all_findings
        if doubt.severity != "info"
    ]
