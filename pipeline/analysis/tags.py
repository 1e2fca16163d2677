"""The tags report: what samples weigh by label key and value.

Rules: a sample counts for every value it has; numbers are told apart as they are shown, in the unit asked for.
"""

from __future__ import annotations

from pipeline import units
from pipeline.analysis.scope import Scope
from pipeline.model.report import TagReport, TagTotal


def tags_of(scope: Scope) -> TagReport:
    """Add up the values of samples by label."""
    labels, values = scope.profile.labels, scope.values().tolist()
    totals: dict[str, dict[str, int]] = {}
    columns = zip(
        labels.sample.tolist(), labels.key, labels.is_number.tolist(), labels.text, labels.number.tolist(), strict=True
    )
    for sample, key, is_number, text, number in columns:
        if is_number:
            text = units.scaled_label(number, scope.label_units.get(key, ""), scope.options.unit)  # noqa: PLW2901
        own = totals.setdefault(key, {})
        own[text] = own.get(text, 0) + values[sample]
    return TagReport(
        scope.text(),
        tuple(
            TagTotal(key, sum(own.values()), tuple(sorted(own.items(), key=lambda item: (-abs(item[1]), item[0]))))
            for key, own in sorted(totals.items())
        ),
    )
