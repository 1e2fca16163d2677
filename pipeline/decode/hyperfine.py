"""Results of hyperfine (``--export-json``): one command run many times, one after the other. Times are seconds.

Rules: an operation is a run that ended with exit code 0. A file that compares several commands is no load test.
"""

from __future__ import annotations

import numpy as np

from pipeline.decode.load_form import no_load_result, normal_form, sampled_latency
from pipeline.decode.strict_json import Node
from pipeline.model.metric import LoadResult


def is_hyperfine(tree: Node) -> bool:
    """Tell whether this is a result of hyperfine."""
    if not tree.has("results") or not isinstance(tree.value["results"], list):
        return False
    results = tree.need("results").items()
    return bool(results) and all(result.has("command", "mean", "median", "user", "system") for result in results)


def decode_hyperfine(tree: Node) -> LoadResult:
    """Read the result. Raises DecodeError `bad_json` and, for several commands, `not_a_load_result`."""
    results = tree.need("results").items()
    if len(results) != 1:
        raise no_load_result(
            f"hyperfine compared {len(results)} commands in this file.", "Measure one command for each run directory."
        )
    result = results[0]
    times = [time.number() for time in result.need("times").items()]
    codes = [code.value for code in result.need("exit_codes").items()] if result.has("exit_codes") else [0] * len(times)
    if len(codes) != len(times):
        raise result.need("exit_codes").refuse(f"has {len(codes)} codes for {len(times)} runs")
    _, quantiles = sampled_latency(np.array(times, np.float64))
    good = codes.count(0)
    return normal_form(
        "hyperfine",
        operations=good,
        errors=len(codes) - good,
        duration=sum(times),
        mean_latency_seconds=result.need("mean").number() if times else None,
        quantiles=quantiles,
        open_loop=False,
        omission_corrected=False,
    )
