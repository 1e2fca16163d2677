"""Topics and the collector's share are what `go tool pprof -focus` leaves of a profile."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline import units
from pipeline.analysis.collecting import ALLOCATING, COLLECTING
from pipeline.analysis.rollup import roll_up
from pipeline.analysis.topics import compile_topics
from pipeline.decode import decode_profile
from pipeline.model.cost import TOPIC_PRESETS, Topic
from tests.oracle.conftest import CORPUS, Oracle
from tests.test_house import ROOT

pytestmark = [pytest.mark.oracle, pytest.mark.usefixtures("utc")]

PATTERNS = (
    *(topic.pattern for topic in TOPIC_PRESETS["kubernetes"]),
    r"internal/store",
    r"^main\.",
    r"\.go$",
    r"github\.com/(lib/pq|jackc/pgx)",
)
DEMO = sorted((ROOT / "profiles").glob("*-baseline/eventstore/*.prof"))[:9]
REAL = [
    path
    for name in ("prometheus-amd64.pprof", "smaran-pebble.prof")
    if (path := CORPUS / f"profiles/cpu/{name}").exists()
]


def focused(pprof: Oracle, path: Path, sample_type: str, pattern: str, folder: Path) -> int:
    """Let pprof filter a profile and add up what it leaves."""
    left = folder / "left.pb.gz"
    left.unlink(missing_ok=True)
    argv = ["-proto", f"-sample_index={sample_type}", f"-focus={pattern}", f"-output={left}", str(path)]
    assert pprof(argv)[0] == 0, argv
    profile = decode_profile(left.read_bytes())
    names = [kind.type for kind in profile.sample_types]
    return int(profile.samples.values[:, names.index(sample_type)].sum())


@pytest.mark.parametrize("path", [*DEMO, *REAL], ids=lambda path: f"{path.parent.parent.name}-{path.name}")
def test_the_cum_of_a_topic_is_the_total_of_focus(pprof: Oracle, path: Path, tmp_path: Path) -> None:
    topics = compile_topics([Topic(text, text) for text in PATTERNS])
    rollups = roll_up(decode_profile(path.read_bytes()), topics=topics)
    for rollup in rollups:
        kind = rollup.sample_type.type
        for topic in rollup.topics:
            assert topic.cum == focused(pprof, path, kind, topic.pattern, tmp_path), (kind, topic.pattern)
        together = "|".join(f"(?:{text})" for text in PATTERNS)
        assert rollup.topic_union == focused(pprof, path, kind, together, tmp_path)
        if kind == "cpu":
            assert rollup.collecting == focused(pprof, path, kind, COLLECTING, tmp_path)
            assert rollup.allocating == focused(pprof, path, kind, ALLOCATING, tmp_path)
            assert rollup.collecting > 0


def test_the_top_report_names_the_same_total(pprof: Oracle) -> None:
    path = next(path for path in DEMO if path.name == "cpu.prof")
    (rollup,) = roll_up(decode_profile(path.read_bytes()), topics=compile_topics(TOPIC_PRESETS["kubernetes"]))
    for topic in rollup.topics:
        if topic.cum:
            _, text = pprof(["-top", "-unit=ns", "-nodefraction=0", f"-focus={topic.pattern}", str(path)])
            shown = re.search(r"accounting for ([^,]+),", text)
            assert shown, text
            assert shown[1] == units.scaled_label(topic.cum, "nanoseconds", "ns")
