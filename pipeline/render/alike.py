"""Findings that say the same of several files, told once: a series has as many as it has windows. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Alike:
    """A finding and all it is about, in order; ``finding`` is the first of them."""

    finding: Finding
    subjects: tuple[str, ...]


def alike(findings: Iterable[Finding]) -> list[Alike]:
    """Put findings together that differ in their subject alone, each where the first of them was."""
    found: dict[Finding, list[Finding]] = {}
    for one in findings:
        found.setdefault(replace(one, subject=""), []).append(one)
    return [Alike(same[0], tuple(dict.fromkeys(one.subject for one in same if one.subject))) for same in found.values()]
