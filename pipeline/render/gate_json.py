"""A gate's result as JSON, for scripts: deterministic, with a format number. Pure.

    {"format": 1, "outcome": "passed|failed|partial|inconclusive", "exit_code": 0, "reasons": [], "notes": [],
    "comparisons": [{"slug", "outcome", "reasons", "measured", "missing",
                     "objections": [{"code", "severity", "sentence", "run", "file", "cure"}],
                     "checks": [{"state": "passed|failed|accepted|unproved|unmeasured", "accepted", "expired",
                                 "result": {"rule", "kind", "title", "state", "sentence", "value", "op", "threshold",
                                            "unit", "metric", "subject", "component", …}}]}]}

Rules: keys are never renamed within a format; a value that is not finite is the text ``inf``; no value is null.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from pipeline.model.gate import GateResult


def gate_json(result: GateResult) -> bytes:
    """Write a result as UTF-8 JSON with sorted keys."""
    return (json.dumps(_plain(asdict(result)), sort_keys=True, indent=1, allow_nan=False) + "\n").encode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
