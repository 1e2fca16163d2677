from __future__ import annotations

from pipeline.render.commands import commands
from tests.records import profile


def _lines(**rules: object) -> list[str]:
    taken = [profile("heap-before.prof", phase="before"), profile()]
    plain = {"profiles_dir": "profiles", "site_url": "", "raw": True} | rules
    return [one.text for one in commands("r", taken, **plain)]


def test_commands_for_a_pair() -> None:
    assert _lines(site_url="https://x.test/p/") == [
        "go tool pprof -http=: profiles/r/heap-after.prof",
        "go tool pprof -top -inuse_space profiles/r/heap-after.prof",
        "go tool pprof -http=: -base profiles/r/heap-before.prof profiles/r/heap-after.prof",
        "go tool pprof -top https://x.test/p/runs/r/service/debug/pprof/heap",
    ]


def test_the_sites_address_is_left_open_when_unknown_and_absent_without_raw_files() -> None:
    assert _lines()[-1] == "go tool pprof -top '{site}/runs/r/service/debug/pprof/heap'"
    assert not any("debug/pprof" in line for line in _lines(raw=False))
