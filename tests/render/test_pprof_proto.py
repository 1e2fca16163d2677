"""Profiles as bytes: what is written is read back."""

from __future__ import annotations

import gzip
from dataclasses import replace

from pipeline.decode import decode_profile
from pipeline.model.profile import Profile, SampleType
from pipeline.proto import profile_pb2
from pipeline.render.pprof_proto import encode_profile, write_pprof
from pipeline.render.pprof_raw import render_raw
from tests.analysis.drawing import drawn, inlined_profile, labelled


def full() -> Profile:
    profile = labelled([(["a", "b"], -3, {"user": "ann", "size": (8, "bytes"), "id": (-7, "")}), ([], 2**62, {})])
    return replace(
        profile,
        comments=("note", "# other"),
        doc_url="https://x",
        drop_frames="drop",
        keep_frames="keep",
        default_sample_type="cpu",
        period_type=SampleType("cpu", "nanoseconds"),
        period=100,
        duration_nanos=5,
    )


def test_nothing_is_lost() -> None:
    for profile in (full(), inlined_profile(), drawn([])):
        again = decode_profile(write_pprof(profile))
        assert render_raw(again) == render_raw(profile)
        assert (again.drop_frames, again.keep_frames) == (profile.drop_frames, profile.keep_frames)
        assert again.functions.system_name == profile.functions.system_name


def test_protobuf_reads_it_too() -> None:
    message = profile_pb2.Profile.FromString(encode_profile(full()))
    assert [list(sample.value) for sample in message.sample] == [[-3], [2**62]]
    assert message.string_table[message.doc_url] == b"https://x"


def test_the_same_profile_gives_the_same_bytes() -> None:
    data = write_pprof(full())
    assert data == write_pprof(full())
    assert data[4:8] == bytes(4)
    assert gzip.decompress(data) == encode_profile(full())
