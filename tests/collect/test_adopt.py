"""Import end to end: sources stay as they are, runs appear whole, and the store reads them as they were meant."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.collect.adopt import Outcome, import_paths
from pipeline.collect.archive import ImportLimits
from pipeline.errors import CollectError, UsageError
from pipeline.store import runs
from tests.builders import pprof_bytes
from tests.collect.test_contents import LOAD, TIME

HEAP_TYPES = (
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
)
NOON = 1_766_059_200  # 2025-12-18T12:00:00Z


def heap(value: int = 1, at: int = NOON) -> bytes:
    return pprof_bytes([(["main.main"], [value] * 4)], HEAP_TYPES, time_nanos=at * 10**9)


def cpu(value: int = 1, at: int = NOON) -> bytes:
    return pprof_bytes([(["main.main"], [value, value])], time_nanos=at * 10**9)


def lay(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (NOON, NOON))
    return root


class Desk:
    """A project with a profiles folder, and what was said while importing into it."""

    def __init__(self, tmp_path: Path) -> None:
        self.root = tmp_path / "project"
        self.profiles = self.root / "profiles"
        self.said: list[str] = []
        self.root.mkdir()

    def take(self, *paths: Path, label: str = "", limits: ImportLimits | None = None) -> tuple[list[Outcome], int]:
        self.said.clear()
        outcomes, code = import_paths(
            paths,
            profiles=self.profiles,
            staging=self.root / "build/import",
            label=label,
            limits=limits,
            say=self.said.append,
        )
        assert not (self.root / "build/import").exists()
        assert not list(self.profiles.glob(".*"))
        return list(outcomes), code

    def kinds(self, run_id: str) -> dict[str, tuple[str, str, str]]:
        stored = runs.read_run(self.profiles / run_id)
        assert stored.findings == ()
        return {
            file.path: (file.component, file.kind, file.phase) for file in stored.run.files if file.path != "run.json"
        }

    def manifest(self, run_id: str) -> dict[str, object]:
        told: dict[str, object] = json.loads((self.profiles / run_id / "run.json").read_bytes())
        return told


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def digests(folder: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_eventodb_directories(desk: Desk, tmp_path: Path) -> None:
    source = lay(
        tmp_path / "theirs",
        {
            "20251218_120000-sqlite/cpu.prof": cpu(),
            "20251218_120000-sqlite/heap-before.prof": heap(1),
            "20251218_120000-sqlite/heap-after.prof": heap(2),
            "20251218_120000-sqlite/load-test-results.json": LOAD,
            "20251218_120000-sqlite/README.md": b"# run",
            "20251218_120000-sqlite/pebble-disk-usage.txt": b"1G",
            "20251218_130000-comparison/sqlite/cpu.prof": cpu(3),
            "20251218_130000-comparison/pebble/cpu.prof": cpu(4),
        },
    )
    before = digests(source)
    outcomes, code = desk.take(source)
    assert [(one.run_id, one.what) for one in outcomes] == [
        ("20251218_120000-sqlite", "new"),
        ("20251218_130000-pebble", "new"),
        ("20251218_130000-sqlite", "new"),
    ]
    assert code == 0
    assert digests(source) == before
    assert desk.kinds("20251218_120000-sqlite") == {
        "README.md": ("", "notes", ""),
        "cpu.prof": ("service", "cpu", "during"),
        "heap-after.prof": ("service", "heap", "after"),
        "heap-before.prof": ("service", "heap", "before"),
        "load-test-results.json": ("service", "load", ""),
        "pebble-disk-usage.txt": ("", "other", ""),
    }
    manifest = desk.manifest("20251218_130000-pebble")
    assert manifest["label"] == "pebble"
    assert manifest["plan"] == "import"
    assert manifest["notes"] == (
        "Imported from theirs/20251218_130000-comparison/pebble; its time is the one in the folder's name. "
        "Side pebble of 20251218_130000-comparison; compared there with: sqlite."
    )
    assert str(tmp_path) not in json.dumps(manifest)


def test_e2e_directories(desk: Desk, tmp_path: Path) -> None:
    files = {
        f"{part}/{kind}{index}.pprof": (heap if kind == "heap" else cpu)(index + 1, NOON + 10 * index)
        for part in ("operator-controller", "catalogd")
        for kind in ("heap", "cpu")
        for index in range(3)
    }
    source = lay(
        tmp_path / "e2e-profiles",
        {f"my-test/{name}": data for name, data in files.items()}
        | {"my-test/test.log": b"token=hunter2\nPASS\n", "manual/heap-20251028-113000.pprof": heap(9)},
    )
    outcomes, code = desk.take(source)
    assert [one.run_id for one in outcomes] == ["20251028_113000-manual", "20251218_120000-my-test"]
    assert code == 0
    kinds = desk.kinds("20251218_120000-my-test")
    assert kinds["catalogd/heap2.pprof"] == ("catalogd", "heap", "series")
    assert len(kinds) == 13
    manifest = desk.manifest("20251218_120000-my-test")
    assert (manifest["components"], manifest["started"], manifest["finished"]) == (
        ["catalogd", "operator-controller"],
        "2025-12-18T12:00:00.000Z",
        "2025-12-18T12:00:20.000Z",
    )
    offsets = [one["offset_seconds"] for one in manifest["files"] if one["path"].startswith("catalogd/heap")]  # type: ignore[attr-defined]
    assert offsets == [0.0, 10.0, 20.0]
    assert b"hunter2" not in (desk.profiles / "20251218_120000-my-test/test.log").read_bytes()


def test_engine_files(desk: Desk, tmp_path: Path) -> None:
    source = lay(
        tmp_path / "engine-ci",
        {
            "build.prof": heap(1),
            "build_cpu.prof": cpu(),
            "build_1.prof": heap(2),
            "heap_during_build.prof": heap(3),
            "with_pools.log": TIME,
            "default.pgo": cpu(5),
        },
    )
    ((outcome,), code) = desk.take(source)
    assert (outcome.run_id, code) == ("20251218_120000-engine-ci", 0)
    assert desk.kinds(outcome.run_id) == {
        "build.prof": ("build", "heap", "after"),
        "build_1.prof": ("build_1", "heap", "after"),
        "build_cpu.prof": ("build", "cpu", "during"),
        "default.pgo": ("service", "cpu", "during"),
        "heap_during_build.prof": ("service", "heap", "during"),
        "with_pools.log": ("with_pools", "time", ""),
    }


def test_loose_files_on_the_command_line_are_one_run(desk: Desk, tmp_path: Path) -> None:
    source = lay(tmp_path, {"a/baseline.prof": heap(1), "b/after_load.prof": heap(2)})
    ((outcome,), code) = desk.take(source / "a/baseline.prof", source / "b/after_load.prof", label="leak")
    assert (outcome.run_id, code) == ("20251218_120000-leak", 0)
    assert desk.kinds(outcome.run_id) == {
        "after_load.prof": ("service", "heap", "after"),
        "baseline.prof": ("service", "heap", "before"),
    }


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_archives(desk: Desk, tmp_path: Path, kind: str) -> None:
    folder = lay(tmp_path / "in", {"20251218_120000-x/cpu.prof": cpu()})
    path = tmp_path / f"profiles.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(folder / "20251218_120000-x/cpu.prof", "20251218_120000-x/cpu.prof")
            archive.writestr("20251218_120000-x/../../evil.prof", b"x")
    else:
        with tarfile.open(path, "w:gz") as tar:
            tar.add(folder / "20251218_120000-x", "20251218_120000-x")
            tar.add(folder / "20251218_120000-x/cpu.prof", "20251218_120000-x/../../evil.prof")
    ((outcome,), code) = desk.take(path)
    assert (outcome.run_id, code) == ("20251218_120000-x", 3)
    assert any("outside_archive" in line for line in desk.said)
    findings = desk.manifest(outcome.run_id)["findings"]
    assert [one["code"] for one in findings] == ["outside_archive"]  # type: ignore[attr-defined]
    assert not list(tmp_path.rglob("evil.prof"))


def test_importing_twice_does_nothing(desk: Desk, tmp_path: Path) -> None:
    source = lay(tmp_path / "set", {"cpu.prof": cpu(), "test.log": b"password=hunter2\n"})
    (first,), _ = desk.take(source)
    before = digests(desk.profiles)
    ((again,), code) = desk.take(source, label="other")
    assert (again.run_id, again.what, code) == (first.run_id, "known", 0)
    assert digests(desk.profiles) == before
    lay(source, {"cpu.prof": cpu(2)})
    (changed,), _ = desk.take(source)
    assert (changed.run_id, changed.what) == (f"{first.run_id}-2", "new")


def test_one_source_twice_in_one_import(desk: Desk, tmp_path: Path) -> None:
    source = lay(tmp_path / "set", {"cpu.prof": cpu()})
    outcomes, _ = desk.take(source, source)
    assert [one.what for one in outcomes] == ["new", "known"]


def test_what_is_in_place_is_left_alone(desk: Desk) -> None:
    lay(
        desk.profiles, {"20251218_120000-a/cpu.prof": cpu(), "my-test/api/heap0.pprof": heap(), "my-test/test.log": b""}
    )
    before = digests(desk.profiles)
    outcomes, code = desk.take(desk.profiles)
    assert [(one.run_id, one.what) for one in outcomes] == [
        ("20251218_120000-a", "in_place"),
        ("my-test", "in_place"),
    ]
    assert (code, digests(desk.profiles)) == (0, before)


def test_bad_files_are_kept_and_reported(desk: Desk, tmp_path: Path) -> None:
    source = lay(tmp_path / "set", {"cpu.prof": cpu(), "heap.out": b"", "goroutine.prof": cpu()})
    ((outcome,), code) = desk.take(source)
    assert (outcome.complete, code) == (False, 3)
    manifest = desk.manifest(outcome.run_id)
    reports = {one["path"]: (one["status"], one["code"]) for one in manifest["files"]}  # type: ignore[attr-defined]
    assert reports == {"cpu.prof": ("ok", ""), "goroutine.prof": ("ok", ""), "heap.out": ("refused", "empty")}
    assert manifest["status"] == "partial"
    assert [one["code"] for one in manifest["findings"]] == ["misnamed"]  # type: ignore[attr-defined]
    assert (desk.profiles / outcome.run_id / "heap.out").read_bytes() == b""
    assert "heap.out: empty" in "\n".join(desk.said)


def test_a_run_with_a_manifest_comes_as_it_is(desk: Desk, tmp_path: Path) -> None:
    told = {"format": 1, "id": "20260102_030405-a-2", "label": "a", "status": "complete", "notes": "theirs"}
    source = lay(tmp_path / "dl/20260102_030405-a-2", {"run.json": json.dumps(told).encode(), "api/cpu.prof": cpu()})
    ((outcome,), code) = desk.take(source.parent)
    assert (outcome.run_id, code) == ("20260102_030405-a-2", 0)
    assert desk.manifest(outcome.run_id) == told
    ((again,), _) = desk.take(source)
    assert again.what == "known"


@pytest.mark.parametrize(
    ("told", "run_id"),
    [
        ({"id": "20260102_030405-../../up"}, "20260102_030405"),
        ({"id": "20260102_030405-a b", "label": "a b"}, "20260102_030405-a-b"),
        ({"id": "20260102_030405"}, "20260102_030405"),
        ({"id": "20260102_030405", "label": "x"}, "20260102_030405"),
        ({"id": "mine", "label": ["x"], "files": 7, "status": 7}, "20251218_120000-x"),
        ({"id": "../mine", "label": None}, "20251218_120000"),
    ],
)
def test_a_manifest_from_others_is_not_trusted(
    desk: Desk, tmp_path: Path, told: dict[str, object], run_id: str
) -> None:
    source = lay(tmp_path / "set", {"run.json": json.dumps(told).encode(), "cpu.prof": cpu()})
    ((outcome,), _) = desk.take(source)
    assert outcome.run_id == run_id
    assert [path.name for path in desk.profiles.iterdir()] == [run_id]


def test_one_run_that_cannot_be_read_does_not_lose_the_others(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = lay(tmp_path / "in", {"20251218_120000-a/cpu.prof": cpu(), "20251218_130000-b/cpu.prof": cpu(2)})
    real = Path.read_bytes

    def read(path: Path) -> bytes:
        if "-a" in path.parent.name:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    ((outcome,), code) = desk.take(source)
    assert (outcome.run_id, code) == ("20251218_130000-b", 3)
    assert "cannot read 20251218_120000-a/cpu.prof: Permission denied" in desk.said[0]


def test_a_file_that_changes_meanwhile_is_not_imported(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = lay(tmp_path / "set", {"cpu.prof": cpu()})

    def grow(*_: object) -> str:
        (source / "cpu.prof").write_bytes(cpu(2))
        return ""

    monkeypatch.setattr("pipeline.collect.adopt._known", grow)
    with pytest.raises(CollectError):
        desk.take(source)
    assert "changed while it was read" in desk.said[0]
    assert list(desk.profiles.iterdir()) == []


@pytest.mark.parametrize("bad", [b"{", b"[]", b"{}", b'{"id": 7}', b"[" * 99_999], ids=range(5))
def test_a_manifest_that_cannot_be_used_is_written_anew(desk: Desk, tmp_path: Path, bad: bytes) -> None:
    ((outcome,), code) = desk.take(lay(tmp_path / "set", {"run.json": bad, "cpu.prof": cpu()}))
    assert (outcome.run_id, code) == ("20251218_120000-set", 0)
    assert [one["code"] for one in desk.manifest(outcome.run_id)["findings"]] == ["bad_manifest"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("at", "name", "run_id", "how"),
    [
        (NOON, "heap.prof", "20251218_120000-set", "the profiles' own"),
        (0, "heap-20251028-113000.prof", "20251028_113000-set", "the one in a file's name"),
        (0, "heap.prof", "20251218_120000-set", "that of its oldest file on disk"),
        (7_258_118_400, "heap.prof", "20251218_120000-set", "that of its oldest file on disk"),
    ],
)
def test_the_time_of_a_run(desk: Desk, tmp_path: Path, at: int, name: str, run_id: str, how: str) -> None:
    ((outcome,), _) = desk.take(lay(tmp_path / "set", {name: heap(1, at)}))
    assert outcome.run_id == run_id
    assert how in str(desk.manifest(run_id)["notes"])
    assert datetime.fromisoformat(str(desk.manifest(run_id)["started"])).tzinfo == UTC


def test_links_and_hidden_files_are_left_out(desk: Desk, tmp_path: Path) -> None:
    secret = lay(tmp_path, {"secret.prof": cpu(7)}) / "secret.prof"
    source = lay(tmp_path / "set", {"cpu.prof": cpu(), ".env": b"TOKEN=1"})
    (source / "link.prof").symlink_to(secret)
    (source / "up").symlink_to(tmp_path)
    os.mkfifo(source / "pipe.prof")
    ((outcome,), code) = desk.take(source)
    assert sorted(path.name for path in (desk.profiles / outcome.run_id).iterdir()) == ["cpu.prof", "run.json"]
    told = [(one["code"], one["subject"]) for one in desk.manifest(outcome.run_id)["findings"]]  # type: ignore[attr-defined]
    assert told == [("link", "link.prof"), ("special_file", "pipe.prof"), ("link", "up")]
    assert code == 0


def test_one_bad_archive_does_not_lose_the_others(desk: Desk, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("cpu.prof", cpu())
    (tmp_path / "bad.zip").write_bytes((tmp_path / "bad.zip").read_bytes()[:60])
    outcomes, code = desk.take(tmp_path / "bad.zip", lay(tmp_path / "set", {"cpu.prof": cpu()}))
    assert ([one.what for one in outcomes], code) == (["new"], 3)
    assert "bad.zip is damaged" in desk.said[0]


def test_limits_hold_for_folders_too(desk: Desk, tmp_path: Path) -> None:
    source = lay(tmp_path / "set", {f"heap{index}.pprof": heap() for index in range(4)})
    with pytest.raises(CollectError, match="nothing was imported"):
        desk.take(source, limits=ImportLimits(files=3))
    assert "more than 3 files" in desk.said[0]


def test_nothing_to_import_is_an_error(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(CollectError):
        desk.take(lay(tmp_path / "src", {"main.go": b"package main"}))
    with pytest.raises(UsageError, match="there is no absent"):
        desk.take(tmp_path / "absent")
    with pytest.raises(UsageError, match="not a label"):
        desk.take(tmp_path, label="../x")


def test_a_failed_write_leaves_nothing(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = lay(tmp_path / "set", {"cpu.prof": cpu()})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for function in ("pipeline.collect.rundir._write", "pipeline.collect.adopt._copy"):
        with monkeypatch.context() as patched:
            patched.setattr(function, full)
            with pytest.raises(CollectError, match="nothing was imported"):
                desk.take(source)
        assert "No space left" in desk.said[-1]
        for leftover in desk.profiles.glob(".*.partial"):
            assert function.endswith("_write")
            leftover.rmdir()
    assert list(desk.profiles.iterdir()) == []


def test_a_profile_that_unpacks_to_too_much_is_refused(desk: Desk, tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0" * (8 << 20))
    desk.take(lay(tmp_path / "set", {"cpu.prof": cpu()}))
    outcomes, code = import_paths(
        [lay(tmp_path / "bomb", {"heap.prof": bomb})],
        profiles=desk.profiles,
        staging=desk.root / "build/import",
        max_bytes=1 << 20,
        say=desk.said.append,
    )
    reports = desk.manifest(outcomes[0].run_id)["files"]
    assert (code, [one["code"] for one in reports]) == (3, ["too_large"])  # type: ignore[attr-defined]
    outcomes, code = import_paths(
        [lay(tmp_path / "big", {"heap.prof": os.urandom(2 << 20), "core": os.urandom(2 << 20)})],
        profiles=desk.profiles,
        staging=desk.root / "build/import",
        max_bytes=1 << 20,
        say=desk.said.append,
    )
    reports = desk.manifest(outcomes[0].run_id)["files"]
    assert [(one["path"], one["code"]) for one in reports] == [("heap.prof", "too_large")]  # type: ignore[attr-defined]
    assert (desk.profiles / outcomes[0].run_id / "core").stat().st_size == 2 << 20


CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs ../shared/corpus")
def test_real_directories(desk: Desk) -> None:
    outcomes, code = desk.take(CORPUS / "runs", CORPUS / "made-here" / "runs")
    assert len(outcomes) >= 10
    assert code == 3  # two profiles of one run are empty
    operator = next(one.run_id for one in outcomes if one.run_id.endswith("operator-controller-catalogd"))
    assert set(desk.kinds(operator).values()) == {
        (part, kind, phase)
        for part in ("manager", "kubeapiserver", "kubeapiserver_alone")
        for kind, phase in (("heap", "after"), ("cpu", "during"))
    }
    again, code = desk.take(CORPUS / "runs", CORPUS / "made-here" / "runs")
    assert ({one.what for one in again}, code) == ({"known"}, 0)
