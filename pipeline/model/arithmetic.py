"""Arithmetic of int64 as Go does it, for numbers that must be those of pprof.

Rules: sums wrap around, divisions go towards zero.
"""

from __future__ import annotations


def wrap(value: int) -> int:
    """Keep a sum in int64: where it overflows, what is left of it."""
    return value if -(2**63) <= value < 2**63 else (value + 2**63) % 2**64 - 2**63


def divide(value: int, divisor: int) -> int:
    """Divide towards zero; by zero gives the value itself."""
    if divisor == 0:
        return value
    whole = abs(value) // abs(divisor)
    return whole if (value < 0) == (divisor < 0) else -whole
