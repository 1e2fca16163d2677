"""Rules as data: what a guide asks of a comparison, what it warns of, what a gate and a decision rest on.

Rules of the house: a rule is a sentence with a number in it. ``measure op threshold`` says when it holds; a goal that
holds is met, a red flag that holds has fired, a gate that does not hold fails. The defaults are in ``rules.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["goal", "red_flag", "gate", "keep", "remove"]
Operator = Literal[">=", ">", "<=", "<"]
Measure = Literal[
    "gain",
    "loss",
    "difference",
    "ratio",
    "largest",
    "growth",
    "failed_runs",
    "findings",
    "new_hotspot",
    "hotspot",
]
RuleState = Literal["met", "not_met", "unknown"]


class Rule(BaseModel):
    """One rule; one of the same name in the settings takes the place of a default one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,59}$", description="Name of the rule; that of a default rule replaces it."
    )
    kind: Kind = Field(
        description="goal: what an optimisation should reach; red_flag: a warning; gate: what must hold; keep and "
        "remove: criteria of a decision."
    )
    title: str = Field(min_length=1, description="The rule as a sentence, shown on the page.")
    measure: Measure = Field(
        description="What is calculated. gain: how much better the head's median is, as a share of the base's; loss: "
        "how much worse, where that is significant, else 0; difference: the size of either; ratio: head ÷ base; "
        "largest: the largest value of a run of the head; growth: after ÷ before, the largest of a run of the head; "
        "failed_runs: runs of the head whose load, test or program failed; findings: runs of the head with one of "
        "`findings`; new_hotspot and hotspot: the largest share one function has of a profile."
    )
    metrics: tuple[str, ...] = Field(
        (), description="Metrics it is about: the first that was measured; for growth, before and after."
    )
    each: bool = Field(False, description="Hold the rule against each of `metrics` and not the first measured.")
    findings: tuple[str, ...] = Field((), description="Codes of findings it is about.")
    sample_type: str = Field("cpu", description="Sample type of the profiles a hotspot is looked for in.")
    side: Literal["base", "head"] = Field("head", description="The side a hotspot is looked for on.")
    op: Operator = Field(description="How what was measured is held against the threshold.")
    threshold: float = Field(description="The threshold; shares are of one: 0.2 is 20 %.")
    at_least: float = Field(
        0.0, ge=0, description="ratio and growth: a change by less than this, in the metric's unit, does not count."
    )
    times: float = Field(
        0.0, ge=0, description="new_hotspot: also at least this many times the function's share on the base."
    )
    proof: Literal["significant", "medians"] = Field(
        "significant",
        description="significant: without a significant difference nothing is claimed; medians: the medians decide.",
    )
    gate: bool = Field(False, description="A red flag that fires also fails the gate.")
    enabled: bool = Field(True, description="Whether the rule is used.")
    source: str = Field("", description="Where the rule comes from, in words.")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Refuse a rule that could never be evaluated."""
        if self.measure in {"gain", "loss", "difference", "ratio", "largest"} and not self.metrics:
            raise ValueError(f"rule {self.name}: {self.measure} needs metrics")
        if self.measure == "growth" and len(self.metrics) != 2:
            raise ValueError(f"rule {self.name}: growth needs two metrics, before and after")
        if self.measure == "findings" and not self.findings:
            raise ValueError(f"rule {self.name}: needs findings")
        return self


COMPARING: Final[frozenset[Measure]] = frozenset({"gain", "loss", "difference", "ratio"})
"""Measures of a change between the two sides; the others tell of one side, or of one function."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a result can be checked: a run and a file of it, or a metric or function of the comparison."""

    run: str = ""
    file: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What became of one rule for one component: ``met`` when it holds, ``unknown`` when that was not measured.

    ``value`` and ``threshold`` are shares, ratios, counts or in the metric's unit, as ``unit`` says; ``subject`` names
    the metric or function; ``sentence`` tells the value or why there is none.
    """

    rule: str
    kind: Kind
    title: str
    state: RuleState
    sentence: str
    op: Operator
    threshold: float
    unit: str
    measure: Measure
    value: float | None = None
    metric: str = ""
    subject: str = ""
    component: str = ""
    gate: bool = False
    evidence: tuple[Evidence, ...] = ()
    source: str = ""

    @property
    def fired(self) -> bool:
        """Tell whether a red flag was seen."""
        return self.kind == "red_flag" and self.state == "met"
