"""speedscope files: sampled, evented, and what is refused where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.decode import decode_profile
from pipeline.decode.sniff import SPEEDSCOPE, sniff
from pipeline.errors import DecodeError
from tests.decode.frames import labels, stacks

FRAMES = [{"name": "main", "file": "/a.go", "line": 3, "col": 1}, {"name": "work"}, {"name": "idle"}]
SAMPLED = {
    "type": "sampled",
    "name": "thread 1",
    "unit": "milliseconds",
    "startValue": 0,
    "endValue": 3.5,
    "samples": [[0, 1], [0], []],
    "weights": [1.5, 2, 0.0000001],
}
EVENTED = {
    "type": "evented",
    "name": "thread 2",
    "unit": "milliseconds",
    "startValue": 10,
    "endValue": 20,
    "events": [
        {"type": "O", "frame": 0, "at": 10},
        {"type": "O", "frame": 1, "at": 11.5},
        {"type": "C", "frame": 1, "at": 13},
        {"type": "C", "frame": 0, "at": 13},
        {"type": "O", "frame": 2, "at": 18},
        {"type": "C", "frame": 2, "at": 18.25},
    ],
}


def file(*profiles: dict[str, Any], **facts: Any) -> bytes:
    plain = {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "shared": {"frames": FRAMES},
        "profiles": list(profiles),
    }
    return json.dumps(plain | facts).encode()


def test_a_sampled_profile() -> None:
    profile = decode_profile(file(SAMPLED))
    assert profile.format == "speedscope"
    assert [str(kind) for kind in profile.sample_types] == ["time/nanoseconds"]
    assert stacks(profile) == [(("work", "main"), (1_500_000,)), (("main",), (2_000_000,)), ((), (0,))]
    assert (profile.functions.filename[1], profile.locations.line_number.tolist()) == ("/a.go", [0, 3])
    assert len(profile.labels) == 0


def test_an_evented_profile_is_the_time_between_events() -> None:
    assert stacks(decode_profile(file(EVENTED))) == [
        (("main",), (1_500_000,)),
        (("work", "main"), (1_500_000,)),
        (("idle",), (250_000,)),
    ]


def test_several_profiles_are_one_with_labels_and_a_sample_type_for_each_unit() -> None:
    heap = {"type": "sampled", "name": "heap", "unit": "bytes", "samples": [[1]], "weights": [64]}
    profile = decode_profile(file(EVENTED, heap, activeProfileIndex=1))
    assert [str(kind) for kind in profile.sample_types] == ["time/nanoseconds", "space/bytes"]
    assert profile.default_sample_type == "space"
    assert stacks(profile)[3] == (("work",), (0, 64))
    assert (labels(profile, 0), labels(profile, 3)) == ({"profile": "thread 2"}, {"profile": "heap"})


def test_the_schema_is_found_wherever_it_stands() -> None:
    late = b'\n {"exporter": "x", "profiles": [' + b" " * 10_000 + file(SAMPLED)[1:]
    assert sniff(late) == SPEEDSCOPE
    assert sniff(b'{"profiles": []}') != SPEEDSCOPE


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        (file(), "/profiles"),
        (file(SAMPLED, shared={}), "/shared/frames"),
        (file(SAMPLED, shared={"frames": [{}]}), "/shared/frames/0/name"),
        (file(SAMPLED, shared={"frames": [{"name": "a", "line": -1}]}), "/shared/frames/0"),
        (file(SAMPLED, shared={"frames": [{"name": "\ud800"}]}), "/shared/frames/0"),
        (file(SAMPLED | {"unit": "hours"}), "/profiles/0/unit"),
        (file(SAMPLED | {"type": "other"}), "/profiles/0/type"),
        (file(SAMPLED | {"weights": [1]}), "/profiles/0/weights"),
        (file(SAMPLED | {"weights": [1, "2", 3]}), "/profiles/0/weights/1"),
        (file(SAMPLED | {"weights": [1, 1e300, 3]}), "/profiles/0/weights/1"),
        (file(SAMPLED | {"weights": [1, 2**62, 3]}), "/profiles/0/weights/1"),
        (file(SAMPLED | {"unit": "bytes", "weights": [1, 2, 2**63]}), "/profiles/0/weights/2"),
        (file(SAMPLED | {"samples": [[0], [3], []]}), "/profiles/0/samples/1"),
        (file(SAMPLED | {"samples": [[0], [True], []]}), "/profiles/0/samples/1"),
        (file(SAMPLED | {"samples": [[0], 1, []]}), "/profiles/0/samples/1"),
        (file(SAMPLED | {"unit": "none"}), "/profiles/0/weights/0"),
        (file(EVENTED | {"events": EVENTED["events"][:3]}), "/profiles/0/events"),
        (file(EVENTED | {"events": EVENTED["events"][1:]}), "/profiles/0/events/2"),
        (
            file(EVENTED | {"events": [{"type": "O", "frame": 0, "at": 2}, {"type": "C", "frame": 0, "at": 1}]}),
            "/events/1/at",
        ),
        (file(EVENTED | {"events": [{"type": "O", "frame": 9, "at": 2}]}), "/profiles/0/events/0"),
        (file(EVENTED | {"events": [{"type": "X", "frame": 0, "at": 2}]}), "/profiles/0/events/0"),
        (file(SAMPLED)[:-1], "the top"),
        (file(SAMPLED | {"weights": [float("nan"), 1, 1]}), "the top"),
        (file(SAMPLED).replace(b'"endValue": 3.5', b'"endValue": 1' + b"0" * 5000), "the top"),
    ],
)
def test_faults_are_refused_with_their_place(data: bytes, pointer: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_profile(data)
    assert caught.value.code == "bad_json"
    assert f"{pointer}:" in caught.value.message
