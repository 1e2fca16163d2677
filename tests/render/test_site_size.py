"""What a site is made of, and how many runs more its host takes."""

from __future__ import annotations

import pytest

from pipeline.render.site_size import SiteSize, size_line, size_lines

KB = 1024


def files(runs: int) -> list[tuple[int, str]]:
    """List a site of runs of 100 kB each, 60 of them raw, and of other pages of 100 kB in all."""
    found = [
        (40, "index.html"),
        (20, "compare/a..b/index.html"),
        (20, "data/history/0f/trends.js"),
        (20, "runs/index.html"),
    ]
    for run in range(runs):
        place = f"runs/2026010{run}_000000-a"
        found += [(40, f"{place}/raw/service/cpu.prof"), (20, f"{place}/service/debug/pprof/profile")]
        found += [(29, f"{place}/index.html"), (1, f"{place}/flame/index.html"), (10, f"data/0{run}/x.pfv.js")]
    return sorted(((size * KB, path) for size, path in found), key=lambda one: (-one[0], one[1]))


def rows(size: SiteSize) -> dict[str, list[str]]:
    found = [line.split("  ") for line in size_lines(size)[1:]]
    return {cells[0]: [one.strip() for one in cells[1:] if one.strip()] for cells in found if len(cells) > 1}


def test_every_file_is_of_one_kind() -> None:
    size = SiteSize(files(3), 1000 * KB)
    assert rows(size) == {
        "raw files": ["120 kB", "3", "40 kB"],
        "profiles at debug/pprof/": ["60 kB", "3", "20 kB"],
        "pages of runs": ["90 kB", "6", "30 kB"],
        "profile data": ["30 kB", "3", "10 kB"],
        "comparisons, decisions": ["20 kB", "1"],
        "history": ["20 kB", "1"],
        "everything else": ["60 kB", "2"],
    }
    assert sum(taken for taken, _ in size.kinds().values()) == size.total


def test_a_raw_file_stays_one_whatever_its_name() -> None:
    size = SiteSize([(1, "runs/a/raw/service/debug/pprof/heap")], 10)
    assert size.kinds() == {"raw files": (1, 1)}


@pytest.mark.parametrize("limit", [400, 450, 1000, 12_345])
def test_as_many_runs_fit_as_it_says(limit: int) -> None:
    told = size_lines(SiteSize(files(3), limit * KB))[-2:]
    for line, share in zip(told, (100, 40), strict=True):
        more = int(line.rpartition("room for ")[2].removesuffix(" more").replace(",", ""))
        assert f"{share} kB" in line
        assert 100 + share * (3 + more) <= limit < 100 + share * (4 + more)


def test_too_large_a_site_is_told_what_would_fit() -> None:
    size = SiteSize(files(9), 570 * KB)
    assert size.is_too_large
    whole, bare = size_lines(size)[-2:]
    assert whole == "a run takes 100 kB: site.keep_runs = 4 would fit"
    assert bare.endswith("it takes 40 kB: room for 2 more")
    assert size_lines(SiteSize(files(2), 1))[-2].endswith(": not one would fit")


def test_without_raw_files_or_runs_nothing_is_said_of_them() -> None:
    bare = [one for one in files(2) if "/raw/" not in one[1] and "/debug/" not in one[1]]
    assert [line for line in size_lines(SiteSize(bare, 10**9)) if "raw" in line] == []
    assert rows(SiteSize(files(0), 10**9)).keys() == {"comparisons, decisions", "history", "everything else"}
    assert not any("room" in line for line in size_lines(SiteSize(files(0), 10**9)))


def test_names_of_files_cannot_steer_a_terminal() -> None:
    assert "\x1b" not in size_line(SiteSize([(1, "runs/a/raw/s/\x1b[2J.prof")], 10))
