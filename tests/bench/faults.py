"""How each misbehaviour of a profile server ends: ``python -m tests.bench.faults``.

Prints, for plain HTTP and for TLS, the code, the time it took beside the deadline, and what all of it cost in memory.
"""

from __future__ import annotations

import resource
import sys
import time

from pipeline.collect.capture import Limits, fetch_profile
from pipeline.collect.credentials import Access
from pipeline.collect.faults import FetchError
from tests.collect.faultserver import CERTIFICATES, FAULTS, FaultServer

DEADLINE = 3.0
LIMITS = Limits(4 << 20, 16 << 20)


def attempt(url: str, access: Access) -> tuple[str, float]:
    begun = time.monotonic()
    try:
        fetch_profile(url, "heap", deadline=DEADLINE, limits=LIMITS, access=access)
    except FetchError as fault:
        return fault.code, time.monotonic() - begun
    return "ok", time.monotonic() - begun


def main() -> int:
    plain, secure, deaf = FaultServer(), FaultServer(tls=True), FaultServer(deaf=True)
    trusted = Access(ca_file=str(CERTIFICATES / "ca.pem"))
    attempt(secure.url("good"), trusted)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cases = [(fault, plain.url(fault), Access()) for fault in FAULTS]
    cases += [(f"tls {fault}", secure.url(fault), trusted) for fault in FAULTS]
    cases += [
        ("tls unknown authority", secure.url("good"), Access()),
        ("tls on a plain port", plain.url("good").replace("http", "https"), trusted),
        ("http on a tls port", secure.url("good").replace("https", "http"), trusted),
        ("tls without an answer", f"https://127.0.0.1:{deaf.port}/", trusted),
    ]
    slowest = 0.0
    for name, url, access in cases:
        code, seconds = attempt(url, access)
        slowest = max(slowest, seconds)
        print(f"{name:28} {code:16} {seconds:5.2f} s")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{len(cases)} cases, slowest {slowest:.2f} s of {DEADLINE:g} s, memory grew by {grown:.1f} MiB")
    return int(slowest > DEADLINE + 1 or grown > 64)


if __name__ == "__main__":
    sys.exit(main())
