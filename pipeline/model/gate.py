"""What a gate decided: pass or fail, with every check it made and the exit code that says so.

Rules: 0 passed, 1 failed or measured nothing, 3 data is missing, 4 nothing can be concluded and that was asked to
count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.model.court import Objection
from pipeline.model.rules import RuleResult
from pipeline.model.verdict import Outcome

GATE_FORMAT = 1

GateOutcome = Literal["passed", "failed", "partial", "inconclusive"]
CheckState = Literal["passed", "failed", "accepted", "unproved", "unmeasured"]
EXIT_CODES: dict[GateOutcome, int] = {"passed": 0, "failed": 1, "partial": 3, "inconclusive": 4}


class AcceptConfig(BaseModel):
    """A regression that is known and accepted until a day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str = Field("", description="Metric whose failed checks are accepted; or name a rule.")
    rule: str = Field("", description="Rule whose failed checks are accepted; empty: any.")
    component: str = Field("", description="Component it holds for; empty: any.")
    function: str = Field("", description="Function it holds for, of a rule about hotspots; empty: any.")
    until: date = Field(description="Last day it holds, such as 2026-12-31; from the next day on the check counts.")
    reason: str = Field(min_length=1, description="Why it is accepted.")

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        """Refuse an acceptance of everything."""
        if not (self.metric or self.rule or self.function):
            raise ValueError("needs a metric, a rule or a function that is accepted")
        return self

    def covers(self, result: RuleResult) -> bool:
        """Tell whether it is about what a rule found."""
        wanted = (
            (self.metric, result.metric),
            (self.rule, result.rule),
            (self.component, result.component),
            (self.function, result.subject),
        )
        return all(not asked or asked == found for asked, found in wanted)


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One check of a gate: ``unproved`` was seen but cannot be claimed, ``unmeasured`` has no value at all.

    ``accepted`` tells until when and why; ``expired`` that it was, and counts again.
    """

    state: CheckState
    result: RuleResult
    accepted: str = ""
    expired: str = ""


@dataclass(frozen=True, slots=True)
class GateComparison:
    """The gate's view of one comparison; ``measured`` is how many metrics both sides have."""

    slug: str
    outcome: Outcome
    reasons: tuple[str, ...]
    measured: int
    checks: tuple[GateCheck, ...]
    objections: tuple[Objection, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate says as a whole, most important reason first; ``notes`` are told and do not count."""

    outcome: GateOutcome
    exit_code: int
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    comparisons: tuple[GateComparison, ...]
    format: int = GATE_FORMAT
