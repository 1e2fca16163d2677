"""What killing, racing, damaging and editing may never do to the derived store and the site."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import light
from tests.builders import pprof_bytes, write_run

RUNS = tuple(f"20261120_10150{number}-{label}" for number, label in enumerate(["baseline", "optimized"] * 2))


def cpu(nanos):
    return pprof_bytes(
        [(("main.main", "main.work"), (1, nanos)), (("main.main", "main.idle"), (1, 7))], duration_nanos=10**10
    )


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    return light.copy_package(tmp_path_factory.mktemp("package"))


@pytest.fixture
def project(tmp_path, package, monkeypatch):
    monkeypatch.setenv("LIGHT_PACKAGE", str(package))
    root = tmp_path / "project"
    for number, run in enumerate(RUNS):
        write_run(root / "profiles", run, {"cpu.prof": cpu(1000 + number), "heap-after.prof": cpu(10 + number)})
    return root


def command(root, *words, **environ):
    environ = {**os.environ, "LIGHT_LOG": str(root / "log"), **environ}
    environ["PYTHONPATH"] = environ["LIGHT_PACKAGE"]
    program = [sys.executable, "-m", environ.get("LIGHT_MODULE", "tests.light"), *(words or ["site"])]
    return subprocess.Popen(program, cwd=root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(root, *words, code=0, **environ):
    process = command(root, *words, **environ)
    out, err = process.communicate(timeout=400)
    assert process.returncode == code, f"{process.returncode}\n{out}\n{err}"
    assert "Traceback" not in out + err
    return out + err


def work(root):
    """Take the log of the work done since the last look."""
    path = root / "log"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    path.unlink(missing_ok=True)
    return sorted(lines)


ALL = sorted([f"derive {run}" for run in RUNS] + ["site"])


def test_a_second_call_does_nothing(project):
    run(project)
    assert work(project) == ALL
    before = light.snapshot(project / "build")
    inode = (project / "build/site").stat().st_ino
    out = run(project)
    assert work(project) == []
    assert "4 runs, 1 comparison" in out
    assert light.snapshot(project / "build") == before
    assert (project / "build/site").stat().st_ino == inode


def test_nothing_but_the_build_folder_is_written(project):
    run(project)
    work(project)
    assert sorted(path.name for path in project.iterdir()) == ["build", "profiles"]


def test_a_kill_before_any_change_of_the_disk_is_repaired_by_the_next_call(project):
    for left_out in (*RUNS[2:], f"{RUNS[0]}/heap-after.prof", f"{RUNS[1]}/heap-after.prof"):
        path = project / "profiles" / left_out
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    out = run(project, "--crash-everywhere", "site")
    crashes = int(re.search(r"(\d+) crashes repaired", out)[1])
    assert crashes > 50


def test_a_kill_while_a_run_is_added_and_one_is_changed_is_repaired_by_the_next_call(project):
    late = project / "profiles" / RUNS[3]
    late.rename(project / "late")
    run(project)
    shutil.move(project / "build", project / "before")
    (project / "late").rename(late)
    (project / "profiles" / RUNS[1] / "cpu.prof").write_bytes(cpu(5))
    out = run(project, "--crash-growing", "before", "site")
    assert int(re.search(r"(\d+) crashes repaired", out)[1]) > 30
    grown = light.snapshot(project / "build")
    shutil.rmtree(project / "build")
    run(project)
    assert light.snapshot(project / "build") == grown


def test_kills_at_random_moments_are_repaired_by_the_next_call(project):
    run(project)
    whole, chance = light.snapshot(project / "build"), random.Random(20261120)
    for _ in range(4):
        shutil.rmtree(project / "build")
        process = command(project)
        try:
            process.communicate(timeout=chance.uniform(0.2, 1.2))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        run(project)
        assert light.snapshot(project / "build") == whole


def test_a_polite_kill_ends_at_once_and_keeps_finished_work(project):
    os.mkfifo(project / "fifo")
    process = command(project, LIGHT_BLOCK=RUNS[2], LIGHT_FIFO=str(project / "fifo"))
    with (project / "fifo").open("wb"):  # opens when the third run is being derived
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert "interrupted; finished work is kept" in err
    assert "Traceback" not in err
    assert work(project) == [f"derive {run}" for run in RUNS[:3]]
    run(project)
    assert work(project) == [f"derive {run}" for run in RUNS[2:]] + ["site"]


def test_ten_calls_at_once_share_the_work(project):
    with ThreadPoolExecutor(10) as pool:
        outs = list(pool.map(lambda _: run(project), range(10)))
    assert work(project) == ALL
    assert all("4 runs, 1 comparison" in out for out in outs)


def test_who_waits_is_told_for_whom(project):
    os.mkfifo(project / "fifo")
    first = command(project, LIGHT_BLOCK=RUNS[0], LIGHT_FIFO=str(project / "fifo"))
    with (project / "fifo").open("wb"):
        second = command(project)
        told = second.stderr.readline()
        assert told.startswith(f"waiting for derive-{RUNS[0]}: process {first.pid} on ")
    for process in (first, second):
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert work(project) == ALL


def test_two_processes_of_one_call_give_the_same_bytes(project):
    run(project)
    whole = light.snapshot(project / "build")
    shutil.rmtree(project / "build")
    work(project)
    run(project, "site", "-n", "2")
    assert work(project) == ALL
    assert light.snapshot(project / "build") == whole


def test_new_bytes_at_the_same_time_and_size_derive_that_run_again_and_no_other(project):
    run(project)
    work(project)
    path = project / "profiles" / RUNS[1] / "cpu.prof"
    status = path.stat()
    data = next(data for nanos in range(2000, 3000) if len(data := cpu(nanos)) == status.st_size)
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    pages = {path: path.stat().st_ino for path in (project / "build/site").rglob("*.html")}
    run(project)
    assert work(project) == [f"derive {RUNS[1]}", "site"]
    changed = {path.parent.name for path, inode in pages.items() if path.stat().st_ino != inode}
    assert changed == {RUNS[1], "baseline..optimized"}


def test_a_new_time_on_old_bytes_is_no_work(project):
    run(project)
    work(project)
    for path in (project / "profiles").rglob("*.prof"):
        os.utime(path)
    run(project)
    assert work(project) == []


def test_an_edited_module_derives_everything_again(project, tmp_path):
    package = light.copy_package(tmp_path / "copy")
    run(project, LIGHT_PACKAGE=str(package))
    work(project)
    run(project, LIGHT_PACKAGE=str(package))
    assert work(project) == []
    with (package / "pipeline/decode/unpack.py").open("a") as file:
        file.write("\n# edited\n")
    run(project, LIGHT_PACKAGE=str(package))
    assert work(project) == ALL


def test_edited_settings_do_again_what_they_matter_for(project):
    run(project)
    work(project)
    (project / "profbook.toml").write_text('[site]\nname = "other"\n')
    run(project)
    assert work(project) == ["site"]
    (project / "profbook.toml").write_text('[site]\nname = "other"\n[limits]\nmax_decoded_bytes = 2000000\n')
    run(project)
    assert work(project) == ALL


DAMAGE = {
    "cut": lambda data: data[: len(data) // 2],
    "emptied": lambda _data: b"",
    "flipped": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
    "grown": lambda data: data + b" ",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_results_are_made_again(project, damage):
    run(project)
    work(project)
    built = project / "build"
    whole = light.snapshot(built)
    derived = built / "derived" / RUNS[0]
    for path, again in (
        (derived / "record.json", [f"derive {RUNS[0]}"]),
        (derived / "data.zip", [f"derive {RUNS[0]}"]),
        (built / "compare/baseline..optimized.json", []),
        (built / "site.json", ["site"]),
        (built / "site/index.html", ["site"]),
    ):
        path.write_bytes(DAMAGE[damage](path.read_bytes()))
        run(project)
        assert work(project) == again, path
        assert light.snapshot(built) == whole


def test_missing_results_are_made_again(project):
    run(project)
    built = project / "build"
    whole = light.snapshot(built)
    for name in sorted({name.split("/")[0] for name in whole}):
        target = built / name
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        run(project)
        assert light.snapshot(built) == whole, name


def test_a_deleted_run_leaves_nothing_behind(project):
    run(project)
    shutil.rmtree(project / "profiles" / RUNS[0])
    work(project)
    out = run(project)
    assert "3 runs, 1 comparison" in out
    assert work(project) == ["site"]
    assert not [name for name in light.snapshot(project / "build") if RUNS[0] in name]


def test_a_corrupt_profile_is_a_finding_and_exit_code_3_on_every_call(project):
    broken = project / "profiles" / RUNS[3] / "heap-after.prof"
    broken.write_bytes(broken.read_bytes()[:40])
    for _ in range(2):
        out = run(project, code=3)
        assert f"error in {RUNS[3]}: heap-after.prof: gzip_truncated" in out
        assert "4 runs, 1 comparison" in out
    page = (project / "build/site/runs" / RUNS[3] / "index.html").read_text()
    assert '"code":"gzip_truncated"' in page
    assert '"path":"cpu.prof"' in page


def test_a_fault_of_ours_in_one_file_loses_only_that_file(project, tmp_path):
    package = light.copy_package(tmp_path / "copy")
    with (package / "pipeline/decode/__init__.py").open("a") as file:
        file.write("\n_decode = decode_profile\ndef decode_profile(data, **options):\n")
        file.write(f"    assert data != {cpu(1001)!r}\n    return _decode(data, **options)\n")
    out = run(project, LIGHT_PACKAGE=str(package), code=3)
    assert f"error in {RUNS[1]}: cpu.prof: internal: " in out
    page = (project / "build/site/runs" / RUNS[1] / "index.html").read_text()
    assert "AssertionError" in page
    assert '"path":"heap-after.prof"' in page


def test_wrong_settings_are_said_in_words_with_exit_code_2(project):
    (project / "profbook.toml").write_text("[site]\nnmae = 1\n")
    assert "nmae" in run(project, code=2)
    (project / "profbook.toml").write_text("[[compare]]\nbase = '../x'\nhead = 'y'\n")
    assert "../x" in run(project, code=2)


def test_a_build_folder_that_cannot_be_made_is_said_in_words(project):
    (project / "build").write_text("a file")
    out = run(project, code=5)
    assert "build" in out


def test_no_runs_is_an_empty_site(project):
    shutil.rmtree(project / "profiles")
    out = run(project)
    assert "build/site/index.html: 0 runs, 0 comparisons" in out


# --- the same with the real engine -------------------------------------------------------------------------------


@pytest.fixture
def real(project, monkeypatch):
    monkeypatch.setenv("LIGHT_MODULE", "pipeline")
    return project


def name_site(root, name):
    (root / "profbook.toml").write_text(f'[site]\nname = "{name}"\n')


def test_a_killed_build_leaves_the_old_site_or_the_new_one(real):
    built, chance, whole = real / "build", random.Random(7), {}
    for name in ("first", "second"):
        name_site(real, name)
        run(real)
        whole[name] = light.snapshot(built / "site")
    assert whole["first"] != whole["second"]
    old, new = "second", "first"
    for _ in range(4):
        name_site(real, new)
        process = command(real)
        try:
            process.communicate(timeout=chance.uniform(0.5, 2.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        assert light.snapshot(built / "site") in (whole[old], whole[new])
        run(real)
        assert light.snapshot(built / "site") == whole[new]
        old, new = new, old
    assert sorted(path.name for path in built.iterdir()) == [
        "cache",
        "compare",
        "derived",
        "history",
        "history.json",
        "locks",
        "site",
        "site.json",
    ]


def test_a_site_built_anew_equals_the_one_that_grew(real):
    late = real / "profiles" / RUNS[3]
    late.rename(real / "late")
    run(real)
    (real / "late").rename(late)
    run(real)
    grown = light.snapshot(real / "build")
    shutil.rmtree(real / "build")
    run(real, "site", "-n", "2")
    assert light.snapshot(real / "build") == grown


def test_a_corrupt_profile_is_on_its_page_and_the_other_pages_are_as_before(real):
    run(real)
    other = real / "build/site/runs" / RUNS[0] / "index.html"
    before = other.read_bytes()
    (real / "profiles" / RUNS[3] / "heap-after.prof").write_bytes(b"<html>login</html>")
    assert f"error in {RUNS[3]}: heap-after.prof: not_a_profile" in run(real, code=3)
    page = (real / "build/site/runs" / RUNS[3] / "index.html").read_text()
    assert "not_a_profile" in page
    assert other.read_bytes() == before
    run(real, code=3)


def test_two_calls_at_once_build_one_site(real):
    with ThreadPoolExecutor(2) as pool:
        outs = list(pool.map(lambda _: run(real), range(2)))
    assert sum("building the site" in out for out in outs) == 1
    assert all("4 runs, 1 comparison" in out for out in outs)
