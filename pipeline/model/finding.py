"""Doubts as values: a Finding travels with a result to the page instead of stopping the work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reader must know before trusting a number.

    ``code`` is stable and listed in the guide; ``subject`` names the file, metric or function it is about;
    ``evidence`` is the observation, ``cure`` the next step. ``error`` means data is missing because of it.
    """

    code: str
    severity: Severity
    message: str
    subject: str = ""
    evidence: str = ""
    cure: str = ""
