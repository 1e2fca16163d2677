"""A decision: keep a change or remove it, by criteria that were measured and criteria a person judges.

Rules: the machine fills the table and says what follows; a person signs. What was not measured or not answered stays
open and is shown as open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.model.rules import Evidence, RuleState

Side = Literal["keep", "remove"]
Choice = Literal["keep", "remove", "undecided"]


class ManualCriterion(BaseModel):
    """A criterion that no profile can answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1, description="The criterion as a sentence.")
    side: Side = Field("remove", description="What it speaks for when it is met.")
    answer: Literal["", "yes", "no"] = Field("", description="Whether it is met; empty: not answered yet.")
    why: str = Field("", description="Why, in words.")


_MANUAL = (
    ManualCriterion(text="Increased code complexity not justified by gains"),
    ManualCriterion(text="Modern Go GC handles the workload efficiently"),
    ManualCriterion(text="Maintenance burden outweighs benefits"),
)


class DecisionConfig(BaseModel):
    """A decision to keep or to remove a change: the head has it, the base does not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", description="Name of the decision, part of its page's address."
    )
    question: str = Field("", description="What is to be decided, in a sentence.")
    base: str = Field(description="Label of the runs without the change.")
    head: str = Field(description="Label of the runs with the change.")
    keep: tuple[str, ...] = Field((), description="Rules that speak for keeping it; empty: all of kind keep.")
    remove: tuple[str, ...] = Field((), description="Rules that speak for removing it; empty: all of kind remove.")
    manual: tuple[ManualCriterion, ...] = Field(_MANUAL, description="Criteria that a person answers.")
    best: str = Field(
        "Remove it: simpler code, less to maintain, negligible impact on performance.",
        description="What follows when the change is removed.",
    )
    likely: str = Field(
        "Keep only the parts with a proven benefit, remove the rest, and say in the code why they stay.",
        description="What follows when only some criteria for keeping it are met.",
    )
    worst: str = Field(
        "Keep it as it is, write down what it gains, and profile it regularly in CI.",
        description="What follows when all criteria for keeping it are met.",
    )
    sign_off: str = Field("", description="Who decided, and when; empty: not signed yet.")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of a decision's table; ``manual`` ones are answered by a person.

    ``decides`` is one that measured a change; others support a decision and never make it alone.
    """

    text: str
    side: Side
    state: RuleState
    sentence: str
    component: str = ""
    manual: bool = False
    decides: bool = False
    value: float | None = None
    evidence: tuple[Evidence, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A filled decision: what the criteria say, what follows from it, and who has signed; an empty ``compared`` means
    that the labels were never compared.
    """

    name: str
    question: str
    base_label: str
    head_label: str
    choice: Choice
    reasons: tuple[str, ...]
    follows: str
    criteria: tuple[Criterion, ...]
    sign_off: str = ""
    compared: str = ""
