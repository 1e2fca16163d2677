"""What to doubt about a profile that was read well: findings that hold for every format.

Rules: nothing here changes a number. A finding says what a reader would otherwise believe wrongly.
"""

from __future__ import annotations

import re
import warnings

import numpy as np

from pipeline.decode.clean import excerpt
from pipeline.model.finding import Finding
from pipeline.model.profile import Profile

_DAY = 86_400 * 10**9
_LONGEST = 366 * _DAY
_EARLIEST, _LATEST = 10_957 * _DAY, 47_482 * _DAY
"""2000-01-01 and 2100-01-01: Go is younger than the one, and a clock past the other is wrong."""


def doubts(profile: Profile) -> tuple[Finding, ...]:
    """List what a reader must know about the values, the clock and the symbols of a profile."""
    return (
        *_no_samples(profile),
        *_overflow(profile),
        *_clock(profile),
        *_unsymbolized(profile),
        *_bad_regex(profile),
    )


def _no_samples(profile: Profile) -> tuple[Finding, ...]:
    if len(profile.samples):
        return ()
    kind = profile.sample_types[0].type
    cure = "The program was idle, or the profile is not switched on."
    if kind == "contentions":
        cure = "Rate 0? Call runtime.SetMutexProfileFraction or runtime.SetBlockProfileRate in the program."
    elif kind == "samples":
        cure = "The program used no CPU in the window; take the profile under load."
    return (Finding("no_samples", "warning", "the profile holds no samples: every total is 0", cure=cure),)


def _overflow(profile: Profile) -> tuple[Finding, ...]:
    names = [str(kind) for i, kind in enumerate(profile.sample_types) if profile.total(i) >= 2**63]
    if not names:
        return ()
    message = f"the sum of {', '.join(names)} does not fit 64 bits; totals are exact, other tools wrap around"
    return (
        Finding("overflow", "warning", message, cure="A value this large is a fault in the program that wrote it."),
    )


def _clock(profile: Profile) -> tuple[Finding, ...]:
    faults = []
    if profile.time_nanos == 0 and profile.format == "pprof":
        faults.append("it has no start time")
    elif profile.time_nanos and not _EARLIEST <= profile.time_nanos < _LATEST:
        faults.append(f"its start time ({profile.time_nanos} ns) is not believable")
    if not 0 <= profile.duration_nanos <= _LONGEST:
        faults.append(f"its duration ({profile.duration_nanos} ns) is not believable")
    if not faults:
        return ()
    message = f"the profile's clock is not to be trusted: {' and '.join(faults)}"
    return (Finding("clock", "warning", message, cure="The collector's clock is used; no rate is made from it."),)


def _unsymbolized(profile: Profile) -> tuple[Finding, ...]:
    if not len(profile.samples):
        return ()
    if not len(profile.samples.stack):
        message = "no sample has a stack: only totals can be shown"
        return (Finding("unsymbolized", "warning", message, cure="Collect the profile with stacks."),)
    used = np.zeros(len(profile.locations), np.bool_)
    used[profile.samples.stack] = True
    count, bare = int(used.sum()), int((np.diff(profile.locations.line_offset)[used] == 0).sum())
    if bare == 0:
        return ()
    return (
        Finding(
            "unsymbolized",
            "warning" if 2 * bare > count else "info",
            f"{bare} of {count} code locations have no function name; they are shown as addresses",
            cure="Names need the binary: run `go tool pprof -proto BINARY FILE`; Go services name them themselves.",
        ),
    )


def _bad_regex(profile: Profile) -> tuple[Finding, ...]:
    findings = []
    for name, pattern in (("drop_frames", profile.drop_frames), ("keep_frames", profile.keep_frames)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                re.compile(f"^({pattern})$")
        except (re.error, RecursionError, OverflowError):
            message = f"the profile's {name} is not a regular expression; no frame is dropped by it"
            findings.append(Finding("bad_regex", "warning", message, evidence=excerpt(pattern)))
    return tuple(findings)
