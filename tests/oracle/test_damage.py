"""No silent misreading: what we read of a damaged file without a doubt, pprof reads with the same totals."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from pipeline.decode import decode_profile
from pipeline.errors import DecodeError
from tests.decode.damage import Change, damaged, originals
from tests.oracle.conftest import Oracle

pytestmark = [pytest.mark.oracle, pytest.mark.usefixtures("utc")]

WANTED = 80
_ROW = re.compile(r" *(-?\d+(?: +-?\d+)*):(?: |$)")
_KINDS = ("flip", "flip", "set", "set", "delete", "repeat", "insert", "cut", "splice")
OURS_ALONE = {"goroutine debug=2", "folded", "speedscope"}


def raw_totals(text: str) -> list[int]:
    """Add up the absolute values of `-raw`, for each sample type."""
    lines = text.partition("\nSamples:\n")[2].partition("\nLocations\n")[0].split("\n")[1:]
    rows = [list(map(int, match[1].split())) for line in lines if (match := _ROW.match(line))]
    return [sum(map(abs, column)) for column in zip(*rows, strict=True)]


def random_change(chance: random.Random) -> Change:
    return chance.choice(_KINDS), chance.random(), chance.randrange(64)


def test_what_is_read_without_doubt_has_pprofs_totals(pprof: Oracle, tmp_path: Path) -> None:
    chance = random.Random(20261120)
    compared = 0
    path = tmp_path / "damaged.pb"
    while compared < WANTED:
        data = damaged(
            chance.choice(originals()), [random_change(chance) for _ in range(chance.choice((1, 1, 2)))], b""
        )
        try:
            profile = decode_profile(data)
        except DecodeError:
            continue
        if profile.format in OURS_ALONE or any(one.code != "unsymbolized" for one in profile.findings):
            continue
        path.write_bytes(data)
        code, text = pprof(["-raw", "-symbolize=none", str(path)])
        assert code == 0, (profile.format, len(data))
        totals = [profile.total(index) for index in range(len(profile.sample_types))]
        assert (raw_totals(text) or [0] * len(totals)) == totals, (profile.format, data[:200])
        compared += 1
