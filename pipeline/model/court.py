"""What speaks against comparing two groups of runs, and the limits it is measured by.

Rules: an objection that is ``invalid`` forbids every conclusion, a ``doubt`` is told beside the verdict. Its code is
stable and listed in the guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Weight = Literal["invalid", "doubt"]


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason against a comparison: what is wrong in words, the run and file that show it, and what to do."""

    code: str
    severity: Weight
    sentence: str
    run: str = ""
    file: str = ""
    cure: str = ""


class ComparisonConfig(BaseModel):
    """When runs may be compared. Shares are of one: 0.01 is 1 %."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    baseline: str = Field(
        "baseline", description="Label every other label is compared with when no `[[compare]]` is written."
    )
    pairs: int = Field(
        50, ge=1, description="Make at most so many comparisons, the newest, when no `[[compare]]` is written."
    )
    error_rate: float = Field(
        0.01, ge=0, le=1, description="A comparison is invalid when more of a run's operations failed than this share."
    )
    error_rate_difference: float = Field(
        0.001, ge=0, le=1, description="Doubt a comparison whose sides' error rates differ by more than this share."
    )
    duration: float = Field(
        0.1, ge=0, description="Load durations may differ by this share before a comparison is invalid."
    )
    rate: float = Field(
        0.1, ge=0, description="Rates offered by an open-loop load may differ by this share before it is invalid."
    )
    mix: float = Field(
        0.02, ge=0, le=1, description="Doubt a comparison whose share of reads differs by more than this."
    )
    cpu_samples: int = Field(
        100, ge=0, description="Doubt what a CPU profile of fewer samples says about single functions."
    )
    allow: tuple[str, ...] = Field(
        (),
        description="Codes of objections that only cast doubt instead of making a comparison invalid, such as "
        "same_build.",
    )
