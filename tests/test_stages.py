import json
import subprocess

import pytest

from pipeline import derive as derivation
from pipeline import gathering, sites, stages
from pipeline.errors import CollectError, ConfigError, StoreError, UsageError
from pipeline.model import archive
from pipeline.model.config import CompareConfig, Config
from pipeline.model.record import RunRecord
from pipeline.model.run import Manifest
from pipeline.model.verdict import Comparison
from pipeline.store import records, runs
from pipeline.store.config import load_config
from tests.builders import pprof_bytes, write_run

CONFIG = Config()
PAIR = CompareConfig(base="baseline", head="optimized")
BASE, HEAD = "20261120_101500-baseline", "20261120_101501-optimized"
CPU = pprof_bytes([(("main.main", "main.work"), (3, 30)), (("main.main",), (1, 10))], duration_nanos=10**10)
LOAD = {
    "timestamp": "2026-11-20T10:15:00Z",
    "duration_s": 10.0,
    "total_ops": 1000,
    "writes": 900,
    "reads": 100,
    "errors": 0,
    "ops_per_sec": 100.0,
    "avg_latency_ms": 1.5,
}


@pytest.fixture
def root(tmp_path):
    for run in (BASE, HEAD):
        files = {"cpu.prof": CPU, "load-test-results.json": json.dumps(LOAD).encode(), "README.md": b"# a note"}
        write_run(tmp_path / "profiles", run, files)
    return tmp_path


def record(root, run=BASE):
    return records.read(records.run_record(root / "build", run), RunRecord, kind="run")


def codes(found):
    return [(doubt.code, doubt.subject) for doubt in found.findings if doubt.severity == "error"]


def test_derive_writes_what_pages_and_comparisons_need(root):
    assert stages.derive_run(root, BASE, CONFIG)
    found = record(root)
    (profile,) = found.profiles
    assert (profile.path, profile.kind, profile.totals, profile.default_index) == ("cpu.prof", "cpu", (4, 40), 1)
    assert profile.binary == "app"
    assert [table.rows[0].name for table in profile.tables] == ["main.work", "main.work"]
    assert found.load.operations == 1000
    assert ("ops_per_sec", 100.0) in [(one.metric, one.value) for one in found.measurements]
    folder = records.run_record(root / "build", BASE).parent
    assert sorted(path.name for path in folder.iterdir()) == [archive.NAME, "record.json"]
    names = ["summary.json", *(f"{profile.tree}.{ending}" for ending in ("pfv.js", "samples.js", "svg"))]
    held = records.data_files(root / "build", BASE, names)
    assert archive.opened((folder / archive.NAME).read_bytes()).namelist() == sorted(names)
    assert f'"{profile.tree}.pfv"'.encode() in held[f"{profile.tree}.pfv.js"]
    assert stages.pictures(root, found) == {profile.tree: held[f"{profile.tree}.svg"].decode()}


def test_derive_does_its_work_once(root):
    assert stages.derive_run(root, BASE, CONFIG)
    key = stages.record_keys(runs.list_runs(root / "profiles"), CONFIG)[BASE]
    assert stages.is_derived(root, BASE, key)
    assert not stages.is_derived(root, BASE, key[::-1])
    assert not stages.derive_run(root, BASE, CONFIG)
    assert not stages.derive_run(root, "gone", CONFIG)


def test_the_tree_is_named_by_its_content(root):
    for run in (BASE, HEAD):
        stages.derive_run(root, run, CONFIG)
    assert record(root, BASE).profiles[0].tree == record(root, HEAD).profiles[0].tree


def test_a_profile_without_samples_has_no_tree(root):
    write_run(root / "profiles", BASE, {"block.prof": pprof_bytes([])})
    stages.derive_run(root, BASE, CONFIG)
    assert {one.kind: bool(one.tree) for one in record(root).profiles} == {"block": False, "cpu": True}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("heap-after.prof", b"", "empty"),
        ("heap-after.prof", b"<!doctype html><title>login</title>", "not_a_profile"),
        ("heap-after.prof", CPU[:-9], "gzip_truncated"),
        ("api/load-test-results.json", b'{"total_ops":', "bad_json"),
    ],
)
def test_a_bad_file_is_a_finding_with_cause_and_cure(root, name, content, code):
    write_run(root / "profiles", BASE, {name: content})
    stages.derive_run(root, BASE, CONFIG)
    found = record(root)
    assert codes(found) == [(code, name)]
    doubt = next(doubt for doubt in found.findings if doubt.code == code)
    assert doubt.message
    assert doubt.cure
    assert "cpu.prof" in [profile.path for profile in found.profiles]


def test_the_limit_on_unpacked_bytes_is_kept(root):
    big = pprof_bytes([(("main." + "x" * 2_000_000,), (1, 1))])
    write_run(root / "profiles", BASE, {"heap-after.prof": big})
    stages.derive_run(root, BASE, Config.model_validate({"limits": {"max_decoded_bytes": 1 << 20}}))
    assert codes(record(root)) == [("too_large", "heap-after.prof")]


@pytest.mark.parametrize("place", ["pipeline.decode.decode_profile", "pipeline.analysis.calltree.build_call_tree"])
def test_our_own_fault_in_one_file_is_a_finding(root, monkeypatch, place):
    def fail(*_args, **_options):
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(place, fail)
    stages.derive_run(root, BASE, CONFIG)
    assert codes(record(root)) == [("internal", "cpu.prof")]
    assert record(root).load is not None


def test_our_own_fault_in_the_metrics_leaves_the_profiles(root, monkeypatch):
    monkeypatch.setattr("pipeline.analysis.metrics.measure", lambda *_: 1 / 0)
    stages.derive_run(root, BASE, CONFIG)
    assert codes(record(root)) == [("internal", "metrics")]
    assert len(record(root).profiles) == 1


def test_a_file_that_changes_meanwhile_is_a_finding(root):
    stored = runs.read_run(root / "profiles" / BASE)
    (root / "profiles" / BASE / "cpu.prof").write_bytes(CPU + b"x")
    read = lambda file: runs.read_file(root / "profiles" / BASE, file)  # noqa: E731
    found, _ = derivation.derive(stored.run, stored.findings, read, key="k", max_bytes=1 << 30)
    assert codes(found) == [("unreadable", "cpu.prof")]


def test_what_collect_doubted_reaches_the_record(root):
    manifest = runs.manifest_bytes(Manifest(id=BASE, label="baseline")).decode()
    doubt = '{"code":"cpu_outside","severity":"warning","message":"m","subject":"","evidence":"","cure":""}'
    text = manifest.replace('"findings":[]', f'"findings":[{doubt}]')
    write_run(root / "profiles", BASE, {"run.json": text.encode()})
    stages.derive_run(root, BASE, CONFIG)
    assert "cpu_outside" in [doubt.code for doubt in record(root).findings]


def test_a_comparison_is_made_of_both_labels_and_made_once(root):
    stored = runs.list_runs(root / "profiles")
    assert not stages.is_compared(root, PAIR, CONFIG, stored)
    assert stages.compare_labels(root, PAIR, CONFIG)
    made = records.read(records.comparison(root / "build", "baseline..optimized"), Comparison, kind="comparison")
    assert (made.base_runs, made.head_runs) == ((BASE,), (HEAD,))
    assert stages.is_compared(root, PAIR, CONFIG, stored)
    assert not stages.compare_labels(root, PAIR, CONFIG)


def test_labels_without_runs_are_not_compared(root):
    pair = CompareConfig(base="x", head="y")
    assert stages.is_compared(root, pair, CONFIG, runs.list_runs(root / "profiles"))
    assert not stages.compare_labels(root, pair, CONFIG)
    assert not records.comparison(root / "build", "x..y").exists()


def test_one_side_alone_is_compared_and_judged_so(root):
    pair = CompareConfig(base="baseline", head="y")
    assert stages.compare_labels(root, pair, CONFIG)
    made = records.read(records.comparison(root / "build", "baseline..y"), Comparison, kind="comparison")
    assert made.outcome in {"invalid", "inconclusive"}


@pytest.mark.parametrize("label", ["", "..", "a/b", "a b", "\u202e"])
def test_a_label_that_cannot_be_an_address_is_a_config_error(label):
    with pytest.raises(ConfigError, match="cannot be part of an address"):
        stages.slug(CompareConfig(base="baseline", head=label))


class FakeSession:
    """Stands for the collect room: notes what it is asked for, gives runs of the statuses it is told."""

    def __init__(self, monkeypatch, statuses):
        self.asked, self.statuses, self.prepared = [], list(statuses), 0
        monkeypatch.setattr("pipeline.collect.session.check_request", lambda _config, _variant: None)
        monkeypatch.setattr("pipeline.collect.services.prepare", self.prepare)
        monkeypatch.setattr("pipeline.collect.session.collect_run", self.collect)

    def prepare(self, _config, root, bin_dir):
        self.prepared += 1
        assert bin_dir == root / "build" / "bin"
        return "prepared"

    def collect(self, config, **asked):
        from pipeline.collect.session import CollectedRun

        self.asked.append(asked)
        status = self.statuses.pop(0)
        if status == "nothing":
            raise CollectError("nothing was collected")
        return CollectedRun(asked["root"], Manifest(id="x", status=status))


@pytest.mark.parametrize(
    ("statuses", "code", "taken"),
    [
        (["complete"] * 3, 0, 3),
        (["complete", "partial", "complete"], 3, 3),
        (["interrupted", "complete", "complete"], 3, 1),
    ],
)
def test_collecting_repeats_after_one_build(tmp_path, monkeypatch, statuses, code, taken):
    session = FakeSession(monkeypatch, statuses)
    given = {"label": "l", "variant": "v", "notes": "n", "args": ("--leak=heap",)}
    assert gathering.collect_runs(tmp_path, CONFIG, repeat=3, **given) == code
    assert session.prepared == 1
    assert len(session.asked) == taken
    assert all(asked == {**given, "root": tmp_path, "prepared": "prepared"} for asked in session.asked)


def test_nothing_collected_is_an_error(tmp_path, monkeypatch):
    FakeSession(monkeypatch, ["nothing"])
    with pytest.raises(CollectError):
        gathering.collect_runs(tmp_path, CONFIG)


def test_the_report_counts_and_names_what_is_missing(root):
    (root / "profiles" / BASE / "cpu.prof").write_bytes(b"")
    (root / "profiles" / "latest").symlink_to(BASE)
    said = []
    sites.build_site(root, CONFIG, say=said.append)
    assert said[0] == "building the site of 2 runs …"
    said.clear()
    assert sites.report(root, CONFIG, say=said.append) == 3
    assert said[0] == "skipped profiles/latest: a link, or not a safe name for an address"
    assert said[1].startswith(f"error in {BASE}: cpu.prof: empty: ")
    assert said[-1].startswith("build/site/index.html: 2 runs, 1 comparison")
    assert said[-1].endswith("1 error")


def test_the_site_is_built_from_raw_runs_alone_and_only_once(root):
    assert sites.build_site(root, CONFIG, say=lambda _: None)
    for page in ("index.html", f"runs/{BASE}/index.html", "compare/baseline..optimized/index.html"):
        assert (root / "build/site" / page).is_file()
    assert not sites.build_site(root, CONFIG, say=lambda _: None)
    assert not list((root / "build").glob("staging-*"))


def test_leftovers_of_killed_builds_and_of_old_runs_go(root):
    for name in ("staging-1/site/x", "derived/gone/record.json", "compare/old..new.json"):
        path = root / "build" / name
        path.parent.mkdir(parents=True)
        path.touch()
    sites.build_site(root, CONFIG, say=lambda _: None)
    left = {path.relative_to(root / "build").as_posix() for path in (root / "build").rglob("*")}
    assert not left & {"staging-1", "derived/gone", "compare/old..new.json"}


# --- import, init, doctor ----------------------------------------------------------------------------------------


def test_an_imported_run_is_derived_by_what_its_files_are(tmp_path):
    source = tmp_path / "theirs"
    write_run(source, "engine", {"build.prof": CPU, "heap.out": b"", "job_1.prof": pprof_bytes([])})
    said = []
    assert (
        gathering.import_paths(tmp_path, CONFIG, paths=["theirs/engine"], label="x", say=said.append) == stages.PARTIAL
    )
    (run,) = runs.run_names(tmp_path / "profiles")
    assert run.endswith("-x")
    stages.derive_run(tmp_path, run, CONFIG)
    found = record(tmp_path, run)
    assert {(one.component, one.kind) for one in found.profiles} == {("build", "cpu"), ("job_1", "cpu")}
    # One fault, told once: by whoever reads the file that was kept.
    assert [(code, subject) for code, subject in codes(found) if subject == "heap.out"] == [("empty", "heap.out")]
    assert not (tmp_path / "build/import").exists()


def test_init_writes_settings_and_never_over_them(tmp_path):
    said = []
    assert gathering.init(tmp_path, say=said.append) == 0
    assert load_config(tmp_path, {}).components
    assert "profbook doctor" in said[-1]
    (tmp_path / "profbook.toml").write_text("format = 1\n")
    with pytest.raises(UsageError, match="already") as caught:
        gathering.init(tmp_path, say=said.append)
    assert "--force" in caught.value.cure
    assert (tmp_path / "profbook.toml").read_text() == "format = 1\n"
    assert gathering.init(tmp_path, force=True, say=said.append) == 0
    assert "[components." in (tmp_path / "profbook.toml").read_text()


def test_init_says_what_git_should_ignore(tmp_path):
    def told() -> bool:
        said = []
        assert gathering.init(tmp_path, force=True, say=said.append) == 0
        return any("/build/ to .gitignore" in line for line in said)

    assert not told(), "no git checkout"
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    assert told()
    (tmp_path / ".gitignore").write_text("/build/\n")
    assert not told()


def test_init_does_not_hide_settings_in_pyproject(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.profbook]\nformat = 1\n")
    with pytest.raises(UsageError, match=r"tool\.profbook"):
        gathering.init(tmp_path, say=print)
    assert not (tmp_path / "profbook.toml").exists()


def test_doctor_gives_lines_with_cures_and_a_code(tmp_path):
    (tmp_path / "profbook.toml").write_text('[components.api]\nurl = "http://127.0.0.1:1"\n')
    said = []
    assert gathering.doctor(tmp_path, {}, say=said.append) == stages.PARTIAL
    assert said[0] == "✓ settings: valid"
    at = next(place for place, line in enumerate(said) if line.startswith("✕ api: nobody listens"))
    assert said[at + 1].startswith("    ")


@pytest.mark.parametrize(
    ("limit", "first", "last"),
    [
        (4096, "✓ site: 2 kB in 1 file; publish.max_site_bytes lets it have 4 kB ", "room for 1 more"),
        (1024, "! site: 2 kB in 1 file; publish.max_site_bytes lets it have 1 kB ", "not one would fit"),
    ],
)
def test_doctor_says_what_the_site_is_made_of_and_looks_at_nothing_else(tmp_path, limit, first, last):
    (tmp_path / "profbook.toml").write_text(f"[publish]\nmax_site_bytes = {limit}\n")
    with pytest.raises(StoreError, match="no site") as told:
        gathering.doctor(tmp_path, {}, ["site"], say=print)
    assert "profbook site" in told.value.cure
    page = tmp_path / "build" / "site" / "runs" / "a" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_bytes(b"x" * 2048)
    said = []
    assert gathering.doctor(tmp_path, {}, ["site"], say=said.append) == 0
    assert said[0].startswith(first)
    assert [line.split() for line in said if "pages of runs" in line] == [
        ["pages", "of", "runs", "2", "kB", "1", "2", "kB"]
    ]
    assert said[-1].strip() == f"a run takes 2 kB: {last}"


@pytest.mark.parametrize("asked", [[], ["site"]])
def test_doctor_tells_wrong_settings_as_such(tmp_path, asked):
    (tmp_path / "profbook.toml").write_text("colect = 1\n")
    with pytest.raises(ConfigError):
        gathering.doctor(tmp_path, {}, asked, say=print)


def test_rounds_of_two_commits_leave_only_runs(tmp_path):
    from tests.collect.test_worktree import git, repository

    root = repository(tmp_path / "repo")
    table = {"collect": {"plan": "program"}, "programs": {"show": {"command": ["cat", "version"]}}}
    left = root / "build" / "worktrees" / "left"
    left.mkdir(parents=True)
    config = Config.model_validate(table)
    assert gathering.compare_refs(root, config, base="base", head="head", rounds=1, say=lambda _: None) == 0
    assert {one.run.label for one in runs.list_runs(root / "profiles")} == {"base", "head"}
    assert sorted(path.name for path in (root / "build").iterdir()) == ["locks"]
    assert len(git(root, "worktree", "list").splitlines()) == 1
