from __future__ import annotations

from dataclasses import replace

from pipeline.model.record import ProfileRecord
from pipeline.render.commands import commands
from tests.records import profile


def _lines(**rules: object) -> list[str]:
    taken = [profile("heap-before.prof", phase="before"), profile()]
    plain = {"profiles_dir": "profiles", "site_url": "", "raw": True} | rules
    return [one.text for one in commands("r", taken, taken[-1], **plain)]


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


def test_windows_of_a_series_are_added_up_and_none_is_a_base() -> None:
    taken = [profile(f"cpu{place}.pprof", kind="cpu", phase="series", index=place) for place in range(3)]
    lines = [one.text for one in commands("r", taken, taken[1], profiles_dir="p", site_url="", raw=False)]
    assert lines == [
        "go tool pprof -http=: p/r/cpu1.pprof",
        "go tool pprof -top -inuse_space p/r/cpu1.pprof",
        "go tool pprof -http=: p/r/cpu0.pprof p/r/cpu1.pprof p/r/cpu2.pprof",
    ]


def test_a_sum_over_pods_is_asked_of_pprof_by_its_parts() -> None:
    def sum_of(name: str, phase: str) -> ProfileRecord:
        parts = (f"api.1/{name}", f"api.2/{name}")
        return replace(profile(f"api/{name}", phase=phase), merged_of=parts)

    taken = [sum_of("heap-before.prof", "before"), sum_of("heap-after.prof", "after")]
    lines = [one.text for one in commands("r", taken, taken[-1], profiles_dir="p", site_url="https://x.test", raw=True)]
    assert lines == [
        "go tool pprof -http=: p/r/api.1/heap-after.prof p/r/api.2/heap-after.prof",
        "go tool pprof -top -inuse_space p/r/api.1/heap-after.prof p/r/api.2/heap-after.prof",
    ]
