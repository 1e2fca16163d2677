import hashlib
import json
import os
import socket

import pytest

from pipeline.errors import StoreError
from pipeline.model.run import Environment, FileReport, Manifest
from pipeline.store import codec, runs
from tests.builders import write_run

RUN = "20261120_101500-baseline"
MANIFEST = Manifest(
    id=RUN,
    label="baseline",
    started="2026-11-20T10:15:00Z",
    files=(FileReport("cpu.prof", "service", "cpu", "during", "ok"),),
    environment=Environment(go_version="go1.27", cpu_count=2, git_dirty=False),
)


def codes(stored):
    return {(doubt.code, doubt.subject) for doubt in stored.findings}


def test_only_directories_with_safe_names_are_runs(tmp_path):
    for name in (
        RUN,
        "v1.2",
        "adopted",
        ".20261120_1.partial",
        "20261120_101500.partial",
        ".hidden",
        "a b",
        "-x",
        "a..b",
    ):
        (tmp_path / name).mkdir()
    (tmp_path / "README.md").touch()
    (tmp_path / "latest").symlink_to(tmp_path / RUN)
    assert runs.run_names(tmp_path) == (RUN, "adopted", "v1.2")
    assert runs.skipped_names(tmp_path) == ("-x", "a b", "a..b", "latest")


def test_no_folder_means_no_runs(tmp_path):
    assert runs.run_names(tmp_path / "absent") == ()
    assert runs.skipped_names(tmp_path / "absent") == ()


def test_a_run_is_read_with_places_digests_and_sizes(tmp_path):
    run_dir = write_run(
        tmp_path, RUN, {"heap-before.prof": b"1", "api/heap3.pprof": b"22", "api/deep/heap4.pprof": b"3", ".junk": b""}
    )
    stored = runs.read_run(run_dir)
    found = {file.path: (file.component, file.kind, file.phase, file.index) for file in stored.run.files}
    assert found == {
        "api/deep/heap4.pprof": ("", "other", "", None),
        "api/heap3.pprof": ("api", "heap", "series", 3),
        "heap-before.prof": ("service", "heap", "before", None),
    }
    assert (stored.run.label, stored.run.started) == ("baseline", "2026-11-20T10:15:00Z")
    second = next(file for file in stored.run.files if file.component == "api")
    assert (second.sha256, second.size_bytes) == (hashlib.sha256(b"22").hexdigest(), 2)
    assert stored.findings == ()


def test_the_manifest_wins_over_the_name(tmp_path):
    manifest = codec.dump(MANIFEST).replace(b'"label":"baseline"', b'"label":"other"')
    stored = runs.read_run(write_run(tmp_path, RUN, {"run.json": manifest}))
    assert stored.run.label == "other"
    assert stored.run.manifest.environment == MANIFEST.environment


@pytest.mark.parametrize(
    ("content", "evidence"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting"),
        (b"[]", "must be an object"),
        (b'{"label":"x"}', "lacks id"),
        (b'{"id":1}', "/id must be str"),
        (b'{"id":"x","format":99}', "written by a newer profbook"),
        (b"\xff\xfe", "decode"),
        (b"[" * 100_000, "recursion"),
    ],
)
def test_a_broken_manifest_is_a_finding_and_the_name_is_used(tmp_path, content, evidence):
    stored = runs.read_run(write_run(tmp_path, RUN, {"run.json": content, "cpu.prof": b"x"}))
    assert codes(stored) == {("bad_manifest", "run.json")}
    assert evidence in stored.findings[0].evidence
    assert stored.run.label == "baseline"
    assert stored.run.manifest is None


def test_keys_of_the_future_are_ignored_and_said(tmp_path):
    plain = json.loads(codec.dump(MANIFEST)) | {"weather": 3}
    stored = runs.read_run(write_run(tmp_path, RUN, {"run.json": json.dumps(plain).encode()}))
    assert stored.run.manifest == MANIFEST
    assert [(doubt.code, doubt.severity, doubt.evidence) for doubt in stored.findings] == [
        ("unknown_key", "info", "/weather")
    ]


def test_a_renamed_run_is_said(tmp_path):
    stored = runs.read_run(write_run(tmp_path, "copy", {"run.json": codec.dump(MANIFEST)}))
    assert stored.run.id == "copy"
    assert codes(stored) == {("renamed_run", "run.json")}


def test_links_are_followed_only_inside_the_run(tmp_path):
    (tmp_path / "secret").write_bytes(b"key")
    run_dir = write_run(tmp_path / "profiles", RUN, {"heap.prof": b"x"})
    (run_dir / "cpu.prof").symlink_to("heap.prof")
    (run_dir / "goroutine.prof").symlink_to(tmp_path / "secret")
    (run_dir / "loop").symlink_to(run_dir)
    (run_dir / "mutex.prof").symlink_to("absent")
    stored = runs.read_run(run_dir)
    assert [file.path for file in stored.run.files] == ["cpu.prof", "heap.prof"]
    assert codes(stored) == {("link", "goroutine.prof"), ("link", "loop"), ("unreadable", "mutex.prof")}


def test_special_files_never_block_the_reader(tmp_path):
    run_dir = write_run(tmp_path, RUN, {"heap.prof": b"x"})
    os.mkfifo(run_dir / "cpu.prof")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(run_dir / "s"))
        stored = runs.read_run(run_dir)
    assert codes(stored) == {("special_file", "cpu.prof"), ("special_file", "s")}


def test_hostile_names_are_left_out_and_shown_harmlessly(tmp_path):
    run_dir = write_run(tmp_path, RUN, {"heap.prof": b"x"})
    for name in (b"a\nb.prof", b"\xff.prof", b"\x1b[31m.prof", "\u202egpj.prof".encode(), b"back\\slash"):
        (run_dir / os.fsdecode(name)).touch()
    stored = runs.read_run(run_dir)
    assert [file.path for file in stored.run.files] == ["heap.prof"]
    assert len(stored.findings) == 5
    assert all(
        doubt.code == "unsafe_name" and doubt.subject.isascii() and doubt.subject.isprintable()
        for doubt in stored.findings
    )


def test_a_folder_that_cannot_name_a_component_keeps_its_files_as_other(tmp_path):
    stored = runs.read_run(write_run(tmp_path, RUN, {"my component/heap.prof": b"x"}))
    assert [(file.kind, file.component) for file in stored.run.files] == [("other", "")]


def test_depth_is_bounded(tmp_path):
    stored = runs.read_run(write_run(tmp_path, RUN, {"/".join(["d"] * 40) + "/x": b""}))
    assert [code for code, _ in codes(stored)] == ["too_deep"]


def test_the_digest_follows_ids_paths_bytes_and_doubts(tmp_path):
    one = write_run(tmp_path / "1", RUN, {"heap.prof": b"x"})
    same = write_run(tmp_path / "2", RUN, {"heap.prof": b"x"})
    other_id = write_run(tmp_path / "1", "other", {"heap.prof": b"x"})
    other_path = write_run(tmp_path / "3", RUN, {"cpu.prof": b"x"})
    other_bytes = write_run(tmp_path / "4", RUN, {"heap.prof": b"y"})
    digests = [runs.read_run(run_dir).digest for run_dir in (one, same, other_id, other_path, other_bytes)]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


def test_equal_time_and_size_with_other_bytes_is_another_run(tmp_path):
    run_dir = write_run(tmp_path, RUN, {"heap.prof": b"x"})
    before, status = runs.read_run(run_dir).digest, (run_dir / "heap.prof").stat()
    (run_dir / "heap.prof").write_bytes(b"y")
    os.utime(run_dir / "heap.prof", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert runs.read_run(run_dir).digest != before


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    run_dir = write_run(tmp_path, RUN, {"heap.prof": b"x"})
    file = runs.read_run(run_dir).run.files[0]
    assert runs.read_file(run_dir, file) == b"x"
    (run_dir / "heap.prof").write_bytes(b"y")
    with pytest.raises(StoreError, match="changed while it was read"):
        runs.read_file(run_dir, file)
    (run_dir / "heap.prof").unlink()
    with pytest.raises(StoreError, match="cannot read"):
        runs.read_file(run_dir, file)


def test_a_manifest_is_written_as_it_is_read():
    assert runs.parse_manifest(runs.manifest_bytes(MANIFEST)) == (MANIFEST, ())


def test_the_manifest_says_what_names_do_not(tmp_path):
    reports = (
        FileReport("build_1.prof", "build_1", "heap", "after", "ok"),
        FileReport("a/b/cpu.prof", "a.b", "cpu", "during", "ok"),
        FileReport("with_pools.log", "with_pools", "time", "", "ok"),
        FileReport("heap.prof", "elsewhere", "cpu", "during", "ok"),
        FileReport("x.prof", "../up", "heap", "after", "ok"),
        FileReport("y.prof", "y", "manifest", "after", "ok"),
    )
    files = dict.fromkeys([report.path for report in reports], b"x")
    manifest = codec.dump(Manifest(id=RUN, files=reports))
    stored = runs.read_run(write_run(tmp_path, RUN, {**files, "run.json": manifest}))
    found = {file.path: (file.component, file.kind, file.phase) for file in stored.run.files}
    assert found == {
        "a/b/cpu.prof": ("a.b", "cpu", "during"),
        "build_1.prof": ("build_1", "heap", "after"),
        "heap.prof": ("service", "heap", "after"),
        "run.json": ("", "manifest", ""),
        "with_pools.log": ("with_pools", "time", ""),
        "x.prof": ("service", "profile", ""),
        "y.prof": ("service", "profile", ""),
    }
