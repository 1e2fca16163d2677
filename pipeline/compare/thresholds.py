"""A value against a threshold.

Rules: what differs by no more than the rounding of a division is equal, so that a value of 20 % is on a threshold of
0.2 whichever numbers it came from; ``>=`` and ``<=`` hold there, ``>`` and ``<`` do not.
"""

from __future__ import annotations

import math

from pipeline.model.rules import Operator


def holds(op: Operator, value: float, threshold: float) -> bool:
    """Tell whether ``value op threshold``."""
    if is_close(value, threshold):
        return op in {">=", "<="}
    return value > threshold if op in {">=", ">"} else value < threshold


def is_close(value: float, other: float) -> bool:
    """Tell whether two values are equal but for rounding."""
    return math.isclose(value, other, rel_tol=1e-9, abs_tol=1e-12)


def is_at_least(value: float, least: float) -> bool:
    """Tell whether a value is as large as another, or larger."""
    return holds(">=", value, least)


def is_more(value: float, limit: float) -> bool:
    """Tell whether a value is larger than a limit; on the limit it is not."""
    return holds(">", value, limit)
